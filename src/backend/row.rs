//! A row of a comparison: a backend with its options.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use anyhow::{anyhow, bail};

use super::slowed::{Slowed, parse_share};
use super::{ALL, Backend, Executor};
use crate::fetch::{Fetch, Limits, Options};

/// More threads than this are a mistake, and more than most machines start.
const MAX_THREADS: usize = 1024;

/// A backend with its options, parsed from and printed as `client@executor[:threads]`.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    backend: &'static Backend,
    threads: Option<NonZeroUsize>,
    /// By which share its passes are made longer, to see whether that is found.
    slowed: Option<f64>,
}

impl Row {
    /// A backend with its defaults.
    fn plain(backend: &'static Backend) -> Self {
        Self { backend, threads: None, slowed: None }
    }

    /// Every row that fetches for real, with its defaults.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().filter(|backend| backend.executor != Executor::Virtual).map(Self::plain)
    }

    /// The rows that `pattern` stands for: a row, or all rows of a client or of an executor.
    ///
    /// # Errors
    ///
    /// There is none: names those that there are.
    pub fn matching(pattern: &str) -> anyhow::Result<Vec<Self>> {
        let named = |backend: &&Backend| pattern == backend.client || pattern == backend.executor.name();
        let rows: Vec<Self> = ALL.iter().filter(named).map(Self::plain).collect();
        if rows.is_empty() { Ok(vec![pattern.parse()?]) } else { Ok(rows) }
    }

    /// The backend.
    pub fn backend(&self) -> &'static Backend {
        self.backend
    }

    /// Whether it fetches one after another, whatever the concurrency.
    pub fn is_sequential(&self) -> bool {
        self.backend.executor == Executor::Sequential
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

    /// Why rows cannot all be opened in one process, if so: async-std has one runtime, with one number of threads.
    pub fn conflict(rows: &[Self]) -> Option<String> {
        let mut runtimes = rows.iter().filter(|row| row.backend.executor == Executor::AsyncStd);
        let first = runtimes.next()?;
        let other = runtimes.find(|row| row.threads(NonZeroUsize::MIN) != first.threads(NonZeroUsize::MIN))?;
        Some(format!(
            "{first} and {other} cannot run in one process, since async-std has one runtime: name one of them"
        ))
    }

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// The backend cannot be opened so: the row and the reason are named.
    pub fn open(&self, options: &Options, limits: &Limits) -> anyhow::Result<Box<dyn Fetch>> {
        let options = Options { threads: self.threads, ..options.clone() };
        let session = (self.backend.open)(&options, limits);
        let inner = session.map_err(|error| error.context(format!("cannot open {self}")))?;
        Ok(match self.slowed {
            None => inner,
            Some(share) => Box::new(Slowed { inner, share }),
        })
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.backend, other.backend) && self.threads == other.threads && self.slowed == other.slowed
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = self.backend.client.to_owned();
        if !self.is_fake() {
            name = format!("{name}@{}", self.backend.executor.name());
        }
        if let Some(threads) = self.threads {
            name = format!("{name}:{threads}");
        }
        if let Some(share) = self.slowed {
            name = format!("slowed:{name}:{}%", share * 100.0);
        }
        f.pad(&name)
    }
}

impl FromStr for Row {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Some((row, share)) = text.strip_prefix("slowed:").and_then(|rest| rest.rsplit_once(':')) {
            let share = parse_share(share).ok_or_else(|| anyhow!("bad row {text:?}: write slowed:ROW:5%"))?;
            return Ok(Self { slowed: Some(share), ..row.parse()? });
        }
        let (name, threads) = match text.split_once(':') {
            Some((name, threads)) => (name, Some(threads)),
            None => (text, None),
        };
        let named = |backend: &&'static Backend| Self::plain(backend).to_string() == name;
        let Some(backend) = ALL.iter().find(named) else {
            let rows: Vec<_> = ALL.iter().map(|backend| Self::plain(backend).to_string()).collect();
            bail!(
                "unknown row {text:?}: take one of {}, or a client or an executor alone for all of its rows",
                rows.join(", ")
            );
        };
        let threads = match threads {
            Some(_) if !backend.executor.has_thread_choice() => {
                bail!("bad row {text:?}: {name} has no choice of threads, leave out what follows the colon")
            }
            Some(threads) => {
                let number = threads.parse().ok().filter(|threads: &NonZeroUsize| threads.get() <= MAX_THREADS);
                Some(number.ok_or_else(|| anyhow!("bad row {text:?}: threads lie between 1 and {MAX_THREADS}"))?)
            }
            None => None,
        };
        Ok(Self { threads, ..Self::plain(backend) })
    }
}
