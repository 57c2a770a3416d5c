//! The line protocol between a comparison and a worker: a process that fetches for one backend.
//!
//! A worker reads lines of JSON from its standard input and writes lines of JSON to its standard
//! output, so that a program in any language can take part with its standard library alone.
//! `docs/protocol.md` describes the protocol for their authors. In Rust, call [`serve()`].

#[cfg(feature = "harness")]
use std::time::Duration;

#[cfg(feature = "harness")]
pub mod child;
pub mod counting;
#[cfg(feature = "harness")]
mod ask;
#[cfg(any(test, fuzzing))]
mod examine;
#[cfg(any(test, fuzzing))]
mod fixtures;
mod message;
mod serve;

#[cfg(feature = "harness")]
pub use self::ask::{Patience, Unanswered, ask_to_open, ask_to_pass};
#[cfg(any(test, fuzzing))]
pub use self::examine::examine;
pub use self::message::{
    Details, FetchOutcome, OpenOrder, Order, PassDone, PassOrder, Ready, WorkerReply,
};
pub use self::serve::{serve, serve_over};

/// The version of the protocol.
pub const PROTOCOL: u32 = 1;

/// The time a worker may take to open its session.
#[cfg(feature = "harness")]
pub(crate) const OPENING: Duration = Duration::from_secs(15);

/// The longest line that either side reads. A pass over 100,000 sites needs a tenth of it.
pub const MAX_LINE_BYTES: u64 = 64 << 20;
