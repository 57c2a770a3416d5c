//! Samples, and the measurements that they add up to.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::bounds;
use crate::stats;

/// One sample: some passes, one right after the other, timed each by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What was timed.
    pub what: What,
    /// The scenario's name.
    pub scenario: String,
    /// The row's name.
    pub row: String,
    /// How many threads fetched.
    pub threads: usize,
    /// The limit of fetches in flight. A sequential row has one in flight, whatever the limit.
    pub concurrency: usize,
    /// What the scenario's delays were multiplied by.
    pub time_scale: f64,
    /// Fetches in each pass.
    pub fetches: u64,
    /// Passes in this sample.
    pub passes: NonZeroU64,
    /// What the passes took, added up.
    pub elapsed_s: f64,
    /// The ideals of the same passes, added up. `None` where there are no delays.
    pub ideal_s: Option<f64>,
}

/// What a sample timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A row's passes over a scenario.
    Pass,
    /// The same in the comparison of one scenario over several concurrencies.
    Concurrency,
    /// Passes of the fake row, as wall-clock time: what a pass costs in which nothing is fetched.
    Harness,
    /// Opening a session.
    Open,
    /// Passes of a minimal hand-written loop over the row's client and executor.
    ByHand,
}

impl Sample {
    /// The time of one pass.
    pub fn pass_s(&self) -> f64 {
        self.elapsed_s / self.passes.get() as f64
    }

    /// The same, unless a number in it is none that was measured.
    pub(super) fn checked(self) -> anyhow::Result<Self> {
        bounds::fetches("fetches", self.fetches)?;
        bounds::time("elapsed_s", self.elapsed_s)?;
        self.ideal_s.map_or(Ok(()), |ideal| bounds::time("ideal_s", ideal))?;
        bounds::amount("time_scale", self.time_scale)?;
        Ok(self)
    }

    /// Whether the other sample is one more of the same.
    fn is_alike(&self, other: &Self) -> bool {
        let key = |sample: &Self| {
            (
                sample.what,
                sample.threads,
                sample.concurrency,
                sample.fetches,
                sample.time_scale.to_bits(),
            )
        };
        key(self) == key(other) && self.row == other.row && self.scenario == other.scenario
    }
}

/// All samples of one row on one scenario. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement<'a> {
    samples: Vec<&'a Sample>,
}

impl<'a> Measurement<'a> {
    /// Groups samples of the same, in order of first appearance.
    pub(super) fn group(samples: &'a [Sample]) -> Vec<Self> {
        let mut measurements: Vec<Self> = Vec::new();
        for sample in samples {
            // Samples of the same follow each other, so the search begins at the end.
            match measurements
                .iter_mut()
                .rev()
                .find(|measurement| measurement.of().is_alike(sample))
            {
                Some(measurement) => measurement.samples.push(sample),
                None => measurements.push(Self { samples: vec![sample] }),
            }
        }
        measurements
    }

    /// What was measured: its first sample, whose names and options are those of all.
    pub fn of(&self) -> &'a Sample {
        self.samples[0]
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// The time of one pass: the median over the samples.
    pub fn pass_s(&self) -> f64 {
        stats::median(&self.passes_s()).expect("a measurement has samples")
    }

    /// The time of one pass in the fastest and in the slowest sample.
    pub fn range_s(&self) -> (f64, f64) {
        let passes = self.passes_s();
        (
            passes.iter().copied().fold(f64::INFINITY, f64::min),
            passes.iter().copied().fold(0.0, f64::max),
        )
    }

    /// Fetches per second at the median pass.
    pub fn fetches_per_s(&self) -> f64 {
        self.of().fetches as f64 / self.pass_s()
    }

    /// The mean ideal of a pass, where there are delays.
    pub fn ideal_s(&self) -> Option<f64> {
        let ideals: Option<Vec<f64>> = self.samples.iter().map(|sample| sample.ideal_s).collect();
        let passes: f64 = self.samples.iter().map(|sample| sample.passes.get() as f64).sum();
        Some(ideals?.iter().sum::<f64>() / passes)
    }

    /// The share of a pass that the delays alone explain: the median over the samples of ideal /
    /// measured.
    pub fn efficiency(&self) -> Option<f64> {
        let shares: Option<Vec<f64>> = self
            .samples
            .iter()
            .map(|sample| sample.ideal_s.map(|ideal| ideal / sample.elapsed_s))
            .collect();
        stats::median(&shares?)
    }

    fn passes_s(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.pass_s()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(row: &str, passes: u64, elapsed_s: f64, ideal_s: Option<f64>) -> Sample {
        Sample {
            what: What::Pass,
            scenario: "fan-out".to_owned(),
            row: row.to_owned(),
            threads: 1,
            concurrency: 8,
            time_scale: 1.0,
            fetches: 10,
            passes: NonZeroU64::new(passes).unwrap(),
            elapsed_s,
            ideal_s,
        }
    }

    #[test]
    fn samples_of_the_same_make_a_measurement() {
        let samples = [
            sample("a", 1, 3.0, Some(1.0)),
            sample("b", 1, 1.0, None),
            sample("a", 2, 4.0, Some(2.0)),
            sample("a", 1, 8.0, Some(1.0)),
            Sample { concurrency: 9, ..sample("a", 1, 1.0, None) },
            Sample { what: What::ByHand, ..sample("a", 1, 1.0, None) },
        ];
        let measurements = Measurement::group(&samples);
        let counts: Vec<_> = measurements.iter().map(Measurement::count).collect();
        assert_eq!(counts, [3, 1, 1, 1]);
        let a = &measurements[0];
        assert_eq!(
            (a.pass_s(), a.range_s(), a.ideal_s(), a.efficiency()),
            (3.0, (2.0, 8.0), Some(1.0), Some(1.0 / 3.0))
        );
        assert!((a.fetches_per_s() - 10.0 / 3.0).abs() < 1e-12);
        assert_eq!((measurements[1].ideal_s(), measurements[1].efficiency()), (None, None));
    }
}
