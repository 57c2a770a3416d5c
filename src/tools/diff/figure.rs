//! The figures by which two records are compared, and their changes.

use super::sides::{OldNew, RecordedBackend};
use crate::compare::analysis::Quantity;
use crate::stats::{self, Family, Ratio};

/// A figure by which two records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The median pass. It includes changes of the whole machine between the two runs.
    Median,
    /// The pass relative to that of the reference in the same round. It is free of the machine's
    /// mood within a run and of nothing else, and a change of the reference is in it.
    Ratio,
    /// Processor time.
    Cpu,
}

impl Figure {
    /// Every figure, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Median, Self::Ratio, Self::Cpu];

    /// Returns the name that thresholds use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Ratio => "ratio",
            Self::Cpu => "cpu",
        }
    }

    /// Returns the logarithm of the figure in each block of a backend.
    fn block_values(self, recorded: RecordedBackend<'_>) -> Vec<f64> {
        let RecordedBackend { workload, backend } = recorded;
        let levels = |quantity| {
            let medians = workload.paired.quantity(quantity).block_medians(backend.index());
            medians.into_iter().flatten().map(f64::ln).collect()
        };
        match self {
            Self::Median => levels(Quantity::Time),
            Self::Ratio => workload.paired.reference_values(Quantity::Time, backend.index()),
            Self::Cpu => levels(Quantity::Cpu),
        }
    }

    /// Returns whether the figure of a backend is valid.
    fn is_valid(self, recorded: RecordedBackend<'_>) -> bool {
        recorded.backend.is_valid()
            && (self != Self::Ratio || recorded.workload.valid_reference().is_some())
    }

    /// Returns the change of the figure; `None` if its values are not comparable.
    pub(super) fn change(
        self,
        sides: OldNew<RecordedBackend<'_>>,
        family: &Family,
    ) -> Option<FigureChange> {
        let is_same_reference = sides.old.workload.reference == sides.new.workload.reference;
        let is_comparable = self.is_valid(sides.old)
            && self.is_valid(sides.new)
            && (self != Self::Ratio || is_same_reference);
        if !is_comparable {
            return None;
        }
        // No record of an unfit machine gives a verdict.
        let is_judged = sides.old.workload.is_judged && sides.new.workload.is_judged;
        let values = sides.map(|side| self.block_values(side));
        let levels = OldNew { old: stats::mean(&values.old), new: stats::mean(&values.new) };
        Some(FigureChange {
            figure: self,
            levels: levels.both()?.map(f64::exp),
            blocks: values.old.len().min(values.new.len()),
            interval: ChangeInterval::new(&values, family).filter(|_| is_judged),
        })
    }
}

/// The change of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureChange {
    /// The figure.
    pub figure: Figure,
    /// The geometric means over the blocks: seconds, or a ratio.
    pub levels: OldNew<f64>,
    /// The number of blocks in the record with fewer of them.
    pub blocks: usize,
    /// The interval of the change; `None` if there are too few blocks.
    pub interval: Option<ChangeInterval>,
}

/// The interval of a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeInterval {
    /// The new figure over the old one.
    pub ratio: Ratio,
    /// The smallest true difference, such as 0.04 for 4 %, that these blocks would have shown in
    /// four of five cases.
    pub smallest_difference: f64,
}

impl ChangeInterval {
    /// Returns Welch's interval of two samples of logarithms, as one of `family`.
    fn new(values: &OldNew<Vec<f64>>, family: &Family) -> Option<Self> {
        let blocks = values.old.len().min(values.new.len());
        let interval = stats::welch_interval(&values.new, &values.old, family.level())?;
        let ratio = Ratio::new(interval, blocks);
        let shift = stats::welch_detectable_shift(&values.new, &values.old, family.level())?;
        ratio.bounds.map(|_| Self { ratio, smallest_difference: shift.exp_m1() })
    }
}
