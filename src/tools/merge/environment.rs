//! The environment of a merged record.

use super::ShardRecord;
use crate::record::Environment;

/// Returns the environment of the first shard, without the values that others do not share. A
/// record must have a CPU and a number of cores: all models, and the smallest number.
pub(super) fn merged_environment(records: &[ShardRecord]) -> Environment {
    let all: Vec<&Environment> = records.iter().map(|record| &record.environment).collect();
    let mut merged = all[0].clone();
    let mut models: Vec<&str> = Vec::new();
    for environment in &all {
        if !models.contains(&environment.cpu.as_str()) {
            models.push(&environment.cpu);
        }
    }
    merged.cpu = models.join(", ");
    merged.cores = all.iter().map(|one| one.cores).min().unwrap_or(merged.cores);
    merged.started = all.iter().map(|one| &one.started).min().unwrap_or(&merged.started).clone();
    merged.boot_id_crc32 = common(&all, |one| one.boot_id_crc32.clone());
    merged.kernel = common(&all, |one| one.kernel.clone());
    merged.memory_bytes = common(&all, |one| one.memory_bytes);
    merged.governor = common(&all, |one| one.governor.clone());
    merged.open_files = common(&all, |one| one.open_files);
    merged.ports = common(&all, |one| one.ports);
    merged.load = common(&all, |one| one.load);
    merged
}

/// Returns the value that all have; `None` if they differ.
fn common<T: PartialEq>(
    all: &[&Environment],
    value: impl Fn(&Environment) -> Option<T>,
) -> Option<T> {
    let first = value(all[0]);
    first.filter(|first| all.iter().all(|one| value(one).as_ref() == Some(first)))
}
