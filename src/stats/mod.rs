//! Pure functions on numbers: location, spread, and confidence intervals.

pub mod paired;
pub(crate) mod random;
#[cfg(test)]
pub mod mutation;
mod beta;
mod binomial;
mod boundary;
mod family;
mod modes;
mod quantile;
mod limit;
mod machines;
mod ratio;
mod student;

pub use self::binomial::{median_interval, proportion_interval};
pub use self::family::{FAMILY_ERROR, Family, Look};
pub use self::limit::{BadLimit, Limit};
pub use self::machines::{Deviations, OverMachines};
pub use self::modes::{Mode, two_modes};
pub use self::quantile::{hodges_lehmann, median, quantile};
pub use self::ratio::{Bounds, EQUIVALENCE, LEAST_BLOCKS, LEAST_MACHINES, Ratio, Verdict};
pub use self::student::{
    Interval, detectable_shift, student_t_quantile, t_interval, welch_detectable_shift,
    welch_interval,
};

/// Returns the arithmetic mean; `None` if there are no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Returns the standard deviation of the population that the values are a sample of; `None` below
/// two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Returns the slope of the line through the points by least squares; `None` below two different
/// `x`.
pub fn slope(x: &[f64], y: &[f64]) -> Option<f64> {
    let (x_mean, y_mean) = (mean(x)?, mean(y)?);
    let (mut products, mut squares) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        products += (x - x_mean) * (y - y_mean);
        squares += (x - x_mean).powi(2);
    }
    (squares > 0.0).then(|| products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_least_squares() {
        assert_eq!(slope(&[0.0, 1.0, 2.0, 4.0], &[1.0, 3.0, 5.0, 9.0]), Some(2.0));
        assert_eq!(slope(&[0.0, 1.0, 2.0], &[0.0, 3.0, 0.0]), Some(0.0));
        assert_eq!(slope(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn small_samples_have_no_figures() {
        assert_eq!(mean(&[]), None);
        assert_eq!(standard_deviation(&[1.0]), None);
    }

    #[test]
    fn deviations_are_corrected() {
        let deviation = standard_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12, "{deviation}");
    }
}
