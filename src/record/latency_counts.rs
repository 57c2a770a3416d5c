//! Latencies of several passes, in order of size.

use std::collections::BTreeMap;

/// How many fetches took each time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LatencyCounts {
    /// The number of fetches by their nanoseconds.
    by_ns: BTreeMap<u64, u64>,
    total: u64,
}

impl LatencyCounts {
    /// Adds `count` fetches of this time.
    pub fn add(&mut self, nanoseconds: u64, count: u64) {
        *self.by_ns.entry(nanoseconds).or_default() += count;
        self.total += count;
    }

    /// Adds the fetches of `other`.
    pub fn merge(&mut self, other: &Self) {
        other.by_ns.iter().for_each(|(time, count)| self.add(*time, *count));
    }

    /// Returns the number of fetches.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Returns the shortest time, in seconds, that at least this share of the fetches did not
    /// exceed; `None` without fetches.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        // 0.99 × 100 is a little more than 99 in doubles.
        let rank = (share * self.total as f64 - 1e-9).ceil().max(1.0) as u64;
        let mut passed = 0;
        let reached = self.by_ns.iter().find(|(_, count)| {
            passed += **count;
            passed >= rank
        });
        reached.or(self.by_ns.last_key_value()).map(|(time, _)| *time as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_ranks() {
        let mut counts = LatencyCounts::default();
        assert_eq!(counts.quantile(0.5), None);
        (1..=100).for_each(|time| counts.add(time * 1_000_000_000, 1));
        assert_eq!(
            [0.0, 0.5, 0.99, 1.0].map(|share| counts.quantile(share)),
            [1.0, 50.0, 99.0, 100.0].map(Some)
        );
        let mut twice = counts.clone();
        twice.merge(&counts);
        assert_eq!((twice.total(), twice.quantile(0.5)), (200, Some(50.0)));
    }
}
