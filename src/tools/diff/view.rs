//! The difference between two records, as text of 80 columns.

use std::fmt::Write;

use crate::render::escape::visible;
use crate::render::numbers::seconds;
use crate::render::table::{Column, Side, table, wrapped};
use crate::render::verdict::Change;
use crate::render::{FAILURE, HEADING};
use crate::stats::EQUIVALENCE;
use crate::tools::diff::{BackendChange, Difference, Figure, Reversed, Threshold};

/// Returns two tables for each scenario, then the other differences.
pub fn text(difference: &Difference, conditions: &[String]) -> String {
    let mut text = String::new();
    let mut scenarios: Vec<&str> =
        difference.backends.iter().map(|backend| backend.scenario.as_str()).collect();
    scenarios.dedup();
    for scenario in scenarios {
        let backends: Vec<&BackendChange> =
            difference.backends.iter().filter(|backend| backend.scenario == scenario).collect();
        let (scenario, passes, others) = (visible(scenario), passes(&backends), others(&backends));
        writeln!(text, "{HEADING}{scenario}{HEADING:#}\n{passes}\n{others}")
            .expect("a string takes all");
        for backend in backends {
            for (when, why) in [("old", &backend.invalid.old), ("new", &backend.invalid.new)] {
                if let Some(why) = why {
                    let line = visible(&format!(
                        "{} does not count in the {when} record: {why}",
                        backend.name
                    ));
                    writeln!(text, "{FAILURE}{line}{FAILURE:#}\n").expect("a string takes all");
                }
            }
        }
    }
    text.push_str(&order(difference));
    for line in &difference.left_out {
        text.push_str(&wrapped(&visible(line)));
    }
    if !conditions.is_empty() {
        text.push_str("What else is not as it was:\n");
    }
    for line in conditions {
        writeln!(text, "  {}", visible(line)).expect("a string takes all");
    }
    text
}

/// Returns the table of passes, which include changes of the whole machine.
fn passes(backends: &[&BackendChange]) -> String {
    let columns = [
        Column("row", Side::Left),
        Column("old pass", Side::Right),
        Column("new pass", Side::Right),
        Column("median", Side::Left),
    ];
    table(&columns, &backends.iter().map(|backend| pass_cells(backend)).collect::<Vec<_>>())
}

fn pass_cells(backend: &BackendChange) -> Vec<String> {
    vec![
        visible(&backend.name),
        backend.median_s.old.map_or_else(String::new, seconds),
        backend.median_s.new.map_or_else(String::new, seconds),
        change_text(backend, Figure::Median),
    ]
}

/// Returns the table of the figures that changes of the whole machine cancel out of: the ratio to
/// the reference in the same rounds, and the processor time.
fn others(backends: &[&BackendChange]) -> String {
    let columns = [
        Column("row", Side::Left),
        Column("ratio to the reference", Side::Left),
        Column("cpu", Side::Left),
    ];
    let cells = backends.iter().map(|backend| {
        vec![
            visible(&backend.name),
            change_text(backend, Figure::Ratio),
            change_text(backend, Figure::Cpu),
        ]
    });
    table(&columns, &cells.collect::<Vec<_>>())
}

/// Returns the change of a figure in words.
fn change_text(backend: &BackendChange, figure: Figure) -> String {
    let change = if figure == Figure::Cpu { Change::Cost } else { Change::Time };
    backend.change(figure).map_or_else(String::new, |ratio| {
        let word = ratio.verdict(EQUIVALENCE).map_or("", |verdict| verdict.word_for(change));
        format!("{word} {}", ratio.interval_text())
    })
}

/// Returns a line for each pair of backends that are ranked in opposite order.
fn order(difference: &Difference) -> String {
    if difference.reversed.is_empty() {
        return "No two rows come out in opposite order.\n".to_owned();
    }
    difference.reversed.iter().map(reversed_line).collect()
}

fn reversed_line(pair: &Reversed) -> String {
    let Reversed { scenario, was_faster, is_faster } = pair;
    let line = visible(&format!(
        "{was_faster} was faster than {is_faster} on {scenario}, and is slower now."
    ));
    format!("{FAILURE}{line}{FAILURE:#}\n")
}

/// Returns one line for each backend that passes a threshold.
pub fn passed(difference: &Difference, thresholds: &[Threshold]) -> Vec<String> {
    let mut lines = Vec::new();
    for backend in &difference.backends {
        for threshold in thresholds.iter().filter(|threshold| threshold.is_passed_by(backend)) {
            lines.push(visible(&format!("{} on {}: {threshold}", backend.name, backend.scenario)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{TERMINAL, width};
    use crate::stats::{Bounds, Ratio};
    use crate::tools::diff::OldNew;

    fn ratio(mean: f64, low: f64, high: f64) -> Option<Ratio> {
        Some(Ratio { mean, bounds: Some(Bounds { low, high }), blocks: 8 })
    }

    fn backend(name: &str, changes: [Option<Ratio>; 3]) -> BackendChange {
        BackendChange {
            scenario: "keepalive".to_owned(),
            name: name.to_owned(),
            median_s: OldNew { old: Some(0.120_41), new: Some(0.121_41) },
            changes,
            invalid: OldNew::default(),
        }
    }

    #[test]
    fn text_fits_a_terminal() {
        let backends = vec![
            backend("hyper@tokio", [ratio(1.0, 0.995, 1.005), None, ratio(0.9, 0.89, 0.91)]),
            backend("ureq@sequential", [ratio(3.4123, 2.8312, 4.1234); 3]),
            backend(
                "surf@async-std",
                [ratio(0.95, 0.9015, 0.9985), ratio(1.0996, 1.0912, 1.1049), ratio(1.05, 1.0, 1.1)],
            ),
        ];
        let reversed = vec![Reversed {
            scenario: "keepalive".to_owned(),
            was_faster: "surf@smol".to_owned(),
            is_faster: "hyper@smol".to_owned(),
        }];
        let left_out = vec!["fan-out is only in the new record.".to_owned()];
        let difference = Difference { backends, reversed, left_out };
        let text = text(&difference, &["kernel: Linux 6.18.0 -> Linux 6.19.0".to_owned()]);
        assert!(width(&text) <= TERMINAL, "{text}");
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
keepalive
row               old pass   new pass  median
hyper@tokio      120.41 ms  121.41 ms  same   +0.0 % (-0.5 to +0.5)
ureq@sequential  120.41 ms  121.41 ms  slower x 3.41 (2.83 to 4.12)
surf@async-std   120.41 ms  121.41 ms  faster -5.0 % (-9.9 to -0.1)

row              ratio to the reference        cpu
hyper@tokio                                    less -10 % (-11 to -9.0)
ureq@sequential  slower x 3.41 (2.83 to 4.12)  more x 3.41 (2.83 to 4.12)
surf@async-std   slower +10 % (+9.1 to +10)    same +5.0 % (+0.0 to +10)

surf@smol was faster than hyper@smol on keepalive, and is slower now.
fan-out is only in the new record.
What else is not as it was:
  kernel: Linux 6.18.0 -> Linux 6.19.0
");
    }
}
