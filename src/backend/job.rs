//! One pass over a list, as its workers see it: the next site, redirects and results.
//!
//! Shared by all executors, so that two backends differ in the executor and the client alone.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use url::Url;

use crate::client::{Client, ClientOptions, Credentials};
use crate::fetch::answer::{Head, Page};
use crate::fetch::error::{ErrorClass, FetchError, excerpt};
use crate::fetch::origin::Origin;
use crate::fetch::{Capability, Clock, Connections, Fetched, Limits, Pass, Progress, URL_MAX};

/// A pass in progress.
pub(super) struct Job<C: Client> {
    pub(super) client: Arc<C>,
    pub(super) limits: Limits,
    progress: Progress,
    targets: Vec<Result<C::Target, FetchError>>,
    /// The urls, kept only if redirects may have to be resolved against them.
    urls: Vec<Url>,
    next: AtomicUsize,
    clock: Clock,
}

impl<C: Client> Job<C> {
    /// Prepares the list, then starts the clock.
    fn start(client: &Arc<C>, settings: &SessionSettings, urls: &[Url]) -> Self {
        let limits = &settings.limits;
        let targets = urls.iter().map(|url| target(&**client, url, Credentials::Send)).collect();
        let urls = if limits.redirects > 0 { urls.to_vec() } else { Vec::new() };
        Self {
            client: Arc::clone(client),
            limits: limits.clone(),
            progress: settings.progress.clone(),
            targets,
            urls,
            next: AtomicUsize::new(0),
            clock: Clock::start(),
        }
    }

    pub(super) fn sites(&self) -> usize {
        self.targets.len()
    }

    /// Returns the number of workers that have something to do.
    pub(super) fn workers(&self) -> usize {
        self.limits
            .concurrency
            .min(NonZeroUsize::new(self.targets.len()).unwrap_or(NonZeroUsize::MIN))
            .get()
    }

    /// Takes the next site, if any is left.
    pub(super) fn take(&self) -> Option<Fetching<'_, C>> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.targets.len()).then(|| Fetching {
            job: self,
            index,
            started: self.clock.now(),
            hop: None,
            hops: 0,
        })
    }
}

/// Prepares a url, unless it is too long or the client has no TLS for it: some clients would speak
/// plain text to a TLS port and believe the answer.
fn target<C: Client>(
    client: &C,
    url: &Url,
    credentials: Credentials,
) -> Result<C::Target, FetchError> {
    if url.as_str().len() > URL_MAX {
        let message = format!("{}: a url may have {URL_MAX} bytes", excerpt(url.as_str()));
        return Err(FetchError::new(ErrorClass::Unsupported, message));
    }
    if url.scheme() == "https" && !C::CAPABILITIES.has(Capability::Https) {
        return Err(FetchError::new(ErrorClass::Unsupported, no_tls()));
    }
    client.target(url, credentials)
}

/// Returns why https is refused, and the backends that support it.
fn no_tls() -> String {
    let able = super::Backend::all()
        .filter(|backend| backend.entry().can(Capability::Https))
        .map(|backend| backend.to_string());
    format!("this backend has no TLS: use one of {}", able.collect::<Vec<_>>().join(", "))
}

/// The fetch of one site: of its url, then of one url after another that its redirects name.
pub(super) struct Fetching<'a, C: Client> {
    job: &'a Job<C>,
    index: usize,
    started: Duration,
    /// The target of the last redirect. Boxed, because few fetches have one, and it would enlarge
    /// the future of every fetch.
    hop: Option<Box<(Url, C::Target)>>,
    hops: u32,
}

impl<C: Client> Fetching<'_, C> {
    /// Returns the index of its url in the list.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn deadline(&self) -> Instant {
        self.job.clock.at(self.started + self.job.limits.deadline)
    }

    /// Returns the target to request now.
    pub(super) fn target(&self) -> Result<&C::Target, FetchError> {
        match &self.hop {
            Some(hop) => Ok(&hop.1),
            None => self.job.targets[self.index].as_ref().map_err(Clone::clone),
        }
    }

    /// Follows the redirect of an answer. Returns whether there was one to follow.
    pub(super) fn follow(&mut self, head: &Head) -> Result<bool, FetchError> {
        let limit = self.job.limits.redirects;
        if limit == 0 {
            return Ok(false);
        }
        let first = &self.job.urls[self.index];
        let from = self.hop.as_ref().map_or(first, |hop| &hop.0);
        let Some(to) = head.redirect(from)? else {
            return Ok(false);
        };
        if self.hops == limit {
            let message =
                format!("more than {limit} redirects, the next to {}", excerpt(to.as_str()));
            return Err(FetchError::new(ErrorClass::RedirectLoop, message));
        }
        let same = Origin::of(&to) == Origin::of(first);
        let credentials = if same { Credentials::Send } else { Credentials::Withhold };
        let target = target(&*self.job.client, &to, credentials)?;
        self.hop = Some(Box::new((to, target)));
        self.hops += 1;
        Ok(true)
    }

    /// Ends the fetch. Returns its outcome and the index of its url.
    pub(super) fn end(self, result: Result<Page, FetchError>) -> (usize, Fetched) {
        let elapsed = self.job.clock.now() - self.started;
        self.job.progress.add(1);
        let final_url = self.hop.map(|hop| Box::new(hop.0));
        (self.index, Fetched { started: self.started, elapsed, final_url, result })
    }
}

/// Sorts the outcomes of all workers by url. The pass ended with its last fetch.
pub(super) fn gather(mut handed_in: Vec<(usize, Fetched)>) -> Pass {
    handed_in.sort_unstable_by_key(|(index, _)| *index);
    let fetched: Vec<Fetched> = handed_in.into_iter().map(|(_, fetched)| fetched).collect();
    let elapsed = fetched.iter().map(Fetched::ended).max().unwrap_or_default();
    Pass { elapsed, fetched }
}

/// What a session is opened with.
#[derive(Clone)]
pub(super) struct SessionSettings {
    pub client: ClientOptions,
    pub limits: Limits,
    /// Counts the fetches that have ended.
    pub progress: Progress,
}

/// A client and the means to open another, held by every session.
pub(super) struct Opened<C> {
    client: Arc<C>,
    settings: SessionSettings,
}

impl<C: Client> Opened<C> {
    pub(super) fn new(settings: SessionSettings) -> anyhow::Result<Self> {
        let client = Arc::new(C::open(&settings.client, &settings.limits)?);
        Ok(Self { client, settings })
    }

    /// Returns the current client; a cold pass replaces it.
    pub(super) fn client(&self) -> &C {
        &self.client
    }

    /// Returns whether each pass starts without connections.
    pub(super) fn is_cold(&self) -> bool {
        self.settings.limits.connections == Connections::Cold
    }

    /// Starts a pass. A cold pass gets a new client, which has no connections yet.
    pub(super) fn start(&mut self, urls: &[Url]) -> anyhow::Result<Job<C>> {
        if self.is_cold() {
            *self = Self::new(self.settings.clone())?;
        }
        Ok(Job::start(&self.client, &self.settings, urls))
    }
}
