//! A ratio of two times or costs, its interval, and the word that follows from it.

use super::student::Interval;

/// With fewer blocks there is neither an interval nor a word: they are too few to estimate the
/// deviation.
pub const LEAST_BLOCKS: usize = 5;

/// With fewer machines there is no word: two hardly show how much machines deviate.
pub const LEAST_MACHINES: usize = 3;

/// The widest interval that is shown, as its upper end over its lower end.
const WIDEST: f64 = 100.0;

/// The default margin of equivalence: 2 %.
pub const EQUIVALENCE: f64 = 0.02;

/// One value over another: above 1, the first is slower or costs more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The geometric mean over blocks.
    pub mean: f64,
    /// The interval; `None` below [`LEAST_BLOCKS`] blocks, or if it is too wide to be of use.
    pub bounds: Option<Bounds>,
    /// The number of blocks behind it.
    pub blocks: usize,
    /// The number of machines behind it; `None` if the interval is over the blocks of one machine.
    pub machines: Option<usize>,
}

/// The ends of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Bounds {
    /// Returns whether a value lies in the interval.
    pub fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Returns the interval with its ends rounded outward to a tenth of a percent, as it is
    /// printed. Words are read off this one, so that they never contradict what is printed.
    #[must_use]
    pub fn rounded(self) -> Self {
        // A thousandth is no binary fraction: 1.02 × 1000 is a little more than 1020.
        const SLACK: f64 = 1e-9;
        Self {
            low: ((self.low * 1_000.0 + SLACK).floor() / 1_000.0).max(0.0),
            high: (self.high * 1_000.0 - SLACK).ceil() / 1_000.0,
        }
    }

    /// Returns the largest deviation from 1 that the interval allows.
    pub fn farthest(self) -> f64 {
        let Self { low, high } = self.rounded();
        (high - 1.0).max(1.0 - low)
    }
}

/// The difference between two backends, as far as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Shown to be faster, or to cost less.
    Faster,
    /// Shown to be slower, or to cost more.
    Slower,
    /// Shown to differ by no more than the margin.
    Equivalent,
    /// Neither a difference nor equivalence is shown.
    Inconclusive,
}

impl Ratio {
    /// Creates the ratio of an interval of its logarithm over this many blocks.
    pub fn new(ln: Interval, blocks: usize) -> Self {
        let is_of_use = blocks >= LEAST_BLOCKS && ln.high - ln.low <= WIDEST.ln();
        let bounds = is_of_use.then(|| Bounds { low: ln.low.exp(), high: ln.high.exp() });
        Self { mean: ln.mean.exp(), bounds, blocks, machines: None }
    }

    /// Reads the verdict off the interval; `None` without one, or with too few machines.
    /// Within the margin `equivalence`, a difference does not count, even if it is shown.
    pub fn verdict(&self, equivalence: f64) -> Option<Verdict> {
        let bounds = self.bounds?;
        if self.machines.is_some_and(|machines| machines < LEAST_MACHINES) {
            return None;
        }
        let Bounds { low, high } = bounds.rounded();
        Some(if bounds.farthest() <= equivalence + 1e-9 {
            Verdict::Equivalent
        } else if high < 1.0 {
            Verdict::Faster
        } else if low > 1.0 {
            Verdict::Slower
        } else {
            Verdict::Inconclusive
        })
    }
}

impl Verdict {
    /// Returns whether more blocks would change nothing.
    pub fn is_decided(self) -> bool {
        self != Self::Inconclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(low: f64, high: f64) -> Ratio {
        Ratio::new(
            Interval { mean: (low * high).sqrt().ln(), low: low.ln(), high: high.ln() },
            LEAST_BLOCKS,
        )
    }

    fn verdict(low: f64, high: f64) -> Verdict {
        ratio(low, high).verdict(EQUIVALENCE).unwrap()
    }

    #[test]
    fn intervals_give_the_verdict() {
        assert_eq!(verdict(0.90, 0.99), Verdict::Faster);
        assert_eq!(verdict(1.01, 1.10), Verdict::Slower);
        assert_eq!(verdict(0.98, 1.02), Verdict::Equivalent);
        assert_eq!(verdict(1.005, 1.015), Verdict::Equivalent, "it is shown, and yet too small");
        assert_eq!(verdict(0.979, 1.01), Verdict::Inconclusive);
        assert_eq!(verdict(0.99, 1.0201), Verdict::Inconclusive);
    }

    #[test]
    fn verdicts_follow_printed_ends() {
        assert_eq!(verdict(0.90, 0.999_9), Verdict::Inconclusive, "its end is printed as 0.0 %");
        let rounded = ratio(0.900_4, 1.020_000_1).bounds.unwrap().rounded();
        assert_eq!((rounded.low, rounded.high), (0.9, 1.021));
        assert!((ratio(0.97, 1.01).bounds.unwrap().farthest() - 0.03).abs() < 1e-9);
    }

    #[test]
    fn poor_intervals_are_not_shown() {
        let few = Ratio::new(Interval { mean: 0.1, low: 0.09, high: 0.11 }, LEAST_BLOCKS - 1);
        assert_eq!((few.bounds, few.verdict(EQUIVALENCE)), (None, None));
        assert_eq!(ratio(0.1, 11.0).bounds, None);
        assert!(ratio(0.11, 10.0).bounds.is_some());
    }
}
