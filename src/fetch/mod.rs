//! The one trait, [`Fetch`], and what goes into a fetch and comes out of it.

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
/// A session is bound to the thread that opened it, since runtimes of one thread per core are among
/// the backends.
pub trait Fetch {
    /// Fetches every url, at most [`Limits::concurrency`] at a time, and returns when all have
    /// ended.
    ///
    /// A fetch that fails is data: it stands in the [`Pass`] with its class and never ends the
    /// pass.
    ///
    /// # Errors
    ///
    /// Only the harness's own trouble, such as a thread that died.
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass>;
}

/// What a session must keep to. Threads and pools are sized by it when the session is opened.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The most fetches at one moment, and so the connection budget.
    pub concurrency: NonZeroUsize,
    /// The longest a fetch may take, from its start to its last body byte, over all its redirects.
    pub deadline: Duration,
    /// The longest body that is accepted, in bytes.
    pub max_body: u64,
    /// How many redirects are followed; with 0 a redirect is the answer.
    pub redirects: u32,
    /// What becomes of connections.
    pub connections: Connections,
    /// How many fetches have ended: bumped by the backend, read by a progress bar. Shared between
    /// clones.
    pub progress: Arc<AtomicUsize>,
}

impl Limits {
    /// A concurrency and otherwise the defaults: 30 s, 64 MiB, no redirects, warm connections.
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

    /// Notes that one more fetch has ended.
    pub fn bump_progress(&self) {
        self.progress.fetch_add(1, Ordering::Relaxed);
    }
}

/// The longest url that is fetched, in bytes. hyper, reqwest, ureq and isahc take no longer one, so
/// no backend does.
pub const URL_MAX: usize = 65_534;

/// The most bytes of the user's headers that are sent, over all lines: ureq-proto is given room for
/// no more.
pub const HEADERS_MAX: usize = 64 << 10;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Connections {
    /// Kept over fetches and passes.
    #[default]
    Warm,
    /// Kept over the fetches of a pass; each pass starts with none.
    Cold,
    /// A new one for every fetch.
    PerFetch,
}

/// What every row sends as `user-agent`.
pub const AGENT: &str = concat!("fetchbench/", env!("CARGO_PKG_VERSION"));

/// How a session is opened, beside its limits.
#[derive(Clone, Default)]
pub struct Options {
    /// Threads of the executor, where it has any to choose; `None` is the row's default.
    pub threads: Option<NonZeroUsize>,
    /// How the fetches of a pass become tasks, where the executor has tasks.
    pub spawning: Spawning,
    /// Whether the client is set as its expert would, or left as it comes.
    pub tier: Tier,
    /// Headers that the user asks for; they replace ours of the same name.
    pub headers: HeaderMap,
    /// Certificates to trust in place of the web's roots.
    pub roots: Option<Roots>,
    /// What the fake backend answers.
    pub script: Option<Script>,
}

/// How the fetches of a pass become tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Spawning {
    /// As many tasks as the concurrency, each of which takes the next site when it is done with
    /// one.
    #[default]
    Workers,
    /// A task for every site, which waits until it is one of those that may fetch.
    PerSite,
    /// One task, which polls as many futures as the concurrency itself, so that one thread does all
    /// the work.
    OneTask,
}

impl Spawning {
    /// Those that have a name of their own in a row: all but the default.
    pub const NAMED: [(Self, &str); 2] = [(Self::PerSite, "per-site"), (Self::OneTask, "one-task")];

    /// The name, where it has one.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(spawning, _)| *spawning == self).map(|(_, name)| *name)
    }
}

/// How a client is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// As its expert would set it for many fetches at once; every such option has its reason beside
    /// it in the code.
    #[default]
    Tuned,
    /// As it comes: its library's own options, headers and redirects, as far as answers can still
    /// be verified.
    Default,
}

/// What the fake backend makes up for a url: how long it takes, and the answer.
pub type Script = Arc<dyn Fn(&Url) -> (Duration, Result<Page, FetchError>) + Send + Sync>;

impl Options {
    /// The headers of every request, beside `host`, which belongs to the url.
    ///
    /// The same for every client as far as the client allows: whole bodies and no content coding,
    /// since decoding would be measured in some clients and not in others. A client that is left as
    /// it comes sends what it does by itself.
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

/// Whether the user's `authorization` and `cookie` headers go along: never to an origin that a
/// redirect chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// To the origin that the user named.
    Send,
    /// To any other.
    Withhold,
}

/// One fetch of a whole list.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// From just before the first request was issued to just after the last body byte was consumed.
    pub elapsed: Duration,
    /// One for each url, in the order of the urls.
    pub fetched: Vec<Fetched>,
}

/// What happened to one url.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// When the fetch started, counted from the start of the pass.
    pub started: Duration,
    /// From the start of the fetch to its last body byte or its failure.
    pub elapsed: Duration,
    /// Where redirects led, if anywhere.
    pub final_url: Option<Box<Url>>,
    /// The page, or why there is none.
    pub result: Result<Page, FetchError>,
}

/// The clock of a pass: starts when the pass does.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// The moment `offset` after the start.
    pub fn at(&self, offset: Duration) -> Instant {
        self.0 + offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stay_with_the_origin_that_the_user_named() {
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
