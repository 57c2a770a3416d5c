//! Compares the statistics with those of scipy and numpy in `figures.json`, which names their
//! versions and is made by `figures.py`.

use fetchbench::stats::paired::Blocks;
use fetchbench::stats::{
    Family, detectable_shift, median_interval, proportion_interval, quantile, student_t_quantile,
    t_interval, welch_interval,
};
use serde::Deserialize;

/// Arguments, each followed by the expected results.
#[derive(Deserialize)]
struct Figures {
    /// p, degrees of freedom, quantile.
    t_quantile: Vec<(f64, f64, f64)>,
    /// Values, level, low, high.
    t_interval: Vec<(Vec<f64>, f64, f64, f64)>,
    /// Values, others, level, low, high.
    welch_interval: Vec<Welch>,
    /// Logarithms, comparisons, low, high.
    ratio: Vec<(Vec<f64>, usize, f64, f64)>,
    /// Count, comparisons, standard errors.
    detectable_shift: Vec<(usize, f64, f64)>,
    /// Difference, blocks, deviation, power.
    power: Vec<(f64, usize, f64, f64)>,
    /// Count, trials, level, low, high.
    proportion_interval: Vec<(usize, usize, f64, f64, f64)>,
    /// Count, level, rank.
    median_rank: Vec<(u32, f64, u32)>,
    /// Values, p, quantile.
    quantile: Vec<(Vec<f64>, f64, f64)>,
}

type Welch = (Vec<f64>, Vec<f64>, f64, f64, f64);

fn figures() -> Figures {
    serde_json::from_str(include_str!("figures.json")).unwrap()
}

/// How often a difference is shown, as one of six comparisons.
pub struct Power {
    pub difference: f64,
    pub blocks: usize,
    /// The standard deviation of the block values.
    pub deviation: f64,
    /// The share of experiments that show it, if the noise is normal.
    pub share: f64,
}

pub fn power() -> Vec<Power> {
    let figures = figures().power.into_iter();
    figures
        .map(|(difference, blocks, deviation, share)| Power {
            difference,
            blocks,
            deviation,
            share,
        })
        .collect()
}

/// Asserts that nine digits agree.
#[track_caller]
fn assert_close(got: f64, expected: f64) {
    assert!(
        (got - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "got {got}, expected {expected}"
    );
}

#[test]
fn quantiles_of_t() {
    for (p, freedom, expected) in figures().t_quantile {
        assert_close(student_t_quantile(p, freedom), expected);
        assert_close(student_t_quantile(1.0 - p, freedom), -expected);
    }
    assert_close(student_t_quantile(0.5, 3.0), 0.0);
}

#[test]
fn intervals_of_means() {
    for (values, level, low, high) in figures().t_interval {
        let interval = t_interval(&values, level).unwrap();
        assert_close(interval.low, low);
        assert_close(interval.high, high);
        assert_close(interval.mean, (low + high) / 2.0);
    }
    for (values, others, level, low, high) in figures().welch_interval {
        let interval = welch_interval(&values, &others, level).unwrap();
        assert_close(interval.low, low);
        assert_close(interval.high, high);
        assert_close(interval.mean, (low + high) / 2.0);
    }
}

#[test]
fn ratios_of_backends() {
    for (logs, comparisons, low, high) in figures().ratio {
        let block = |log: &f64| vec![vec![Some(0.02 * log.exp()), Some(0.02)]];
        let ratio = Blocks::new(2, logs.iter().map(block).collect())
            .ratio(0, 1, &Family::new(comparisons))
            .unwrap();
        let bounds = ratio.bounds.unwrap();
        assert_close(bounds.low, low);
        assert_close(bounds.high, high);
        assert_close(ratio.mean, (low * high).sqrt());
    }
}

/// The approximation is good to 0.3 %.
#[test]
fn shifts_that_can_be_detected() {
    for (count, comparisons, errors) in figures().detectable_shift {
        let deviation = (count as f64).sqrt();
        let got = detectable_shift(count, deviation, 1.0 - 0.05 / comparisons).unwrap();
        assert!(
            (got / errors - 1.0).abs() < 0.0035,
            "{count} values, {comparisons} comparisons: {got}, not {errors}"
        );
    }
}

#[test]
fn intervals_of_proportions() {
    for (count, trials, level, low, high) in figures().proportion_interval {
        let interval = proportion_interval(count, trials, level);
        assert_close(*interval.start(), low);
        assert_close(*interval.end(), high);
    }
}

#[test]
fn intervals_of_medians() {
    for (count, level, rank) in figures().median_rank {
        let values: Vec<f64> = (1..=count).rev().map(f64::from).collect();
        let expected = f64::from(rank)..=f64::from(count + 1 - rank);
        assert_eq!(median_interval(&values, level), Some(expected), "{count} values at {level}");
    }
}

#[test]
fn quantiles_of_samples() {
    for (values, p, expected) in figures().quantile {
        assert_close(quantile(&values, p).unwrap(), expected);
    }
}
