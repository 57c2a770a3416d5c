//! Pure functions on numbers: location, spread, and the interval of a mean.

use std::f64::consts::TAU;

/// The middle value, or the mean of the two in the middle. `None` where there are no values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The arithmetic mean. `None` where there are no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation of the population that the values are a sample of. `None` below two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

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

/// Student's t interval of the mean of independent values, at a confidence `level` such as 0.95. `None` below two
/// values.
pub fn t_interval(values: &[f64], level: f64) -> Option<Interval> {
    let (mean, deviation) = (mean(values)?, standard_deviation(values)?);
    let count = values.len() as f64;
    let margin = student_t_quantile(0.5 + level / 2.0, count - 1.0) * deviation / count.sqrt();
    Some(Interval { mean, low: mean - margin, high: mean + margin })
}

/// The value below which Student's t with `freedom` degrees of freedom lies with probability `p`.
///
/// # Panics
///
/// `p` is not inside (0, 1), or `freedom` is not positive.
pub fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    assert!(0.0 < p && p < 1.0 && freedom > 0.0, "no t quantile of {p} with {freedom} degrees of freedom");
    if p < 0.5 {
        return -student_t_quantile(1.0 - p, freedom);
    }
    // The distribution function rises steadily, so bisection cannot fail; 200 halvings exhaust the double's precision.
    let (mut low, mut high) = (0.0, 1.0);
    while student_t_above(high, freedom) > 1.0 - p {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if student_t_above(middle, freedom) > 1.0 - p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The probability that Student's t exceeds `t`, which is not negative (Abramowitz and Stegun, 26.7.1).
fn student_t_above(t: f64, freedom: f64) -> f64 {
    0.5 * regularized_incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// I_x(a, b), by the continued fraction of the NIST Digital Library of Mathematical Functions, 8.17.22.
fn regularized_incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below this point; above it, the symmetry 8.17.4 leads there.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularized_incomplete_beta(1.0 - x, b, a);
    }
    let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let front = (a * x.ln() + b * (1.0 - x).ln() - ln_beta).exp() / a;
    front / beta_fraction(x, a, b)
}

/// The denominator 1 + d1/(1 + d2/(1 + …)) of 8.17.22, evaluated by the modified method of Lentz (Thompson and Barnett,
/// "Coulomb and Bessel functions of complex arguments and order", 1986).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for n in 1..500 {
        let m = f64::from(n / 2);
        let term = if n % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away_from_zero(1.0 + term * d);
        c = away_from_zero(1.0 + term / c);
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// The natural logarithm of the gamma function of a positive number, by Stirling's series (DLMF 5.11.1), which errs by
/// less than 1e-12 from 10 on; below, the recurrence leads there.
fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5)) - 1.0 / (1680.0 * x.powi(7));
    (x - 0.5) * x.ln() - x + TAU.ln() / 2.0 + series
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (p, degrees of freedom, quantile), printed by scipy: `scipy.stats.t.ppf(p, freedom)` to 12 digits.
    const QUANTILES: [(f64, f64, f64); 18] = [
        (0.9, 1.0, 3.07768353718),
        (0.9, 2.0, 1.88561808316),
        (0.9, 19.0, 1.32772820903),
        (0.9, 1000.0, 1.28239872146),
        (0.975, 1.0, 12.7062047362),
        (0.975, 2.0, 4.30265272975),
        (0.975, 5.0, 2.57058183564),
        (0.975, 9.0, 2.2621571628),
        (0.975, 19.0, 2.09302405441),
        (0.975, 120.0, 1.97993040508),
        (0.975, 1000.0, 1.96233908083),
        (0.995, 5.0, 4.03214298356),
        (0.995, 30.0, 2.74999565357),
        (0.9995, 1.0, 636.619248769),
        (0.9995, 2.0, 31.5990545764),
        (0.9995, 19.0, 3.88340585259),
        (0.9995, 1000.0, 3.30028264842),
        (0.6, 7.5, 0.26250189880429486),
    ];

    fn assert_close(got: f64, expected: f64) {
        assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "got {got}, expected {expected}");
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (p, freedom, expected) in QUANTILES {
            assert_close(student_t_quantile(p, freedom), expected);
            assert_close(student_t_quantile(1.0 - p, freedom), -expected);
        }
        assert_close(student_t_quantile(0.5, 3.0), 0.0);
    }

    #[test]
    fn an_interval_is_what_scipy_says() {
        // scipy.stats.t.interval(0.95, 4, loc=numpy.mean(values), scale=scipy.stats.sem(values))
        let interval = t_interval(&[0.12, -0.03, 0.08, 0.05, 0.11], 0.95).unwrap();
        assert_close(interval.mean, 0.066);
        assert_close(interval.low, -0.008809611872408127);
        assert_close(interval.high, 0.1408096118724081);
    }

    #[test]
    fn the_median_does_not_mind_order_and_averages_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn too_few_values_have_no_figures() {
        assert_eq!((median(&[]), mean(&[])), (None, None));
        assert_eq!(standard_deviation(&[1.0]), None);
        assert_eq!(t_interval(&[1.0], 0.95), None);
    }

    #[test]
    fn the_deviation_is_that_of_the_population() {
        assert_close(standard_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap(), (32.0_f64 / 7.0).sqrt());
    }
}
