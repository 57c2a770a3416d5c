//! The blocks of a comparison, one a line: how long each took, and whether the machine was fit to
//! measure on.

use serde::{Deserialize, Serialize};

use crate::record::bounds;

/// A block of rounds on one workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BlockSample {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the block, from 0.
    pub block: u32,
    /// The share of the scenario's time that had passed when the block ended.
    #[cfg_attr(test, schemars(range(max = 1)))]
    pub spent: f64,
    /// The duration of the block in seconds, from the start of its workers to their end.
    #[cfg_attr(test, schemars(extend("exclusiveMinimum" = 0)))]
    pub seconds: f64,
    /// Whether the machine was fit to measure on.
    pub fitness: Fitness,
}

/// The other work of the machine during a block. Unknown values are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fitness {
    /// The share of all cores' time that the host gave to other machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(max = 1)))]
    pub steal: Option<f64>,
    /// The share of all cores' time that other programs used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(max = 1)))]
    pub others: Option<f64>,
    /// The median step of a bare loop just before the block, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(extend("exclusiveMinimum" = 0)))]
    pub bare_before_s: Option<f64>,
    /// The median step of the same loop just after the block, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(extend("exclusiveMinimum" = 0)))]
    pub bare_after_s: Option<f64>,
    /// Why the block does not count; `None` if the machine was fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfit: Option<Unfit>,
}

/// Why the machine was unfit to measure on during a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unfit {
    /// The host gave the cores to other machines.
    Steal,
    /// Other programs used the cores.
    Others,
    /// A core ran at another speed after the block than before it.
    Slowed,
}

impl BlockSample {
    /// Returns `self`, or an error if a field holds an impossible value.
    pub(in crate::record) fn checked(self) -> anyhow::Result<Self> {
        bounds::block(self.block)?;
        bounds::share("spent", self.spent)?;
        bounds::time("seconds", self.seconds)?;
        for (name, share) in [("steal", self.fitness.steal), ("others", self.fitness.others)] {
            share.map_or(Ok(()), |share| bounds::share(name, share))?;
        }
        for (name, step_s) in [
            ("bare_before_s", self.fitness.bare_before_s),
            ("bare_after_s", self.fitness.bare_after_s),
        ] {
            step_s.map_or(Ok(()), |step_s| bounds::time(name, step_s))?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    #[test]
    fn impossible_blocks_are_refused() {
        let block = fixtures::block("keepalive", 0, 0.01);
        assert_eq!(block.clone().checked().unwrap(), block);
        let fitness = block.fitness;
        for wrong in [
            BlockSample { spent: 1.5, ..block.clone() },
            BlockSample { seconds: 0.0, ..block.clone() },
            BlockSample { block: u32::MAX, ..block.clone() },
            BlockSample { fitness: Fitness { others: Some(-0.1), ..fitness }, ..block.clone() },
            BlockSample { fitness: Fitness { steal: Some(f64::NAN), ..fitness }, ..block.clone() },
            BlockSample { fitness: Fitness { bare_after_s: Some(0.0), ..fitness }, ..block },
        ] {
            assert!(wrong.clone().checked().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn reasons_have_names() {
        let names = [Unfit::Steal, Unfit::Others, Unfit::Slowed]
            .map(|unfit| serde_json::to_string(&unfit).unwrap());
        assert_eq!(names, ["\"steal\"", "\"others\"", "\"slowed\""]);
    }
}
