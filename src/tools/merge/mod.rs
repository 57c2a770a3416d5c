//! Merges the records of shards into one. The result does not depend on their order.

use std::path::Path;

use anyhow::ensure;

use crate::record::{Audit, ComparisonRecord, Environment, Shard, Unwritable};
use crate::render::numbers::counted;

mod environment;
mod property;
mod samples;

use self::environment::merged_environment;
pub use self::property::{
    DifferingProperty, Property, build_properties, differences, setup_properties,
};
use self::samples::merged_comparison;

/// The record of a shard.
#[derive(Debug, Clone)]
pub struct ShardRecord {
    /// Its directory, for messages.
    pub name: String,
    /// Which shard it is.
    pub shard: Shard,
    /// The machine and the program that measured it.
    pub environment: Environment,
    /// The results.
    pub comparison: ComparisonRecord,
    /// The requests of its backends, if they were recorded.
    pub audit: Option<Audit>,
}

impl ShardRecord {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// The directory holds no record, or one that is not of a shard.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let name = folder.display().to_string();
        let environment = Environment::read(folder)?;
        let comparison = ComparisonRecord::read(folder)?;
        ensure!(
            comparison.setup.machines.is_empty(),
            "{name} is a merged record: name the shards that it was made of"
        );
        let Some(shard) = comparison.setup.shard else {
            anyhow::bail!("{name} is not a shard: measure it with `compare --shard`")
        };
        Ok(Self { name, shard, environment, comparison, audit: Audit::read(folder)? })
    }
}

/// The records of shards, each once, in the order of their numbers.
#[derive(Debug)]
pub struct Shards(Vec<ShardRecord>);

impl Shards {
    /// Sorts records.
    ///
    /// # Errors
    ///
    /// A shard is there twice.
    pub fn new(mut records: Vec<ShardRecord>) -> anyhow::Result<Self> {
        records.sort_by(|a, b| (order(a), &a.name).cmp(&(order(b), &b.name)));
        let doubled = records.windows(2).filter(|pair| order(&pair[0]) == order(&pair[1]));
        let doubled: Vec<String> = doubled
            .map(|pair| format!("shard {} in {} and {}", pair[0].shard, pair[0].name, pair[1].name))
            .collect();
        ensure!(doubled.is_empty(), "the same shard twice: {}: leave one out", doubled.join("; "));
        Ok(Self(records))
    }

    /// Returns why the records should not be merged: properties that differ, and runs that were
    /// interrupted.
    pub fn obstacles(&self) -> Vec<String> {
        let Some((first, others)) = self.0.split_first() else { return Vec::new() };
        let mut named: Vec<String> = Vec::new();
        let mut obstacles = Vec::new();
        for other in others {
            for found in differences(&properties(first), &properties(other)) {
                if !named.contains(&found.name) {
                    let DifferingProperty { name, value, other: different } = found;
                    obstacles.push(format!(
                        "{name} is {value} in {} and {different} in {}",
                        first.name, other.name
                    ));
                    named.push(name);
                }
            }
        }
        let interrupted = self.0.iter().filter(|record| !record.comparison.setup.complete);
        obstacles.extend(interrupted.map(|record| format!("{} was interrupted", record.name)));
        obstacles
    }

    /// Merges the records.
    pub fn merged(self) -> Merged {
        Merged {
            environment: merged_environment(&self.0),
            audit: self.0.iter().find_map(|record| record.audit.clone()),
            comparison: merged_comparison(self.0),
        }
    }
}

fn properties(record: &ShardRecord) -> Vec<Property> {
    [setup_properties(&record.comparison.setup), build_properties(&record.environment)].concat()
}

/// Shards are sorted by this.
fn order(record: &ShardRecord) -> (u32, u32) {
    (record.shard.count, record.shard.number)
}

/// The record of all shards.
#[derive(Debug)]
pub struct Merged {
    /// The common properties of the machines, and those of the program.
    pub environment: Environment,
    /// The results, with the machines.
    pub comparison: ComparisonRecord,
    /// The requests of the backends, by the first shard that recorded them.
    pub audit: Option<Audit>,
}

impl Merged {
    /// Writes the record into a new directory.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let audit = self.audit.as_ref();
        self.comparison
            .write(folder, &self.environment)
            .and_then(|()| audit.map_or(Ok(()), |audit| audit.write(folder)))
            .map_err(Unwritable::wrap)
    }

    /// Returns a sentence on the shards that are missing; `None` if all are there.
    pub fn missing(&self) -> Option<String> {
        let setup = &self.comparison.setup;
        let names = setup.missing_shard_names()?;
        let count = setup.missing_shards().len() as u64;
        Some(format!("{}: {names}", counted(count, "shard is missing", "shards are missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ComparisonSetup;
    use crate::record::fixtures;

    /// Returns a shard of three, on the machine with this number.
    pub(super) fn shard(number: u32, machine: u32) -> ShardRecord {
        let mut comparison = fixtures::comparison();
        let shard = Shard { number, count: 3 };
        comparison.setup.shard = Some(shard);
        comparison.setup.seed = shard.seed(1);
        comparison.passes.retain(|pass| pass.block < 3 + number);
        let environment = Environment {
            boot_id_crc32: Some(format!("{machine:08x}")),
            started: format!("2026-11-22T10:1{number}:00Z"),
            ..fixtures::record().environment
        };
        ShardRecord { name: format!("k-{number}of3"), shard, environment, comparison, audit: None }
    }

    fn merged(records: &[ShardRecord]) -> Merged {
        Shards::new(records.to_vec()).unwrap().merged()
    }

    #[test]
    fn the_order_does_not_matter() {
        let [one, two, three] = [shard(1, 1), shard(2, 2), shard(3, 1)];
        let first = merged(&[one.clone(), two.clone(), three.clone()]);
        let second = merged(&[three, one, two]);
        assert_eq!(first.comparison, second.comparison);
        assert_eq!(first.environment, second.environment);
        assert_eq!(first.missing(), None);
    }

    #[test]
    fn shards_of_a_machine_are_blocks() {
        let found = merged(&[shard(1, 1), shard(2, 2), shard(3, 1)]).comparison;
        let blocks = |machine: usize| -> Vec<(u32, u32, u32)> {
            let shards = found.setup.machines[machine].shards.iter();
            shards.map(|one| (one.shard.number, one.first_block, one.blocks)).collect()
        };
        assert_eq!(blocks(0), [(1, 0, 6), (3, 6, 6)]);
        assert_eq!(blocks(1), [(2, 12, 6)]);
        assert_eq!((found.setup.seed, found.setup.shard), (1, None));
        let last = found.passes.iter().map(|pass| pass.block).max();
        assert_eq!(last, Some(12 + 4));
        assert!(found.passes.is_sorted_by_key(|pass| pass.block));
    }

    #[test]
    fn missing_and_doubled_are_named() {
        let found = merged(&[shard(3, 1)]);
        assert_eq!(found.missing().as_deref(), Some("2 shards are missing: 1/3, 2/3"));
        let again = ShardRecord { name: "copy".to_owned(), ..shard(3, 2) };
        let error = Shards::new(vec![shard(1, 1), again, shard(3, 1)]).unwrap_err().to_string();
        assert_eq!(error, "the same shard twice: shard 3/3 in copy and k-3of3: leave one out");
    }

    #[test]
    fn obstacles_name_records() {
        let mut other = shard(2, 2);
        other.environment.lock_file_crc32 = "ffffffff".to_owned();
        let setup = other.comparison.setup.clone();
        other.comparison.setup =
            ComparisonSetup { complete: false, equivalence: Some(0.1), ..setup };
        let obstacles = Shards::new(vec![other, shard(1, 1)]).unwrap().obstacles();
        assert_eq!(
            obstacles,
            [
                "equivalence is 0.0 in k-1of3 and 0.1 in k-2of3",
                "lock file is 0123abcd in k-1of3 and ffffffff in k-2of3",
                "k-2of3 was interrupted",
            ]
        );
    }

    #[test]
    fn environments_keep_what_is_common() {
        let mut other = shard(2, 2);
        other.environment.cpu = "Other CPU".to_owned();
        other.environment.cores = 8;
        let found = merged(&[other, shard(1, 1)]).environment;
        assert_eq!((found.cpu.as_str(), found.cores), ("Some CPU, Other CPU", 2));
        assert_eq!(found.boot_id_crc32, None);
        assert_eq!(found.started, "2026-11-22T10:11:00Z");
        assert!(found.kernel.is_some() && found.load.is_some(), "they are common");
    }
}
