//! The reasons why two records are not comparable.

use std::fmt;

use super::environment::other_machine;
use super::sides::OldNew;
use crate::record::{ComparisonRecord, Environment};
use crate::render::numbers::seconds;
use crate::stats;

/// The largest factor between the bare loops of two records that are compared.
const MOST_APART: f64 = 1.2;

/// A reason why two records are not comparable.
#[derive(Debug, Clone, PartialEq)]
pub enum Obstacle {
    /// The machines differ in these ways.
    OtherMachine(Vec<String>),
    /// A bare loop took these times, in seconds, so that the machine ran at another speed.
    OtherSpeed(OldNew<f64>),
    /// A record is of several machines, so that its blocks are not comparable.
    SeveralMachines,
    /// No backend was measured on the same workload in both records.
    NothingInCommon,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherMachine(differences) => {
                write!(f, "they are of different machines ({})", differences.join(", "))
            }
            Self::OtherSpeed(bare_s) => write!(
                f,
                "a bare loop took {} in the old record and {} in the new one, so the machine ran at \
                 another speed",
                seconds(bare_s.old),
                seconds(bare_s.new)
            ),
            Self::SeveralMachines => {
                f.write_str("a merged record is of several machines: compare shards of one machine")
            }
            Self::NothingInCommon => {
                f.write_str("they have no backend on the same scenario in common")
            }
        }
    }
}

/// Returns the reasons against a comparison of two machines.
pub(super) fn machine_obstacles(
    environments: OldNew<&Environment>,
    comparisons: OldNew<&ComparisonRecord>,
) -> Vec<Obstacle> {
    let machine = other_machine(environments.old, environments.new);
    let machine = (!machine.is_empty()).then_some(Obstacle::OtherMachine(machine));
    let is_merged = |comparison: &ComparisonRecord| comparison.setup.machines.len() > 1;
    let several = is_merged(comparisons.old) || is_merged(comparisons.new);
    machine
        .into_iter()
        .chain(other_speed(comparisons).map(Obstacle::OtherSpeed))
        .chain(several.then_some(Obstacle::SeveralMachines))
        .collect()
}

/// The ways to measure a bare loop, the best first. They do different work, so that a time of one
/// is not comparable with a time of another.
const BARE_LOOPS: [fn(&ComparisonRecord) -> Option<f64>; 2] = [bare_loop_s, old_bare_loop_s];

/// Returns the times of the bare loops if they are too far apart. Unknown ones are not.
fn other_speed(comparisons: OldNew<&ComparisonRecord>) -> Option<OldNew<f64>> {
    let bare_s = BARE_LOOPS.iter().find_map(|bare_s| comparisons.map(bare_s).both())?;
    let apart = (bare_s.new / bare_s.old).max(bare_s.old / bare_s.new);
    (apart > MOST_APART).then_some(bare_s)
}

/// Returns the median of the bare loops before and after every block.
fn bare_loop_s(comparison: &ComparisonRecord) -> Option<f64> {
    let fitness = comparison.blocks.iter().map(|block| block.fitness);
    let bare_s = fitness.flat_map(|fitness| [fitness.bare_before_s, fitness.bare_after_s]);
    stats::median(&bare_s.flatten().collect::<Vec<_>>())
}

/// Returns the time of the bare loop that older records have.
fn old_bare_loop_s(comparison: &ComparisonRecord) -> Option<f64> {
    comparison.setup.old_bare_loop.map(|bare_loop| bare_loop.bare_median_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::OldBareLoop;
    use crate::record::fixtures::comparison;

    fn with_bare_loop(bare_median_s: Option<f64>) -> ComparisonRecord {
        let mut comparison = comparison();
        comparison.setup.old_bare_loop =
            bare_median_s.map(|bare_median_s| OldBareLoop { bare_median_s, bare_p99_s: 1e-6 });
        comparison
    }

    #[test]
    fn speeds_may_differ_by_a_fifth() {
        for (old, new, is_other) in [
            (Some(10e-9), Some(12e-9), false),
            (Some(10e-9), Some(12.1e-9), true),
            (Some(12.1e-9), Some(10e-9), true),
            (Some(10e-9), None, false),
            (None, Some(10e-9), false),
        ] {
            let (old, new) = (with_bare_loop(old), with_bare_loop(new));
            let speeds = other_speed(OldNew { old: &old, new: &new });
            assert_eq!(speeds.is_some(), is_other, "{speeds:?}");
        }
    }

    #[test]
    fn both_figures_are_named() {
        let text = Obstacle::OtherSpeed(OldNew { old: 12e-9, new: 27e-9 }).to_string();
        assert!(text.contains("took 12 ns in the old record and 27 ns in the new one"), "{text}");
    }
}
