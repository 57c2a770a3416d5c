//! Whether a sample has two modes.

use super::median;

/// With fewer values, two groups may be chance.
const LEAST_VALUES: usize = 20;

/// The smallest group that is a mode, as a share of all values.
const SMALLEST: f64 = 0.1;

/// The smallest ratio of the slow mode to the fast one that is worth a word.
const NEAREST: f64 = 1.3;

/// The share of the variance that two groups must explain. The best split of a normal sample
/// explains 2/π = 0.64 of it, of a uniform one 0.75.
const EXPLAINED: f64 = 0.85;

/// A group of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mode {
    /// The median of its values.
    pub median: f64,
    /// Its share of all values.
    pub share: f64,
}

/// Returns the two modes of positive values, the lower first; `None` if they have one.
///
/// The logarithms are split where the variance between the two groups is largest (Otsu, "A
/// threshold selection method from gray-level histograms", 1979).
pub fn two_modes(values: &[f64]) -> Option<[Mode; 2]> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
    if sorted.len() < LEAST_VALUES {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let split = best_split(&sorted.iter().map(|value| value.ln()).collect::<Vec<_>>())?;
    let modes = [&sorted[..split], &sorted[split..]].map(|group| Mode {
        median: median(group).unwrap_or_default(),
        share: group.len() as f64 / sorted.len() as f64,
    });
    let is_clear = modes[1].median >= NEAREST * modes[0].median
        && modes.iter().all(|mode| mode.share >= SMALLEST);
    is_clear.then_some(modes)
}

/// Returns the size of the lower group of the best split of sorted values; `None` if it does not
/// explain enough of their variance.
fn best_split(sorted: &[f64]) -> Option<usize> {
    let count = sorted.len() as f64;
    let total: f64 = sorted.iter().sum();
    let mean = total / count;
    let variance: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
    let mut best = (0, 0.0);
    let mut below = 0.0;
    for split in 1..sorted.len() {
        below += sorted[split - 1];
        let (low, high) = (split as f64, count - split as f64);
        let between =
            (below / low - mean).powi(2) * low + ((total - below) / high - mean).powi(2) * high;
        if between > best.1 {
            best = (split, between);
        }
    }
    (best.1 >= EXPLAINED * variance).then_some(best.0).filter(|split| *split > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::{mix, standard_normal};

    /// Returns 200 values about 1, of which a share is about `slow` instead.
    fn sample(share: f64, slow: f64) -> Vec<f64> {
        let values = (0..200_u64).map(|n| {
            let base = if (n as f64) < share * 200.0 { slow } else { 1.0 };
            base * (0.05 * standard_normal(mix(n))).exp()
        });
        values.collect()
    }

    #[test]
    fn two_speeds_are_found() {
        let [fast, slow] = two_modes(&sample(0.3, 3.0)).unwrap();
        assert!((fast.share - 0.7).abs() < 1e-9 && (slow.share - 0.3).abs() < 1e-9);
        assert!((fast.median - 1.0).abs() < 0.05 && (slow.median - 3.0).abs() < 0.1);
    }

    #[test]
    fn one_speed_has_one_mode() {
        assert_eq!(two_modes(&sample(0.0, 3.0)), None);
        assert_eq!(two_modes(&sample(0.05, 3.0)), None, "a few stalls are no mode");
        assert_eq!(two_modes(&sample(0.5, 1.2)), None, "too near");
        assert_eq!(two_modes(&sample(0.5, 3.0)[..19]), None, "too few");
        let wide: Vec<f64> = (0..400_u64).map(|n| standard_normal(mix(n)).exp()).collect();
        assert_eq!(two_modes(&wide), None);
    }
}
