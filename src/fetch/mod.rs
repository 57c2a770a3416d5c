//! The trait [`Fetch`], and the types that go into a fetch and come out of it.

pub mod answer;
mod capability;
pub mod error;
#[cfg(feature = "harness")]
pub mod files;
mod limits;
#[cfg(feature = "harness")]
mod locking;
pub mod origin;
mod progress;
pub mod public;
pub mod redirect;
#[cfg(feature = "harness")]
pub mod roots;
#[cfg(feature = "harness")]
mod similar;

use std::time::{Duration, Instant};

use url::Url;

pub use self::capability::{Capabilities, Capability};
pub use self::limits::{Connections, Limits, URL_MAX};
#[cfg(feature = "harness")]
pub(crate) use self::locking::lock;
pub use self::progress::Progress;
#[cfg(feature = "harness")]
pub(crate) use self::similar::similar;
use crate::fetch::answer::Page;
use crate::fetch::error::FetchError;

/// The `user-agent` of every backend.
pub const AGENT: &str = concat!("fetchbench/", env!("CARGO_PKG_VERSION"));

/// An open session of a backend: runtime, client and connection pool, kept warm between passes.
///
/// A session is bound to the thread that opened it, because some backends have runtimes of one
/// thread per core.
pub trait Fetch {
    /// Fetches every url, at most [`Limits::concurrency`] at a time, and returns when all have
    /// ended.
    ///
    /// A failed fetch is data: it is in the [`Pass`] with its class and never ends the pass.
    ///
    /// # Errors
    ///
    /// Only failures of the harness, such as a dead thread.
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass>;
}

/// One fetch of a whole list.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// From just before the first request was issued to just after the last body byte was consumed.
    pub elapsed: Duration,
    /// One entry for each url, in the order of the urls.
    pub fetched: Vec<Fetched>,
}

/// The outcome of one url.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// When the fetch started, counted from the start of the pass.
    pub started: Duration,
    /// From the start of the fetch to its last body byte or its failure.
    pub elapsed: Duration,
    /// The url that redirects led to, if any.
    pub final_url: Option<Box<Url>>,
    /// The page, or why the fetch failed.
    pub result: Result<Page, FetchError>,
}

impl Fetched {
    /// Returns when the fetch ended, counted from the start of the pass.
    pub fn ended(&self) -> Duration {
        self.started.saturating_add(self.elapsed)
    }
}

/// The clock of a pass, started with the pass.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Starts a clock.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since the start.
    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// Returns the moment `offset` after the start.
    pub fn at(&self, offset: Duration) -> Instant {
        self.0 + offset
    }
}
