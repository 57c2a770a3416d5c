//! Backends: executors, one file each, and the table of the pairs of client and executor that work together.

use self::async_std::AsyncStd;
use self::smol::Smol;
use crate::client::floor::Floor;
use crate::client::{Client, Hyper, Surf, Ureq};
use crate::fetch::{Fetch, Limits, Options};
use crate::lockfile;

mod job;
mod blocking;
mod tasks;
mod sequential;
mod threads;
mod async_std;
mod smol;
mod event_loop;
mod fake;
mod slowed;
mod row;

pub use self::row::Row;

/// A client and an executor that work together, ready to be opened. One line in [`ALL`].
#[derive(Debug)]
pub struct Backend {
    /// The name of the client, which is that of its crate where it has one.
    pub client: &'static str,
    /// Who runs the fetches.
    pub executor: Executor,
    /// Whether it can fetch https.
    pub https: bool,
    /// Opens a session.
    open: Open,
}

/// Every backend, in the order in which they are shown.
pub static ALL: &[Backend] = &[
    entry::<Ureq>(Executor::Sequential, sequential::open::<Ureq>),
    entry::<Ureq>(Executor::Threads, threads::open::<Ureq>),
    entry::<Surf<AsyncStd>>(Executor::AsyncStd, async_std::open::<Surf<AsyncStd>>),
    entry::<Surf<Smol>>(Executor::Smol, smol::open::<Surf<Smol>>),
    entry::<Hyper<AsyncStd>>(Executor::AsyncStd, async_std::open::<Hyper<AsyncStd>>),
    entry::<Hyper<Smol>>(Executor::Smol, smol::open::<Hyper<Smol>>),
    entry::<Floor>(Executor::Loop, event_loop::open),
    Backend { client: "fake", executor: Executor::Virtual, https: true, open: fake::open },
];

type Open = fn(&Options, &Limits) -> anyhow::Result<Box<dyn Fetch>>;

const fn entry<C: Client>(executor: Executor, open: Open) -> Backend {
    Backend { client: C::NAME, executor, https: C::HTTPS, open }
}

impl Backend {
    /// The version of the client's crate.
    pub fn client_version(&self) -> Option<&'static str> {
        lockfile::version(self.client)
    }

    /// The version of the executor's crate; threads have none.
    pub fn executor_version(&self) -> Option<&'static str> {
        lockfile::version(self.executor.name())
    }
}

/// Who runs the fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Executor {
    /// The calling thread, one fetch after another.
    Sequential,
    /// Blocking threads, as many as the concurrency.
    Threads,
    /// The global runtime of async-std.
    AsyncStd,
    /// An executor of smol on threads of our own.
    Smol,
    /// The calling thread, with an event loop of the client's own.
    Loop,
    /// Nobody: durations are made up.
    Virtual,
}

impl Executor {
    /// The name, which is that of its crate where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Threads => "threads",
            Self::AsyncStd => "async-std",
            Self::Smol => "smol",
            Self::Loop => "loop",
            Self::Virtual => "virtual",
        }
    }

    /// Whether a row may choose how many threads it has.
    pub fn has_thread_choice(self) -> bool {
        matches!(self, Self::AsyncStd | Self::Smol)
    }

    /// How many threads a row without a choice has, where the concurrency does not decide it: one per core for the
    /// asynchronous executors, so that none is compared with fewer than another (left alone, smol starts one and
    /// async-std one per core).
    pub fn default_threads(self) -> Option<usize> {
        match self {
            Self::Sequential | Self::Loop => Some(1),
            Self::AsyncStd | Self::Smol => Some(std::thread::available_parallelism().map_or(1, usize::from)),
            Self::Threads | Self::Virtual => None,
        }
    }
}
