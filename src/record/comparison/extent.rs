//! How much a comparison was to measure.

use serde::{Deserialize, Serialize};

use crate::record::bounds;

/// The options that decided how much was measured, and which blocks counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Extent {
    /// The time of all workloads in seconds, if there was a budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_s: Option<f64>,
    /// The number of blocks of each workload, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u32>,
    /// The maximum number of rounds in a block.
    pub rounds: u32,
    /// Whether blocks counted during which the machine was unfit to measure on.
    pub allow_unfit: bool,
}

impl Extent {
    /// Checks that no field holds an impossible value.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.budget_s.map_or(Ok(()), |budget_s| bounds::time("budget_s", budget_s))
    }
}
