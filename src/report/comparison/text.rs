//! A comparison on a terminal.

use super::{
    AgainstColumn, cell, extra_tables, footnotes, invalidities, machine_table, missing,
    on_machines, ratio_table, show, verdict,
};
use crate::compare::analysis::{BackendAnalysis, Quantity, WorkloadAnalysis};
use crate::compare::metric::{self, Metric, MetricGroup, Unit};
use crate::record::ComparisonSetup;
use crate::render::escape::visible;
use crate::render::numbers::{counted, grouped, time_scale};
use crate::render::table::{self, Column, Side, TextTable, table, tables, wrapped};
use crate::render::{FAILURE, HEADING};

/// The width of the longest word, `inconclusive`.
const WORDS: usize = 12;

/// The least length of the longest bar. With less room, bars are left out.
const LEAST_BAR: usize = 4;

/// The greatest length of the longest bar, as a share of the width.
const MOST_BAR: usize = 4;

/// Returns the tables of every scenario, then the result of each in sentences, for a terminal of
/// `columns` characters.
pub fn text(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis], columns: usize) -> String {
    let mut text = String::new();
    if let Some(machines) = machine_table(setup) {
        text.push_str(&format!("{}\n", plain_table(&machines, columns)));
    }
    for workload in workloads {
        text.push_str(&format!("{}\n", heading(workload)));
        if workload.valid().next().is_some() {
            text.push_str(&figures(workload, columns));
        }
        for line in invalidities(workload) {
            text.push_str(&format!("{FAILURE}{line}{FAILURE:#}\n"));
        }
        for line in footnotes(workload) {
            text.push_str(&wrapped(columns, &visible(&line)));
        }
        text.push('\n');
    }
    for workload in workloads {
        text.push_str(&wrapped(columns, &visible(&verdict(workload))));
    }
    if let Some(missing) = missing(setup) {
        text.push_str(&wrapped(columns, &missing));
    }
    if !setup.complete {
        text.push_str("The run was interrupted: these results are partial.\n");
    }
    text
}

fn figures(workload: &WorkloadAnalysis, columns: usize) -> String {
    let mut text = format!("{}\n", times(workload, columns));
    if let Some(added) = AgainstColumn::new(workload, Quantity::Added) {
        text.push_str(&format!("{}\n", added_times(workload, added, columns)));
    }
    if let Some(ratios) = ratio_table(workload) {
        text.push_str(&format!("{}\n", plain_table(&ratios, columns)));
    }
    text.push_str(&format!("{}\n", costs(workload, columns)));
    for extra in extra_tables(workload) {
        let table = plain_table(&extra.table, columns);
        text.push_str(&format!("{}\n{table}\n", extra.title));
    }
    text
}

/// Returns a table of text for a terminal.
fn plain_table(shown: &TextTable, width: usize) -> String {
    let columns: Vec<Column> =
        shown.headings.iter().map(|heading| Column(heading, Side::Left)).collect();
    let rows = shown.rows.iter();
    let rows: Vec<Vec<String>> =
        rows.map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    tables(&columns, &rows, width)
}

fn heading(workload: &WorkloadAnalysis) -> String {
    let WorkloadAnalysis { setup, .. } = workload;
    let link = setup.link.as_ref().map(|link| format!(" over {}", visible(&link.label())));
    format!(
        "{HEADING}{}{HEADING:#}{}: {} at concurrency {}{}, {}{}",
        visible(&setup.scenario),
        link.unwrap_or_default(),
        counted(setup.fetches, "fetch", "fetches"),
        grouped(setup.concurrency as u64),
        time_scale(setup.time_scale),
        counted(workload.blocks as u64, "block", "blocks"),
        on_machines(workload)
    )
}

/// A metric and its column on a terminal.
struct Shown {
    metric: &'static Metric,
    heading: &'static str,
}

/// Returns the metrics of a group that fit on a terminal.
fn shown(workload: &WorkloadAnalysis, group: MetricGroup) -> Vec<Shown> {
    let columns = metric::columns(&workload.backends, |metric| metric.terminal).into_iter();
    let of_group = columns.filter(|(metric, _)| metric.group == group);
    of_group.map(|(metric, column)| Shown { metric, heading: column.heading }).collect()
}

/// Returns the table of times, with bars in the remaining width.
fn times(workload: &WorkloadAnalysis, width: usize) -> String {
    let (headings, rows) = times_with_bars(workload, 0);
    // Two for the gap between columns.
    let needed = table::width(&table(&headings, &rows)) + 2;
    let room = width.saturating_sub(needed).min(width / MOST_BAR);
    if room < LEAST_BAR {
        return tables(&headings, &rows, width);
    }
    let (headings, rows) = times_with_bars(workload, room);
    table(&headings, &rows)
}

/// Returns the columns and rows of times. The bar of the slowest backend has `longest` characters.
fn times_with_bars(
    workload: &WorkloadAnalysis,
    longest: usize,
) -> (Vec<Column<'static>>, Vec<Vec<String>>) {
    let shown = shown(workload, MetricGroup::Time);
    let mut columns = vec![Column("backend", Side::Left)];
    columns.extend(shown.iter().map(|shown| Column(shown.heading, Side::Right)));
    // After the first figure, the pass.
    columns.insert(2, Column("", Side::Left));
    let against = AgainstColumn::new(workload, Quantity::Time);
    columns.extend(against.map(|column| Column(column.heading(), Side::Left)));
    let slowest = workload.valid().filter_map(BackendAnalysis::median_s).fold(0.0, f64::max);
    let lines = workload.valid().map(|backend| {
        let mut line = vec![visible(&backend.name)];
        line.extend(shown.iter().map(|shown| cell(shown.metric, backend)));
        let share = backend.median_s().filter(|_| longest > 0).map(|median| median / slowest);
        line.insert(2, share.map_or_else(String::new, |share| bar(share, longest)));
        line.extend(against.map(|column| compared(column, backend)));
        line
    });
    let rows = lines.collect();
    (columns, rows)
}

fn bar(share: f64, longest: usize) -> String {
    "█".repeat((share * longest as f64).round().max(1.0) as usize)
}

/// Returns the word for a backend, coloured, and its ratio, in columns.
fn compared(column: AgainstColumn<'_>, backend: &BackendAnalysis) -> String {
    let bound = if backend.is_server_bound() { ", server-bound" } else { "" };
    let (word, style) = (column.word(backend), column.style(backend));
    let blanks = " ".repeat(WORDS.saturating_sub(word.len()));
    let text = format!("{style}{word}{style:#}{blanks} {}{bound}", column.figure(backend));
    text.trim_end().to_owned()
}

/// Returns the table of added times.
fn added_times(workload: &WorkloadAnalysis, column: AgainstColumn<'_>, width: usize) -> String {
    let columns = [
        Column("backend", Side::Left),
        Column("added time", Side::Right),
        Column(column.heading(), Side::Left),
    ];
    let lines = workload.valid().map(|backend| {
        let added =
            backend.added_s.map_or_else(String::new, |added_s| show(Unit::Seconds, added_s));
        vec![visible(&backend.name), added, compared(column, backend)]
    });
    tables(&columns, &lines.collect::<Vec<_>>(), width)
}

fn costs(workload: &WorkloadAnalysis, width: usize) -> String {
    let shown = shown(workload, MetricGroup::Cost);
    let mut columns = vec![Column("backend", Side::Left)];
    columns.extend(shown.iter().map(|shown| Column(shown.heading, Side::Right)));
    let lines = workload.valid().map(|backend| {
        let cells = shown.iter().map(|shown| cell(shown.metric, backend));
        std::iter::once(visible(&backend.name)).chain(cells).collect()
    });
    tables(&columns, &lines.collect::<Vec<_>>(), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;
    use crate::render::table::{TERMINAL, width};

    fn plain(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> String {
        anstream::adapter::strip_str(&text(setup, workloads, TERMINAL)).to_string()
    }

    #[test]
    fn a_comparison_fits_a_terminal() {
        let comparison = comparison();
        let text = plain(&comparison.setup, &analyse(&comparison));
        insta::assert_snapshot!(text, @r"
article: 3 fetches at concurrency 3, delays × 0.5, 6 blocks
backend              pass  efficiency  time vs reference
surf@smol        30.16 ms      99.5 %  reference    1.003× (1.002 to 1.004)
hyper@smol       30.48 ms      98.4 %  equivalent   1.009× (1.008 to 1.010)
ureq@sequential  60.38 ms      99.4 %  slower       1.998× (1.995 to 2.001)

backend          added time  added time vs reference
surf@smol          160.2 µs  reference
hyper@smol         477.0 µs  more         2.339× (2.185 to 2.503)
ureq@sequential    380.6 µs  more         1.764× (1.411 to 2.207)

backend          CPU/fetch  peak RSS  threads  ctx switch  allocs  sockets/pass
surf@smol         222.2 µs    9.0 MB        2        1.33      20             0
hyper@smol        333.3 µs    9.0 MB        3        1.33   20.33             0
ureq@sequential   444.4 µs    9.0 MB        4        1.33   20.67             0

exec:broken: wrong-answer (18 passes): http://a.example/: 3 bytes instead of 5
ureq@threads is left out: its pass takes at least 50.0 s.

On article no backend is shown to be faster than surf@smol; ureq@sequential is
slower. hyper@smol is equivalent to surf@smol: within 1.0 %. Choose on cost:
surf@smol takes the least CPU of them.
");
        assert!(text.lines().all(|line| line.chars().count() <= TERMINAL), "{text}");
    }

    #[test]
    fn every_width_is_filled_and_kept() {
        let comparison = comparison();
        let workloads = analyse(&comparison);
        for columns in [60, 80, 120, 200] {
            let text = text(&comparison.setup, &workloads, columns);
            // The reasons of invalid backends are not wrapped.
            let tables = text.split("exec:broken: ").next().unwrap();
            let widest = width(tables);
            assert!(widest <= columns && widest + 20 >= columns.min(110), "{widest}: {text}");
            assert!(text.contains("slower") && text.contains("allocs"), "{text}");
        }
    }

    #[test]
    fn verdicts_have_colours() {
        let comparison = comparison();
        let text = text(&comparison.setup, &analyse(&comparison), TERMINAL);
        assert!(text.contains("\u{1b}[31mslower\u{1b}[0m "), "{text:?}");
    }

    #[test]
    fn foreign_text_stays_on_its_line() {
        let mut comparison = comparison();
        comparison.setup.workloads[0].scenario = "\u{1b}[2J\nkeepalive".to_owned();
        for pass in &mut comparison.passes {
            pass.scenario = "\u{1b}[2J\nkeepalive".to_owned();
            pass.why = pass.why.as_ref().map(|_| "\u{202e}\u{1b}]0;title\u{7}".to_owned());
        }
        let text = plain(&comparison.setup, &analyse(&comparison));
        assert!(text.contains("␛[2J␊keepalive: ") && text.contains("On ␛[2J␊keepalive "), "{text}");
        assert!(text.contains("\u{fffd}␛]0;title␇"), "{text}");
    }

    #[test]
    fn crowds_show_memory_per_fetch() {
        let mut comparison = comparison();
        (comparison.setup.workloads[0].fetches, comparison.setup.workloads[0].concurrency) =
            (2_000, 2_000);
        comparison
            .costs
            .iter_mut()
            .filter(|cost| cost.backend == "hyper@smol")
            .for_each(|cost| cost.children_s = 0.01);
        let text = plain(&comparison.setup, &analyse(&comparison));
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let headings = "backend CPU/fetch peak RSS memory/fetch threads sockets/pass";
        assert!(words.contains(headings), "{text}");
        assert!(words.contains("surf@smol 222.2 µs 9.0 MB 4.5 kB 2"), "{text}");
        // The memory of its child processes is unknown.
        assert!(words.contains("hyper@smol 333.3 µs 3 "), "{text}");
        // One fetch at a time is no crowd.
        assert!(words.contains("ureq@sequential 444.4 µs 9.0 MB 4 "), "{text}");
        assert!(width(&text) <= TERMINAL, "{text}");
    }
}
