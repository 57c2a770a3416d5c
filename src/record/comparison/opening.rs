//! The cost of opening a session, on scenarios that open a fresh one for each pass.

use serde::{Deserialize, Serialize};

use crate::record::bounds;

/// The cost of opening a session, for one backend and block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opening {
    /// The median time over the block's counted passes, in seconds. It is part of each pass.
    pub time_s: f64,
    /// Processor time of the first opening in the block's process, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// How much resident memory that opening added, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

impl Opening {
    /// Returns an error if a field holds an impossible value.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        bounds::amount("the time of opening", self.time_s)?;
        bounds::amount("the processor time of opening", self.cpu_s.unwrap_or(0.0))?;
        bounds::count("the memory of opening", self.memory_bytes.unwrap_or(0))
    }
}
