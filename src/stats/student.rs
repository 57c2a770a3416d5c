//! Student's t: where a mean lies, and how far off it must be for that to show.

use std::f64::consts::PI;

use super::beta::{ln_gamma, regularized_incomplete_beta};
use super::{mean, standard_deviation};

/// A mean and where it lies with the confidence asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The mean of the values.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Student's t interval of the mean of independent values, at a confidence `level` such as 0.95.
/// `None` below two values.
pub fn t_interval(values: &[f64], level: f64) -> Option<Interval> {
    let (mean, deviation) = (mean(values)?, standard_deviation(values)?);
    let count = values.len() as f64;
    let margin = student_t_quantile(0.5 + level / 2.0, count - 1.0) * deviation / count.sqrt();
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// Where the mean of one population lies less that of another, of each of which there are
/// independent values, at a confidence `level`: the interval of Welch ("The generalization of
/// Student's problem when several different population variances are involved", 1947). `None` below
/// two values of either.
pub fn welch_interval(values: &[f64], others: &[f64], level: f64) -> Option<Interval> {
    let mean = mean(values)? - mean(others)?;
    let error = |values: &[f64]| Some(standard_deviation(values)?.powi(2) / values.len() as f64);
    let (own, other) = (error(values)?, error(others)?);
    let both = own + other;
    if both == 0.0 {
        return Some(Interval { mean, low: mean, high: mean });
    }
    let share = |error: f64, values: &[f64]| error.powi(2) / (values.len() - 1) as f64;
    let freedom = both.powi(2) / (share(own, values) + share(other, others));
    let margin = student_t_quantile(0.5 + level / 2.0, freedom) * both.sqrt();
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// How far the mean must truly be off for the interval of [`t_interval`] to lie wholly on its side
/// with 80 % probability, for `count` values with that `deviation`. `None` below two values.
///
/// The interval, c standard errors to each side, lies wholly above if Z + d > cU, where d is the
/// distance in standard errors, Z is standard normal and U the estimated deviation over the true
/// one: that is the noncentral t distribution. Z − cU is nearly normal with mean −c·E(U) and
/// variance 1 + c²(1 − E(U)²), which gives d within 0.3 % for 5 values and more.
pub fn detectable_shift(count: usize, deviation: f64, level: f64) -> Option<f64> {
    /// The value below which a standard normal deviate lies with probability 0.8.
    const NORMAL_80: f64 = 0.8416212335729143;
    if count < 2 {
        return None;
    }
    let freedom = (count - 1) as f64;
    let critical = student_t_quantile(0.5 + level / 2.0, freedom);
    let mean =
        (2.0 / freedom).sqrt() * (ln_gamma(freedom / 2.0 + 0.5) - ln_gamma(freedom / 2.0)).exp();
    let spread = (1.0 + critical.powi(2) * (1.0 - mean.powi(2))).sqrt();
    Some((critical * mean + NORMAL_80 * spread) * deviation / (count as f64).sqrt())
}

/// The value below which Student's t with `freedom` degrees of freedom lies with probability `p`.
///
/// # Panics
///
/// `p` is not inside (0, 1), or `freedom` is not positive.
pub fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    assert!(
        0.0 < p && p < 1.0 && freedom > 0.0,
        "no t quantile of {p} with {freedom} degrees of freedom"
    );
    if p < 0.5 {
        return -student_t_quantile(1.0 - p, freedom);
    }
    // Above zero the density falls, so the probability beyond t is convex, and Newton's steps from
    // the left never pass the root: they end where rounding does not let them go on.
    let ln_peak =
        ln_gamma((freedom + 1.0) / 2.0) - ln_gamma(freedom / 2.0) - (freedom * PI).ln() / 2.0;
    let step_from = |t: f64| {
        let density = (ln_peak - (freedom + 1.0) / 2.0 * (t * t / freedom).ln_1p()).exp();
        t + (student_t_above(t, freedom) - (1.0 - p)) / density
    };
    let (mut t, mut next) = (0.0, step_from(0.0));
    while next > t * (1.0 + 4.0 * f64::EPSILON) {
        (t, next) = (next, step_from(next));
    }
    t
}

/// The probability that Student's t exceeds `t`, which is not negative (Abramowitz and Stegun,
/// 26.7.1).
fn student_t_above(t: f64, freedom: f64) -> f64 {
    0.5 * regularized_incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_values_have_no_interval() {
        assert_eq!(t_interval(&[1.0], 0.95), None);
        assert_eq!(welch_interval(&[0.1], &[0.2, 0.3], 0.95), None);
        assert_eq!(detectable_shift(1, 1.0, 0.95), None);
    }

    #[test]
    fn values_without_any_spread_have_an_interval_without_any() {
        let interval = welch_interval(&[0.5, 0.5], &[0.25, 0.25], 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (0.25, 0.25));
    }
}
