//! The limits of a session.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest url that is fetched, in bytes. hyper, reqwest, ureq and isahc refuse longer ones, so
/// every backend does.
pub const URL_MAX: usize = 65_534;

/// The limits of a session. Its threads and pools are sized by them when it is opened.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of requests in flight.
    pub concurrency: NonZeroUsize,
    /// The maximum number of connections, open or idle, over all hosts.
    pub max_connections: NonZeroUsize,
    /// The maximum time of a fetch, from its start to its last body byte, including all redirects.
    pub deadline: Duration,
    /// The longest accepted body, in bytes.
    pub max_body: u64,
    /// The maximum number of redirects to follow. With 0, a redirect is the answer.
    pub redirects: u32,
    /// How long connections are kept.
    pub connections: Connections,
}

impl Limits {
    /// Returns limits with this concurrency and the defaults: as many connections, 30 s, 64 MiB, no
    /// redirects, warm connections.
    pub fn new(concurrency: NonZeroUsize) -> Self {
        Self {
            concurrency,
            max_connections: concurrency,
            deadline: Duration::from_secs(30),
            max_body: 64 << 20,
            redirects: 0,
            connections: Connections::Warm,
        }
    }

    /// Returns the limits with another concurrency, and as many connections.
    pub fn with_concurrency(self, concurrency: NonZeroUsize) -> Self {
        Self { concurrency, max_connections: concurrency, ..self }
    }

    /// Returns the limits with at most `connections`, if there is such a number. In HTTP/1.1 a
    /// request in flight occupies a connection, so fewer connections are also fewer requests at
    /// once.
    pub fn limited_to(&self, connections: Option<NonZeroUsize>) -> Self {
        let max_connections = self.max_connections.min(connections.unwrap_or(NonZeroUsize::MAX));
        Self { concurrency: self.concurrency.min(max_connections), max_connections, ..self.clone() }
    }
}

/// How long connections are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// Between fetches and between passes.
    #[default]
    Warm,
    /// Between the fetches of a pass. Each pass starts without connections.
    Cold,
    /// Not at all: every fetch opens a new one.
    PerFetch,
}
