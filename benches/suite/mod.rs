//! What all functions of the bench share: how it was called, and the record.

use std::cell::{OnceCell, RefCell};
use std::env;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::origin::Origin;
use fetchbench::fetch::{Fetch, Pass};
use fetchbench::record::machine;
use fetchbench::record::{BenchSample, BenchWriter, Environment, SampleKind};
use fetchbench::scenario::Scenario;
use fetchbench::scenario::units::parse_time_scale;
use fetchbench::server::ServerProcess;
use url::Url;

/// Sites in a list under `cargo test --benches`, where it matters only that each function works.
const TEST_SITES: usize = 3;

/// Scenarios that wait long, and what their delays are multiplied by unless `FETCHBENCH_TIME_SCALE`
/// is set.
const SCALED: [&str; 2] = ["article", "long-tail"];
const SCALE: f64 = 0.1;

/// How this run of the bench was called, and what all functions count on together.
pub struct Suite {
    /// Whether criterion only tries each function once.
    test: bool,
    /// Whether samples are kept.
    keeping: bool,
    /// What all delays are multiplied by, if it was set.
    time_scale: Option<f64>,
    /// Begun with the first sample, so that listing functions leaves no record behind.
    writer: RefCell<Option<BenchWriter>>,
}

impl Suite {
    /// As the command line and the environment say.
    pub fn from_environment() -> anyhow::Result<Self> {
        let arguments = machine::arguments();
        let has = |flag: &str| {
            arguments.iter().any(|arg| arg == flag || arg.starts_with(&format!("{flag}=")))
        };
        // As criterion has it: `cargo bench` gives `--bench`, `cargo test` does not.
        let test = has("--test") || !has("--bench");
        // Profiling takes no samples, and a quick run has no warm-up to tell samples from.
        let keeping = !test && !["--list", "--profile-time", "--quick"].into_iter().any(has);
        let time_scale = env::var_os("FETCHBENCH_TIME_SCALE")
            .map(|text| parse_time_scale(&text.to_string_lossy()))
            .transpose()
            .map_err(|error| anyhow!("FETCHBENCH_TIME_SCALE: {error}"))?;
        Ok(Self { test, keeping, time_scale, writer: RefCell::new(None) })
    }

    /// A scenario to be measured, with a server that is started when the first function asks for
    /// it.
    pub fn place(&self, scenario: Scenario) -> Place<'_> {
        let usual = if SCALED.contains(&&*scenario.name) { SCALE } else { 1.0 };
        let time_scale = self.time_scale.unwrap_or(usual);
        Place {
            suite: self,
            scenario: scenario.time_scaled(time_scale),
            time_scale,
            server: OnceCell::new(),
        }
    }

    /// Keeps a sample.
    pub fn keep(&self, sample: &BenchSample) {
        if !self.keeping {
            return;
        }
        let mut writer = self.writer.borrow_mut();
        let writer = writer
            .get_or_insert_with(|| begin_record().unwrap_or_else(|error| panic!("{error:#}")));
        writer.append(sample).unwrap_or_else(|error| panic!("{error:#}"));
    }

    /// Where the samples were kept, if any were.
    pub fn record(&self) -> Option<PathBuf> {
        self.writer.borrow().as_ref().map(|writer| writer.folder().to_owned())
    }
}

/// Begins a record in the folder that the environment names, or else below `target/fetchbench`.
fn begin_record() -> anyhow::Result<BenchWriter> {
    let words: Vec<String> =
        machine::arguments().into_iter().filter(|arg| arg != "--bench").collect();
    let separator = if words.is_empty() { "" } else { " -- " };
    let environment = Environment::capture(&format!("cargo bench{separator}{}", words.join(" ")));
    match env::var_os("FETCHBENCH_RECORD") {
        Some(folder) => BenchWriter::create(Path::new(&folder), &environment),
        None => {
            let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
                .parent()
                .context("there is a target folder")?;
            BenchWriter::create_below(&target.join("fetchbench"), &environment)
        }
    }
}

/// What one pass took, and what it would have taken at best.
#[derive(Clone, Copy)]
pub struct Timed {
    pub elapsed: Duration,
    pub ideal: Option<Duration>,
}

/// A scenario while it is measured. The server ends with it.
pub struct Place<'s> {
    suite: &'s Suite,
    pub scenario: Scenario,
    time_scale: f64,
    server: OnceCell<ServerProcess>,
}

impl Place<'_> {
    /// The server. Starts it, the first time.
    fn server(&self) -> &ServerProcess {
        let start = || {
            ServerProcess::start(
                Path::new(env!("CARGO_BIN_EXE_fetchbench")),
                &self.scenario.name,
                self.time_scale,
            )
            .unwrap_or_else(|error| panic!("{error:#}"))
        };
        self.server.get_or_init(start)
    }

    /// The addresses of the scenario's origins.
    pub fn origins(&self) -> &[Origin] {
        self.server().origins()
    }

    /// What a session must be told to fetch from here: whom to trust.
    pub fn options(&self) -> UserOptions {
        let roots = self.server().roots().unwrap_or_else(|error| panic!("{error:#}"));
        UserOptions { roots, ..UserOptions::default() }
    }

    /// What a pass fetches.
    pub fn urls(&self, visit: u64) -> Vec<Url> {
        let mut urls = self.scenario.urls(self.origins(), visit);
        urls.truncate(self.list_length());
        urls
    }

    /// One pass of a backend, verified. A wrong answer or a failed fetch fails the bench.
    pub fn pass(&self, backend: &Backend, session: &mut dyn Fetch, visit: u64) -> Timed {
        let urls = self.urls(visit);
        let pass = session.fetch_all(&urls).and_then(|pass| self.verified(visit, pass));
        let pass =
            pass.unwrap_or_else(|error| panic!("{backend} on {}: {error:#}", self.scenario.name));
        let slots = backend.slots(&self.scenario.limits);
        let ideal = self.scenario.has_delays().then(|| self.scenario.ideal(visit, slots));
        Timed { elapsed: pass.elapsed, ideal: ideal.filter(|ideal| !ideal.is_zero()) }
    }

    fn verified(&self, visit: u64, pass: Pass) -> anyhow::Result<Pass> {
        self.scenario.verify(visit, self.list_length(), &pass)?;
        Ok(pass)
    }

    /// Urls in each list.
    pub fn list_length(&self) -> usize {
        let all = self.scenario.sites.len();
        if self.suite.test { all.min(TEST_SITES) } else { all }
    }

    /// The form of a sample of a backend here, with no time in it yet.
    pub fn sample(&self, what: SampleKind, backend: &Backend) -> BenchSample {
        let limits = &self.scenario.limits;
        BenchSample {
            what,
            scenario: self.scenario.name.clone(),
            backend: backend.to_string(),
            threads: backend.threads(limits),
            concurrency: limits.concurrency.get(),
            time_scale: self.time_scale,
            fetches: self.list_length() as u64,
            passes: NonZeroU64::MIN,
            elapsed_s: 0.0,
            ideal_s: None,
        }
    }

    pub fn suite(&self) -> &Suite {
        self.suite
    }
}

/// Tells criterion's warm-up from its samples, which it does not do itself.
///
/// It warms up with 1, 2, 4, 8… passes until its time is over, and then asks for samples of equally
/// many. That number is at most what fills a tenth of 1 s, which, the warm-up having filled 0.25 s,
/// is less than the next power of two: so the first call that does not double the one before is the
/// first sample. Were that time raised by a flag, and the number by chance that very power, the
/// first sample would be taken for warm-up and left out, but never warm-up for a sample.
pub struct WarmUp {
    next: Option<u64>,
}

impl WarmUp {
    pub fn new() -> Self {
        Self { next: Some(1) }
    }

    /// Whether a call for so many passes belongs to the warm-up.
    pub fn includes(&mut self, passes: u64) -> bool {
        self.next = self.next.filter(|next| *next == passes).map(|next| next * 2);
        self.next.is_some()
    }
}
