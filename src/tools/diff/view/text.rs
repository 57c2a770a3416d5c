//! The difference between two records, as text.

use std::fmt::Write;

use super::{BackendChange, DiffView, Figure, FigureChange, invalidities};
use crate::render::escape::visible;
use crate::render::numbers::decimal_percent;
use crate::render::table::{Column, Side, tables, wrapped};
use crate::render::{FAILURE, HEADING};

/// Returns a table for each scenario and figure, then the other differences, for a terminal of
/// `columns` characters.
pub fn text(view: &DiffView<'_>, columns: usize) -> String {
    let mut text = String::new();
    for scenario in view.scenarios() {
        for figure in Figure::ALL {
            text.push_str(&figure_text(view, scenario, figure, columns));
        }
        for line in view.backends(scenario).flat_map(invalidities) {
            writeln!(text, "{FAILURE}{}{FAILURE:#}\n", visible(&line)).expect("a string");
        }
    }
    for line in view.without_verdicts().into_iter().chain(view.reversals()) {
        write!(text, "{FAILURE}{}{FAILURE:#}", wrapped(columns, &visible(&line)))
            .expect("a string");
    }
    for line in &view.difference.left_out {
        text.push_str(&wrapped(columns, &visible(line)));
    }
    if !view.conditions.is_empty() {
        text.push_str("Other differences:\n");
    }
    for line in view.conditions {
        writeln!(text, "  {}", visible(line)).expect("a string");
    }
    text
}

/// A change with the name of its backend.
type Named<'a> = (&'a BackendChange, &'a FigureChange);

/// Returns the table of a figure; empty if no backend has it.
fn figure_text(view: &DiffView<'_>, scenario: &str, figure: Figure, width: usize) -> String {
    let changes: Vec<Named<'_>> = view
        .backends(scenario)
        .filter_map(|backend| Some((backend, backend.change(figure)?)))
        .collect();
    if changes.is_empty() {
        return String::new();
    }
    let columns = [
        Column("backend", Side::Left),
        Column("old", Side::Right),
        Column("new", Side::Right),
        Column("verdict", Side::Left),
        Column("change", Side::Left),
    ];
    let notation = view.notation(scenario, &[figure]);
    let cells = changes.iter().map(|(backend, change)| {
        vec![
            visible(&backend.name),
            figure.level_text(change.levels.old),
            figure.level_text(change.levels.new),
            styled_word(view, change),
            change.interval_text(notation),
        ]
    });
    let table = tables(&columns, &cells.collect::<Vec<_>>(), width);
    let smallest = smallest_differences(view, &changes)
        .map_or_else(String::new, |smallest| wrapped(width, &visible(&smallest)));
    format!("{HEADING}{}: {}{HEADING:#}\n{table}{smallest}\n", visible(scenario), figure.heading())
}

/// Returns the word for a change, coloured; nothing without a verdict.
fn styled_word(view: &DiffView<'_>, change: &FigureChange) -> String {
    let (style, word) = (view.style(change), view.word(change).unwrap_or_default());
    format!("{style}{word}{style:#}")
}

/// Returns the range of the smallest differences that would have been found, with their backends.
fn smallest_differences(view: &DiffView<'_>, changes: &[Named<'_>]) -> Option<String> {
    let mut found: Vec<(f64, &str)> = changes
        .iter()
        .filter_map(|(backend, change)| {
            Some((view.smallest_difference(change)?, backend.name.as_str()))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (found.first()?, found.last()?);
    let [from, to] =
        [least, most].map(|(share, name)| format!("{} ({name})", decimal_percent(*share)));
    let range = if found.len() == 1 { from } else { format!("{from} to {to}") };
    Some(format!("Smallest difference found in four of five cases: {range}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{TERMINAL, width};
    use crate::tools::diff::Obstacle;
    use crate::tools::diff::view::tests::with_view;

    #[test]
    fn text_fits_a_terminal() {
        with_view(&[], |view| {
            let text = text(view, TERMINAL);
            assert!(width(&text) <= TERMINAL, "{text}");
            insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
keepalive: median pass
backend                old        new  verdict     change
hyper@tokio      120.41 ms  120.41 ms  equivalent  1.000× (0.995 to 1.005)
ureq@sequential  120.41 ms  410.88 ms  slower      3.412× (2.831 to 4.124)
surf@async-std   120.41 ms  114.39 ms  faster      0.950× (0.901 to 0.999)
Smallest difference found in four of five cases: 0.6 % (hyper@tokio) to 85.3 %
(ureq@sequential).

keepalive: pass relative to the reference
backend             old     new  verdict       change
ureq@sequential  1.000×  3.412×  slower        3.412× (2.831 to 4.124)
surf@async-std   1.310×  1.336×  inconclusive  1.020× (0.951 to 1.095)
Smallest difference found in four of five cases: 9.0 % (surf@async-std) to 85.3
% (ureq@sequential).

keepalive: CPU per fetch
backend              old      new  verdict  change
hyper@tokio      20.0 µs  18.0 µs  less     -10.0 % (-11.0 to -9.0)
ureq@sequential  30.0 µs  33.0 µs  more     +10.0 % (+5.0 to +15.0)
surf@async-std   40.0 µs  40.0 µs           3 blocks are too few
Smallest difference found in four of five cases: 1.2 % (hyper@tokio) to 6.0 %
(ureq@sequential).

surf@smol was faster than hyper@smol on keepalive, and is slower now.
fan-out is only in the new record.
Other differences:
  kernel: Linux 6.18.0 -> Linux 6.19.0
");
        });
    }

    #[test]
    fn obstacles_leave_no_verdicts() {
        with_view(&[Obstacle::OtherMachine(vec!["cores: 2 -> 4".to_owned()])], |view| {
            let text = anstream::adapter::strip_str(&text(view, TERMINAL)).to_string();
            for word in ["faster", "slower", "less", "more", "equivalent", "inconclusive"] {
                assert!(!text.contains(word), "{text}");
            }
            assert!(text.contains("\nureq@sequential  120.41 ms  410.88 ms  3.412×"), "{text}");
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                words.contains("no verdicts: they are of different machines (cores: 2 -> 4)."),
                "{text}"
            );
        });
    }
}
