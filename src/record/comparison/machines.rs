//! The machines of a merged record, and the blocks that each of them measured.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::shard::{MOST_SHARDS, Shard};
use super::{ComparisonRecord, ComparisonSetup, ComparisonWriter, MOST_NAMED, Validity};
use crate::record::{Environment, bounds};

/// A machine that measured shards of a merged record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MachineSetup {
    /// The model of the CPU, or its architecture if the model is unknown.
    pub cpu: String,
    /// Number of cores that the program could use.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub cores: usize,
    /// The operating system's kernel and its release.
    pub kernel: Option<String>,
    /// Main memory in bytes.
    pub memory_bytes: Option<u64>,
    /// CRC-32 of the kernel's boot id, in hexadecimal.
    #[cfg_attr(test, schemars(regex(pattern = "^[0-9a-f]{8}$")))]
    pub boot_id_crc32: Option<String>,
    /// Its shards, in the order of their blocks.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub shards: Vec<MergedShard>,
}

/// A shard in a merged record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MergedShard {
    /// Its number, and the number of shards.
    pub shard: Shard,
    /// The start of its record.
    pub started: String,
    /// Whether its run finished.
    pub complete: bool,
    /// The number of its first block in the merged record.
    pub first_block: u32,
    /// The number of its blocks, in the scenario with the most.
    pub blocks: u32,
}

impl MachineSetup {
    /// Checks that no field holds an impossible value.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        bounds::fetches("cores", self.cores as u64)?;
        bounds::length("shards", self.shards.len(), MOST_SHARDS as usize)?;
        for merged in &self.shards {
            Shard::new(merged.shard.number, merged.shard.count)?;
            bounds::block(merged.first_block)?;
            bounds::block(merged.blocks)?;
        }
        Ok(())
    }

    /// Returns whether the machine measured a block.
    pub fn has_block(&self, block: u32) -> bool {
        self.shards.iter().any(|merged| merged.has_block(block))
    }
}

impl MergedShard {
    /// Returns whether the shard measured a block.
    pub fn has_block(&self, block: u32) -> bool {
        block >= self.first_block && block - self.first_block < self.blocks
    }
}

impl ComparisonSetup {
    /// Returns the first shards that are not among those of a merged record, by name, and the
    /// number of the others; `None` if all are there.
    pub fn missing_shard_names(&self) -> Option<String> {
        let missing = self.missing_shards();
        let named: Vec<String> = missing.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = match missing.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!missing.is_empty()).then(|| named.join(", ") + &more)
    }

    /// Returns the shards that are not among those of a merged record.
    pub fn missing_shards(&self) -> Vec<Shard> {
        let merged: BTreeSet<Shard> = self
            .machines
            .iter()
            .flat_map(|machine| &machine.shards)
            .map(|merged| merged.shard)
            .collect();
        let counts: BTreeSet<u32> = merged.iter().map(|shard| shard.count).collect();
        let all = counts
            .into_iter()
            .flat_map(|count| (1..=count).map(move |number| Shard { number, count }));
        all.filter(|shard| !merged.contains(shard)).collect()
    }
}

impl ComparisonRecord {
    /// Writes the record into a new folder.
    ///
    /// # Errors
    ///
    /// The folder already holds a comparison, or cannot be written to.
    pub fn write(&self, folder: &Path, environment: &Environment) -> anyhow::Result<()> {
        let unfinished = ComparisonSetup { complete: false, ..self.setup.clone() };
        let mut writer = ComparisonWriter::create(folder, environment, unfinished)?;
        self.passes.iter().try_for_each(|pass| writer.pass(pass))?;
        self.costs.iter().try_for_each(|cost| writer.cost(cost))?;
        self.blocks.iter().try_for_each(|block| writer.block(block))?;
        writer.end(self.setup.complete, self.setup.aftermath.clone())
    }

    /// Returns the samples of some machines of a merged record. The rejected passes of the others
    /// stay, because they count against their backends on any machine.
    #[must_use]
    pub fn of_machines(&self, machines: &[&MachineSetup]) -> Self {
        let is_kept = |block| machines.iter().any(|machine| machine.has_block(block));
        let passes = self.passes.iter().filter(|pass| {
            is_kept(pass.block) || !matches!(pass.validity, Validity::Valid | Validity::Interrupted)
        });
        Self {
            setup: self.setup.clone(),
            passes: passes.cloned().collect(),
            costs: self.costs.iter().filter(|cost| is_kept(cost.block)).cloned().collect(),
            blocks: self.blocks.iter().filter(|block| is_kept(block.block)).cloned().collect(),
        }
    }

    /// Returns the record of one machine of a merged record.
    #[must_use]
    pub fn of_machine(&self, machine: &MachineSetup) -> Self {
        let mut own = self.of_machines(&[machine]);
        own.passes.retain(|pass| machine.has_block(pass.block));
        own.setup.machines.clear();
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures;

    fn machine(first_block: u32, blocks: u32) -> MachineSetup {
        fixtures::machine("Some CPU", 1, first_block, blocks)
    }

    #[test]
    fn machines_have_ranges_of_blocks() {
        let mut comparison = fixtures::comparison();
        let machines = [machine(0, 2), machine(2, 4)];
        comparison.setup.machines = machines.to_vec();
        let own = comparison.of_machine(&machines[0]);
        assert!(own.passes.iter().all(|pass| pass.block < 2) && own.setup.machines.is_empty());
        assert_eq!(own.costs.iter().map(|cost| cost.block).max(), Some(1));
        let rest = comparison.of_machines(&[&machines[1]]);
        let early = rest.passes.iter().filter(|pass| pass.block < 2);
        assert!(early.clone().count() > 0 && early.clone().all(|pass| pass.why.is_some()));
        assert!(!machine(u32::MAX, 9).has_block(3) && machine(u32::MAX, 9).check().is_err());
    }
}
