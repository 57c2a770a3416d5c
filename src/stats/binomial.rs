//! Intervals based on counting: of a proportion, and of a median.

use std::ops::RangeInclusive;

use super::beta::regularized_incomplete_beta;

/// Returns the interval of a proportion of which `count` of `trials` were seen, with at least the
/// confidence `level`: that of Clopper and Pearson ("The use of confidence or fiducial limits
/// illustrated in the case of the binomial", 1934).
///
/// # Panics
///
/// Panics if `trials` is 0 or less than `count`.
pub fn proportion_interval(count: usize, trials: usize, level: f64) -> RangeInclusive<f64> {
    assert!(count <= trials && trials > 0, "{count} of {trials} is no proportion");
    let tail = (1.0 - level) / 2.0;
    let (seen, missed) = (count as f64, (trials - count) as f64);
    let low = if count == 0 { 0.0 } else { beta_quantile(tail, seen, missed + 1.0) };
    let high = if count == trials { 1.0 } else { beta_quantile(1.0 - tail, seen + 1.0, missed) };
    low..=high
}

/// Returns the value below which the beta distribution lies with probability `p`.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    // The distribution function is monotonic, so bisection cannot fail; 60 halvings exhaust the
    // precision of a double near 1.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if regularized_incomplete_beta(middle, a, b) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Returns the interval of the median of the distribution that independent `values` are drawn from,
/// with at least the confidence `level`, for any distribution. The ends are two of the values
/// (David and Nagaraja, "Order Statistics", 2003, section 7.1). `None` if there are too few, such
/// as 5 at 0.95.
pub fn median_interval(values: &[f64], level: f64) -> Option<RangeInclusive<f64>> {
    let rank = median_rank(values.len(), (1.0 - level) / 2.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (rank > 0).then(|| sorted[rank - 1]..=sorted[sorted.len() - rank])
}

/// Returns the highest rank, counted from 1, such that the median of `count` values lies below that
/// value with probability `tail` at most; 0 if no rank does.
fn median_rank(count: usize, tail: f64) -> usize {
    // The median lies below the value of rank r if fewer than r values lie below the median.
    let (mut low, mut high) = (0, count / 2 + 1);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if at_most(middle - 1, count) <= tail { low = middle } else { high = middle }
    }
    low
}

/// Returns the probability of at most `heads` heads in `tosses` tosses of a fair coin (DLMF
/// 8.17.5).
fn at_most(heads: usize, tosses: usize) -> f64 {
    if heads >= tosses {
        return 1.0;
    }
    regularized_incomplete_beta(0.5, (tosses - heads) as f64, (heads + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_need_six_values() {
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95), None);
        assert_eq!(median_interval(&[], 0.95), None);
        assert!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.95).is_some());
    }
}
