//! The samples of several shards in one comparison: machine by machine, with their blocks numbered
//! anew.

use super::ShardRecord;
use crate::record::{
    Aftermath, BackendSetup, ComparisonRecord, ComparisonSetup, MachineSetup, MergedShard,
    WorkloadSetup,
};

/// Merges records, which are sorted by shard. A machine is known by its CPU and its boot id.
pub(super) fn merged_comparison(records: Vec<ShardRecord>) -> ComparisonRecord {
    let setup = merged_setup(&records);
    let mut merged =
        ComparisonRecord { setup, passes: Vec::new(), costs: Vec::new(), blocks: Vec::new() };
    let mut first_block = 0;
    for mut group in by_machine(records) {
        let shards = group.iter_mut().map(|record| add(&mut merged, &mut first_block, record));
        let shards: Vec<MergedShard> = shards.collect();
        let environment = &group[0].environment;
        merged.setup.machines.push(MachineSetup {
            cpu: environment.cpu.clone(),
            cores: environment.cores,
            kernel: environment.kernel.clone(),
            memory_bytes: environment.memory_bytes,
            boot_id_crc32: environment.boot_id_crc32.clone(),
            shards,
        });
    }
    merged
}

/// Groups records by their machine, in the order of the first shard of each. Records without a boot
/// id count as one machine if their CPU is the same, because nothing shows that they are not.
fn by_machine(records: Vec<ShardRecord>) -> Vec<Vec<ShardRecord>> {
    let mut groups: Vec<Vec<ShardRecord>> = Vec::new();
    for record in records {
        let is_same = |group: &&mut Vec<ShardRecord>| {
            let (one, other) = (&group[0].environment, &record.environment);
            (&one.cpu, &one.boot_id_crc32) == (&other.cpu, &other.boot_id_crc32)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
    }
    groups
}

/// Moves the samples of a shard into the merged record, with block numbers from `first_block` on.
fn add(
    merged: &mut ComparisonRecord,
    first_block: &mut u32,
    record: &mut ShardRecord,
) -> MergedShard {
    let samples = &mut record.comparison;
    let numbers = samples.passes.iter().map(|pass| pass.block);
    let numbers = numbers.chain(samples.costs.iter().map(|cost| cost.block));
    let numbers = numbers.chain(samples.blocks.iter().map(|block| block.block));
    let blocks = numbers.max().map_or(0, |last| last + 1);
    let first = *first_block;
    samples.passes.iter_mut().for_each(|pass| pass.block += first);
    samples.costs.iter_mut().for_each(|cost| cost.block += first);
    samples.blocks.iter_mut().for_each(|block| block.block += first);
    merged.passes.append(&mut samples.passes);
    merged.costs.append(&mut samples.costs);
    merged.blocks.append(&mut samples.blocks);
    *first_block += blocks;
    MergedShard {
        shard: record.shard,
        started: record.environment.started.clone(),
        complete: samples.setup.complete,
        first_block: first,
        blocks,
    }
}

/// Returns the setup of the first shard, with what the others add.
fn merged_setup(records: &[ShardRecord]) -> ComparisonSetup {
    let setups: Vec<&ComparisonSetup> =
        records.iter().map(|record| &record.comparison.setup).collect();
    let first = setups[0];
    let ends: Option<Vec<&Aftermath>> =
        setups.iter().map(|setup| setup.aftermath.as_ref()).collect();
    let seconds = ends.map(|ends| ends.iter().map(|end| end.seconds).sum());
    ComparisonSetup {
        complete: setups.iter().all(|setup| setup.complete),
        seed: records[0].shard.base_seed(first.seed),
        shard: None,
        backends: merged_backends(&setups),
        no_instructions: setups.iter().find_map(|setup| setup.no_instructions.clone()),
        workloads: merged_workloads(&setups),
        machines: Vec::new(),
        aftermath: seconds.map(|seconds| Aftermath { seconds, load: None, stolen: None }),
        ..first.clone()
    }
}

/// Returns the backends of all shards, each once.
fn merged_backends(setups: &[&ComparisonSetup]) -> Vec<BackendSetup> {
    let mut merged: Vec<BackendSetup> = Vec::new();
    for backend in setups.iter().flat_map(|setup| &setup.backends) {
        if !merged.iter().any(|other| other.name == backend.name) {
            merged.push(backend.clone());
        }
    }
    merged
}

/// Returns the workloads of all shards, each once, with the workers and the counts of instructions
/// that the first shard lacks.
fn merged_workloads(setups: &[&ComparisonSetup]) -> Vec<WorkloadSetup> {
    let mut merged: Vec<WorkloadSetup> = Vec::new();
    for workload in setups.iter().flat_map(|setup| &setup.workloads) {
        let Some(known) = merged.iter_mut().find(|known| known.scenario == workload.scenario)
        else {
            merged.push(workload.clone());
            continue;
        };
        for worker in &workload.workers {
            if !known.workers.iter().any(|other| other.backend == worker.backend) {
                known.workers.push(worker.clone());
            }
        }
        for counted in &workload.instructions {
            if !known.instructions.iter().any(|other| other.backend == counted.backend) {
                known.instructions.push(counted.clone());
            }
        }
    }
    merged
}
