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
    let error = WelchError::new(values, others)?;
    let margin = error.times(|freedom| student_t_quantile(0.5 + level / 2.0, freedom));
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// The standard error of the difference of two means.
struct WelchError {
    /// Its square.
    squared: f64,
    /// Welch's degrees of freedom of its estimate.
    freedom: f64,
}

impl WelchError {
    /// Returns `None` below two values of either sample.
    fn new(values: &[f64], others: &[f64]) -> Option<Self> {
        let (error, other_error) = (squared_error(values)?, squared_error(others)?);
        let squared = error + other_error;
        let shares = freedom_share(error, values) + freedom_share(other_error, others);
        Some(Self { squared, freedom: squared.powi(2) / shares })
    }

    /// Returns the error times a factor that depends on the degrees of freedom. Constant values
    /// have no error.
    fn times(&self, factor: impl Fn(f64) -> f64) -> f64 {
        if self.squared == 0.0 { 0.0 } else { factor(self.freedom) * self.squared.sqrt() }
    }
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
    let freedom = count.checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
    Some(detectable_distance(freedom, critical) * deviation / (count as f64).sqrt())
}

/// Returns how far the means of two populations must truly be apart for the interval of
/// [`welch_interval`] to lie wholly on its side with 80 % probability, if these samples have the
/// deviations of their populations; `None` below two values of either.
///
/// This is the distance of [`detectable_shift`] with Welch's degrees of freedom. It takes them as
/// known, but each interval estimates them anew. Simulated for up to 40 comparisons, it is too
/// small by at most 3 % from 8 values of each on, and by 10 % with 5 of each.
pub fn welch_detectable_shift(values: &[f64], others: &[f64], level: f64) -> Option<f64> {
    let error = WelchError::new(values, others)?;
    let critical = |freedom| student_t_quantile(0.5 + level / 2.0, freedom);
    Some(error.times(|freedom| detectable_distance(freedom, critical(freedom))))
}

/// Returns the distance d of [`detectable_shift`], in standard errors.
fn detectable_distance(freedom: f64, critical: f64) -> f64 {
    /// The value below which a standard normal deviate lies with probability 0.8.
    const NORMAL_80: f64 = 0.8416212335729143;
    let mean =
        (2.0 / freedom).sqrt() * (ln_gamma(freedom / 2.0 + 0.5) - ln_gamma(freedom / 2.0)).exp();
    let spread = (1.0 + critical.powi(2) * (1.0 - mean.powi(2))).sqrt();
    critical * mean + NORMAL_80 * spread
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
    use crate::stats::random::{mix, standard_normal};

    #[test]
    fn intervals_need_two_values() {
        assert_eq!(t_interval(&[1.0], 0.95), None);
        assert_eq!(welch_interval(&[0.1], &[0.2, 0.3], 0.95), None);
        assert_eq!(detectable_shift(1, 1.0, 0.95), None);
        assert_eq!(welch_detectable_shift(&[0.1], &[0.2, 0.3], 0.95), None);
    }

    /// Returns values with exactly this deviation.
    fn ramp(count: usize, deviation: f64) -> Vec<f64> {
        let ramp: Vec<f64> = (0..count).map(|index| index as f64).collect();
        let steep = deviation / standard_deviation(&ramp).unwrap();
        ramp.into_iter().map(|value| value * steep).collect()
    }

    /// Returns normal values. `seed` is the last random number, and becomes the next one.
    fn drawn(count: usize, mean: f64, deviation: f64, seed: &mut u64) -> Vec<f64> {
        let draw = |_| {
            *seed = mix(*seed);
            mean + deviation * standard_normal(*seed)
        };
        (0..count).map(draw).collect()
    }

    #[test]
    fn detectable_shifts_have_power() {
        const EXPERIMENTS: usize = 4_000;
        let mut seed = 2015;
        for (count, other_count, deviation, comparisons, least) in [
            (5, 5, 1.0, 1.0, 0.76),
            (5, 5, 1.0, 40.0, 0.67),
            (5, 20, 2.0, 10.0, 0.74),
            (8, 8, 2.0, 40.0, 0.75),
            (8, 12, 1.0, 10.0, 0.77),
            (20, 20, 4.0, 1.0, 0.77),
        ] {
            let level = 1.0 - 0.05 / comparisons;
            let samples = (ramp(count, 1.0), ramp(other_count, deviation));
            let shift = welch_detectable_shift(&samples.0, &samples.1, level).unwrap();
            let is_shown = |_: &usize| {
                let values = drawn(count, shift, 1.0, &mut seed);
                let others = drawn(other_count, 0.0, deviation, &mut seed);
                welch_interval(&values, &others, level).unwrap().low > 0.0
            };
            let share = (0..EXPERIMENTS).filter(is_shown).count() as f64 / EXPERIMENTS as f64;
            assert!(
                (least..=0.82).contains(&share),
                "{count}, {other_count}, {deviation}, {comparisons}: {share}"
            );
        }
    }

    #[test]
    fn constant_values_have_no_width() {
        let interval = welch_interval(&[0.5, 0.5], &[0.25, 0.25], 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (0.25, 0.25));
        assert_eq!(welch_detectable_shift(&[0.5, 0.5], &[0.25, 0.25], 0.95), Some(0.0));
    }
}
