//! Checks whether the two instruments agree: criterion, which measures one backend after another,
//! and `compare`, which pairs them.

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::record::{BenchRecord, BenchSample, Measurement, SampleKind, WorkloadSetup};
use crate::stats::{Bounds, Ratio};

/// A backend against the reference of a comparison, by both instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The scenario's name.
    pub scenario: String,
    /// The backend's name.
    pub backend: String,
    /// The ratio of the median passes that criterion measured. It has no interval.
    pub criterion: f64,
    /// The ratio that `compare` measured.
    pub compare: Ratio,
    /// How the two relate.
    pub accord: Accord,
}

/// How the two instruments' ratios relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accord {
    /// Criterion's figure lies within the interval.
    Within,
    /// Criterion's figure lies outside, but on the same side of the reference.
    SameSide,
    /// Criterion finds another backend faster, or one where `compare` shows no difference.
    Contradicts,
}

/// Compares every backend that both have measured on the same scenario, with the same delays,
/// fetches and concurrency.
pub fn agreements(record: &BenchRecord, workloads: &[WorkloadAnalysis]) -> Vec<Agreement> {
    let measurements = record.measurements();
    workloads.iter().flat_map(|workload| workload_agreements(&measurements, workload)).collect()
}

fn workload_agreements(
    measurements: &[Measurement<'_>],
    workload: &WorkloadAnalysis,
) -> Vec<Agreement> {
    let Some(reference_s) = pass_s(measurements, &workload.setup, &workload.reference) else {
        return Vec::new();
    };
    let agreements = workload.backends.iter().filter_map(|backend| {
        let criterion = pass_s(measurements, &workload.setup, &backend.name)? / reference_s;
        Agreement::new(&workload.setup.scenario, backend, criterion)
    });
    agreements.collect()
}

impl Agreement {
    /// Returns `None` if `compare` has no verdict on the backend.
    fn new(scenario: &str, backend: &BackendAnalysis, criterion: f64) -> Option<Self> {
        let compare = backend.compared.time?;
        Some(Self {
            scenario: scenario.to_owned(),
            backend: backend.name.clone(),
            criterion,
            compare,
            accord: accord(criterion, compare)?,
        })
    }
}

/// Returns the pass of a backend as criterion measured it under the same conditions.
fn pass_s(measurements: &[Measurement<'_>], setup: &WorkloadSetup, backend: &str) -> Option<f64> {
    let mut measurements = measurements.iter();
    let found = measurements.find(|measurement| is_same_pass(measurement.of(), setup, backend));
    found.map(Measurement::pass_s)
}

fn is_same_pass(sample: &BenchSample, setup: &WorkloadSetup, backend: &str) -> bool {
    sample.what == SampleKind::Pass
        && (sample.backend.as_str(), sample.scenario.as_str()) == (backend, setup.scenario.as_str())
        && (sample.fetches, sample.concurrency, sample.time_scale)
            == (setup.fetches, setup.concurrency, setup.time_scale)
        && setup.link.is_none()
}

/// Returns `None` if `compare` has no interval.
fn accord(criterion: f64, compare: Ratio) -> Option<Accord> {
    let bounds = compare.bounds?;
    let Bounds { low, high } = bounds;
    let is_same_side = high < 1.0 && criterion < 1.0 || low > 1.0 && criterion > 1.0;
    Some(match bounds.holds(criterion) {
        true => Accord::Within,
        false if is_same_side => Accord::SameSide,
        false => Accord::Contradicts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accord_follows_the_interval() {
        let ratio = |mean, low, high| Ratio {
            mean,
            bounds: Some(Bounds { low, high }),
            blocks: 8,
            machines: None,
        };
        let (slower, tied) = (ratio(1.2, 1.1, 1.3), ratio(1.0, 0.95, 1.05));
        assert_eq!(
            [1.25, 1.02, 0.9].map(|figure| accord(figure, slower)),
            [Some(Accord::Within), Some(Accord::SameSide), Some(Accord::Contradicts)]
        );
        assert_eq!(
            [0.96, 1.2].map(|figure| accord(figure, tied)),
            [Some(Accord::Within), Some(Accord::Contradicts)]
        );
        assert_eq!(accord(1.2, Ratio { bounds: None, ..slower }), None);
    }
}
