//! What follows from counting: the interval of a proportion, and that of a median.

use std::ops::RangeInclusive;

use super::beta::regularized_incomplete_beta;

/// Where a proportion lies of which `count` of `trials` were seen, with at least the confidence `level`: the interval
/// of Clopper and Pearson ("The use of confidence or fiducial limits illustrated in the case of the binomial", 1934).
///
/// # Panics
///
/// There are no trials, or more were counted than tried.
pub fn proportion_interval(count: usize, trials: usize, level: f64) -> RangeInclusive<f64> {
    assert!(count <= trials && trials > 0, "{count} of {trials} is no proportion");
    let tail = (1.0 - level) / 2.0;
    let (seen, missed) = (count as f64, (trials - count) as f64);
    let low = if count == 0 { 0.0 } else { beta_quantile(tail, seen, missed + 1.0) };
    let high = if count == trials { 1.0 } else { beta_quantile(1.0 - tail, seen + 1.0, missed) };
    low..=high
}

/// The value below which the beta distribution lies with probability `p`.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    // The distribution function rises steadily, so bisection cannot fail; 60 halvings exhaust what a double tells near
    // 1.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if regularized_incomplete_beta(middle, a, b) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Where the median lies of what independent `values` are drawn from, with at least the confidence `level`, whatever
/// its distribution: two of the values (David and Nagaraja, "Order Statistics", 2003, section 7.1). `None` where there
/// are too few, such as 5 at 0.95.
pub fn median_interval(values: &[f64], level: f64) -> Option<RangeInclusive<f64>> {
    let rank = median_rank(values.len(), (1.0 - level) / 2.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (rank > 0).then(|| sorted[rank - 1]..=sorted[sorted.len() - rank])
}

/// The highest rank, counted from 1, such that the median of `count` values lies below that value with probability
/// `tail` at most; 0 where there is none.
fn median_rank(count: usize, tail: f64) -> usize {
    // The median lies below the value of rank r if fewer than r values lie below the median.
    let (mut low, mut high) = (0, count / 2 + 1);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if at_most(middle - 1, count) <= tail { low = middle } else { high = middle }
    }
    low
}

/// The probability of at most `heads` heads in `tosses` tosses of a fair coin (DLMF 8.17.5).
fn at_most(heads: usize, tosses: usize) -> f64 {
    if heads >= tosses {
        return 1.0;
    }
    regularized_incomplete_beta(0.5, (tosses - heads) as f64, (heads + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::assert_close;

    #[test]
    fn a_proportion_lies_where_scipy_says() {
        // scipy.stats.binomtest(count, trials).proportion_ci(level, "exact")
        let figures = [
            (0, 300, 0.95, 0.0, 0.012220974694296421),
            (300, 300, 0.95, 0.9877790253057036, 1.0),
            (15, 300, 0.95, 0.028251201968477496, 0.08112735717076412),
            (7, 20, 0.9, 0.17731091757446915, 0.5580345113154889),
            (120, 2000, 0.95, 0.049993238804494376, 0.07131931959588417),
            (1, 1, 0.95, 0.025, 1.0),
        ];
        for (count, trials, level, low, high) in figures {
            let interval = proportion_interval(count, trials, level);
            assert_close(*interval.start(), low);
            assert_close(*interval.end(), high);
        }
    }

    #[test]
    fn tosses_of_a_coin_come_out_as_scipy_says() {
        // scipy.stats.binom.cdf(heads, tosses, 0.5)
        assert_close(at_most(0, 10), 0.0009765625);
        assert_close(at_most(4, 10), 0.376953125);
        assert_close(at_most(10, 10), 1.0);
        assert_close(at_most(480, 1000), 0.10872414660207075);
        assert_close(at_most(49800, 100_000), 0.10351948588211125);
    }

    #[test]
    fn a_median_lies_between_the_values_that_scipy_names() {
        // max(r for r in range(n // 2 + 1) if scipy.stats.binom.cdf(r - 1, n, 0.5) <= (1 - level) / 2)
        let figures =
            [(6, 0.95, 1), (9, 0.95, 2), (20, 0.95, 6), (20, 0.99, 4), (101, 0.95, 41), (360, 0.95, 161), (5, 0.9, 1)];
        for (count, level, rank) in figures {
            let values: Vec<f64> = (1..=count).rev().map(f64::from).collect();
            let expected = f64::from(rank)..=f64::from(count + 1 - rank);
            assert_eq!(median_interval(&values, level), Some(expected), "{count} values at {level}");
        }
    }

    #[test]
    fn five_values_do_not_tell_where_the_median_is_but_six_do() {
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95), None);
        assert_eq!(median_interval(&[], 0.95), None);
        assert!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.95).is_some());
    }
}
