//! Backends: executors, one file each, and the table of the pairs of client and executor that work together.

use self::async_std::AsyncStd;
use self::smol::Smol;
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
mod fake;
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
    open: fn(&Options, &Limits) -> anyhow::Result<Box<dyn Fetch>>,
}

/// Every backend, in the order in which they are shown.
pub static ALL: &[Backend] = &[
    Backend { client: "ureq", executor: Executor::Sequential, https: Ureq::HTTPS, open: sequential::open::<Ureq> },
    Backend { client: "ureq", executor: Executor::Threads, https: Ureq::HTTPS, open: threads::open::<Ureq> },
    Backend {
        client: "surf",
        executor: Executor::AsyncStd,
        https: Surf::<AsyncStd>::HTTPS,
        open: async_std::open::<Surf<AsyncStd>>,
    },
    Backend { client: "surf", executor: Executor::Smol, https: Surf::<Smol>::HTTPS, open: smol::open::<Surf<Smol>> },
    Backend {
        client: "hyper",
        executor: Executor::AsyncStd,
        https: Hyper::<AsyncStd>::HTTPS,
        open: async_std::open::<Hyper<AsyncStd>>,
    },
    Backend { client: "hyper", executor: Executor::Smol, https: Hyper::<Smol>::HTTPS, open: smol::open::<Hyper<Smol>> },
    Backend { client: "fake", executor: Executor::Virtual, https: true, open: fake::open },
];

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
            Self::Sequential => Some(1),
            Self::AsyncStd | Self::Smol => Some(std::thread::available_parallelism().map_or(1, usize::from)),
            Self::Threads | Self::Virtual => None,
        }
    }
}
