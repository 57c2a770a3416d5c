//! Quantiles of a sample.

/// Returns the middle value, or the mean of the two middle values; `None` if there are no values.
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

/// Returns the median of the means of all pairs of values, each also with itself: the estimate of
/// the middle of a symmetric distribution by Hodges and Lehmann ("Estimates of location based on
/// rank tests", 1963). It resists outliers nearly as well as the median and needs two thirds of the
/// values for the same precision. `None` if there are no values.
pub fn hodges_lehmann(values: &[f64]) -> Option<f64> {
    let pairs = values.iter().enumerate();
    let means = pairs.flat_map(|(index, a)| values[index..].iter().map(move |b| (a + b) / 2.0));
    median(&means.collect::<Vec<_>>())
}

/// Returns the value below which the share `p` of the values lies, interpolated between two of them
/// (definition 7 of Hyndman and Fan, "Sample quantiles in statistical packages", 1996).
///
/// `None` if fewer than one value is expected beyond it: below 100 values there is no 99th
/// percentile.
///
/// # Panics
///
/// Panics if `p` is not inside (0, 1).
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    assert!(0.0 < p && p < 1.0, "no quantile of {p}");
    // 10,000 × (1 − 0.9999) is a little less than 1 in doubles.
    if (values.len() as f64) * p.min(1.0 - p) < 1.0 - 1e-9 {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = p * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    Some(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_ignore_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn pairs_resist_outliers() {
        assert_eq!(hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 1e9]), Some(3.0));
        assert_eq!(hodges_lehmann(&[1.0, 4.0]), Some(2.5));
        assert_eq!(hodges_lehmann(&[]), None);
    }

    fn values(count: u32) -> Vec<f64> {
        (0..count).map(f64::from).collect()
    }

    #[test]
    fn small_samples_lack_quantiles() {
        for (count, p) in [(100, 0.99), (1000, 0.999), (10_000, 0.9999), (100, 0.01), (2, 0.5)] {
            assert!(quantile(&values(count), p).is_some(), "{count} values have a quantile of {p}");
            assert!(
                quantile(&values(count - 1), p).is_none(),
                "{} values have no quantile of {p}",
                count - 1
            );
        }
    }
}
