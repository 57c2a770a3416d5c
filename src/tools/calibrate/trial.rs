//! Experiments that are cut or drawn from the blocks of a step.

use std::ops::RangeInclusive;

use super::{CalibrationStep, LEVEL, truth};
use crate::record::control;
use crate::stats;
use crate::stats::random::mix;
use crate::stats::{Family, Ratio, Verdict};

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
    /// Experiments with an interval that covers the truth.
    pub covered: usize,
}

/// Cuts the blocks of a step into experiments of `blocks_each` blocks and judges each backend with
/// a known true difference. Leftover blocks are not used.
pub fn trials(step: &CalibrationStep, blocks_each: usize) -> Vec<Trial> {
    let backends = step.setup.backends.iter().enumerate();
    let trials = backends.filter_map(|(index, backend)| {
        let trial = Trial::new(backend, truth(backend, &step.setup.reference)?, blocks_each);
        Some(trial.judged(&step.values(index, step.rounds())))
    });
    trials.filter(|trial| trial.experiments > 0).collect()
}

impl Trial {
    fn new(backend: &str, truth: f64, blocks: usize) -> Self {
        Self {
            backend: backend.to_owned(),
            truth,
            blocks,
            experiments: 0,
            slower: 0,
            faster: 0,
            covered: 0,
        }
    }

    /// Judges every experiment.
    fn judged(mut self, values: &[f64]) -> Self {
        values.chunks_exact(self.blocks).for_each(|experiment| self.judge(experiment));
        self
    }

    fn judge(&mut self, experiment: &[f64]) {
        let interval = Family::SINGLE.interval(experiment);
        let ratio = interval.map(|interval| Ratio::new(interval, experiment.len()));
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

    /// Returns a share of the experiments with its 95 % interval (Clopper and Pearson).
    pub fn share(&self, count: usize) -> Share {
        Share::new(count, self.experiments)
    }
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// The share.
    pub share: f64,
    /// Its interval.
    pub interval: RangeInclusive<f64>,
}

impl Share {
    pub(super) fn new(count: usize, of: usize) -> Self {
        let interval = stats::proportion_interval(count, of, LEVEL);
        Self { share: count as f64 / of as f64, interval }
    }
}

/// The number of experiments, or of families of them, that are drawn from the same blocks.
pub const DRAWN: usize = 10_000;

/// Draws [`DRAWN`] experiments of `blocks_each` blocks from values with replacement, and returns
/// the share of them that find a backend slower. They share their blocks, so it has no interval.
/// `None` without values.
pub fn resampled(values: &[f64], blocks_each: usize) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let mut dice = Dice(0);
    let critical = Family::SINGLE.critical(blocks_each);
    let slower = (0..DRAWN).filter(|_| {
        let drawn = dice.draw(values, blocks_each);
        deviation_from(&drawn, 0.0).is_some_and(|errors| errors > critical)
    });
    Some(slower.count() as f64 / DRAWN as f64)
}

/// With blocks for fewer experiments, draws from them mean little.
const LEAST_EXPERIMENTS: usize = 4;

/// Families of comparisons of a backend with itself.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyTrial {
    /// The number of comparisons in a family.
    pub comparisons: usize,
    /// Blocks of each comparison.
    pub blocks: usize,
    /// The number of families without a block in common.
    pub families: usize,
    /// Those in which an interval misses the truth.
    pub missed: usize,
    /// The share of drawn families in which an interval misses the truth.
    pub drawn_missed: f64,
    /// The share of all intervals of drawn families that cover the truth.
    pub drawn_covered: f64,
}

impl FamilyTrial {
    /// Judges the values of the A/A control of a step, whose truth is 0, in families; `None` if
    /// they make fewer than `LEAST_EXPERIMENTS`.
    ///
    /// A drawn family takes its blocks from all values with replacement, so that their mean is the
    /// truth.
    pub fn new(step: &CalibrationStep, comparisons: usize, blocks: usize) -> Option<Self> {
        let backend =
            step.setup.backends.iter().position(|name| *name == control(&step.setup.reference))?;
        let values = step.values(backend, step.rounds());
        if values.len() < LEAST_EXPERIMENTS * blocks {
            return None;
        }
        let critical = Family::new(comparisons).critical(blocks);
        let misses = |experiment: &[f64], truth| {
            deviation_from(experiment, truth).is_some_and(|errors| errors.abs() > critical)
        };
        let experiments: Vec<&[f64]> = values.chunks_exact(blocks).collect();
        let families = experiments.chunks_exact(comparisons);
        let mean = stats::mean(&values)?;
        let (mut dice, mut drawn_missed, mut intervals_missed) = (Dice(1), 0, 0);
        for _ in 0..DRAWN {
            let missed =
                (0..comparisons).filter(|_| misses(&dice.draw(&values, blocks), mean)).count();
            drawn_missed += usize::from(missed > 0);
            intervals_missed += missed;
        }
        Some(Self {
            comparisons,
            blocks,
            families: families.len(),
            missed: families
                .filter(|family| family.iter().any(|experiment| misses(experiment, 0.0)))
                .count(),
            drawn_missed: drawn_missed as f64 / DRAWN as f64,
            drawn_covered: 1.0 - intervals_missed as f64 / (DRAWN * comparisons) as f64,
        })
    }

    /// Returns the share of the families in which an interval misses; `None` if there are none.
    pub fn share(&self) -> Option<Share> {
        (self.families > 0).then(|| Share::new(self.missed, self.families))
    }
}

/// Returns how far the mean of values is from a truth, in standard errors.
fn deviation_from(values: &[f64], truth: f64) -> Option<f64> {
    let deviation = stats::standard_deviation(values)?;
    Some((stats::mean(values)? - truth) / deviation * (values.len() as f64).sqrt())
}

/// Draws values; the seed is the number of values drawn before.
pub(super) struct Dice(u64);

impl Dice {
    /// Returns dice of a series. Each series has other numbers.
    pub(super) fn new(series: u64) -> Self {
        Self(series << 32)
    }

    /// Returns a random number.
    pub(super) fn roll(&mut self) -> u64 {
        self.0 += 1;
        mix(self.0)
    }

    pub(super) fn draw(&mut self, values: &[f64], count: usize) -> Vec<f64> {
        let drawn = (0..count).map(|_| values[(self.roll() % values.len() as u64) as usize]);
        drawn.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::calibrate::fixtures::step;

    #[test]
    fn experiments_are_counted() {
        let experiment = |ratio: f64| {
            let noise = [-2e-4, -1e-4, 0.0, 1e-4, 2e-4];
            noise.map(|noise: f64| ratio.ln() + noise)
        };
        let values = [1.1, 1.2, 0.9, 1.0].map(experiment).concat();
        let trial = Trial::new("row", 1.1, 5).judged(&values);
        assert_eq!((trial.experiments, trial.slower, trial.faster, trial.covered), (4, 2, 1, 1));
        let Share { share, interval } = trial.share(trial.slower);
        assert!(share == 0.5 && interval.contains(&0.5) && !interval.contains(&0.95));
    }

    #[test]
    fn drawn_families_keep_the_error() {
        let trial = FamilyTrial::new(&step(400), 9, 8).unwrap();
        assert_eq!((trial.families, trial.blocks), (400 / 8 / 9, 8));
        assert!((0.02..0.08).contains(&trial.drawn_missed), "{trial:?}");
        assert!((0.99..0.998).contains(&trial.drawn_covered), "{trial:?}");
        assert_eq!(FamilyTrial::new(&step(31), 9, 8), None);
    }

    #[test]
    fn real_differences_are_found() {
        let step = step(40);
        let found = |backend| resampled(&step.values(backend, 10), 6);
        assert_eq!(found(0), Some(1.0));
        assert!(found(1).is_some_and(|share| share < 0.1));
        assert_eq!(resampled(&[], 6), None);
    }
}
