//! The trait [`Fetch`], and the types that go into a fetch and come out of it.

pub mod answer;
pub mod error;
pub mod files;
pub mod origin;
pub mod redirect;
pub mod roots;
pub mod tls_error;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, COOKIE, HeaderMap, HeaderValue, USER_AGENT,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fetch::answer::Page;
use crate::fetch::error::FetchError;
use crate::fetch::roots::Roots;

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

/// The limits of a session. Its threads and pools are sized by them when it is opened.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of fetches in flight, and so the connection budget.
    pub concurrency: NonZeroUsize,
    /// The maximum time of a fetch, from its start to its last body byte, including all redirects.
    pub deadline: Duration,
    /// The longest accepted body, in bytes.
    pub max_body: u64,
    /// The maximum number of redirects to follow. With 0, a redirect is the answer.
    pub redirects: u32,
    /// How long connections are kept.
    pub connections: Connections,
    /// The number of fetches that have ended: bumped by the backend, read by a progress bar. Shared
    /// between clones.
    pub progress: Arc<AtomicUsize>,
}

impl Limits {
    /// Returns limits with this concurrency and the defaults: 30 s, 64 MiB, no redirects, warm
    /// connections.
    pub fn new(concurrency: NonZeroUsize) -> Self {
        Self {
            concurrency,
            deadline: Duration::from_secs(30),
            max_body: 64 << 20,
            redirects: 0,
            connections: Connections::Warm,
            progress: Arc::default(),
        }
    }

    /// Counts one more fetch as ended.
    pub fn bump_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }
}

/// The longest url that is fetched, in bytes. hyper, reqwest, ureq and isahc accept none that is
/// longer, so no backend does.
pub const URL_MAX: usize = 65_534;

/// The maximum size of the user's headers, over all lines, in bytes: the room that ureq-proto is
/// given.
pub const HEADERS_MAX: usize = 64 << 10;

/// How long connections are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// The `user-agent` of every backend.
pub const AGENT: &str = concat!("fetchbench/", env!("CARGO_PKG_VERSION"));

/// How to open a session, besides its limits.
#[derive(Clone, Default)]
pub struct Options {
    /// Threads of the executor, if it has a choice; `None` is the backend's default.
    pub threads: Option<NonZeroUsize>,
    /// How the fetches of a pass become tasks, if the executor has tasks.
    pub spawning: Spawning,
    /// Whether the client is tuned or has its defaults.
    pub tier: Tier,
    /// Headers of the user; they replace the harness's headers of the same name.
    pub headers: HeaderMap,
    /// Certificates to trust instead of the web's roots.
    pub roots: Option<Roots>,
    /// The answers of the fake backend.
    pub script: Option<Script>,
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

impl Spawning {
    /// The values that have a name in a backend: all but the default.
    pub const NAMED: [(Self, &str); 2] = [(Self::PerSite, "per-site"), (Self::OneTask, "one-task")];

    /// Returns the name, or `None` for the default.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(spawning, _)| *spawning == self).map(|(_, name)| *name)
    }
}

/// How a client is configured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// As its expert would configure it for many fetches at once. Every such option has its reason
    /// beside it in the code.
    #[default]
    Tuned,
    /// With its library's own options, headers and redirects, as far as answers can still be
    /// verified.
    Default,
}

/// The script of the fake backend: returns how long a url takes, and the answer.
pub type Script = Arc<dyn Fn(&Url) -> (Duration, Result<Page, FetchError>) + Send + Sync>;

impl Options {
    /// Returns the headers of every request, except `host`, which belongs to the url.
    ///
    /// They are the same for every client, as far as the client allows: whole bodies and no content
    /// coding, because decoding would be measured in some clients and not in others. A client with
    /// its defaults sends its own headers.
    pub fn request_headers(&self, limits: &Limits, credentials: Credentials) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.tier == Tier::Tuned {
            headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
            headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        for name in self.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if credentials == Credentials::Withhold {
            headers.remove(AUTHORIZATION);
            headers.remove(COOKIE);
        }
        if limits.connections == Connections::PerFetch {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers
    }
}

/// Whether to send the user's `authorization` and `cookie` headers. An origin that a redirect chose
/// never gets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// To the origin that the user named.
    Send,
    /// To any other origin.
    Withhold,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stay_with_their_origin() {
        let limits = Limits::new(NonZeroUsize::MIN);
        let mut options = Options::default();
        options.headers.insert(AUTHORIZATION, HeaderValue::from_static("secret"));
        options.headers.insert(USER_AGENT, HeaderValue::from_static("mine"));
        let sent = options.request_headers(&limits, Credentials::Send);
        assert_eq!(
            (&sent[AUTHORIZATION], &sent[USER_AGENT]),
            (&"secret".parse().unwrap(), &"mine".parse().unwrap())
        );
        assert!(
            !options.request_headers(&limits, Credentials::Withhold).contains_key(AUTHORIZATION)
        );
    }
}
