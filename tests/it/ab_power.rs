//! How often `fetchbench ab` is right: experiments drawn from the blocks of two equal builds, one of
//! which is linked in another order. `scripts/relinked` makes the record.

use fetchbench::compare::analysis::{Quantity, WorkloadAnalysis, analyse};
use fetchbench::stats::Verdict;
use fetchbench::stats::paired::{Block, Blocks};

use crate::committed::{Case, cases};
use crate::statistics::Random;

/// The least number of blocks to draw from.
const LEAST_BLOCKS: u32 = 60;

/// The number of experiments of each kind.
const EXPERIMENTS: usize = 1000;

/// Returns the newest comparison of relinked builds.
fn relinked() -> Option<&'static Case> {
    cases().iter().rfind(|case| case.record.ends_with("-relinked"))
}

/// Returns the verdict of `ab` on the new build, in an experiment of as many blocks as were
/// measured, drawn with replacement, in which the new build takes `factor` times as long.
fn verdict(workload: &WorkloadAnalysis, factor: f64, random: &mut Random) -> Option<Verdict> {
    let mut paired = workload.paired.clone();
    let new = paired.index("new")?;
    let all: Vec<&Block> = workload.paired.blocks.iter().collect();
    let drawn = all.iter().map(|_| slowed(all[random.below(all.len())], new, factor));
    paired.blocks = Blocks::new(workload.paired.blocks.backends(), drawn.collect());
    paired.to_reference(Quantity::Time, new)?.verdict(workload.equivalence)
}

/// Returns a block in which a backend takes `factor` times as long.
fn slowed(block: &Block, backend: usize, factor: f64) -> Block {
    let mut block = block.clone();
    for round in &mut block {
        round[backend] = round[backend].map(|seconds| seconds * factor);
    }
    block
}

/// Returns the share of experiments whose verdict is one of `wanted`.
fn share(workload: &WorkloadAnalysis, factor: f64, wanted: &[Verdict]) -> f64 {
    let mut random = Random(1);
    let verdicts = (0..EXPERIMENTS).map(|_| verdict(workload, factor, &mut random));
    let found = verdicts.flatten().filter(|verdict| wanted.contains(verdict));
    found.count() as f64 / EXPERIMENTS as f64
}

#[test]
fn ab_finds_five_percent() {
    let Some(case) = relinked() else {
        eprintln!("skipped: scripts/relinked has made no record");
        return;
    };
    assert!(case.blocks >= LEAST_BLOCKS, "{} has {} blocks", case.record, case.blocks);
    let workload = analyse(&case.comparison).remove(0);
    let found = share(&workload, 1.05, &[Verdict::Slower]);
    let differing = share(&workload, 1.0, &[Verdict::Faster, Verdict::Slower]);
    eprintln!("5 % slower is found in {found}; equal builds differ in {differing}");
    assert!(found >= 0.95, "a difference of 5 % is found in {found}");
    assert!(differing <= 0.05, "equal builds differ in {differing}");
}
