//! The options of a backend: what its name sets, beside the client and the executor.

use std::num::NonZeroUsize;

use crate::client::Tier;

/// The options of a backend.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct BackendOptions {
    /// Threads of the executor; `None` is its default.
    pub threads: Option<NonZeroUsize>,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
    /// The maximum number of connections, instead of that of the limits; over HTTP/2, the number to
    /// each origin.
    pub max_connections: Option<NonZeroUsize>,
    /// How the fetches of a pass become tasks, if the executor has tasks.
    pub spawning: Spawning,
    /// Whether the client is tuned or has its defaults.
    pub tier: Tier,
    /// The share by which its passes are lengthened, to test whether that is detected.
    pub slowed: Option<f64>,
}

/// How the fetches of a pass become tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Spawning {
    /// As many tasks as the concurrency. Each takes the next site when it is done with one.
    #[default]
    Workers,
    /// One task per site. Each waits until it may fetch.
    PerSite,
    /// One task that polls as many futures as the concurrency, so that one thread does all the
    /// work.
    OneTask,
}
