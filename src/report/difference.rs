//! What differs between two records, as text for people.

use std::fmt::Write;

use super::comparison::interval;
use super::escape::visible;
use super::numbers::seconds;
use super::table::{Column, Side, table};
use super::{FAILURE, HEADING};
use crate::difference::{Difference, Figure, RowChange, Threshold};
use crate::paired::{Ratio, Verdict};

/// A table for each scenario, then what stands beside it.
pub fn text(difference: &Difference, conditions: &[String]) -> String {
    let mut text = String::new();
    let mut scenarios: Vec<&str> = difference.rows.iter().map(|row| row.scenario.as_str()).collect();
    scenarios.dedup();
    for scenario in scenarios {
        let rows: Vec<&RowChange> = difference.rows.iter().filter(|row| row.scenario == scenario).collect();
        writeln!(text, "{HEADING}{}{HEADING:#}\n{}", visible(scenario), changes(&rows)).expect("a string takes all");
        for row in rows {
            for (when, why) in [("old", &row.invalid.0), ("new", &row.invalid.1)] {
                if let Some(why) = why {
                    let line = visible(&format!("{} does not count in the {when} record: {why}", row.row));
                    writeln!(text, "{FAILURE}{line}{FAILURE:#}\n").expect("a string takes all");
                }
            }
        }
    }
    for line in &difference.left_out {
        writeln!(text, "{}", visible(line)).expect("a string takes all");
    }
    if !conditions.is_empty() {
        text.push_str("What else is not as it was:\n");
    }
    for line in conditions {
        writeln!(text, "  {}", visible(line)).expect("a string takes all");
    }
    text
}

/// Old and new pass, and how each figure has changed. What slowed the whole machine down is in the pass and not in the
/// ratio to the reference.
fn changes(rows: &[&RowChange]) -> String {
    let columns = [
        Column("row", Side::Left),
        Column("old pass", Side::Right),
        Column("new pass", Side::Right),
        Column("median", Side::Left),
        Column("ratio to the reference", Side::Left),
        Column("cpu", Side::Left),
    ];
    let time = |median: Option<f64>| median.map_or_else(String::new, seconds);
    let line = |row: &&RowChange| {
        let mut cells = vec![visible(&row.row), time(row.median_s.0), time(row.median_s.1)];
        // The figures are named in the order of the columns.
        let changes = Figure::ALL.iter().zip(&row.changes);
        cells.extend(changes.map(|(figure, change)| change.map_or_else(String::new, |ratio| told(*figure, ratio))));
        cells
    };
    table(&columns, &rows.iter().map(line).collect::<Vec<_>>())
}

fn told(figure: Figure, ratio: Ratio) -> String {
    let (less, more) = if figure == Figure::Cpu { ("less", "more") } else { ("faster", "slower") };
    match ratio.verdict() {
        Verdict::Faster => format!("{less} {}", interval(ratio)),
        Verdict::Slower => format!("{more} {}", interval(ratio)),
        Verdict::Tied => format!("same {}", interval(ratio)),
        Verdict::TooFewBlocks => format!("{} blocks are too few", ratio.blocks),
    }
}

/// One line for each row that passes a threshold.
pub fn passed(difference: &Difference, thresholds: &[Threshold]) -> Vec<String> {
    let line = |row: &RowChange, threshold: &Threshold| {
        threshold.is_passed_by(row).then(|| visible(&format!("{} on {}: {threshold}", row.row, row.scenario)))
    };
    let rows = difference.rows.iter();
    rows.flat_map(|row| thresholds.iter().filter_map(move |threshold| line(row, threshold))).collect()
}
