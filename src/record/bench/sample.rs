//! Samples, and measurements, which are groups of samples.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::record::bounds;
use crate::stats;

/// One sample: some consecutive passes, each timed separately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BenchSample {
    /// The kind of measurement.
    pub what: SampleKind,
    /// The scenario's name.
    pub scenario: String,
    /// The backend's name.
    #[serde(rename = "row")]
    pub backend: String,
    /// Number of fetching threads.
    pub threads: usize,
    /// The limit of fetches in flight. A sequential backend has one in flight at any limit.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub concurrency: usize,
    /// The factor on the scenario's delays.
    pub time_scale: f64,
    /// Fetches in each pass.
    pub fetches: u64,
    /// Passes in this sample.
    pub passes: NonZeroU64,
    /// The total time of the passes in seconds.
    #[cfg_attr(test, schemars(extend("exclusiveMinimum" = 0)))]
    pub elapsed_s: f64,
    /// The total ideal of the passes in seconds; `None` without delays.
    pub ideal_s: Option<f64>,
}

/// The kind of measurement of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SampleKind {
    /// A backend's passes over a scenario.
    Pass,
    /// Passes over one scenario that is measured at several concurrencies.
    Concurrency,
    /// Passes of the fake backend in wall-clock time: the cost of a pass that fetches nothing.
    Harness,
    /// Opening a session.
    Open,
    /// Passes of a minimal hand-written loop over the backend's client and executor.
    ByHand,
}

impl BenchSample {
    /// Returns the mean time of a pass in seconds.
    pub fn pass_s(&self) -> f64 {
        self.elapsed_s / self.passes.get() as f64
    }

    /// Returns `self`, or an error if a field holds an impossible value.
    pub(in crate::record) fn checked(self) -> anyhow::Result<Self> {
        bounds::fetches("fetches", self.fetches)?;
        bounds::time("elapsed_s", self.elapsed_s)?;
        self.ideal_s.map_or(Ok(()), |ideal| bounds::time("ideal_s", ideal))?;
        bounds::amount("time_scale", self.time_scale)?;
        Ok(self)
    }

    /// Returns whether both samples belong to the same measurement.
    fn is_alike(&self, other: &Self) -> bool {
        self.what == other.what
            && self.threads == other.threads
            && self.concurrency == other.concurrency
            && self.fetches == other.fetches
            && self.time_scale.to_bits() == other.time_scale.to_bits()
            && self.backend == other.backend
            && self.scenario == other.scenario
    }
}

/// All samples of one backend on one scenario. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement<'a> {
    samples: Vec<&'a BenchSample>,
}

impl<'a> Measurement<'a> {
    /// Groups samples into measurements, in order of first appearance.
    pub(in crate::record) fn group(samples: &'a [BenchSample]) -> Vec<Self> {
        let mut measurements: Vec<Self> = Vec::new();
        for sample in samples {
            // Samples of a measurement follow each other, so the search begins at the end.
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

    /// Returns the first sample. All samples have the same names and options.
    pub fn of(&self) -> &'a BenchSample {
        self.samples[0]
    }

    /// Returns the number of samples.
    pub fn count(&self) -> usize {
        self.samples.len()
    }

    /// Returns the time of a pass in seconds: the median over the samples.
    pub fn pass_s(&self) -> f64 {
        stats::median(&self.passes_s()).expect("a measurement has samples")
    }

    /// Returns the time of a pass in the fastest and in the slowest sample, in seconds.
    pub fn range_s(&self) -> (f64, f64) {
        let passes = self.passes_s();
        (
            passes.iter().copied().fold(f64::INFINITY, f64::min),
            passes.iter().copied().fold(0.0, f64::max),
        )
    }

    /// Returns the fetches per second of the median pass.
    pub fn fetches_per_s(&self) -> f64 {
        self.of().fetches as f64 / self.pass_s()
    }

    /// Returns the mean ideal of a pass in seconds; `None` without delays.
    pub fn ideal_s(&self) -> Option<f64> {
        let ideals: Option<Vec<f64>> = self.samples.iter().map(|sample| sample.ideal_s).collect();
        let passes: f64 = self.samples.iter().map(|sample| sample.passes.get() as f64).sum();
        Some(ideals?.iter().sum::<f64>() / passes)
    }

    /// Returns the efficiency: the median over the samples of ideal / measured time; `None` without
    /// delays.
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

    fn sample(backend: &str, passes: u64, elapsed_s: f64, ideal_s: Option<f64>) -> BenchSample {
        BenchSample {
            what: SampleKind::Pass,
            scenario: "fan-out".to_owned(),
            backend: backend.to_owned(),
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
    fn like_samples_are_grouped() {
        let samples = [
            sample("a", 1, 3.0, Some(1.0)),
            sample("b", 1, 1.0, None),
            sample("a", 2, 4.0, Some(2.0)),
            sample("a", 1, 8.0, Some(1.0)),
            BenchSample { concurrency: 9, ..sample("a", 1, 1.0, None) },
            BenchSample { what: SampleKind::ByHand, ..sample("a", 1, 1.0, None) },
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
