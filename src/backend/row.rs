//! Backends with their options.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::bail;
use http::HeaderMap;

use super::reach::Marked;
use super::slowed::Slowed;
use super::{ALL, Backend, Executor, Open, external};
use crate::fetch::{Fetch, Limits, Options, Spawning, Tier};

/// A backend with its options, parsed from and printed as
/// `client@executor[:threads][+per-site|+one-task][/default]`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub(super) backend: &'static Backend,
    pub(super) threads: Option<NonZeroUsize>,
    pub(super) spawning: Spawning,
    pub(super) tier: Tier,
    /// The share by which its passes are lengthened, to test whether that is detected.
    pub(super) slowed: Option<f64>,
}

impl Row {
    /// Returns a backend with its defaults.
    pub(super) fn plain(backend: &'static Backend) -> Self {
        Self {
            backend,
            threads: None,
            spawning: Spawning::Workers,
            tier: Tier::Tuned,
            slowed: None,
        }
    }

    /// Returns every backend of this program that really fetches, with its defaults.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter()
            .filter(|backend| backend.executor != Executor::Virtual && !backend.is_peer())
            .map(Self::plain)
    }

    /// Returns the peers, backends in other languages, whether or not they are set up.
    pub fn peers() -> impl Iterator<Item = Self> {
        ALL.iter().filter(|backend| backend.is_peer()).map(Self::plain)
    }

    /// Returns every backend that really fetches and can be opened here: those of this program, and
    /// the peers that are set up.
    pub fn set_up() -> impl Iterator<Item = Self> {
        Self::all().chain(Self::peers().filter(|row| row.backend.is_set_up()))
    }

    /// Returns the backends that take part when none is named: those of the default features.
    pub fn usual() -> impl Iterator<Item = Self> {
        Self::all().filter(|row| row.backend.usual)
    }

    /// Returns the backends that `pattern` stands for: one, or all of a client or an executor.
    ///
    /// # Errors
    ///
    /// No backend matches (the message lists all), or a peer is not set up.
    pub fn matching(pattern: &str) -> anyhow::Result<Vec<Self>> {
        let named: Vec<Self> = ALL
            .iter()
            .filter(|backend| pattern == backend.client || pattern == backend.executor.name())
            .map(Self::plain)
            .collect();
        let rows = if named.is_empty() { vec![pattern.parse()?] } else { named };
        if let Some(missing) = rows.iter().find(|row: &&Self| !row.backend.is_set_up()) {
            bail!("{missing} is not set up: run `fetchbench peers install`");
        }
        Ok(rows)
    }

    /// Returns the backend without its options.
    pub fn backend(&self) -> &'static Backend {
        self.backend
    }

    /// Returns whether its client is tuned or has its defaults.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns whether it fetches one url after another, at any concurrency.
    pub fn is_sequential(&self) -> bool {
        matches!(self.backend.executor, Executor::Sequential | Executor::Python)
    }

    /// Returns the share by which its passes are lengthened on purpose.
    pub fn slowed_by(&self) -> Option<f64> {
        self.slowed
    }

    /// Returns whether its durations are made up.
    pub fn is_fake(&self) -> bool {
        self.backend.executor == Executor::Virtual
    }

    /// Returns the number of threads that fetch at `concurrency`.
    pub fn threads(&self, concurrency: NonZeroUsize) -> usize {
        let default = self.backend.executor.default_threads();
        match self.backend.executor {
            Executor::Virtual => 0,
            _ => self.threads.map(usize::from).or(default).unwrap_or(concurrency.get()),
        }
    }

    /// Returns the maximum number of its fetches in flight: the slots of its ideal.
    pub fn slots(&self, limits: &Limits) -> NonZeroUsize {
        if self.is_sequential() { NonZeroUsize::MIN } else { limits.concurrency }
    }

    /// Returns the number of file descriptors that its fetches and threads may open.
    pub fn descriptors(&self, limits: &Limits) -> usize {
        let each_thread = self.backend.executor.descriptors_per_thread();
        self.slots(limits).get() * self.backend.descriptors
            + self.threads(limits.concurrency) * each_thread
    }

    /// Returns why these backends cannot all be opened in one process, or `None` if they can:
    /// async-std has one runtime, with one number of threads.
    pub fn conflict(rows: &[Self]) -> Option<String> {
        let mut runtimes = rows.iter().filter(|row| row.backend.executor == Executor::AsyncStd);
        let first = runtimes.next()?;
        let other = runtimes
            .find(|row| row.threads(NonZeroUsize::MIN) != first.threads(NonZeroUsize::MIN))?;
        Some(format!(
            "{first} and {other} cannot run in one process, since async-std has one runtime: name \
             one of them"
        ))
    }

    /// Returns the command that runs it as a worker; `program` is this program.
    pub fn worker(&self, program: &Path) -> Vec<OsString> {
        match self.backend.open {
            Open::Here(_) => vec![program.into(), "worker".into(), self.to_string().into()],
            Open::Elsewhere => vec![external::program(self.backend).into()],
        }
    }

    /// Checks that the client can send these headers.
    ///
    /// # Errors
    ///
    /// It cannot send one. The message names the header and a backend that can.
    pub fn check_headers(&self, headers: &HeaderMap) -> anyhow::Result<()> {
        let Some(name) = self.backend.unsendable(headers) else { return Ok(()) };
        let why = match self.backend.is_peer() {
            true => "programs in other languages send no headers of yours",
            false => "its value is not ASCII",
        };
        let able = Self::all()
            .find(|row| !row.is_sequential() && row.backend.unsendable(headers).is_none());
        let able = able.map_or_else(String::new, |row| format!("; take {row}"));
        bail!("{self} cannot send header {name}: {why}{able}");
    }

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// The session cannot be opened. The message names the backend and the reason.
    pub fn open(&self, options: &Options, limits: &Limits) -> anyhow::Result<Box<dyn Fetch>> {
        self.check_headers(&options.headers)?;
        let options = Options {
            threads: self.threads,
            spawning: self.spawning,
            tier: self.tier,
            ..options.clone()
        };
        let session = match self.backend.open {
            Open::Here(open) => open(&options, limits),
            Open::Elsewhere => external::open(self.backend, &options, limits),
        };
        let session = session.map_err(|error| error.context(format!("cannot open {self}")))?;
        let inner = Box::new(Marked(session));
        Ok(match self.slowed {
            None => inner,
            Some(share) => Box::new(Slowed { inner, share }),
        })
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.backend, other.backend)
            && self.threads == other.threads
            && self.spawning == other.spawning
            && self.tier == other.tier
            && self.slowed == other.slowed
    }
}
