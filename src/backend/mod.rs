//! Backends: executors, one file each, and the table of the pairs of client and executor that work
//! together.

mod options;
mod executor;
mod job;
mod blocking;
mod tasks;
mod asynchronous;
mod sequential;
mod threads;
#[cfg(feature = "async-std")]
mod async_std;
#[cfg(feature = "smol")]
mod smol;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "cyper")]
mod compio;
#[cfg(feature = "curl")]
mod curl_loop;
mod event_loop;
pub mod peers;
mod external;
mod fake;
mod slowed;
mod reach;
mod entry;
mod registry;
mod name;
mod spec;
mod unknown;
mod spelling;
mod version;

pub use self::entry::{Entry, Tuned};
pub use self::executor::Executor;
pub use self::fake::{FakeScript, open_fake};
pub(crate) use self::name::EXEC;
pub use self::name::NameParts;
pub use self::options::Spawning;
pub(crate) use self::reach::mark_unreachable;
pub use self::registry::ALL;
pub use self::spec::Backend;
