//! Limits on increases.

use std::fmt;
use std::str::FromStr;

use super::Ratio;

/// A limit on an increase, such as `>+5%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The highest ratio that is allowed.
    most: f64,
}

impl Limit {
    /// Returns whether the whole interval of a ratio, as it is printed, lies beyond the limit.
    /// Without an interval, it never does.
    pub fn is_exceeded_by(self, ratio: Ratio) -> bool {
        // 1.02 is no binary fraction.
        const SLACK: f64 = 1e-9;
        ratio.bounds.is_some_and(|bounds| bounds.rounded().low > self.most + SLACK)
    }
}

/// `>+5%`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // (1.05 − 1) × 100 is a little more than 5.
        write!(f, ">+{}%", ((self.most - 1.0) * 1e8).round() / 1e6)
    }
}

/// The text is not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLimit;

impl FromStr for Limit {
    type Err = BadLimit;

    fn from_str(text: &str) -> Result<Self, BadLimit> {
        let share = text.trim().strip_prefix('>').ok_or(BadLimit)?;
        let share = share.trim().trim_start_matches('+').strip_suffix('%').ok_or(BadLimit)?;
        let percent: f64 = share.trim().parse().map_err(|_| BadLimit)?;
        if !(0.0..=1e6).contains(&percent) {
            return Err(BadLimit);
        }
        Ok(Self { most: 1.0 + percent / 100.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Bounds;

    fn ratio(low: f64) -> Ratio {
        Ratio { mean: 1.1, bounds: Some(Bounds { low, high: 1.2 }), blocks: 5, machines: None }
    }

    #[test]
    fn whole_intervals_exceed_limits() {
        let limit: Limit = ">+5%".parse().unwrap();
        assert!(limit.is_exceeded_by(ratio(1.06)));
        assert!(!limit.is_exceeded_by(ratio(1.04)), "it may be less than that");
        assert!(!limit.is_exceeded_by(ratio(1.0509)), "+5.0 % is printed");
        assert!(!limit.is_exceeded_by(Ratio { bounds: None, ..ratio(1.06) }));
    }

    #[test]
    fn limits_round_trip() {
        for text in [">+5%", ">+0%", ">+12.5%"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        assert_eq!(" > 5 %".parse::<Limit>().unwrap().to_string(), ">+5%");
        for bad in ["", ">5", "<5%", "5%", ">-5%", ">nan%", ">1e9%"] {
            assert_eq!(bad.parse::<Limit>(), Err(BadLimit), "{bad}");
        }
    }
}
