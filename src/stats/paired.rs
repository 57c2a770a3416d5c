//! Blocks of rounds, and the figures of pairs of backends in them.
//!
//! All backends are alive together and make one pass each per round. Whatever slows the machine
//! down for a second slows them alike and cancels out of their ratio. A block of rounds yields one
//! number for a pair of backends. An interval counts blocks, never passes.

use std::ops::RangeInclusive;

use crate::stats::{self, Deviations, FAMILY_ERROR, Family, OverMachines, Ratio};

/// One pass of every backend, in seconds; `None` if a backend made no valid pass.
pub type Round = Vec<Option<f64>>;

/// Rounds over the same processes.
pub type Block = Vec<Round>;

/// The passes of several backends over the same scenario.
///
/// A backend is named by its index, from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    backends: usize,
    blocks: Vec<Block>,
    /// The machine of each block; `None` if one machine made them all.
    machines: Option<BlockMachines>,
}

/// The machines that blocks were made on.
#[derive(Debug, Clone, PartialEq)]
struct BlockMachines {
    count: usize,
    /// The index of the machine of each block.
    indices: Vec<usize>,
}

impl Blocks {
    /// Creates blocks of this many backends.
    ///
    /// # Panics
    ///
    /// Panics if a round has another number of backends.
    pub fn new(backends: usize, blocks: Vec<Block>) -> Self {
        for round in blocks.iter().flatten() {
            assert_eq!(round.len(), backends, "a round has a pass, or none, of every backend");
        }
        Self { backends, blocks, machines: None }
    }

    /// Returns the blocks as those of `count` machines, with the index of the machine of each
    /// block. Intervals are then over machines.
    ///
    /// # Panics
    ///
    /// Panics if there is no index for each block, or one of `count` or more.
    #[must_use]
    pub fn on_machines(self, count: usize, indices: Vec<usize>) -> Self {
        assert!(indices.len() == self.blocks.len() && indices.iter().all(|index| *index < count));
        Self { machines: Some(BlockMachines { count, indices }), ..self }
    }

    /// Returns the number of backends.
    pub fn backends(&self) -> usize {
        self.backends
    }

    /// Returns the blocks in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter()
    }

    /// Cuts the blocks of one machine into experiments of `blocks_each` blocks, and drops the
    /// remainder.
    pub fn cut(&self, blocks_each: usize) -> impl Iterator<Item = Self> + '_ {
        let experiments = self.blocks.chunks_exact(blocks_each);
        experiments.map(|blocks| Self::new(self.backends, blocks.to_vec()))
    }

    /// Returns the blocks with only the first `rounds` of each.
    pub fn shortened(&self, rounds: usize) -> Self {
        let blocks = self.blocks.iter().map(|block| block.iter().take(rounds).cloned().collect());
        Self { blocks: blocks.collect(), ..self.clone() }
    }

    /// Returns the number of rounds of the shortest block.
    pub fn shortest(&self) -> usize {
        self.blocks.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Returns for each block the Hodges–Lehmann estimate over its rounds of ln(time of `backend` /
    /// time of `other`).
    ///
    /// A block without a round in which both made a pass yields nothing.
    pub fn block_values(&self, backend: usize, other: usize) -> Vec<f64> {
        self.blocks.iter().filter_map(|block| block_value(block, backend, other)).collect()
    }

    /// Whether intervals are over machines.
    pub fn is_over_machines(&self) -> bool {
        self.machines.is_some()
    }

    /// Returns the block values of each machine; `None` if one machine made all blocks.
    fn machine_values(&self, backend: usize, other: usize) -> Option<Vec<Vec<f64>>> {
        let BlockMachines { count, indices } = self.machines.as_ref()?;
        let mut values = vec![Vec::new(); *count];
        for (block, machine) in self.blocks.iter().zip(indices) {
            values[*machine].extend(block_value(block, backend, other));
        }
        Some(values)
    }

    /// Returns how much the ratio of two backends deviates between machines and within; `None` if
    /// fewer than two machines count.
    pub fn deviations(&self, backend: usize, other: usize, family: &Family) -> Option<Deviations> {
        OverMachines::new(&self.machine_values(backend, other)?, family).deviations()
    }

    /// Returns the time of `backend` over the time of `other`, as one comparison of `family`;
    /// `None` without a block. Over several machines, see [`OverMachines`].
    pub fn ratio(&self, backend: usize, other: usize, family: &Family) -> Option<Ratio> {
        if let Some(machines) = self.machine_values(backend, other) {
            return OverMachines::new(&machines, family).ratio(family);
        }
        let values = self.block_values(backend, other);
        match family.interval(&values) {
            Some(interval) => Some(Ratio::new(interval, values.len())),
            None => {
                let mean = stats::mean(&values)?.exp();
                Some(Ratio { mean, bounds: None, blocks: 1, machines: None })
            }
        }
    }

    /// Returns the geometric mean over blocks, or over machines, of the time of `backend` over the
    /// time of `other`; `None` without a block.
    pub fn mean_ratio(&self, backend: usize, other: usize) -> Option<f64> {
        Some(self.ratio(backend, other, &Family::SINGLE)?.mean)
    }

    /// Returns the smallest difference, as a ratio such as 1.04, that these blocks would have shown
    /// in four runs of five: see [`stats::detectable_shift`]. `None` below two blocks.
    ///
    /// The noise is estimated from the same blocks. With 6 of them the figure may well be off by a
    /// third.
    pub fn smallest_difference(
        &self,
        backend: usize,
        other: usize,
        family: &Family,
    ) -> Option<f64> {
        let values = match self.machine_values(backend, other) {
            Some(machines) => OverMachines::new(&machines, family).means(),
            None => self.block_values(backend, other),
        };
        family.detectable_shift(&values).map(f64::exp)
    }

    /// Returns for each block, in order, the median pass of a backend in seconds; `None` if it made
    /// no valid pass.
    pub fn block_medians(&self, backend: usize) -> Vec<Option<f64>> {
        self.blocks.iter().map(|block| stats::median(&times(block, backend))).collect()
    }

    /// Returns the seconds of every valid pass of a backend.
    pub fn passes(&self, backend: usize) -> Vec<f64> {
        self.blocks.iter().flat_map(|block| times(block, backend)).collect()
    }

    /// Returns how long a pass of a backend lasts, for display; `None` if it made none.
    pub fn median_pass(&self, backend: usize) -> Option<MedianPass> {
        let medians: Vec<f64> = self.block_medians(backend).into_iter().flatten().collect();
        let interval = stats::median_interval(&medians, 1.0 - FAMILY_ERROR);
        Some(MedianPass { seconds: stats::median(&medians)?, interval })
    }
}

/// Returns the Hodges–Lehmann estimate over the rounds of a block of ln(time of `backend` / time of
/// `other`); `None` without a round in which both made a pass.
fn block_value(block: &[Round], backend: usize, other: usize) -> Option<f64> {
    stats::hodges_lehmann(&ln_ratios(block, backend, other))
}

/// Returns the time of a pass. A pass of no duration has no ratio to another, so it is left out.
fn time(round: &Round, backend: usize) -> Option<f64> {
    round[backend].filter(|seconds| *seconds > 0.0)
}

/// Returns the times of one backend's passes in a block.
fn times(block: &[Round], backend: usize) -> Vec<f64> {
    block.iter().filter_map(|round| time(round, backend)).collect()
}

/// Returns ln(time of `backend` / time of `other`) for each round of a block in which both made a
/// pass.
fn ln_ratios(block: &[Round], backend: usize, other: usize) -> Vec<f64> {
    let ratio = block.iter().filter_map(|round| Some(time(round, backend)? / time(round, other)?));
    ratio.map(f64::ln).collect()
}

/// How long a pass of a backend lasts.
///
/// The same machine may give another figure an hour later: a slowdown that outlasts the run is not
/// in the interval.
#[derive(Debug, Clone, PartialEq)]
pub struct MedianPass {
    /// The median over blocks of the median pass.
    pub seconds: f64,
    /// The 95 % interval. It counts blocks, because passes follow each other too closely to be
    /// independent. `None` below six blocks.
    pub interval: Option<RangeInclusive<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Backends with constant times, apart from a small noise that differs from block to block and
    /// between backends.
    fn steady(seconds: &[f64], blocks: usize) -> Blocks {
        let blocks = (0..blocks).map(|block| vec![steady_round(seconds, block); 3]);
        Blocks::new(seconds.len(), blocks.collect())
    }

    fn steady_round(seconds: &[f64], block: usize) -> Round {
        let backends = seconds.iter().enumerate();
        backends.map(|(backend, s)| Some(s * (1.0 + noise(block, backend)))).collect()
    }

    fn noise(block: usize, backend: usize) -> f64 {
        ((block * 7 + backend * 5) % 11) as f64 / 10_000.0
    }

    fn round(backend: f64, other: f64) -> Round {
        vec![Some(backend), Some(other)]
    }

    fn smallest_difference(blocks: usize, comparisons: usize) -> f64 {
        let family = Family::new(comparisons);
        steady(&[0.02, 0.02], blocks).smallest_difference(0, 1, &family).unwrap()
    }

    #[test]
    fn blocks_yield_estimates() {
        let blocks = Blocks::new(
            2,
            vec![vec![round(2.0, 1.0), round(9.0, 1.0), round(6.0, 2.0)], vec![round(1.0, 4.0)]],
        );
        let first = [2.0_f64, 3.0, 9.0].map(f64::ln);
        let estimate = stats::hodges_lehmann(&first).unwrap();
        assert_eq!(blocks.block_values(0, 1), [estimate, 0.25_f64.ln()]);
        assert_eq!(blocks.block_values(1, 0), [-estimate, 4.0_f64.ln()]);
    }

    #[test]
    fn blocks_are_cut() {
        let blocks = steady(&[0.02, 0.03], 7);
        let experiments: Vec<Blocks> = blocks.cut(3).collect();
        assert_eq!(experiments.len(), 2, "the seventh is left over");
        assert_eq!(experiments[1].block_values(1, 0), blocks.block_values(1, 0)[3..6]);
        assert_eq!((blocks.shortest(), blocks.shortened(2).shortest()), (3, 2));
    }

    #[test]
    fn rounds_need_both_passes() {
        let rounds = vec![
            vec![None, Some(1.0)],
            vec![Some(2.0), Some(1.0)],
            vec![Some(3.0), None],
            vec![Some(0.0), Some(1.0)],
            vec![Some(1.0), Some(0.0)],
        ];
        let blocks = Blocks::new(2, vec![rounds, vec![vec![None, Some(1.0)]], vec![]]);
        assert_eq!(blocks.block_values(0, 1), [2.0_f64.ln()]);
    }

    #[test]
    fn the_median_block_counts() {
        // A block of slow passes counts once, however many it has.
        let block = |seconds: f64, rounds| vec![vec![Some(seconds), None]; rounds];
        let blocks = (1..=6).map(|n| block(f64::from(n), 1)).chain([block(9.0, 30)]).collect();
        let blocks = Blocks::new(2, blocks);
        let median = blocks.median_pass(0).unwrap();
        assert_eq!((median.seconds, median.interval), (4.0, Some(1.0..=9.0)));
        assert_eq!((blocks.passes(0).len(), blocks.passes(1).len()), (36, 0));
        assert_eq!(blocks.median_pass(1), None);
    }

    #[test]
    fn intervals_need_five_blocks() {
        let ratio = |blocks| steady(&[0.01, 0.02], blocks).ratio(0, 1, &Family::SINGLE);
        assert_eq!(ratio(0), None);
        assert!(ratio(1).is_some_and(|ratio| ratio.bounds.is_none() && ratio.mean < 0.51));
        assert!(ratio(2).is_some_and(|ratio| ratio.bounds.is_none() && ratio.mean < 0.51));
        assert!(ratio(5).is_some_and(|ratio| ratio.bounds.is_some()));
        let missing = Blocks::new(2, vec![vec![vec![Some(1.0), None]]; 6]);
        assert_eq!(missing.ratio(0, 1, &Family::SINGLE), None);
        assert_eq!(missing.mean_ratio(0, 1), None);
    }

    #[test]
    fn machines_replace_blocks() {
        let blocks = steady(&[0.01, 0.02], 12);
        let over = |count: usize| {
            let indices = (0..12).map(|block| block % count).collect();
            let blocks = blocks.clone().on_machines(count, indices);
            blocks.ratio(0, 1, &Family::SINGLE).unwrap()
        };
        assert_eq!((over(2).machines, over(2).blocks), (Some(2), 12));
        assert!(over(2).bounds.is_some());
        assert_eq!((over(3).machines, over(3).bounds), (Some(0), None), "four blocks each");
    }

    #[test]
    fn more_blocks_show_more() {
        assert!(smallest_difference(22, 1) < smallest_difference(11, 1));
        assert!(smallest_difference(11, 1) < smallest_difference(11, 6));
        assert!(smallest_difference(11, 6) > 1.0);
    }

    #[test]
    #[should_panic(expected = "of every backend")]
    fn short_rounds_panic() {
        Blocks::new(2, vec![vec![vec![Some(1.0)]]]);
    }
}
