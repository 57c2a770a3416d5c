//! Limits on changes.

use std::fmt;
use std::str::FromStr;

use anyhow::anyhow;

use super::figure::{Figure, FigureChange};
use crate::stats::Limit;

/// A limit on a change, such as `median>+5%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    figure: Figure,
    limit: Limit,
}

impl Threshold {
    /// Returns whether a change has an interval to test against the threshold.
    pub(super) fn applies_to(&self, change: &FigureChange) -> bool {
        change.figure == self.figure && change.interval.is_some()
    }

    /// Returns whether the whole interval of a change lies beyond the threshold. Without an
    /// interval, it never does.
    pub(super) fn is_exceeded_by(&self, change: &FigureChange) -> bool {
        let exceeds = change.interval.is_some_and(|one| self.limit.is_exceeded_by(one.ratio));
        change.figure == self.figure && exceeds
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.figure.name(), self.limit)
    }
}

impl FromStr for Threshold {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || bad_threshold(text);
        let (name, limit) = text.split_at(text.find('>').ok_or_else(wrong)?);
        let figure = Figure::ALL
            .into_iter()
            .find(|figure| figure.name() == name.trim())
            .ok_or_else(wrong)?;
        Ok(Self { figure, limit: limit.parse().map_err(|_| wrong())? })
    }
}

fn bad_threshold(text: &str) -> anyhow::Error {
    anyhow!("bad threshold {text:?}: write 'median>+5%', or ratio or cpu in place of median")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bounds, Ratio};
    use crate::tools::diff::{ChangeInterval, OldNew};

    fn change(mean: f64, low: f64) -> FigureChange {
        let high = 2.0 * mean - low;
        let ratio = Ratio { mean, bounds: Some(Bounds { low, high }), blocks: 5, machines: None };
        FigureChange {
            figure: Figure::Median,
            levels: OldNew { old: 1.0, new: mean },
            blocks: 5,
            interval: Some(ChangeInterval { ratio, smallest_difference: 0.03 }),
        }
    }

    #[test]
    fn only_whole_intervals_exceed() {
        let threshold: Threshold = "median>+5%".parse().unwrap();
        assert!(threshold.is_exceeded_by(&change(1.10, 1.06)));
        assert!(!threshold.is_exceeded_by(&change(1.10, 1.04)), "it may be less than that");
        assert!(!threshold.is_exceeded_by(&change(0.90, 0.85)), "it has become faster");
        let few = FigureChange { interval: None, ..change(1.10, 1.06) };
        assert!(!threshold.is_exceeded_by(&few) && !threshold.applies_to(&few));
        let other: Threshold = "cpu>+5%".parse().unwrap();
        assert!(!other.is_exceeded_by(&change(1.10, 1.06)));
    }

    #[test]
    fn thresholds_round_trip() {
        for text in ["median>+5%", "ratio>+0%", "cpu>+12.5%"] {
            assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
        }
        assert_eq!("median > 5 %".parse::<Threshold>().unwrap().to_string(), "median>+5%");
        for bad in ["median", "median<5%", "median>5", "mean>5%", "median>-5%", "median>nan%", ""] {
            let error = bad.parse::<Threshold>().unwrap_err().to_string();
            assert!(
                error.starts_with("bad threshold") && error.contains("median>+5%"),
                "{bad}: {error}"
            );
        }
    }
}
