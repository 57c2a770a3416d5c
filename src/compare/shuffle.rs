//! Shuffles the order in which backends make their passes.

/// Draws orders from a seed. Every run with the same seed draws the same orders.
#[derive(Debug)]
pub(super) struct Shuffle(u64);

impl Shuffle {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Shuffles items so that every order is equally likely (Durstenfeld, "Random permutation",
    /// 1964).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// Returns a number below `limit`, by multiplication (Lemire, "Fast random integer generation
    /// in an interval", 2019). The bias is negligible for limits this small.
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// Returns the next number of SplitMix64 (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        let bits = crate::stats::random::mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_equally_likely() {
        let mut shuffle = Shuffle::new(1);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..6_000 {
            let mut items = [1, 2, 3];
            shuffle.shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Four standard deviations of a binomial with mean 1,000.
        assert!(counts.values().all(|count: &i32| (count - 1_000).abs() < 116), "{counts:?}");
    }
}
