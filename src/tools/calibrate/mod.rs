//! Measures the quality of verdicts on real passes. A long run over backends with a known true
//! difference is cut into many experiments, each of which is judged by itself.

use std::ops::RangeInclusive;

use anyhow::{Context, ensure};

use crate::backend::Backend;
use crate::compare::analysis::{Paired, WorkloadAnalysis, analyse};
use crate::record::{ComparisonRecord, control};
use crate::stats;
use crate::stats::paired::Blocks;
use crate::stats::random::mix;
use crate::stats::{Family, Ratio, Verdict};

pub mod view;

/// The confidence of intervals.
const LEVEL: f64 = 0.95;

/// Experiments over two backends of which one truly takes `truth` times as long as the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The backend that is compared with the reference.
    pub backend: String,
    /// Its true time relative to the reference.
    pub truth: f64,
    /// Blocks of each experiment.
    pub blocks: usize,
    /// The number of experiments.
    pub experiments: usize,
    /// Experiments that found the backend slower.
    pub slower: usize,
    /// Experiments that found it faster.
    pub faster: usize,
    /// Experiments whose interval covers the truth.
    pub covered: usize,
}

impl Trial {
    /// Returns a share of the experiments with its 95 % interval (Clopper and Pearson).
    pub fn share(&self, count: usize) -> (f64, RangeInclusive<f64>) {
        (
            count as f64 / self.experiments as f64,
            stats::proportion_interval(count, self.experiments, LEVEL),
        )
    }
}

/// Returns the true time of a backend relative to the reference. It is known for the A/A control
/// and for the slowed reference.
fn truth(backend: &str, reference: &str) -> Option<f64> {
    if backend == control(reference) {
        return Some(1.0);
    }
    let [backend, reference] = [backend, reference].map(str::parse::<Backend>);
    Some(1.0 + backend.ok()?.slower_than(&reference.ok()?)?)
}

/// Cuts the blocks of a workload, which may come from several runs, into experiments of
/// `blocks_each` blocks and judges each backend with a known true difference. Leftover blocks are
/// not used.
pub fn trials(workload: &WorkloadAnalysis, blocks_each: usize) -> Vec<Trial> {
    let paired = &workload.paired;
    let Some(reference) = paired.index(&workload.reference) else { return Vec::new() };
    let backends = 0..paired.names.len();
    backends.filter_map(|backend| Trial::new(workload, backend, reference, blocks_each)).collect()
}

impl Trial {
    /// Judges every experiment on the backend with index `row`; `None` if its true difference is
    /// unknown or there are too few blocks.
    fn new(
        workload: &WorkloadAnalysis,
        backend: usize,
        reference: usize,
        blocks_each: usize,
    ) -> Option<Self> {
        let name = &workload.paired.names[backend];
        let mut trial = Self {
            backend: name.clone(),
            truth: truth(name, &workload.reference)?,
            blocks: blocks_each,
            experiments: 0,
            slower: 0,
            faster: 0,
            covered: 0,
        };
        for experiment in workload.paired.blocks.cut(blocks_each) {
            trial.judge(&experiment, backend, reference);
        }
        (trial.experiments > 0).then_some(trial)
    }

    fn judge(&mut self, experiment: &Blocks, backend: usize, reference: usize) {
        let ratio = experiment.ratio(backend, reference, &Family::SINGLE);
        let Some((ratio, bounds)) = ratio.and_then(|ratio| Some((ratio, ratio.bounds?))) else {
            return;
        };
        self.experiments += 1;
        // Without a margin, every difference counts.
        match ratio.verdict(0.0) {
            Some(Verdict::Slower) => self.slower += 1,
            Some(Verdict::Faster) => self.faster += 1,
            Some(Verdict::Equivalent | Verdict::Inconclusive) | None => {}
        }
        self.covered += usize::from(bounds.holds(self.truth));
    }
}

/// A typical run over a backend and the same backend slowed, to compare the experiments with.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The length of the run in seconds.
    pub seconds: f64,
    /// The slowed backend.
    pub backend: String,
    /// The number of blocks.
    pub blocks: usize,
    /// The number of rounds in the shortest block.
    pub rounds: usize,
    /// The measured time of the slowed backend relative to the reference.
    pub found: Ratio,
}

impl Run {
    /// Reads a run from its record.
    ///
    /// # Errors
    ///
    /// Returns an error if the record is of another kind of comparison, or of an interrupted one.
    pub fn new(comparison: ComparisonRecord) -> anyhow::Result<Self> {
        let workload =
            analyse(&comparison).into_iter().next().context("the run has no scenario")?;
        let backend = workload
            .backends
            .iter()
            .find(|backend| truth(&backend.name, &workload.reference).is_some())
            .context("the run has no row that is slowed on purpose")?;
        Ok(Self {
            seconds: comparison.setup.aftermath.as_ref().context("the run was cut short")?.seconds,
            backend: backend.name.clone(),
            blocks: workload.blocks,
            rounds: workload.paired.blocks.shortest(),
            found: backend.compared.time.context("the run has too few blocks")?,
        })
    }

    /// Returns a quarter of the number of blocks: there are four times as many experiments of that
    /// size.
    pub fn quarter(&self) -> usize {
        (self.blocks / 4).max(1)
    }

    /// Returns the experiments on the same backend with a quarter of the blocks. The run has more
    /// data, so it finds a difference at least as often.
    ///
    /// # Errors
    ///
    /// Returns an error if there are no such experiments, or if their blocks are longer than the
    /// run's.
    pub fn quarter_among<'a>(
        &self,
        trials: &'a [Trial],
        workload: &WorkloadAnalysis,
    ) -> anyhow::Result<&'a Trial> {
        let rounds = workload.paired.blocks.shortest();
        ensure!(
            rounds <= self.rounds,
            "the experiments have blocks of {rounds} cycles, the run of {}",
            self.rounds
        );
        let quarter = trials
            .iter()
            .find(|trial| trial.backend == self.backend && trial.blocks == self.quarter());
        quarter.with_context(|| {
            format!("there are no experiments on {} of {} blocks", self.backend, self.quarter())
        })
    }
}

/// The number of experiments that are drawn from the same blocks.
pub const DRAWN: usize = 10_000;

/// Draws [`DRAWN`] experiments of `blocks_each` blocks from all blocks of a workload with
/// replacement, and returns the share of them that find a backend slower. They share their blocks,
/// so it has no interval. `None` if the backend has no blocks.
pub fn resampled(workload: &WorkloadAnalysis, backend: &str, blocks_each: usize) -> Option<f64> {
    let values = workload
        .paired
        .blocks
        .block_values(workload.paired.index(backend)?, workload.paired.index(&workload.reference)?);
    if values.is_empty() {
        return None;
    }
    let mut random = (1..).map(mix);
    let slower = (0..DRAWN).filter(|_| {
        let experiment = random.by_ref().take(blocks_each);
        let experiment = experiment.map(|number| values[(number % values.len() as u64) as usize]);
        let interval = stats::t_interval(&experiment.collect::<Vec<_>>(), LEVEL);
        interval.is_some_and(|interval| interval.low > 0.0)
    });
    Some(slower.count() as f64 / DRAWN as f64)
}

/// The quality of blocks of a certain length.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockLength {
    /// The number of rounds in a block.
    pub rounds: usize,
    /// The length of a block in seconds.
    pub seconds: f64,
    /// The standard deviation of the block values of each backend against the reference.
    pub deviations: Vec<(String, f64)>,
}

/// Returns the quality that shorter blocks would have had, computed from a run with long ones.
pub fn block_lengths(
    comparison: &ComparisonRecord,
    workload: &WorkloadAnalysis,
) -> Vec<BlockLength> {
    let paired = &workload.paired;
    let most = paired.blocks.shortest();
    let Some((reference, run_s)) = paired
        .index(&workload.reference)
        .zip(comparison.setup.aftermath.as_ref().map(|after| after.seconds))
    else {
        return Vec::new();
    };
    // A round lasts as long as its passes. All other time of a block, such as that for starting
    // processes, is assumed to be spent once. It includes the time between passes, so short blocks
    // appear a little longer than they are.
    let round_s: f64 = (0..paired.blocks.backends())
        .filter_map(|backend| stats::mean(&paired.blocks.passes(backend)))
        .sum();
    let once_s = (run_s / workload.blocks as f64 - most as f64 * round_s).max(0.0);
    let lengths = [1, 2, 3, 5, 10, 20, 40, 80].into_iter().filter(|rounds| *rounds <= most);
    let lengths = lengths.map(|rounds| BlockLength {
        rounds,
        seconds: once_s + rounds as f64 * round_s,
        deviations: deviations(paired, &paired.blocks.shortened(rounds), reference),
    });
    lengths.collect()
}

/// Returns the standard deviation of the block values of each backend against the reference.
fn deviations(paired: &Paired, blocks: &Blocks, reference: usize) -> Vec<(String, f64)> {
    let others = paired.names.iter().enumerate().filter(|(backend, _)| *backend != reference);
    let deviations = others.filter_map(|(backend, name)| {
        let deviation = stats::standard_deviation(&blocks.block_values(backend, reference))?;
        Some((name.clone(), deviation))
    });
    deviations.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_is_known_for_references() {
        let known = |backend| truth(backend, "hyper@smol");
        assert_eq!(known("hyper@smol (again)"), Some(1.0));
        assert_eq!(known("slowed:hyper@smol:10%"), Some(1.1));
        for backend in ["hyper@smol", "surf@smol", "slowed:surf@smol:10%", "surf@smol (again)"] {
            assert_eq!(known(backend), None, "{backend}");
        }
    }

    #[test]
    fn experiments_are_counted() {
        let experiment = |ratio: f64| {
            let block = |number: usize| {
                vec![vec![Some(0.02 * ratio * (1.0 + (number as f64 - 2.0) / 1e4)), Some(0.02)]]
            };
            Blocks::new(2, (0..5).map(block).collect())
        };
        let mut trial = Trial {
            backend: "row".to_owned(),
            truth: 1.1,
            blocks: 5,
            experiments: 0,
            slower: 0,
            faster: 0,
            covered: 0,
        };
        for ratio in [1.1, 1.2, 0.9, 1.0] {
            trial.judge(&experiment(ratio), 0, 1);
        }
        assert_eq!((trial.experiments, trial.slower, trial.faster, trial.covered), (4, 2, 1, 1));
        let (share, interval) = trial.share(trial.slower);
        assert!(share == 0.5 && interval.contains(&0.5) && !interval.contains(&0.95));
    }
}
