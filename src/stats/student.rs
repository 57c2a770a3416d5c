//! Student's t: the interval of a mean, and how large a shift of it must be to show.

use std::f64::consts::PI;

use super::beta::{ln_gamma, regularized_incomplete_beta};
use super::{mean, standard_deviation};

/// A mean and its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the values.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Returns Student's t interval of the mean of independent values, at a confidence `level` such as
/// 0.95; `None` below two values.
pub fn t_interval(values: &[f64], level: f64) -> Option<Interval> {
    let freedom = values.len().max(2) as f64 - 1.0;
    interval_of(values, student_t_quantile(0.5 + level / 2.0, freedom))
}

/// Returns the interval of the mean of independent values that reaches `critical` standard errors
/// to each side; `None` below two values.
pub(super) fn interval_of(values: &[f64], critical: f64) -> Option<Interval> {
    let (mean, deviation) = (mean(values)?, standard_deviation(values)?);
    let margin = critical * deviation / (values.len() as f64).sqrt();
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// Returns the interval of the difference of two means: that of the population of `values` minus
/// that of `others`. Both are independent values. This is the interval of Welch ("The
/// generalization of Student's problem when several different population variances are involved",
/// 1947) at a confidence `level`. `None` below two values of either.
pub fn welch_interval(values: &[f64], others: &[f64], level: f64) -> Option<Interval> {
    let mean = mean(values)? - mean(others)?;
    let (error, other_error) = (squared_error(values)?, squared_error(others)?);
    let both = error + other_error;
    if both == 0.0 {
        return Some(Interval { mean, low: mean, high: mean });
    }
    let shares = freedom_share(error, values) + freedom_share(other_error, others);
    let margin = student_t_quantile(0.5 + level / 2.0, both.powi(2) / shares) * both.sqrt();
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// Returns the square of the standard error of the mean.
fn squared_error(values: &[f64]) -> Option<f64> {
    Some(standard_deviation(values)?.powi(2) / values.len() as f64)
}

/// Returns the share of one sample in the inverse of Welch's degrees of freedom.
fn freedom_share(squared_error: f64, values: &[f64]) -> f64 {
    squared_error.powi(2) / (values.len() - 1) as f64
}

/// Returns how far the mean must truly be off for the interval of [`t_interval`] to lie wholly on
/// its side with 80 % probability, for `count` values with that `deviation`; `None` below two
/// values.
///
/// The interval, c standard errors to each side, lies wholly above if Z + d > cU. Here d is the
/// distance in standard errors, Z is standard normal, and U is the estimated deviation over the
/// true one: that is the noncentral t distribution. Z − cU is nearly normal with mean −c·E(U) and
/// variance 1 + c²(1 − E(U)²), which gives d within 0.3 % for 5 values and more.
pub fn detectable_shift(count: usize, deviation: f64, level: f64) -> Option<f64> {
    let freedom = count.checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
    shift_shown_by(count, deviation, student_t_quantile(0.5 + level / 2.0, freedom))
}

/// Does the same for an interval that reaches `critical` standard errors to each side.
pub(super) fn shift_shown_by(count: usize, deviation: f64, critical: f64) -> Option<f64> {
    /// The value below which a standard normal deviate lies with probability 0.8.
    const NORMAL_80: f64 = 0.8416212335729143;
    if count < 2 {
        return None;
    }
    let freedom = (count - 1) as f64;
    let mean =
        (2.0 / freedom).sqrt() * (ln_gamma(freedom / 2.0 + 0.5) - ln_gamma(freedom / 2.0)).exp();
    let spread = (1.0 + critical.powi(2) * (1.0 - mean.powi(2))).sqrt();
    Some((critical * mean + NORMAL_80 * spread) * deviation / (count as f64).sqrt())
}

/// Returns the value below which Student's t with `freedom` degrees of freedom lies with
/// probability `p`.
///
/// # Panics
///
/// Panics if `p` is not inside (0, 1), or `freedom` is not positive.
pub fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    assert!(
        0.0 < p && p < 1.0 && freedom > 0.0,
        "no t quantile of {p} with {freedom} degrees of freedom"
    );
    if p < 0.5 {
        return -student_t_quantile(1.0 - p, freedom);
    }
    // Above zero the density falls, so the probability beyond t is convex, and Newton's steps from
    // the left never pass the root. They end when rounding stops them.
    let ln_peak =
        ln_gamma((freedom + 1.0) / 2.0) - ln_gamma(freedom / 2.0) - (freedom * PI).ln() / 2.0;
    let (mut t, mut next) = (0.0, newton_step(0.0, p, freedom, ln_peak));
    while next > t * (1.0 + 4.0 * f64::EPSILON) {
        (t, next) = (next, newton_step(next, p, freedom, ln_peak));
    }
    t
}

/// Returns the next approximation of the quantile `p` after `t`, where `ln_peak` is the logarithm
/// of the density at zero.
fn newton_step(t: f64, p: f64, freedom: f64, ln_peak: f64) -> f64 {
    let density = (ln_peak - (freedom + 1.0) / 2.0 * (t * t / freedom).ln_1p()).exp();
    t + (student_t_above(t, freedom) - (1.0 - p)) / density
}

/// Returns the probability that Student's t exceeds `t`, which must not be negative (Abramowitz and
/// Stegun, 26.7.1).
fn student_t_above(t: f64, freedom: f64) -> f64 {
    0.5 * regularized_incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_need_two_values() {
        assert_eq!(t_interval(&[1.0], 0.95), None);
        assert_eq!(welch_interval(&[0.1], &[0.2, 0.3], 0.95), None);
        assert_eq!(detectable_shift(1, 1.0, 0.95), None);
    }

    #[test]
    fn constant_values_have_no_width() {
        let interval = welch_interval(&[0.5, 0.5], &[0.25, 0.25], 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (0.25, 0.25));
    }
}
