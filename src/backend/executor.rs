//! The executors, and the interface of those that run tasks.

use std::future::Future;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

/// The executor of a backend: it runs the fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Executor {
    /// The calling thread, one fetch after another.
    Sequential,
    /// Blocking threads, as many as the concurrency.
    Threads,
    /// The global runtime of async-std.
    AsyncStd,
    /// An executor of smol on threads of this program.
    Smol,
    /// A runtime of tokio.
    Tokio,
    /// The calling thread, with the client's event loop.
    Loop,
    /// A Python interpreter, one fetch after another.
    Python,
    /// Python threads, as many as the concurrency.
    PythonThreads,
    /// The event loop of Python's asyncio.
    Asyncio,
    /// The event loop of Node.
    Node,
    /// The scheduler of Go, with as many goroutines as the concurrency.
    Go,
    /// The program itself, one process per pass.
    Parallel,
    /// Runtimes of compio on io_uring, each on a separate thread.
    Compio,
    /// None: durations are made up.
    Virtual,
}

impl Executor {
    /// Returns the name: that of its crate, if it has one.
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
            Self::Compio => "compio",
            Self::Virtual => "virtual",
        }
    }

    /// Returns whether it runs tasks. If so, a backend may choose the number of threads and how
    /// fetches become tasks.
    pub fn has_tasks(self) -> bool {
        matches!(self, Self::AsyncStd | Self::Smol | Self::Tokio | Self::Compio)
    }

    /// Returns the number of file descriptors per thread: the ring, and the one that wakes it.
    pub(super) fn descriptors_per_thread(self) -> usize {
        if self == Self::Compio { 2 } else { 0 }
    }

    /// Returns the default number of threads, or `None` if the concurrency decides it. Asynchronous
    /// executors get one per core, so that none is compared with fewer than another (by default,
    /// smol starts one, async-std and tokio one per core).
    pub fn default_threads(self) -> Option<usize> {
        match self {
            Self::Sequential
            | Self::Loop
            | Self::Python
            | Self::Asyncio
            | Self::Node
            | Self::Parallel => Some(1),
            Self::AsyncStd | Self::Smol | Self::Tokio | Self::Compio | Self::Go => {
                Some(cores().get())
            }
            Self::Threads | Self::PythonThreads | Self::Virtual => None,
        }
    }
}

pub(super) fn cores() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// An executor of tasks.
pub(super) trait AsyncExecutor: Send + Sync + Sized + 'static {
    const EXECUTOR: Executor;

    /// Completes at a given moment.
    type Sleep: Future + Send + Unpin;

    /// Starts this many threads, besides the calling one.
    ///
    /// # Errors
    ///
    /// The threads cannot be started.
    fn start(threads: NonZeroUsize) -> anyhow::Result<Self>;

    /// Returns the share of the connection budget that a client gets: all of it, unless each thread
    /// has a client.
    fn share_of_connections(budget: NonZeroUsize, _threads: NonZeroUsize) -> NonZeroUsize {
        budget
    }

    /// Starts a task. The returned future completes with it.
    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static;

    /// Returns a future that completes at `deadline`.
    fn sleep_until(deadline: Instant) -> Self::Sleep;
}
