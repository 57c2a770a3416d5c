//! The record of a comparison: raw passes and costs, one line each, and what was compared.

use serde::{Deserialize, Serialize};

use super::{Capacity, Latencies, MOST_KEPT, Probe, bounds};
use crate::fetch::Connections;
use crate::server::witness::Witness;
use crate::worker::counting::Counts;

/// The version of the form in which comparisons are written. Those of a newer one are refused.
pub const COMPARISON_VERSION: u32 = 1;

/// What was compared, and how: the head of the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The version of the record's form.
    pub comparison_version: u32,
    /// The command line, without the folders in it: the environment may tell of the benches beside
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether the run came to its end. Without that, what was measured before stands all the same.
    pub complete: bool,
    /// Where the orders of the rounds were drawn from.
    pub seed: u64,
    /// The row that the others are compared with; it took part twice, see [`control`].
    pub reference: String,
    /// The rows, in the order of the table of backends.
    pub rows: Vec<RowSetup>,
    /// Which cores the processes ran on.
    #[serde(default)]
    pub placement: Placement,
    /// What the server could do just before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// Why instructions could not be counted, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_instructions: Option<String>,
    /// The scenarios.
    #[serde(rename = "stages")]
    pub workloads: Vec<WorkloadSetup>,
    /// How it was when the run ended, which a run that was killed could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aftermath: Option<Aftermath>,
}

/// The most rows and the most scenarios of a comparison: each row is a process, and every two are
/// compared.
const MOST_COMPARED: usize = 256;

impl Setup {
    /// The same, unless a number in it is none that a comparison has.
    pub(super) fn checked(self) -> anyhow::Result<Self> {
        bounds::length("rows", self.rows.len(), MOST_COMPARED)?;
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

/// Which cores the server and the workers run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Wherever the system puts them.
    #[default]
    Free,
    /// The server on the first core, the workers on the others.
    Apart,
    /// All on the first core.
    OneCore,
}

/// How it was when a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aftermath {
    /// How long the run lasted, in seconds.
    pub seconds: f64,
    /// The load average over 1, 5 and 15 minutes. The run itself is in it.
    pub load: Option<[f64; 3]>,
    /// The share of the cores' time that the host gave to somebody else during the run.
    pub stolen: Option<f64>,
}

/// A row that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSetup {
    /// The row's name.
    pub name: String,
    /// Whether it fetches one after another, whatever the concurrency.
    pub sequential: bool,
}

/// A scenario that rows were compared on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkloadSetup {
    /// The scenario's name.
    pub scenario: String,
    /// What it is for.
    pub description: String,
    /// What its delays were multiplied by.
    pub time_scale: f64,
    /// Fetches in each pass.
    pub fetches: u64,
    /// The most fetches at one moment.
    pub concurrency: usize,
    /// How many origins the sites live on.
    #[serde(default)]
    pub origins: usize,
    /// What became of connections.
    pub connections: Connections,
    /// Rows left out, since their pass would take so many seconds at best.
    pub left_out: Vec<(String, f64)>,
    /// Rows left out, since they cannot fetch https.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_https: Vec<String>,
    /// What the sites are called, in their order, where each fetch is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Whether the sites were somebody's own: then the network is part of every figure, and no
    /// answer could be verified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// What the probe of live sites found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Those who took part, as they said of themselves when they opened their first session.
    #[serde(default)]
    pub workers: Vec<WorkerSetup>,
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSetup {
    /// The row that it fetched for.
    pub row: String,
    /// The client and its version.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
    /// How many threads fetched.
    pub threads: usize,
}

/// The name under which the reference's second self is recorded.
pub fn control(reference: &str) -> String {
    format!("{reference} (again)")
}

/// The name under which the cost of the mock server is recorded.
pub const SERVER: &str = "mock server";

/// One pass of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block, from 0.
    pub block: u32,
    /// The number of the round in it, from 0. `None` is the pass that warms up, which does not
    /// count.
    #[serde(rename = "cycle")]
    pub round: Option<u32>,
    /// The row's name.
    pub row: String,
    /// The number of the visit.
    pub visit: u64,
    /// What it took, in seconds, where the worker lived to tell.
    pub elapsed_s: Option<f64>,
    /// What the delays alone take, in seconds, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ideal_s: Option<f64>,
    /// Whether it counts.
    pub validity: Validity,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the server saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// What its fetches took.
    #[serde(default, skip_serializing_if = "Latencies::is_none")]
    pub latencies: Latencies,
    /// When its fetches started, in microseconds after the pass did, where each is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<u64>,
}

impl PassSample {
    /// The same, unless a number in it is none that was measured.
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

    /// The same, or, where a worker has told numbers that nothing measured can have, without them
    /// and not counting: no worker can write what makes a record unreadable.
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

    /// What it took, if it counts.
    pub fn counted_s(&self) -> Option<f64> {
        self.elapsed_s.filter(|_| self.validity == Validity::Valid && self.round.is_some())
    }
}

/// What the counted rounds of a block cost a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block.
    pub block: u32,
    /// The row's name.
    pub row: String,
    /// Fetches made meanwhile.
    pub fetches: u64,
    /// Processor time to the nanosecond, in seconds, where the system tells it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Processor time in the program, in seconds: whole ticks of 10 ms.
    pub user_s: f64,
    /// Processor time in the kernel, in seconds: whole ticks of 10 ms.
    pub system_s: f64,
    /// Times that a thread waited.
    pub voluntary_switches: u64,
    /// Times that a thread was made to wait.
    pub involuntary_switches: u64,
    /// Threads of the process, all of them.
    pub threads: u64,
    /// The most memory that was resident at any moment, in bytes.
    pub peak_rss_bytes: u64,
    /// The part of `user_s` and `system_s` that programs took which the process had started and
    /// which have ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub children_s: f64,
    /// Fetches of the pass in which allocations and instructions were counted.
    pub counted_fetches: u64,
    /// What was counted in that pass, where the worker can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Instructions of the program in that pass, where the machine counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl CostSample {
    /// The same, or without what a worker has counted, where nothing can have so many.
    #[must_use]
    pub fn or_uncounted(self) -> Self {
        let bare = Self { counts: None, ..self.clone() };
        self.checked().unwrap_or(bare)
    }

    /// The same, unless a number in it is none that was measured.
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

    /// Processor time in all, in seconds, as exactly as it is known.
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
    /// An answer was not the one that was programmed.
    WrongAnswer,
    /// What the worker tells and what the server saw cannot both be.
    Contradicted,
    /// Fetches failed.
    Errors,
    /// Fewer fetches were in flight than were asked for.
    ConnectionsShort,
    /// The worker ran out of file descriptors or memory.
    FdLimit,
    /// This machine ran out of ports.
    PortsExhausted,
    /// The worker ended, or talked nonsense.
    Crashed,
    /// The worker did not answer in time.
    TimedOut,
    /// The run was ended while the pass was under way, which says nothing against the row.
    Interrupted,
}

impl Validity {
    /// The name as printed and as written in JSON.
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
