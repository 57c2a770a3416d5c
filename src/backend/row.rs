//! A row of a comparison: a backend with its options.

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
    /// By which share its passes are made longer, to see whether that is found.
    pub(super) slowed: Option<f64>,
}

impl Row {
    /// A backend with its defaults.
    pub(super) fn plain(backend: &'static Backend) -> Self {
        Self {
            backend,
            threads: None,
            spawning: Spawning::Workers,
            tier: Tier::Tuned,
            slowed: None,
        }
    }

    /// Every row of this program's own that fetches for real, with its defaults.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter()
            .filter(|backend| backend.executor != Executor::Virtual && !backend.is_peer())
            .map(Self::plain)
    }

    /// The rows of programs in other languages, whether they are set up or not.
    pub fn peers() -> impl Iterator<Item = Self> {
        ALL.iter().filter(|backend| backend.is_peer()).map(Self::plain)
    }

    /// Every row that fetches for real and can be opened here: this program's own, and those in
    /// other languages that are set up.
    pub fn set_up() -> impl Iterator<Item = Self> {
        Self::all().chain(Self::peers().filter(|row| row.backend.is_set_up()))
    }

    /// The rows that take part where none is named: those of the features that are on by default.
    pub fn usual() -> impl Iterator<Item = Self> {
        Self::all().filter(|row| row.backend.usual)
    }

    /// The rows that `pattern` stands for: a row, or all rows of a client or of an executor.
    ///
    /// # Errors
    ///
    /// There is none: names those that there are. Or it is a program in another language that is
    /// not set up.
    pub fn matching(pattern: &str) -> anyhow::Result<Vec<Self>> {
        let named =
            |backend: &&Backend| pattern == backend.client || pattern == backend.executor.name();
        let named: Vec<Self> = ALL.iter().filter(named).map(Self::plain).collect();
        let rows = if named.is_empty() { vec![pattern.parse()?] } else { named };
        if let Some(missing) = rows.iter().find(|row: &&Self| !row.backend.is_set_up()) {
            bail!("{missing} is not set up: run `fetchbench peers install`");
        }
        Ok(rows)
    }

    /// The backend.
    pub fn backend(&self) -> &'static Backend {
        self.backend
    }

    /// Whether its client is set as an expert would, or left as it comes.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Whether it fetches one after another, whatever the concurrency.
    pub fn is_sequential(&self) -> bool {
        matches!(self.backend.executor, Executor::Sequential | Executor::Python)
    }

    /// By which share its passes are made longer on purpose.
    pub fn slowed_by(&self) -> Option<f64> {
        self.slowed
    }

    /// Whether it makes its durations up.
    pub fn is_fake(&self) -> bool {
        self.backend.executor == Executor::Virtual
    }

    /// How many threads fetch at `concurrency`.
    pub fn threads(&self, concurrency: NonZeroUsize) -> usize {
        let default = self.backend.executor.default_threads();
        match self.backend.executor {
            Executor::Virtual => 0,
            _ => self.threads.map(usize::from).or(default).unwrap_or(concurrency.get()),
        }
    }

    /// How many fetches it has in flight at most, given the limits: the slots of its ideal.
    pub fn slots(&self, limits: &Limits) -> NonZeroUsize {
        if self.is_sequential() { NonZeroUsize::MIN } else { limits.concurrency }
    }

    /// How many file descriptors its fetches and threads may have open.
    pub fn descriptors(&self, limits: &Limits) -> usize {
        let each_thread = self.backend.executor.descriptors_per_thread();
        self.slots(limits).get() * self.backend.descriptors
            + self.threads(limits.concurrency) * each_thread
    }

    /// Why rows cannot all be opened in one process, if so: async-std has one runtime, with one
    /// number of threads.
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

    /// The command that fetches for it as a worker; `program` is this one.
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
    /// Names the header and a row that can send it.
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
    /// The backend cannot be opened so: the row and the reason are named.
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
        let options = |row: &Self| (row.threads, row.spawning, row.tier, row.slowed);
        std::ptr::eq(self.backend, other.backend) && options(self) == options(other)
    }
}
