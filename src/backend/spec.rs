//! Backends with their options.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::bail;
use http::HeaderMap;

use super::entry::{Entry, Opener};
use super::executor::Executor;
use super::external;
use super::job::SessionSettings;
use super::options::BackendOptions;
use super::reach::Marked;
use super::registry::ALL;
use super::slowed::Slowed;
use crate::client::{ClientOptions, Protocol, UserOptions};
use crate::fetch::{Capabilities, Capability, Fetch, Limits, Progress};

/// A backend with its options, parsed from and printed as
/// `client@executor[:threads][+h2][+conns=N][+per-site|+one-task][/default]`.
#[derive(Debug, Clone, Copy)]
pub struct Backend {
    pub(super) entry: &'static Entry,
    pub(super) options: BackendOptions,
}

impl Backend {
    /// Returns a backend with its defaults.
    pub(super) fn plain(entry: &'static Entry) -> Self {
        let options = BackendOptions { http2: entry.is_only_http2(), ..BackendOptions::default() };
        Self { entry, options }
    }

    /// Returns every backend of this program that really fetches, with its defaults.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter()
            .filter(|entry| entry.executor != Executor::Virtual && !entry.is_peer())
            .map(Self::plain)
    }

    /// Returns the peers, backends in other languages, whether or not they are set up.
    pub fn peers() -> impl Iterator<Item = Self> {
        ALL.iter().filter(|entry| entry.is_peer()).map(Self::plain)
    }

    /// Returns every backend that really fetches and can be opened here: those of this program, and
    /// the peers that are set up.
    pub fn set_up() -> impl Iterator<Item = Self> {
        Self::all().chain(Self::peers().filter(Self::is_set_up))
    }

    /// Returns the backends that take part when none is named: those of the default features.
    pub fn usual() -> impl Iterator<Item = Self> {
        Self::all().filter(|backend| backend.entry.usual)
    }

    /// Returns the backends that `pattern` stands for: one, or all of a client or an executor.
    ///
    /// # Errors
    ///
    /// No backend matches (the message lists all), or a peer is not set up.
    pub fn matching(pattern: &str) -> anyhow::Result<Vec<Self>> {
        let named: Vec<Self> = ALL
            .iter()
            .filter(|entry| pattern == entry.client || pattern == entry.executor.name())
            .map(Self::plain)
            .collect();
        let backends = if named.is_empty() { vec![pattern.parse()?] } else { named };
        if let Some(missing) = backends.iter().find(|backend: &&Self| !backend.is_set_up()) {
            bail!("{missing} is not set up: run `fetchbench peers install`");
        }
        Ok(backends)
    }

    /// Returns the backend without its options.
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// Returns the maximum number of connections that its name sets; over HTTP/2, the number to
    /// each origin.
    pub fn max_connections(&self) -> Option<NonZeroUsize> {
        self.options.max_connections
    }

    /// Returns whether it speaks HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.options.http2
    }

    /// Returns what it can do as its name sets it up: HTTP/2 is an option.
    pub fn capabilities(&self) -> Capabilities {
        match self.options.http2 {
            true => self.entry.capabilities,
            false => self.entry.capabilities.without(Capability::Http2),
        }
    }

    /// Returns whether it can be opened. A peer has to be set up first, and by a version of this
    /// program that knew its HTTP/2.
    pub fn is_set_up(&self) -> bool {
        !self.entry.is_peer() || external::is_set_up(&self.entry.name(), self.options.http2)
    }

    /// Returns the limits of its sessions: those of its name, and `limits` for the rest.
    fn session_limits(&self, limits: &Limits) -> Limits {
        match self.options.http2 {
            // A connection carries many fetches at once.
            true => limits.clone(),
            false => limits.limited_to(self.options.max_connections),
        }
    }

    /// Returns the version of HTTP that its sessions speak.
    fn protocol(&self) -> Protocol {
        let connections = self.options.max_connections.unwrap_or(NonZeroUsize::MIN);
        if self.options.http2 { Protocol::Http2 { connections } } else { Protocol::Http1 }
    }

    /// Returns whether it fetches one url after another, at any concurrency.
    pub fn is_sequential(&self) -> bool {
        matches!(self.entry.executor, Executor::Sequential | Executor::Python)
    }

    /// Returns the share by which its passes are longer than those of `other`; `None` if it is not
    /// that backend slowed on purpose.
    pub fn slower_than(&self, other: &Self) -> Option<f64> {
        let options = BackendOptions { slowed: None, ..self.options };
        self.options.slowed.filter(|_| Self { options, ..*self } == *other)
    }

    /// Returns whether its durations are made up.
    pub fn is_fake(&self) -> bool {
        self.entry.executor == Executor::Virtual
    }

    /// Returns the number of threads that fetch under these limits.
    pub fn threads(&self, limits: &Limits) -> usize {
        let default = self.entry.executor.default_threads();
        match self.entry.executor {
            Executor::Virtual => 0,
            _ => {
                let threads = self.options.threads.map(usize::from).or(default);
                threads.unwrap_or_else(|| self.session_limits(limits).concurrency.get())
            }
        }
    }

    /// Returns the maximum number of its fetches in flight: the slots of its ideal.
    pub fn slots(&self, limits: &Limits) -> NonZeroUsize {
        match self.is_sequential() {
            true => NonZeroUsize::MIN,
            false => self.session_limits(limits).concurrency,
        }
    }

    /// Returns the number of file descriptors that its fetches and threads may open.
    pub fn descriptors(&self, limits: &Limits) -> usize {
        let each_thread = self.entry.executor.descriptors_per_thread();
        self.slots(limits).get() * self.entry.descriptors + self.threads(limits) * each_thread
    }

    /// Returns why these backends cannot all be opened in one process, or `None` if they can:
    /// async-std has one runtime, with one number of threads.
    pub fn conflict(backends: &[Self]) -> Option<String> {
        let mut runtimes =
            backends.iter().filter(|backend| backend.entry.executor == Executor::AsyncStd);
        let first = runtimes.next()?;
        let limits = Limits::new(NonZeroUsize::MIN);
        let other = runtimes.find(|backend| backend.threads(&limits) != first.threads(&limits))?;
        Some(format!(
            "{first} and {other} cannot run in one process, since async-std has one runtime: name \
             one of them"
        ))
    }

    /// Returns the command that runs it as a worker; `program` is this program.
    pub fn worker(&self, program: &Path) -> Vec<OsString> {
        match self.entry.open {
            Opener::Here(_) => vec![program.into(), "worker".into(), self.to_string().into()],
            Opener::Elsewhere => external::command(&self.entry.name(), self.options.http2),
        }
    }

    /// Checks that the client can send these headers.
    ///
    /// # Errors
    ///
    /// It cannot send one. The message names the header and a backend that can.
    pub fn check_headers(&self, headers: &HeaderMap) -> anyhow::Result<()> {
        let Some(name) = self.entry.unsendable(headers) else { return Ok(()) };
        let why = match self.entry.is_peer() {
            true => "programs in other languages send no headers of yours",
            false => "its value is not ASCII",
        };
        let able = Self::all().find(|backend| {
            !backend.is_sequential() && backend.entry.unsendable(headers).is_none()
        });
        let able = able.map_or_else(String::new, |backend| format!("; take {backend}"));
        bail!("{self} cannot send header {name}: {why}{able}");
    }

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// The session cannot be opened. The message names the backend and the reason.
    pub fn open(
        &self,
        user: &UserOptions,
        limits: &Limits,
        progress: &Progress,
    ) -> anyhow::Result<Box<dyn Fetch>> {
        self.check_headers(&user.headers)?;
        let settings = SessionSettings {
            client: ClientOptions {
                tier: self.options.tier,
                protocol: self.protocol(),
                user: user.clone(),
            },
            limits: self.session_limits(limits),
            progress: progress.clone(),
        };
        let http2 = self.entry.http2.filter(|_| self.options.http2);
        let session = match http2.map_or(self.entry.open, |http2| http2.open) {
            Opener::Here(open) => open(&self.options, settings),
            Opener::Elsewhere => external::open(&self.entry.name(), settings),
        };
        let session = session.map_err(|error| error.context(format!("cannot open {self}")))?;
        let inner = Box::new(Marked(session));
        Ok(match self.options.slowed {
            None => inner,
            Some(share) => Box::new(Slowed { inner, share }),
        })
    }
}

impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.entry, other.entry) && self.options == other.options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_for_plain_backends() {
        for entry in ALL.iter().filter(|entry| !entry.is_peer()) {
            let backends = Backend::matching(entry.client).unwrap();
            assert!(backends.iter().any(|backend| std::ptr::eq(backend.entry, entry)));
            assert!(backends.iter().all(|backend| backend.options == BackendOptions::default()));
        }
    }
}
