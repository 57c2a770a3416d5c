//! The record of a comparison: its setup, and its raw passes and costs, one a line.

use serde::{Deserialize, Serialize};

use super::{Capacity, Latencies, MOST_KEPT, Probe, bounds};
use crate::fetch::Connections;
use crate::server::witness::Witness;
use crate::worker::counting::Counts;

/// The version of the format that comparisons are written in. Newer ones are refused.
pub const COMPARISON_VERSION: u32 = 1;

/// The head of the record: backends, workloads and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The version of the record's format.
    pub comparison_version: u32,
    /// The command line, without folders. The environment may hold that of `cargo bench` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether the run finished. The samples of an unfinished run are valid all the same.
    pub complete: bool,
    /// Seed for shuffling the order of backends in each round.
    pub seed: u64,
    /// The backend that the others are compared with. It is measured twice, see [`control`].
    pub reference: String,
    /// The backends, in the order of the table of backends.
    #[serde(rename = "rows")]
    pub backends: Vec<BackendSetup>,
    /// The cores that the processes ran on.
    #[serde(default)]
    pub placement: Placement,
    /// The capacity of the mock server, measured just before the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// Why instructions could not be counted; `None` if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_instructions: Option<String>,
    /// The workloads.
    #[serde(rename = "stages")]
    pub workloads: Vec<WorkloadSetup>,
    /// The state of the machine when the run ended; `None` if the run was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aftermath: Option<Aftermath>,
}

/// Maximum number of backends and of workloads. Each backend is a process, and every pair of them
/// is compared.
const MOST_COMPARED: usize = 256;

impl Setup {
    /// Returns `self`, or an error if a field holds an impossible value.
    pub(super) fn checked(self) -> anyhow::Result<Self> {
        bounds::length("rows", self.backends.len(), MOST_COMPARED)?;
        bounds::length("scenarios", self.workloads.len(), MOST_COMPARED)?;
        for workload in &self.workloads {
            bounds::amount("time_scale", workload.time_scale)?;
            bounds::fetches("fetches", workload.fetches)?;
            bounds::fetches("concurrency", workload.concurrency as u64)?;
            bounds::fetches("origins", workload.origins as u64)?;
            workload.left_out.iter().try_for_each(|(_, seconds)| {
                bounds::amount("the pass of a row left out", *seconds)
            })?;
            workload.probe.as_ref().map_or(Ok(()), Probe::check)?;
        }
        self.aftermath
            .as_ref()
            .map_or(Ok(()), |aftermath| bounds::amount("seconds", aftermath.seconds))?;
        Ok(self)
    }
}

/// The cores that the server and the workers run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Chosen by the operating system.
    #[default]
    #[value(skip)]
    Free,
    /// The server on the first core, the workers on the others.
    Apart,
    /// All on the first core.
    OneCore,
}

/// The state of the machine when a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aftermath {
    /// Duration of the run in seconds.
    pub seconds: f64,
    /// The load average over 1, 5 and 15 minutes. It includes the run itself.
    pub load: Option<[f64; 3]>,
    /// The share of the cores' time that the host gave to other machines during the run.
    pub stolen: Option<f64>,
}

/// A backend that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendSetup {
    /// The backend's name.
    pub name: String,
    /// Whether it fetches one site after another, at any concurrency.
    pub sequential: bool,
}

/// A workload that backends were compared on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkloadSetup {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's purpose.
    pub description: String,
    /// The factor on its delays.
    pub time_scale: f64,
    /// Fetches in each pass.
    pub fetches: u64,
    /// Maximum number of fetches in flight.
    pub concurrency: usize,
    /// Number of origins of the sites.
    #[serde(default)]
    pub origins: usize,
    /// How connections were reused.
    pub connections: Connections,
    /// Backends left out because a pass would take too long, each with the seconds it would take
    /// at best.
    pub left_out: Vec<(String, f64)>,
    /// Backends left out because they cannot fetch https.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_https: Vec<String>,
    /// The names of the sites, in their order, if every fetch is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Whether the sites were live. The network then is part of every figure, and no answer could
    /// be verified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The result of probing live sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// The workers, as they described themselves when they opened their first session.
    #[serde(default)]
    pub workers: Vec<WorkerSetup>,
}

/// A worker's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSetup {
    /// The backend that it ran.
    #[serde(rename = "row")]
    pub backend: String,
    /// The client and its version.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
    /// Number of fetching threads.
    pub threads: usize,
}

/// Returns the name that the A/A control, the second measurement of the reference, is recorded
/// under.
pub fn control(reference: &str) -> String {
    format!("{reference} (again)")
}

/// The name that the cost of the mock server is recorded under.
pub const SERVER: &str = "mock server";

/// One pass of one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block, from 0.
    pub block: u32,
    /// The number of the round in its block, from 0. `None` is the warm-up pass, which does not
    /// count.
    #[serde(rename = "cycle")]
    pub round: Option<u32>,
    /// The backend's name.
    #[serde(rename = "row")]
    pub backend: String,
    /// The number of the visit.
    pub visit: u64,
    /// The time of the pass in seconds; `None` if the worker did not report it.
    pub elapsed_s: Option<f64>,
    /// The ideal in seconds; `None` without delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ideal_s: Option<f64>,
    /// Whether it counts.
    pub validity: Validity,
    /// Why it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The counts of the mock server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// The latencies of its fetches.
    #[serde(default, skip_serializing_if = "Latencies::is_none")]
    pub latencies: Latencies,
    /// The starts of its fetches, in microseconds after the start of the pass, if each is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<u64>,
}

impl PassSample {
    /// Returns `self`, or an error if a field holds an impossible value.
    pub(super) fn checked(self) -> anyhow::Result<Self> {
        bounds::block(self.block)?;
        self.elapsed_s.map_or(Ok(()), |elapsed| bounds::time("elapsed_s", elapsed))?;
        self.ideal_s.map_or(Ok(()), |ideal| bounds::amount("ideal_s", ideal))?;
        self.witness
            .as_ref()
            .map_or(Ok(()), |witness| bounds::count("connections", witness.connections))?;
        self.latencies.check()?;
        bounds::length("starts", self.starts.len(), MOST_KEPT)?;
        self.starts.iter().try_for_each(|start| bounds::count("a start", *start))?;
        anyhow::ensure!(
            self.validity != Validity::Valid || self.elapsed_s.is_some(),
            "it counts, and yet there is no time in it"
        );
        Ok(self)
    }

    /// Drops impossible values that a worker reported and marks the pass as invalid, so that no
    /// worker can make a record unreadable.
    #[must_use]
    pub fn or_contradicted(self) -> Self {
        let bare = Self {
            elapsed_s: None,
            latencies: Latencies::None,
            starts: Vec::new(),
            ..self.clone()
        };
        self.checked().unwrap_or_else(|why| match bare.validity {
            Validity::Valid => Self {
                validity: Validity::Contradicted,
                why: Some(format!("tells that {why}")),
                ..bare
            },
            _ => bare,
        })
    }

    /// Returns the time of the pass in seconds if it counts.
    pub fn counted_s(&self) -> Option<f64> {
        self.elapsed_s.filter(|_| self.validity == Validity::Valid && self.round.is_some())
    }
}

/// The cost of a block's counted rounds for one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block, from 0.
    pub block: u32,
    /// The backend's name.
    #[serde(rename = "row")]
    pub backend: String,
    /// Fetches in these rounds.
    pub fetches: u64,
    /// Processor time in seconds, exact to the nanosecond, if the system reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Processor time in the program, in seconds: whole ticks of 10 ms.
    pub user_s: f64,
    /// Processor time in the kernel, in seconds: whole ticks of 10 ms.
    pub system_s: f64,
    /// Voluntary context switches: a thread waited.
    pub voluntary_switches: u64,
    /// Involuntary context switches: a thread was preempted.
    pub involuntary_switches: u64,
    /// All threads of the process.
    pub threads: u64,
    /// Peak resident memory in bytes.
    pub peak_rss_bytes: u64,
    /// The part of `user_s` and `system_s` that belongs to ended child processes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub children_s: f64,
    /// Fetches of the pass in which allocations and instructions were counted.
    pub counted_fetches: u64,
    /// The counts of that pass, if the worker can count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Instructions of the program in that pass, if the machine counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl CostSample {
    /// Drops the worker's counts if a field holds an impossible value.
    #[must_use]
    pub fn or_uncounted(self) -> Self {
        let bare = Self { counts: None, ..self.clone() };
        self.checked().unwrap_or(bare)
    }

    /// Returns `self`, or an error if a field holds an impossible value.
    pub(super) fn checked(self) -> anyhow::Result<Self> {
        bounds::block(self.block)?;
        let counts = self.counts.unwrap_or_default();
        for (name, value) in [
            ("fetches", self.fetches),
            ("voluntary_switches", self.voluntary_switches),
            ("involuntary_switches", self.involuntary_switches),
            ("counted_fetches", self.counted_fetches),
            ("allocations", counts.allocations),
            ("allocated_bytes", counts.allocated_bytes),
        ] {
            bounds::count(name, value)?;
        }
        for (name, value) in [
            ("cpu_s", self.cpu_s()),
            ("user_s", self.user_s),
            ("system_s", self.system_s),
            ("children_s", self.children_s),
        ] {
            bounds::amount(name, value)?;
        }
        Ok(self)
    }

    /// Returns the total processor time in seconds, from the most exact source.
    pub fn cpu_s(&self) -> f64 {
        self.cpu_s.unwrap_or(self.user_s + self.system_s)
    }
}

/// Whether a pass counts, or why it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validity {
    /// It counts.
    Valid,
    /// An answer differed from the programmed one.
    WrongAnswer,
    /// The worker's report contradicts the server's counts.
    Contradicted,
    /// Fetches failed.
    Errors,
    /// Fewer fetches were in flight than requested.
    ConnectionsShort,
    /// The worker ran out of file descriptors or memory.
    FdLimit,
    /// This machine ran out of ports.
    PortsExhausted,
    /// The worker exited or sent an invalid reply.
    Crashed,
    /// The worker did not answer in time.
    TimedOut,
    /// The run was stopped during the pass, which is not the backend's fault.
    Interrupted,
}

impl Validity {
    /// Returns the name as printed and as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::WrongAnswer => "wrong-answer",
            Self::Contradicted => "contradicted",
            Self::Errors => "errors",
            Self::ConnectionsShort => "connections-short",
            Self::FdLimit => "fd-limit",
            Self::PortsExhausted => "ports-exhausted",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
        }
    }
}
