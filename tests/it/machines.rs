//! How often the interval over machines covers the truth: synthetic machines, with true ratios that
//! differ, made from the passes of all committed records.

use fetchbench::compare::analysis::{Quantity, analyse};
use fetchbench::stats::LEAST_BLOCKS;
use fetchbench::tools::calibrate::{EXPERIMENTS, MachineTrial};

use crate::committed::cases;

/// The most backends of a case that machines are made from.
const BACKENDS: usize = 4;

/// Returns the block values of some backends of each committed comparison.
fn sources() -> Vec<Vec<f64>> {
    let values = cases().iter().flat_map(|case| {
        let workload = analyse(&case.comparison).remove(0);
        let values = workload
            .valid()
            .map(|backend| workload.paired.reference_values(Quantity::Time, backend.index()))
            .filter(|values| values.len() >= LEAST_BLOCKS);
        values.take(BACKENDS).collect::<Vec<_>>()
    });
    values.collect()
}

#[test]
fn merged_intervals_cover() {
    let sources = sources();
    assert!(sources.len() > 40, "{} sources", sources.len());
    for machines in [3, 5, 10] {
        let trial = MachineTrial::new(&sources, machines).unwrap();
        let covered = trial.covered as f64 / EXPERIMENTS as f64;
        println!(
            "{machines} machines: {:.1} % covered, ±{:.1} %",
            covered * 100.0,
            trial.reach * 100.0
        );
        assert!((0.93..=0.97).contains(&covered), "{machines} machines: {covered}");
    }
    let reach = |machines| MachineTrial::new(&sources, machines).unwrap().reach;
    assert!(reach(2) > 5.0 * reach(5), "two machines hardly show how much they deviate");
}
