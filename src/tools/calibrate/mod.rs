//! What verdicts are worth, told by real passes: a long run over rows whose true difference is
//! known is cut into many experiments, and each is judged as if it were all that had been measured.

use std::ops::RangeInclusive;

use anyhow::{Context, ensure};

use crate::backend::Row;
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis, analyse};
use crate::record::{Comparison, control};
use crate::stats;
use crate::stats::paired::{Blocks, Family, Ratio, Verdict};
use crate::stats::random::mix;

pub mod view;

/// The confidence of intervals.
const LEVEL: f64 = 0.95;

/// Experiments over two rows of which one truly takes `truth` times as long as the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The row that is compared with the reference.
    pub row: String,
    /// Its true time over the reference's.
    pub truth: f64,
    /// Blocks of each experiment.
    pub blocks: usize,
    /// Experiments.
    pub experiments: usize,
    /// Experiments that found the row slower.
    pub slower: usize,
    /// Experiments that found it faster.
    pub faster: usize,
    /// Experiments whose interval covers the truth.
    pub covered: usize,
}

impl Trial {
    /// A share of the experiments, and where it lies with 95 % (Clopper and Pearson).
    pub fn share(&self, count: usize) -> (f64, RangeInclusive<f64>) {
        (
            count as f64 / self.experiments as f64,
            stats::proportion_interval(count, self.experiments, LEVEL),
        )
    }
}

/// The true time of a row over the reference's, where it is known: of the reference's control, and
/// of the reference slowed.
fn truth(row: &str, reference: &str) -> Option<f64> {
    if row == control(reference) {
        return Some(1.0);
    }
    let share = row.parse::<Row>().ok()?.slowed_by()?;
    row.starts_with(&format!("slowed:{reference}:")).then_some(1.0 + share)
}

/// Cuts the blocks of a workload, which may come from several runs, into experiments of so many
/// blocks, and judges each row whose true difference is known. What is left over is not used.
pub fn trials(workload: &WorkloadAnalysis, blocks_each: usize) -> Vec<Trial> {
    let paired = &workload.paired;
    let Some(reference) = paired.index(&workload.reference) else { return Vec::new() };
    let trial = |(index, name): (usize, &String)| {
        let truth = truth(name, &workload.reference)?;
        let mut trial = Trial {
            row: name.clone(),
            truth,
            blocks: blocks_each,
            experiments: 0,
            slower: 0,
            faster: 0,
            covered: 0,
        };
        for experiment in paired.blocks.cut(blocks_each) {
            trial.judge(&experiment, index, reference);
        }
        (trial.experiments > 0).then_some(trial)
    };
    paired.names.iter().enumerate().filter_map(trial).collect()
}

impl Trial {
    fn judge(&mut self, experiment: &Blocks, row: usize, reference: usize) {
        let Some(ratio) = experiment.ratio(row, reference, Family::SINGLE) else { return };
        self.experiments += 1;
        match ratio.verdict() {
            Verdict::Slower => self.slower += 1,
            Verdict::Faster => self.faster += 1,
            Verdict::Tied | Verdict::TooFewBlocks => {}
        }
        self.covered += usize::from((ratio.low..=ratio.high).contains(&self.truth));
    }
}

/// A run as people make it, over a row and itself slowed: what the experiments are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// How long it lasted, in seconds.
    pub seconds: f64,
    /// The slowed row.
    pub row: String,
    /// Blocks made.
    pub blocks: usize,
    /// Rounds of its shortest block.
    pub rounds: usize,
    /// What it found of the slowed row.
    pub found: Ratio,
}

impl Run {
    /// What such a record says.
    ///
    /// # Errors
    ///
    /// It is of another comparison, or was cut short.
    pub fn new(comparison: Comparison) -> anyhow::Result<Self> {
        let workload =
            analyse(&comparison).into_iter().next().context("the run has no scenario")?;
        let slowed = |row: &&BackendAnalysis| truth(&row.name, &workload.reference).is_some();
        let row = workload
            .rows
            .iter()
            .find(slowed)
            .context("the run has no row that is slowed on purpose")?;
        Ok(Self {
            seconds: comparison.setup.aftermath.as_ref().context("the run was cut short")?.seconds,
            row: row.name.clone(),
            blocks: workload.blocks,
            rounds: workload.paired.blocks.shortest(),
            found: row.ratio.context("the run has too few blocks")?,
        })
    }

    /// A quarter of its blocks: there are four times as many experiments of that size.
    pub fn quarter(&self) -> usize {
        (self.blocks / 4).max(1)
    }

    /// The experiments on the same row with a quarter of its blocks. They know less than the run
    /// does, so it finds a difference at least as often.
    ///
    /// # Errors
    ///
    /// There are none, or theirs are the longer blocks.
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
        let quarter =
            trials.iter().find(|trial| trial.row == self.row && trial.blocks == self.quarter());
        quarter.with_context(|| {
            format!("there are no experiments on {} of {} blocks", self.row, self.quarter())
        })
    }
}

/// How many experiments are drawn from the same blocks.
pub const DRAWN: usize = 10_000;

/// The share of [`DRAWN`] experiments of so many blocks, drawn from all blocks of a workload with
/// replacement, that find a row slower. They share their blocks, so it has no interval. `None`
/// where the row has no blocks.
pub fn resampled(workload: &WorkloadAnalysis, row: &str, blocks_each: usize) -> Option<f64> {
    let values = workload
        .paired
        .blocks
        .block_values(workload.paired.index(row)?, workload.paired.index(&workload.reference)?);
    let mut drawn = 0;
    let mut draw = || {
        drawn += 1;
        values[(mix(drawn) % values.len() as u64) as usize]
    };
    let is_slower = |values: &[f64]| {
        stats::t_interval(values, LEVEL).is_some_and(|interval| interval.low > 0.0)
    };
    let slower = |_: &usize| is_slower(&(0..blocks_each).map(|_| draw()).collect::<Vec<_>>());
    (!values.is_empty()).then(|| (0..DRAWN).filter(slower).count() as f64 / DRAWN as f64)
}

/// What a block of so many rounds would have been worth.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockLength {
    /// Rounds of a block.
    pub rounds: usize,
    /// How long such a block lasts, in seconds.
    pub seconds: f64,
    /// The standard deviation of the block values of each row against the reference.
    pub deviations: Vec<(String, f64)>,
}

/// What blocks of fewer rounds would have been worth, from a run of long ones.
pub fn block_lengths(comparison: &Comparison, workload: &WorkloadAnalysis) -> Vec<BlockLength> {
    let paired = &workload.paired;
    let most = paired.blocks.shortest();
    let Some((reference, run_s)) = paired
        .index(&workload.reference)
        .zip(comparison.setup.aftermath.as_ref().map(|after| after.seconds))
    else {
        return Vec::new();
    };
    // A round lasts as long as its passes; whatever else a block needs, such as starting its
    // processes, is taken to be needed once. What lies between passes is in that too, so that short
    // blocks are told a little longer than they are.
    let round_s: f64 =
        (0..paired.blocks.rows()).filter_map(|row| stats::mean(&paired.blocks.passes(row))).sum();
    let once_s = (run_s / workload.blocks as f64 - most as f64 * round_s).max(0.0);
    let lengths = [1, 2, 3, 5, 10, 20, 40, 80].into_iter().filter(|rounds| *rounds <= most);
    let length = |rounds: usize| {
        let blocks = paired.blocks.shortened(rounds);
        let deviation = |(row, name): (usize, &String)| {
            let deviation = stats::standard_deviation(&blocks.block_values(row, reference))?;
            (row != reference).then(|| (name.clone(), deviation))
        };
        let deviations = paired.names.iter().enumerate().filter_map(deviation).collect();
        BlockLength { rounds, seconds: once_s + rounds as f64 * round_s, deviations }
    };
    lengths.map(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_is_known_of_the_twin_and_of_the_slowed_reference_alone() {
        let known = |row| truth(row, "hyper@smol");
        assert_eq!(known("hyper@smol (again)"), Some(1.0));
        assert_eq!(known("slowed:hyper@smol:10%"), Some(1.1));
        for row in ["hyper@smol", "surf@smol", "slowed:surf@smol:10%", "surf@smol (again)"] {
            assert_eq!(known(row), None, "{row}");
        }
    }

    #[test]
    fn experiments_are_counted_by_what_they_found() {
        let experiment = |ratio: f64| {
            let block = |number: usize| {
                vec![vec![Some(0.02 * ratio * (1.0 + (number as f64 - 2.0) / 1e4)), Some(0.02)]]
            };
            Blocks::new(2, (0..5).map(block).collect())
        };
        let mut trial = Trial {
            row: "row".to_owned(),
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
