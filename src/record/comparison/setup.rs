//! The setup of a comparison: its backends, workloads and settings.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::bare_loop::OldBareLoop;
use super::extent::Extent;
use super::machines::MachineSetup;
use super::probe::Probe;
use super::shard::{MOST_SHARDS, Shard};
use crate::fetch::Connections;
use crate::record::bounds;
use crate::scenario::network::{Congestion, Network};

/// The version of the format that comparisons are written in. Newer ones are refused.
pub const COMPARISON_VERSION: u32 = 1;

/// The head of the record: backends, workloads and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ComparisonSetup {
    /// The version of the record's format.
    #[cfg_attr(test, schemars(extend("const" = COMPARISON_VERSION)))]
    pub comparison_version: u32,
    /// The command line, without folders. The environment may hold that of `cargo bench` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether the run finished. The samples of an unfinished run are valid all the same.
    pub complete: bool,
    /// Seed for shuffling the order of backends in each round.
    pub seed: u64,
    /// The machine's replica of the comparison; `None` if there is only this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The backend that the others are compared with. It is measured twice, see [`control`].
    pub reference: String,
    /// The backends, in the order of the table of backends.
    #[serde(rename = "rows")]
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub backends: Vec<BackendSetup>,
    /// The cores that the processes ran on.
    #[serde(default)]
    pub placement: Placement,
    /// The margin of equivalence that decided when backends stopped, such as 0.02.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(max = 1)))]
    pub equivalence: Option<f64>,
    /// How much was to be measured. Older records lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<Extent>,
    /// The bare loop just before the run, in older records.
    #[serde(default, rename = "capacity", skip_serializing_if = "Option::is_none")]
    pub old_bare_loop: Option<OldBareLoop>,
    /// Why instructions could not be counted; `None` if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_instructions: Option<String>,
    /// The workloads.
    #[serde(rename = "stages")]
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub workloads: Vec<WorkloadSetup>,
    /// The machines of a merged record, in the order of their blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machines: Vec<MachineSetup>,
    /// The state of the machine when the run ended; `None` if the run was killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aftermath: Option<Aftermath>,
}

/// Maximum number of backends and of workloads. Each backend is a process, and every pair of them
/// is compared.
const MOST_COMPARED: usize = 256;

impl ComparisonSetup {
    /// Returns `self`, or an error if a field holds an impossible value.
    pub(in crate::record) fn checked(self) -> anyhow::Result<Self> {
        bounds::length("backends", self.backends.len(), MOST_COMPARED)?;
        bounds::length("scenarios", self.workloads.len(), MOST_COMPARED)?;
        self.equivalence.map_or(Ok(()), |margin| bounds::share("equivalence", margin))?;
        self.shard.map_or(Ok(()), |shard| Shard::new(shard.number, shard.count).map(drop))?;
        self.extent.map_or(Ok(()), |extent| extent.check())?;
        bounds::length("machines", self.machines.len(), MOST_SHARDS as usize)?;
        self.machines.iter().try_for_each(MachineSetup::check)?;
        for workload in &self.workloads {
            bounds::amount("time_scale", workload.time_scale)?;
            bounds::fetches("fetches", workload.fetches)?;
            bounds::fetches("concurrency", workload.concurrency as u64)?;
            bounds::fetches("origins", workload.origins as u64)?;
            workload.left_out.iter().try_for_each(|(_, seconds)| {
                bounds::amount("the pass of a backend left out", *seconds)
            })?;
            for counted in &workload.instructions {
                bounds::count("instructions", counted.instructions)?;
                bounds::fetches("fetches", counted.fetches)?;
                anyhow::ensure!(counted.fetches > 0, "instructions of no fetches");
            }
            workload.probe.as_ref().map_or(Ok(()), Probe::check)?;
        }
        if let Some(bare_loop) = self.old_bare_loop {
            bounds::amount("bare_median_s", bare_loop.bare_median_s)?;
            bounds::amount("bare_p99_s", bare_loop.bare_p99_s)?;
        }
        self.aftermath
            .as_ref()
            .map_or(Ok(()), |aftermath| bounds::amount("seconds", aftermath.seconds))?;
        Ok(self)
    }
}

/// The cores that the server and the workers run on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Chosen by the operating system.
    #[default]
    Free,
    /// The server on the first core, the workers on the others.
    Apart,
    /// All on the first core.
    OneCore,
}

/// The state of the machine when a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Aftermath {
    /// Duration of the run in seconds.
    pub seconds: f64,
    /// The load average over 1, 5 and 15 minutes. It includes the run itself.
    pub load: Option<[f64; 3]>,
    /// The share of the cores' time that the host gave to other machines during the run.
    #[cfg_attr(test, schemars(range(max = 1)))]
    pub stolen: Option<f64>,
}

/// A backend that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BackendSetup {
    /// The backend's name.
    pub name: String,
    /// Whether it fetches one site after another, at any concurrency.
    pub sequential: bool,
    /// Whether it speaks HTTP/2.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub http2: bool,
    /// Its maximum number of connections, instead of the workload's concurrency; over HTTP/2, the
    /// number to each origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<NonZeroUsize>,
    /// Parts of its client that are written here, and that no crate has.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub written_here: String,
}

/// A workload that backends were compared on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkloadSetup {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's purpose.
    pub description: String,
    /// CRC-32 of the scenario with its sites and delays, in hexadecimal. Live sites and older
    /// records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{8}$")))]
    pub scenario_crc32: Option<String>,
    /// The factor on its delays.
    pub time_scale: f64,
    /// Fetches in each pass.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub fetches: u64,
    /// Maximum number of fetches in flight.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub concurrency: usize,
    /// Number of origins of the sites.
    #[serde(default)]
    pub origins: usize,
    /// How connections were reused.
    pub connections: Connections,
    /// Whether the server issued TLS tickets.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tickets: bool,
    /// Whether each pass opened a fresh session, and took the time of opening it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh_session: bool,
    /// Backends left out because a pass would take too long, each with the seconds it would take
    /// at best.
    pub left_out: Vec<(String, f64)>,
    /// The link between server and clients; `None` for this machine's loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkSetup>,
    /// Backends left out because they cannot fetch https.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_https: Vec<String>,
    /// Backends left out because they do not speak the server's version of HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_version: Vec<String>,
    /// The names of the sites, in their order, if every fetch is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = crate::record::MOST_KEPT)))]
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
    /// Instructions of backends, counted by a tool instead of the processor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instructions: Vec<InstructionCount>,
}

/// A link that backends were compared over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LinkSetup {
    /// Its settings, such as `rtt=40ms,down=20Mbit`. Untrusted text: escape it before printing.
    pub network: String,
    /// The congestion control of the server.
    pub server: Congestion,
    /// The congestion control of the clients.
    pub clients: Congestion,
}

impl LinkSetup {
    /// Describes a link over this network.
    pub fn new(network: &Network) -> Self {
        Self { network: network.to_string(), server: network.congestion, clients: Congestion::Reno }
    }

    /// Returns the name of its profile with its settings, or else its settings. Untrusted text.
    pub fn label(&self) -> String {
        let profile = self.network.parse().ok().and_then(|network: Network| network.profile());
        match profile {
            Some(name) => format!("{name} ({})", self.network),
            None => self.network.clone(),
        }
    }
}

/// The instructions of a backend, counted by a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InstructionCount {
    /// The backend's name.
    #[serde(rename = "row")]
    pub backend: String,
    /// Instructions of the program in all these fetches.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub instructions: u64,
    /// The number of fetches.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub fetches: u64,
    /// The tool and its version.
    pub by: String,
}

/// A worker's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
