//! Executors: which there are, and what one that runs tasks has to offer.

use std::future::Future;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

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
    /// Runtimes of compio, which is on io_uring, each on a thread of its own.
    Compio,
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
            Self::Compio => "compio",
            Self::Virtual => "virtual",
        }
    }

    /// Whether it runs tasks, so that a row may choose how many threads it has and how fetches
    /// become tasks.
    pub fn has_tasks(self) -> bool {
        matches!(self, Self::AsyncStd | Self::Smol | Self::Tokio | Self::Compio)
    }

    /// How many file descriptors each thread has for itself: a ring and what wakes it.
    pub(super) fn descriptors_per_thread(self) -> usize {
        if self == Self::Compio { 2 } else { 0 }
    }

    /// How many threads a row without a choice has, where the concurrency does not decide it: one
    /// per core for the asynchronous executors, so that none is compared with fewer than another
    /// (left alone, smol starts one, async-std and tokio one per core).
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
    /// Which it is.
    const EXECUTOR: Executor;

    /// Ends at a moment.
    type Sleep: Future + Send + Unpin;

    /// Starts it on so many threads. The thread that calls is none of them.
    ///
    /// # Errors
    ///
    /// The threads cannot be had.
    fn start(threads: NonZeroUsize) -> anyhow::Result<Self>;

    /// Begins to run a task, which ends with the future that is returned.
    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static;

    /// Ends at `deadline`.
    fn sleep_until(deadline: Instant) -> Self::Sleep;
}
