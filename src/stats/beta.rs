//! The incomplete beta function, which Student's t and the binomial distribution derive from.

use std::f64::consts::TAU;

/// Returns I_x(a, b), by the continued fraction of the NIST Digital Library of Mathematical
/// Functions, 8.17.22.
pub(super) fn regularized_incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below this point. Above it, the symmetry 8.17.4 is used.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularized_incomplete_beta(1.0 - x, b, a);
    }
    let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let front = (a * x.ln() + b * (1.0 - x).ln() - ln_beta).exp() / a;
    front / beta_fraction(x, a, b)
}

/// Returns the denominator 1 + d1/(1 + d2/(1 + …)) of 8.17.22, evaluated by the modified method of
/// Lentz (Thompson and Barnett, "Coulomb and Bessel functions of complex arguments and order",
/// 1986).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
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

/// Replaces a value too near to zero to divide by.
fn away_from_zero(value: f64) -> f64 {
    const TINY: f64 = 1e-300;
    if value.abs() < TINY { TINY } else { value }
}

/// Returns the natural logarithm of the gamma function of a positive number, by Stirling's series
/// (DLMF 5.11.1). Its error is less than 1e-12 from 10 on; below, the recurrence is used.
pub(super) fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let series = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5))
        - 1.0 / (1680.0 * x.powi(7));
    (x - 0.5) * x.ln() - x + TAU.ln() / 2.0 + series
}
