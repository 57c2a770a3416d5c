//! The costs of a comparison, one a line.

use serde::{Deserialize, Serialize};

use super::opening::Opening;
use super::phases::Phases;
use crate::record::bounds;
use crate::worker::counting::Counts;

/// The cost of a block's counted rounds for one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// Resident memory in bytes, one second after the load; only in the first block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_after_bytes: Option<u64>,
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
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub instructions: Option<u64>,
    /// The cost of opening a session, if each pass opens a fresh one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
    /// Where the time of its fetches went, over a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Phases>,
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
    pub(in crate::record) fn checked(self) -> anyhow::Result<Self> {
        bounds::block(self.block)?;
        let counts = self.counts.unwrap_or_default();
        for (name, value) in [
            ("fetches", self.fetches),
            ("voluntary_switches", self.voluntary_switches),
            ("involuntary_switches", self.involuntary_switches),
            ("counted_fetches", self.counted_fetches),
            ("peak_rss_bytes", self.peak_rss_bytes),
            ("rss_after_bytes", self.rss_after_bytes.unwrap_or(0)),
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
        self.opening.map_or(Ok(()), |opening| opening.check())?;
        self.phases.map_or(Ok(()), |phases| phases.check())?;
        Ok(self)
    }

    /// Returns the total processor time in seconds, from the most exact source.
    pub fn cpu_s(&self) -> f64 {
        self.cpu_s.unwrap_or(self.user_s + self.system_s)
    }
}
