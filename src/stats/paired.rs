//! The analysis of paired blocks: how much slower one backend is than another, whether the
//! difference is real, and which backends tie.
//!
//! All backends are alive together and make one pass each per round. Whatever slows the machine
//! down for a second slows them alike and cancels out of their ratio. A block of rounds yields one
//! number for a pair of backends. An interval counts blocks, never passes.

use std::ops::RangeInclusive;

use crate::stats;

/// The confidence with which all intervals of a [`Family`] hold at once.
const LEVEL: f64 = 0.95;

/// With fewer blocks there is no verdict: they are too few to estimate the deviation.
pub const LEAST_BLOCKS: usize = 5;

/// Comparisons whose intervals hold together with 95 %.
///
/// The larger the family, the wider each interval, so that a false alarm anywhere in it stays rare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    comparisons: usize,
}

impl Family {
    /// A comparison that was not picked from several.
    pub const SINGLE: Self = Self { comparisons: 1 };

    /// Creates a family of this many comparisons.
    pub fn new(comparisons: usize) -> Self {
        Self { comparisons }
    }

    /// Creates the family of comparisons of `backends` with a reference, which is one of them.
    pub fn against_reference(backends: usize) -> Self {
        Self::new(backends.saturating_sub(1))
    }

    /// Creates the family of comparisons of `backends` with each other.
    pub fn all_pairs(backends: usize) -> Self {
        Self::new(backends * backends.saturating_sub(1) / 2)
    }

    /// Returns the confidence of each interval such that all hold at once (Bonferroni's
    /// correction).
    pub fn level(self) -> f64 {
        1.0 - (1.0 - LEVEL) / self.comparisons.max(1) as f64
    }
}

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
}

impl Blocks {
    /// Creates blocks of `rows` backends.
    ///
    /// # Panics
    ///
    /// Panics if a round has another number of backends.
    pub fn new(backends: usize, blocks: Vec<Block>) -> Self {
        for round in blocks.iter().flatten() {
            assert_eq!(round.len(), backends, "a cycle has a pass, or none, of every row");
        }
        Self { backends, blocks }
    }

    /// Returns the number of backends.
    pub fn backends(&self) -> usize {
        self.backends
    }

    /// Cuts the blocks into experiments of `blocks_each` blocks, and drops the remainder.
    pub fn cut(&self, blocks_each: usize) -> impl Iterator<Item = Self> + '_ {
        let experiments = self.blocks.chunks_exact(blocks_each);
        experiments.map(|blocks| Self { backends: self.backends, blocks: blocks.to_vec() })
    }

    /// Returns the blocks with only the first `rounds` of each.
    pub fn shortened(&self, rounds: usize) -> Self {
        let blocks = self.blocks.iter().map(|block| block.iter().take(rounds).cloned().collect());
        Self { backends: self.backends, blocks: blocks.collect() }
    }

    /// Returns the number of rounds of the shortest block.
    pub fn shortest(&self) -> usize {
        self.blocks.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Returns for each block the median over its rounds of ln(time of `row` / time of `other`).
    ///
    /// A block without a round in which both made a pass yields nothing.
    pub fn block_values(&self, backend: usize, other: usize) -> Vec<f64> {
        self.blocks
            .iter()
            .filter_map(|block| stats::median(&ln_ratios(block, backend, other)))
            .collect()
    }

    /// Returns the time of `row` over the time of `other`, as one comparison of `family`; `None`
    /// below two blocks.
    pub fn ratio(&self, backend: usize, other: usize, family: Family) -> Option<Ratio> {
        let values = self.block_values(backend, other);
        let interval = stats::t_interval(&values, family.level())?;
        let (mean, low, high) = (interval.mean.exp(), interval.low.exp(), interval.high.exp());
        Some(Ratio { mean, low, high, blocks: values.len() })
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
        let interval = stats::median_interval(&medians, LEVEL);
        Some(MedianPass { seconds: stats::median(&medians)?, interval })
    }

    /// Returns the rank of each of the `valid` backends, in their order: 1 + how many of them are
    /// shown to be faster, over all pairs.
    ///
    /// Ties are not transitive: a backend may tie with two others of which one is faster than the
    /// other.
    pub fn ranks(&self, valid: &[usize]) -> Vec<usize> {
        let family = Family::all_pairs(valid.len());
        let mut ranks = vec![1; valid.len()];
        for (index, &backend) in valid.iter().enumerate() {
            for (further, &other) in valid.iter().enumerate().skip(index + 1) {
                match self.ratio(backend, other, family).map(|ratio| ratio.verdict()) {
                    Some(Verdict::Faster) => ranks[further] += 1,
                    Some(Verdict::Slower) => ranks[index] += 1,
                    Some(Verdict::Tied | Verdict::TooFewBlocks) | None => {}
                }
            }
        }
        ranks
    }

    /// Returns the smallest difference, as a ratio such as 1.04, that this many blocks of this
    /// noise show in four runs of five: see [`stats::detectable_shift`]. `None` if there are too
    /// few blocks for a verdict.
    ///
    /// The noise is estimated from the same blocks. With 6 of them the figure may well be off by a
    /// third.
    pub fn smallest_difference(&self, backend: usize, other: usize, family: Family) -> Option<f64> {
        let values = self.block_values(backend, other);
        let has_verdict = values.len() >= LEAST_BLOCKS;
        let deviation = stats::standard_deviation(&values).filter(|_| has_verdict)?;
        Some(stats::detectable_shift(values.len(), deviation, family.level())?.exp())
    }
}

/// Returns the time of a pass. A pass of no duration has no ratio to another, so it is left out.
fn time(round: &Round, backend: usize) -> Option<f64> {
    round[backend].filter(|seconds| *seconds > 0.0)
}

/// Returns the times of one backend's passes in a block.
fn times(block: &[Round], backend: usize) -> Vec<f64> {
    block.iter().filter_map(|round| time(round, backend)).collect()
}

/// Returns ln(time of `row` / time of `other`) for each round of a block in which both made a pass.
fn ln_ratios(block: &[Round], backend: usize, other: usize) -> Vec<f64> {
    let ratio = block.iter().filter_map(|round| Some(time(round, backend)? / time(round, other)?));
    ratio.map(f64::ln).collect()
}

/// The time of one backend over the time of another: above 1, the first is slower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The geometric mean over blocks.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// The number of blocks behind it.
    pub blocks: usize,
}

impl Ratio {
    /// Whether there are enough blocks for a verdict.
    pub fn has_verdict(&self) -> bool {
        self.blocks >= LEAST_BLOCKS
    }

    /// Reads the verdict on the first backend off the interval.
    pub fn verdict(&self) -> Verdict {
        if !self.has_verdict() {
            Verdict::TooFewBlocks
        } else if self.high < 1.0 {
            Verdict::Faster
        } else if self.low > 1.0 {
            Verdict::Slower
        } else {
            Verdict::Tied
        }
    }
}

/// How long a pass of a backend lasts.
///
/// The same machine may give another figure an hour later: a slowdown that outlasts the run is not
/// in the interval. Only ratios are free of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MedianPass {
    /// The median over blocks of the median pass.
    pub seconds: f64,
    /// The 95 % interval. It counts blocks, because passes follow each other too closely to be
    /// independent. `None` below six blocks.
    pub interval: Option<RangeInclusive<f64>>,
}

/// Whether a difference between two backends is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Shown to be faster.
    Faster,
    /// Shown to be slower.
    Slower,
    /// No difference is shown, which does not prove that they are equal.
    Tied,
    /// Too few blocks for a verdict.
    TooFewBlocks,
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
        steady(&[0.02, 0.02], blocks).smallest_difference(0, 1, family).unwrap()
    }

    #[test]
    fn blocks_yield_medians() {
        let blocks = Blocks::new(
            2,
            vec![vec![round(2.0, 1.0), round(9.0, 1.0), round(3.0, 2.0)], vec![round(1.0, 4.0)]],
        );
        assert_eq!(blocks.block_values(0, 1), [2.0_f64.ln(), 0.25_f64.ln()]);
        assert_eq!(blocks.block_values(1, 0), [0.5_f64.ln(), 4.0_f64.ln()]);
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
        // A block whose passes are all slow counts once, however many it has.
        let block = |seconds: f64, rounds| vec![vec![Some(seconds), None]; rounds];
        let blocks = (1..=6).map(|n| block(f64::from(n), 1)).chain([block(9.0, 30)]).collect();
        let blocks = Blocks::new(2, blocks);
        let median = blocks.median_pass(0).unwrap();
        assert_eq!((median.seconds, median.interval), (4.0, Some(1.0..=9.0)));
        assert_eq!((blocks.passes(0).len(), blocks.passes(1).len()), (36, 0));
        assert_eq!(blocks.median_pass(1), None);
    }

    #[test]
    fn intervals_give_the_verdict() {
        let blocks = steady(&[0.02, 0.021, 0.02], 6);
        let verdict =
            |backend, other| blocks.ratio(backend, other, Family::new(2)).unwrap().verdict();
        assert_eq!(
            [verdict(0, 1), verdict(1, 0), verdict(0, 2)],
            [Verdict::Faster, Verdict::Slower, Verdict::Tied]
        );
    }

    #[test]
    fn verdicts_need_five_blocks() {
        let verdict =
            |blocks| Some(steady(&[0.01, 0.02], blocks).ratio(0, 1, Family::SINGLE)?.verdict());
        assert_eq!(
            [1, 2, 4, 5].map(verdict),
            [None, Some(Verdict::TooFewBlocks), Some(Verdict::TooFewBlocks), Some(Verdict::Faster),]
        );
        assert_eq!(steady(&[0.01, 0.02], 4).ranks(&[0, 1]), [1, 1]);
        assert_eq!(steady(&[0.01, 0.02], 4).smallest_difference(0, 1, Family::SINGLE), None);
    }

    #[test]
    fn ranks_count_faster_backends() {
        let blocks = steady(&[0.03, 0.01, 0.02, 0.02, 0.005], 6);
        assert_eq!(blocks.ranks(&[0, 1, 2, 3]), [4, 1, 2, 2]);
        assert_eq!(blocks.ranks(&[3, 4]), [2, 1]);
        assert_eq!(blocks.ranks(&[2]), [1]);
        assert!(blocks.ranks(&[]).is_empty());
    }

    #[test]
    fn missing_backends_tie() {
        let blocks = Blocks::new(2, vec![vec![vec![Some(1.0), None]]; 6]);
        assert_eq!(blocks.ratio(0, 1, Family::SINGLE), None);
        assert_eq!(blocks.ranks(&[0, 1]), [1, 1]);
    }

    #[test]
    fn more_blocks_show_more() {
        assert!(smallest_difference(22, 1) < smallest_difference(11, 1));
        assert!(smallest_difference(11, 1) < smallest_difference(11, 6));
        assert!(smallest_difference(11, 6) > 1.0);
    }

    #[test]
    fn families_count_pairs() {
        assert_eq!([0, 1, 2, 5].map(Family::all_pairs), [0, 0, 1, 10].map(Family::new));
        assert_eq!([0, 1, 2, 5].map(Family::against_reference), [0, 0, 1, 4].map(Family::new));
        assert!((Family::new(5).level() - 0.99).abs() < 1e-12);
        assert_eq!(Family::new(0).level(), Family::SINGLE.level());
    }

    #[test]
    #[should_panic(expected = "of every row")]
    fn short_rounds_panic() {
        Blocks::new(2, vec![vec![vec![Some(1.0)]]]);
    }
}
