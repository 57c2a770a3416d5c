//! Verdicts in words, and ratios as text, for all reports.

use anstyle::Style;

use super::{BETTER, UNKNOWN, WORSE};
use crate::stats::{Bounds, Ratio, Verdict};

/// The kind of value that a verdict judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A time, which gets faster or slower.
    Time,
    /// A cost, which becomes less or more.
    Cost,
}

impl Verdict {
    /// Returns the word for a time, which is also the key in JSON.
    pub(crate) fn word(self) -> &'static str {
        self.word_for(Change::Time)
    }

    /// Returns the word for a value of this kind.
    pub(crate) fn word_for(self, change: Change) -> &'static str {
        match (self, change) {
            (Self::Faster, Change::Time) => "faster",
            (Self::Slower, Change::Time) => "slower",
            (Self::Faster, Change::Cost) => "less",
            (Self::Slower, Change::Cost) => "more",
            (Self::Equivalent, _) => "equivalent",
            (Self::Inconclusive, _) => "inconclusive",
        }
    }

    /// Returns the style of the word on a terminal.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Faster => BETTER,
            Self::Slower => WORSE,
            Self::Equivalent => Style::new(),
            Self::Inconclusive => UNKNOWN,
        }
    }
}

/// How the ratios of a column are printed. A column has one notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// As differences: `+38.2 %`.
    Percent,
    /// As factors: `1.382×`.
    Factor,
}

/// The largest ratio that is printed as a difference.
const MOST_PERCENT: f64 = 2.0;

impl Notation {
    /// Returns the notation of a column with these ratios: factors if one of their numbers is
    /// beyond +100 %.
    pub(crate) fn of(ratios: impl IntoIterator<Item = Ratio>) -> Self {
        let is_large = |ratio: Ratio| {
            ratio.mean.max(ratio.bounds.map_or(0.0, |bounds| bounds.rounded().high)) > MOST_PERCENT
        };
        if ratios.into_iter().any(is_large) { Self::Factor } else { Self::Percent }
    }

    /// Returns a ratio without its interval.
    pub(crate) fn value(self, ratio: f64) -> String {
        match self {
            Self::Percent => format!("{:+.1} %", percent(ratio)),
            Self::Factor => format!("{}×", factor(ratio, f64::round)),
        }
    }

    /// Returns a ratio with its interval, whose ends are rounded outward; only the ratio if it has
    /// none.
    pub(crate) fn interval(self, ratio: Ratio) -> String {
        match ratio.bounds {
            None => self.value(ratio.mean),
            Some(bounds) => format!("{} ({})", self.value(ratio.mean), self.ends(bounds)),
        }
    }

    /// Returns the ends of an interval, rounded outward.
    fn ends(self, bounds: Bounds) -> String {
        let Bounds { low, high } = bounds.rounded();
        match self {
            Self::Percent => format!("{:+.1} to {:+.1}", percent(low), percent(high)),
            Self::Factor => {
                format!("{} to {}", factor(bounds.low, f64::floor), factor(bounds.high, f64::ceil))
            }
        }
    }
}

/// Returns a ratio as a difference in percent, without a negative zero.
fn percent(ratio: f64) -> f64 {
    let tenths = ((ratio - 1.0) * 1_000.0).round();
    if tenths == 0.0 { 0.0 } else { tenths / 10.0 }
}

/// Returns a factor with four digits, and at most three decimals, rounded in a direction.
fn factor(ratio: f64, round: fn(f64) -> f64) -> String {
    let decimals = match ratio {
        small if small < 10.0 => 3,
        medium if medium < 100.0 => 2,
        large if large < 1_000.0 => 1,
        _ => 0,
    };
    let scale = 10_f64.powi(decimals);
    // A value on a step must not be moved to the next by the last bit of a multiplication.
    let steps = ratio * scale;
    let nearest = steps.round();
    let rounded = if (steps - nearest).abs() < 1e-6 { nearest } else { round(steps) };
    format!("{:.*}", decimals as usize, rounded / scale)
}

impl Ratio {
    /// Returns a ratio with its interval, in the notation that suits it alone.
    pub(crate) fn interval_text(self) -> String {
        Notation::of([self]).interval(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Verdict; 4] =
        [Verdict::Faster, Verdict::Slower, Verdict::Equivalent, Verdict::Inconclusive];

    fn ratio(mean: f64, low: f64, high: f64) -> Ratio {
        Ratio { mean, bounds: Some(Bounds { low, high }), blocks: 8, machines: None }
    }

    #[test]
    fn verdicts_have_distinct_words() {
        for change in [Change::Time, Change::Cost] {
            let distinct: std::collections::HashSet<&str> =
                ALL.map(|verdict| verdict.word_for(change)).into();
            assert_eq!(distinct.len(), ALL.len());
        }
    }

    #[test]
    fn columns_have_one_notation() {
        let (small, large) = (ratio(1.25, 1.2, 1.3), ratio(1.9, 1.7, 2.1));
        assert_eq!(Notation::of([small]), Notation::Percent);
        assert_eq!(Notation::of([small, large]), Notation::Factor);
        assert_eq!(Notation::of([]), Notation::Percent);
        assert_eq!(Notation::Percent.interval(small), "+25.0 % (+20.0 to +30.0)");
        assert_eq!(Notation::Factor.interval(small), "1.250× (1.200 to 1.300)");
        assert_eq!(large.interval_text(), "1.900× (1.700 to 2.100)");
    }

    #[test]
    fn ends_are_rounded_outward() {
        assert_eq!(ratio(1.0, 0.999_96, 1.000_04).interval_text(), "+0.0 % (-0.1 to +0.1)");
        assert_eq!(ratio(12.345, 9.999_9, 123.41).interval_text(), "12.35× (9.999 to 123.5)");
        let bare = Ratio { bounds: None, ..ratio(0.5, 0.0, 0.0) };
        assert_eq!(bare.interval_text(), "-50.0 %");
    }
}
