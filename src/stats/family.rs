//! Comparisons with intervals that hold together, at one look at the data or at several.

use super::boundary::Boundary;
use super::standard_deviation;
use super::student::{Interval, interval_of, shift_shown_by, student_t_quantile};

/// The probability that any interval of a [`Family`] misses its truth.
pub const FAMILY_ERROR: f64 = 0.05;

/// Comparisons with intervals that hold together with 95 %, whenever the run stops.
///
/// Each comparison gets the same share of the error (Bonferroni's correction), so that all its
/// intervals are of one kind and the word for a comparison can be read off its own interval.
///
/// If the data were looked at several times to decide whether to go on, the share is spent over the
/// looks (see [`Look`]). An interval is then a repeated confidence interval (Jennison and Turnbull,
/// "Interim analyses: the repeated confidence interval approach", 1989).
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    comparisons: usize,
    /// The critical values of the looks; empty if the data are looked at once.
    criticals: Vec<Critical>,
    boundary: Boundary,
}

/// A look at the data of a run that goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The number of blocks so far.
    pub blocks: usize,
    /// The share of the run's time that has passed, from 0 to 1.
    pub spent: f64,
}

/// The critical value of |t| at a look.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Critical {
    blocks: usize,
    t: f64,
}

impl Family {
    /// A comparison that was not picked from several, looked at once.
    pub const SINGLE: Self = Self::new(1);

    /// Creates a family of this many comparisons, looked at once.
    pub const fn new(comparisons: usize) -> Self {
        Self { comparisons, criticals: Vec::new(), boundary: Boundary::START }
    }

    /// Creates the family of comparisons of `backends` with a reference, which is one of them.
    pub const fn against_reference(backends: usize) -> Self {
        Self::new(backends.saturating_sub(1))
    }

    /// Returns the family looked at several times, in the order of the looks.
    #[must_use]
    pub fn with_looks(mut self, looks: &[Look]) -> Self {
        looks.iter().for_each(|look| self.look(*look));
        self
    }

    /// Adds a look after the others.
    ///
    /// The error is spent as α·ln(1 + (e − 1)f), where f is the share of the time that has passed:
    /// the spending function of Lan and DeMets ("Discrete sequential boundaries for clinical
    /// trials", 1983) that is close to Pocock's boundary.
    pub fn look(&mut self, look: Look) {
        let t = self.boundary.critical(look.blocks, self.error() * spent_share(look.spent));
        self.criticals.push(Critical { blocks: look.blocks, t });
    }

    /// Returns the probability with which one comparison may err.
    fn error(&self) -> f64 {
        FAMILY_ERROR / self.comparisons.max(1) as f64
    }

    /// Returns the confidence of each interval such that all hold at once.
    pub fn level(&self) -> f64 {
        1.0 - self.error()
    }

    /// Returns the critical value of |t| for a comparison with this many blocks. Between two looks,
    /// that of the earlier one holds, which is the higher.
    pub fn critical(&self, blocks: usize) -> f64 {
        let looked = self.criticals.iter().rev().find(|critical| critical.blocks <= blocks);
        looked.or(self.criticals.first()).map_or_else(
            || student_t_quantile(0.5 + self.level() / 2.0, (blocks.max(2) - 1) as f64),
            |critical| critical.t,
        )
    }

    /// Returns the interval of the mean of a comparison's block values; `None` below two values.
    pub fn interval(&self, values: &[f64]) -> Option<Interval> {
        interval_of(values, self.critical(values.len()))
    }

    /// Returns the shift of the mean that these blocks would have shown in four runs of five: see
    /// [`detectable_shift`](super::detectable_shift).
    pub fn detectable_shift(&self, values: &[f64]) -> Option<f64> {
        let deviation = standard_deviation(values)?;
        shift_shown_by(values.len(), deviation, self.critical(values.len()))
    }
}

/// Returns the share of the error to be spent by the time of a look.
fn spent_share(spent: f64) -> f64 {
    (spent.clamp(0.0, 1.0) * (std::f64::consts::E - 1.0)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(blocks: usize, spent: f64) -> Look {
        Look { blocks, spent }
    }

    #[test]
    fn families_count_comparisons() {
        assert_eq!([0, 1, 2, 5].map(Family::against_reference), [0, 0, 1, 4].map(Family::new));
        assert!((Family::new(5).level() - 0.99).abs() < 1e-12);
        assert_eq!(Family::new(0).level(), Family::SINGLE.level());
    }

    #[test]
    fn one_look_is_no_correction() {
        let family = Family::new(9);
        let looked = family.clone().with_looks(&[look(8, 1.0)]);
        assert!((looked.critical(8) - family.critical(8)).abs() < 1e-9);
    }

    #[test]
    fn more_looks_widen_intervals() {
        let looks: Vec<Look> = (5..=12).map(|blocks| look(blocks, blocks as f64 / 12.0)).collect();
        let family = Family::new(3);
        let looked = family.clone().with_looks(&looks);
        assert!(looked.critical(12) > family.critical(12) * 1.05);
        assert!(looked.critical(12) < family.critical(12) * 1.5);
        assert!(looked.critical(5) > family.critical(5));
        assert_eq!(looked.critical(4), looked.critical(5), "it is not looked at before");
        assert_eq!(looked.critical(99), looked.critical(12));
    }

    #[test]
    fn all_error_is_spent_at_the_end() {
        assert_eq!((spent_share(0.0), spent_share(2.0)), (0.0, spent_share(1.0)));
        assert!((spent_share(1.0) - 1.0).abs() < 1e-12 && spent_share(0.5) > 0.5);
    }
}
