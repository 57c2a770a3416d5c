//! Experiments over synthetic machines: with true ratios that differ, and with the noise of
//! measured blocks.

use super::Share;
use super::trial::Dice;
use crate::stats;
use crate::stats::random::{mix, standard_normal};
use crate::stats::{Family, OverMachines, Ratio};

/// The number of experiments.
pub const EXPERIMENTS: usize = 2_000;

/// The logarithm of the ratio that machines have on average.
const TRUTH_LN: f64 = 0.1;

/// The standard deviation of the logarithms of the machines' true ratios.
pub const BETWEEN: f64 = 0.05;

/// The fewest blocks of a machine, and the number of different counts.
const BLOCKS: (usize, usize) = (6, 9);

/// Experiments over a number of machines.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineTrial {
    /// The number of machines of each experiment.
    pub machines: usize,
    /// Experiments with an interval that covers the mean over all machines.
    pub covered: usize,
    /// Experiments with an interval wholly above 1, as the truth is.
    pub above: usize,
    /// The median distance of an interval's upper end from its mean, such as 0.1 for 10 %.
    pub reach: f64,
}

impl MachineTrial {
    /// Judges [`EXPERIMENTS`] of this many machines. Each machine has another true ratio, and 6 to
    /// 14 blocks around it, drawn with replacement from the values of one of the `sources`.
    /// `None` without sources.
    pub fn new(sources: &[Vec<f64>], machines: usize) -> Option<Self> {
        let noise: Option<Vec<Vec<f64>>> = sources.iter().map(|values| centred(values)).collect();
        let noise = noise.filter(|noise| !noise.is_empty())?;
        let mut dice = Dice::new(machines as u64);
        let ratios: Vec<Ratio> = (0..EXPERIMENTS)
            .filter_map(|_| {
                let all: Vec<Vec<f64>> =
                    (0..machines).map(|_| machine(&noise, &mut dice)).collect();
                OverMachines::new(&all, &Family::SINGLE).ratio(&Family::SINGLE)
            })
            .collect();
        let bounds = || ratios.iter().filter_map(|ratio| Some((ratio, ratio.bounds?)));
        let reaches: Vec<f64> =
            bounds().map(|(ratio, ends)| ends.high / ratio.mean - 1.0).collect();
        Some(Self {
            machines,
            covered: bounds().filter(|(_, ends)| ends.holds(TRUTH_LN.exp())).count(),
            above: bounds().filter(|(_, ends)| ends.low > 1.0).count(),
            reach: stats::median(&reaches)?,
        })
    }

    /// Returns a share of the experiments with its 95 % interval (Clopper and Pearson).
    pub fn share(&self, count: usize) -> Share {
        Share::new(count, EXPERIMENTS)
    }
}

/// Returns values minus their mean; `None` without any.
fn centred(values: &[f64]) -> Option<Vec<f64>> {
    let mean = stats::mean(values)?;
    Some(values.iter().map(|value| value - mean).collect())
}

/// Returns the block values of a machine.
fn machine(noise: &[Vec<f64>], dice: &mut Dice) -> Vec<f64> {
    let truth = TRUTH_LN + BETWEEN * standard_normal(mix(dice.roll()));
    let source = &noise[(dice.roll() % noise.len() as u64) as usize];
    let blocks = BLOCKS.0 + (dice.roll() % BLOCKS.1 as u64) as usize;
    dice.draw(source, blocks).into_iter().map(|error| truth + error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::calibrate::fixtures::step;

    #[test]
    fn machines_are_covered() {
        let step = step(400);
        let sources = [step.values(0, 10), step.values(1, 10)];
        for machines in [2, 3, 5, 10] {
            let trial = MachineTrial::new(&sources, machines).unwrap();
            let covered = trial.share(trial.covered).share;
            assert!((0.93..=0.97).contains(&covered), "{trial:?}");
        }
        assert_eq!(MachineTrial::new(&[], 3), None);
    }
}
