//! Backends: executors, one file each, and the table of the pairs of client and executor that work together.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use self::async_std::AsyncStd;
use self::smol::Smol;
#[cfg(feature = "tokio")]
use self::tokio::Tokio;
#[cfg(feature = "hyper")]
use crate::client::Hyper;
#[cfg(feature = "reqwest")]
use crate::client::Reqwest;
use crate::client::floor::Floor;
use crate::client::{AsyncClient, BlockingClient, Client, Surf, Ureq};
use crate::fetch::{Fetch, Limits, Options};
use crate::lockfile;

mod job;
mod blocking;
mod tasks;
mod asynchronous;
mod sequential;
mod threads;
mod async_std;
mod smol;
#[cfg(feature = "tokio")]
mod tokio;
mod event_loop;
mod external;
mod fake;
mod slowed;
mod row;
mod spelling;

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
    /// Whether it takes part where no row is named.
    pub usual: bool,
    /// The crate of the client.
    client_crate: &'static str,
    /// What is set otherwise than the library would by itself, and why.
    tuned: fn() -> Vec<Tuned>,
    /// Opens a session.
    open: Open,
}

/// An option that a row sets otherwise than its library would by itself, and the reason.
pub type Tuned = (&'static str, &'static str);

/// How a session is opened.
#[derive(Debug)]
enum Open {
    /// In this process.
    Here(fn(&Options, &Limits) -> anyhow::Result<Box<dyn Fetch>>),
    /// In that of a program in another language.
    Elsewhere,
}

/// Every backend, in the order in which they are shown.
pub static ALL: &[Backend] = &[
    sequential::<Ureq>(),
    threads::<Ureq>(),
    tasks::<AsyncStd, Surf<AsyncStd>>(),
    tasks::<Smol, Surf<Smol>>(),
    #[cfg(feature = "tokio")]
    tasks::<Tokio, Surf<Tokio>>(),
    #[cfg(feature = "hyper")]
    tasks::<AsyncStd, Hyper<AsyncStd>>(),
    #[cfg(feature = "hyper")]
    tasks::<Smol, Hyper<Smol>>(),
    #[cfg(all(feature = "hyper", feature = "tokio"))]
    tasks::<Tokio, Hyper<Tokio>>(),
    #[cfg(feature = "reqwest")]
    tasks::<Tokio, Reqwest>(),
    backend::<Floor>(Executor::Loop, Open::Here(event_loop::open)),
    peer("requests", Executor::Python),
    peer("requests", Executor::PythonThreads),
    peer("httpx", Executor::PythonThreads),
    peer("httpx", Executor::Asyncio),
    peer("aiohttp", Executor::Asyncio),
    peer("fetch", Executor::Node),
    peer("net-http", Executor::Go),
    peer("curl", Executor::Parallel),
    Backend {
        client: "fake",
        client_crate: "fake",
        executor: Executor::Virtual,
        https: true,
        usual: false,
        tuned: Vec::new,
        open: Open::Here(fake::open),
    },
];

/// What is in a build only with a feature of cargo: the client or executor, and the feature.
const OPTIONAL: [(&str, &str); 3] = [("tokio", "tokio"), ("hyper", "hyper"), ("reqwest", "reqwest")];

const fn sequential<C: BlockingClient>() -> Backend {
    backend::<C>(Executor::Sequential, Open::Here(sequential::open::<C>))
}

const fn threads<C: BlockingClient>() -> Backend {
    backend::<C>(Executor::Threads, Open::Here(threads::open::<C>))
}

const fn tasks<E: asynchronous::AsyncExecutor, C: AsyncClient>() -> Backend {
    backend::<C>(E::EXECUTOR, Open::Here(asynchronous::open::<E, C>))
}

const fn backend<C: Client>(executor: Executor, open: Open) -> Backend {
    let tuned = || C::TUNED.iter().map(|choice| (choice.option, choice.why)).collect();
    Backend { client: C::NAME, client_crate: C::CRATE, executor, https: C::HTTPS, usual: C::USUAL, tuned, open }
}

/// A program in another language, which takes part where it is named.
const fn peer(client: &'static str, executor: Executor) -> Backend {
    Backend { client, client_crate: "", executor, https: true, usual: false, tuned: Vec::new, open: Open::Elsewhere }
}

impl Backend {
    /// The version of the client: of its crate, or of what a program in another language has been set up with.
    pub fn client_version(&self) -> Option<String> {
        match self.open {
            Open::Here(_) => lockfile::version(self.client_crate).map(str::to_owned),
            Open::Elsewhere => external::version(&external::ready(self)?.client),
        }
    }

    /// The version of the executor in the same way; threads have none.
    pub fn executor_version(&self) -> Option<String> {
        match self.open {
            Open::Here(_) => lockfile::version(self.executor.name()).map(str::to_owned),
            Open::Elsewhere => external::version(&external::ready(self)?.executor),
        }
    }

    /// Whether it is a program in another language.
    pub fn is_peer(&self) -> bool {
        matches!(self.open, Open::Elsewhere)
    }

    /// Whether it can be opened: a program in another language has to be set up first.
    pub fn is_set_up(&self) -> bool {
        !self.is_peer() || external::ready(self).is_some()
    }

    /// The options that are set otherwise than the library would by itself, each with its reason. Where there are none,
    /// there is no default tier beside the tuned one.
    pub fn tuned(&self) -> Vec<Tuned> {
        (self.tuned)()
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
    /// A runtime of tokio.
    Tokio,
    /// The calling thread, with an event loop of the client's own.
    Loop,
    /// An interpreter of Python, one fetch after another.
    Python,
    /// Threads of Python, as many as the concurrency.
    PythonThreads,
    /// The event loop of Python's asyncio.
    Asyncio,
    /// The event loop of Node.
    Node,
    /// The scheduler of Go, with as many goroutines as the concurrency.
    Go,
    /// The program itself, a process for each pass.
    Parallel,
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
            Self::Tokio => "tokio",
            Self::Loop => "loop",
            Self::Python => "python",
            Self::PythonThreads => "python-threads",
            Self::Asyncio => "asyncio",
            Self::Node => "node",
            Self::Go => "go",
            Self::Parallel => "parallel",
            Self::Virtual => "virtual",
        }
    }

    /// Whether it runs tasks, so that a row may choose how many threads it has and how fetches become tasks.
    pub fn has_tasks(self) -> bool {
        matches!(self, Self::AsyncStd | Self::Smol | Self::Tokio)
    }

    /// How many threads a row without a choice has, where the concurrency does not decide it: one per core for the
    /// asynchronous executors, so that none is compared with fewer than another (left alone, smol starts one, async-std
    /// and tokio one per core).
    pub fn default_threads(self) -> Option<usize> {
        match self {
            Self::Sequential | Self::Loop | Self::Python | Self::Asyncio | Self::Node | Self::Parallel => Some(1),
            Self::AsyncStd | Self::Smol | Self::Tokio | Self::Go => Some(cores().get()),
            Self::Threads | Self::PythonThreads | Self::Virtual => None,
        }
    }
}

fn cores() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
