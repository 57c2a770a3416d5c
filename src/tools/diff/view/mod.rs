//! The difference between two records as text, Markdown and JSON.

use anstyle::Style;

use super::words::word;
use super::{BackendChange, Difference, Figure, FigureChange, Obstacle, Threshold};
use crate::render::escape::visible;
use crate::render::numbers::seconds;
use crate::render::verdict::Notation;
use crate::stats::Verdict;

mod json;
mod markdown;
mod text;

pub use self::json::json;
pub use self::markdown::markdown;
pub use self::text::text;

/// A difference, with everything that its verdicts depend on.
#[derive(Debug, Clone, Copy)]
pub struct DiffView<'a> {
    /// The difference.
    pub difference: &'a Difference,
    /// Other differences of the two environments.
    pub conditions: &'a [String],
    /// Why the records should not be compared. With any, there are figures and no verdicts.
    pub obstacles: &'a [Obstacle],
    /// A change is equivalent if its interval lies within ± this share.
    pub equivalence: f64,
}

impl DiffView<'_> {
    /// Returns the verdict on a change in one word; `None` without an interval, or if the records
    /// are not comparable.
    fn word(&self, change: &FigureChange) -> Option<&'static str> {
        let interval = change.interval.filter(|_| self.obstacles.is_empty())?;
        Some(word(change.figure, interval.ratio, self.equivalence))
    }

    /// Returns the style of that word.
    fn style(&self, change: &FigureChange) -> Style {
        let interval = change.interval.filter(|_| self.obstacles.is_empty());
        let verdict = interval.and_then(|interval| interval.ratio.verdict(self.equivalence));
        verdict.map_or(Style::new(), Verdict::style)
    }

    /// Returns the smallest difference that would have been found; `None` without a verdict.
    fn smallest_difference(&self, change: &FigureChange) -> Option<f64> {
        let interval = change.interval.filter(|_| self.obstacles.is_empty())?;
        Some(interval.smallest_difference)
    }

    /// Returns the scenarios, in the order of the new record.
    fn scenarios(&self) -> Vec<&str> {
        let backends = self.difference.backends.iter();
        let mut scenarios: Vec<&str> = backends.map(|backend| backend.scenario.as_str()).collect();
        scenarios.dedup();
        scenarios
    }

    /// Returns the backends on a scenario.
    fn backends<'a>(
        &'a self,
        scenario: &'a str,
    ) -> impl Iterator<Item = &'a BackendChange> + Clone {
        self.difference.backends.iter().filter(move |backend| backend.scenario == scenario)
    }

    /// Returns the notation of a column with the changes of these figures on a scenario.
    fn notation(&self, scenario: &str, figures: &[Figure]) -> Notation {
        let changes = self.backends(scenario).flat_map(|backend| &backend.changes);
        let shown = changes.filter(|change| figures.contains(&change.figure));
        Notation::of(shown.filter_map(|change| Some(change.interval?.ratio)))
    }

    /// Returns why there are no verdicts, if so.
    fn without_verdicts(&self) -> Option<String> {
        let obstacles: Vec<String> = self.obstacles.iter().map(Obstacle::to_string).collect();
        (!obstacles.is_empty()).then(|| {
            format!(
                "The records are not comparable, so there are no verdicts: {}.",
                obstacles.join("; ")
            )
        })
    }

    /// Returns a sentence for each pair of backends in reversed order.
    fn reversals(&self) -> Vec<String> {
        let pairs = self.difference.reversed.iter().filter(|_| self.obstacles.is_empty());
        let sentence = pairs.map(|pair| {
            format!(
                "{} was faster than {} on {}, and is slower now.",
                pair.was_faster, pair.is_faster, pair.scenario
            )
        });
        sentence.collect()
    }
}

impl Figure {
    /// Returns the heading of its table.
    fn heading(self) -> &'static str {
        match self {
            Self::Median => "median pass",
            Self::Ratio => "pass relative to the reference",
            Self::Cpu => "CPU per fetch",
        }
    }

    /// Formats a value of it.
    fn level_text(self, level: f64) -> String {
        match self {
            Self::Median | Self::Cpu => seconds(level),
            Self::Ratio => format!("{level:.3}×"),
        }
    }
}

impl FigureChange {
    /// Formats its interval.
    fn interval_text(&self, notation: Notation) -> String {
        match self.interval {
            Some(interval) => notation.interval(interval.ratio),
            None if self.blocks == 1 => "1 block is too few".to_owned(),
            None => format!("{} blocks are too few", self.blocks),
        }
    }
}

/// Returns a sentence for each record in which a backend does not count.
fn invalidities(backend: &BackendChange) -> Vec<String> {
    let records = [("old", &backend.invalid.old), ("new", &backend.invalid.new)];
    let invalid = records.into_iter().filter_map(|(record, why)| Some((record, why.as_ref()?)));
    invalid
        .map(|(record, why)| {
            format!("{} does not count in the {record} record: {why}", backend.name)
        })
        .collect()
}

/// Returns one line for each backend that exceeds a threshold.
pub fn exceeded(difference: &Difference, thresholds: &[Threshold]) -> Vec<String> {
    let exceeding = thresholds.iter().flat_map(|threshold| {
        difference.exceeding(*threshold).map(move |backend| (backend, threshold))
    });
    exceeding
        .map(|(backend, threshold)| {
            visible(&format!("{} on {}: {threshold}", backend.name, backend.scenario))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Bounds, Ratio};
    use crate::tools::diff::{ChangeInterval, OldNew, Reversed};

    fn change(figure: Figure, old: f64, mean: f64, low: f64, high: f64) -> FigureChange {
        let ratio = Ratio { mean, bounds: Some(Bounds { low, high }), blocks: 8, machines: None };
        FigureChange {
            figure,
            levels: OldNew { old, new: old * mean },
            blocks: 8,
            interval: Some(ChangeInterval { ratio, smallest_difference: 1.2 * (high - mean) }),
        }
    }

    fn backend(name: &str, changes: &[FigureChange]) -> BackendChange {
        BackendChange {
            scenario: "keepalive".to_owned(),
            name: name.to_owned(),
            changes: changes.to_vec(),
            invalid: OldNew::default(),
        }
    }

    /// Returns a difference with every verdict.
    fn difference() -> Difference {
        let few =
            FigureChange { interval: None, blocks: 3, ..change(Figure::Cpu, 4e-5, 1.0, 1.0, 1.0) };
        Difference {
            backends: vec![
                backend(
                    "hyper@tokio",
                    &[
                        change(Figure::Median, 0.120_41, 1.0, 0.995, 1.005),
                        change(Figure::Cpu, 2e-5, 0.9, 0.89, 0.91),
                    ],
                ),
                backend(
                    "ureq@sequential",
                    &[
                        change(Figure::Median, 0.120_41, 3.4123, 2.8312, 4.1234),
                        change(Figure::Ratio, 1.0, 3.4123, 2.8312, 4.1234),
                        change(Figure::Cpu, 3e-5, 1.1, 1.05, 1.15),
                    ],
                ),
                backend(
                    "surf@async-std",
                    &[
                        change(Figure::Median, 0.120_41, 0.95, 0.9015, 0.9985),
                        change(Figure::Ratio, 1.31, 1.02, 0.9512, 1.0949),
                        few,
                    ],
                ),
            ],
            reversed: vec![Reversed {
                scenario: "keepalive".to_owned(),
                was_faster: "surf@smol".to_owned(),
                is_faster: "hyper@smol".to_owned(),
            }],
            left_out: vec!["fan-out is only in the new record.".to_owned()],
        }
    }

    /// Calls `check` with a view of the small difference.
    pub(super) fn with_view(obstacles: &[Obstacle], check: impl Fn(&DiffView<'_>)) {
        let conditions = ["kernel: Linux 6.18.0 -> Linux 6.19.0".to_owned()];
        let difference = difference();
        check(&DiffView {
            difference: &difference,
            conditions: &conditions,
            obstacles,
            equivalence: 0.02,
        });
    }
}
