//! Whether the two instruments agree: criterion, which measures one row after another, and `compare`, which pairs them.

use crate::analysis::{BackendAnalysis, StageAnalysis};
use crate::paired::{Ratio, Verdict};
use crate::record::{Measurement, Record, What};

/// A row against the reference of a comparison, by both instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The scenario's name.
    pub scenario: String,
    /// The row's name.
    pub row: String,
    /// The median pass that criterion took of the row, over the one that it took of the reference. It has no interval.
    pub criterion: f64,
    /// The same as `compare` found it.
    pub compare: Ratio,
    /// What both together say.
    pub accord: Accord,
}

/// What both instruments together say of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accord {
    /// Criterion's figure lies within the interval.
    Within,
    /// It lies outside, but says the same row is faster.
    SameSide,
    /// It says that the other row is faster, or that one is where none is shown to be.
    Contradicts,
}

/// Every row that both have measured on the same scenario, with the same delays, fetches and concurrency.
pub fn agreements(record: &Record, stages: &[StageAnalysis]) -> Vec<Agreement> {
    let measurements = record.measurements();
    stages.iter().flat_map(|stage| of_stage(&measurements, stage)).collect()
}

fn of_stage(measurements: &[Measurement<'_>], stage: &StageAnalysis) -> Vec<Agreement> {
    let setup = &stage.setup;
    let pass_s = |row: &str| {
        let is_it = |measurement: &&Measurement<'_>| {
            let of = measurement.of();
            of.what == What::Pass
                && (of.row.as_str(), of.scenario.as_str()) == (row, setup.scenario.as_str())
                && (of.fetches, of.concurrency, of.time_scale) == (setup.fetches, setup.concurrency, setup.time_scale)
        };
        measurements.iter().find(is_it).map(Measurement::pass_s)
    };
    let Some(reference_s) = pass_s(&stage.reference) else { return Vec::new() };
    let agreement = |row: &BackendAnalysis| {
        let (criterion, compare) = (pass_s(&row.name)? / reference_s, row.ratio?);
        let accord = accord(criterion, compare)?;
        Some(Agreement { scenario: setup.scenario.clone(), row: row.name.clone(), criterion, compare, accord })
    };
    stage.rows.iter().filter_map(agreement).collect()
}

/// `None` where `compare` has no verdict.
fn accord(criterion: f64, compare: Ratio) -> Option<Accord> {
    let same_side = match compare.verdict() {
        Verdict::TooFewBlocks => return None,
        Verdict::Tied => false,
        Verdict::Faster => criterion < 1.0,
        Verdict::Slower => criterion > 1.0,
    };
    Some(match (compare.low..=compare.high).contains(&criterion) {
        true => Accord::Within,
        false if same_side => Accord::SameSide,
        false => Accord::Contradicts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_within_the_interval_or_on_the_side() {
        let slower = Ratio { mean: 1.2, low: 1.1, high: 1.3, blocks: 8 };
        let tied = Ratio { mean: 1.0, low: 0.95, high: 1.05, blocks: 8 };
        assert_eq!(
            [1.25, 1.02, 0.9].map(|figure| accord(figure, slower)),
            [Some(Accord::Within), Some(Accord::SameSide), Some(Accord::Contradicts)]
        );
        assert_eq!([0.96, 1.2].map(|figure| accord(figure, tied)), [Some(Accord::Within), Some(Accord::Contradicts)]);
        assert_eq!(accord(1.2, Ratio { blocks: 4, ..slower }), None);
    }
}
