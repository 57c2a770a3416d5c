//! Measures the quality of verdicts on real passes. Long runs over backends with a known true
//! difference are cut into many experiments, each of which is judged by itself.

use crate::backend::Backend;
use crate::record::control;
use crate::stats;

mod machines;
mod trial;
mod values;
pub mod view;
#[cfg(test)]
mod fixtures;

pub use self::machines::{BETWEEN, EXPERIMENTS, MachineTrial};
pub use self::trial::{DRAWN, FamilyTrial, Share, Trial, resampled, trials};
pub use self::values::{BlockValues, CalibrationStep, StepSetup};

/// The confidence of intervals.
const LEVEL: f64 = 0.95;

/// Returns the true time of a backend relative to the reference. It is known for the A/A control
/// and for the slowed reference.
fn truth(backend: &str, reference: &str) -> Option<f64> {
    if backend == control(reference) {
        return Some(1.0);
    }
    let [backend, reference] = [backend, reference].map(str::parse::<Backend>);
    Some(1.0 + backend.ok()?.slower_than(&reference.ok()?)?)
}

/// The quality of blocks of a certain length.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockLength {
    /// The number of rounds in a block.
    pub rounds: usize,
    /// The length of a block in seconds.
    pub seconds: f64,
    /// The standard deviation of the block values of each backend of the step.
    pub deviations: Vec<f64>,
}

/// Returns the quality that shorter blocks would have had.
pub fn block_lengths(step: &CalibrationStep) -> Vec<BlockLength> {
    let lengths = step.lengths().into_iter().map(|rounds| BlockLength {
        rounds,
        seconds: step.block_s(rounds),
        deviations: (0..step.setup.backends.len())
            .map(|backend| {
                stats::standard_deviation(&step.values(backend, rounds)).unwrap_or_default()
            })
            .collect(),
    });
    lengths.collect()
}

/// Returns the correlation of each value with the next; `None` below three values.
pub fn correlation(values: &[f64]) -> Option<f64> {
    let mean = stats::mean(values).filter(|_| values.len() > 2)?;
    let products = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean));
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(products.sum::<f64>() / squares)
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
    fn neighbours_correlate() {
        assert!(correlation(&[1.0, -1.0, 1.0, -1.0]).unwrap() < -0.7);
        assert!(correlation(&[1.0, 1.0, 1.0, -1.0, -1.0, -1.0]).unwrap() > 0.4);
        assert_eq!(correlation(&[1.0, 2.0]), None);
    }
}
