//! A comparison on a terminal, in 80 columns.

use super::{cell, footnotes, invalidities, verdict};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::compare::metric::{self, Metric, MetricGroup};
use crate::record::ComparisonSetup;
use crate::render::escape::visible;
use crate::render::numbers::grouped;
use crate::render::table::{Column, Side, TERMINAL, table, width, wrapped};
use crate::render::{FAILURE, HEADING};
use crate::stats::paired::{Ratio, Verdict};

/// The width of the longest bar. With fewer characters, bars are left out.
const BARS: std::ops::RangeInclusive<usize> = 4..=20;

/// Returns the tables of every scenario, then one sentence for each.
pub fn text(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> String {
    let mut text = String::new();
    for workload in workloads {
        text.push_str(&format!(
            "{}\n{}\n{}",
            heading(workload),
            ranking(workload),
            costs(workload)
        ));
        text.push('\n');
        for line in invalidities(workload) {
            text.push_str(&format!("{FAILURE}{line}{FAILURE:#}\n"));
        }
        for line in footnotes(workload) {
            text.push_str(&wrapped(&visible(&line)));
        }
        text.push('\n');
    }
    for workload in workloads {
        text.push_str(&wrapped(&visible(&verdict(workload))));
    }
    if !setup.complete {
        text.push_str("The run was interrupted: this is what had been measured.\n");
    }
    text
}

fn heading(workload: &WorkloadAnalysis) -> String {
    let WorkloadAnalysis { setup, .. } = workload;
    let scaled = if setup.time_scale == 1.0 {
        String::new()
    } else {
        format!(", delays x {}", setup.time_scale)
    };
    format!(
        "{HEADING}{}{HEADING:#}: {} fetches at concurrency {}{scaled}, {} blocks",
        visible(&setup.scenario),
        grouped(setup.fetches),
        setup.concurrency,
        workload.blocks
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
fn ranking(workload: &WorkloadAnalysis) -> String {
    let without = ranking_with_bars(workload, 0);
    // Two for the gap between columns.
    let room = TERMINAL.saturating_sub(width(&without) + 2).min(*BARS.end());
    if room < *BARS.start() { without } else { ranking_with_bars(workload, room) }
}

/// Returns the table of times. The bar of the slowest backend has `longest` characters.
fn ranking_with_bars(workload: &WorkloadAnalysis, longest: usize) -> String {
    let shown = shown(workload, MetricGroup::Time);
    let mut columns = vec![Column("", Side::Right), Column("row", Side::Left)];
    columns.extend(shown.iter().map(|shown| Column(shown.heading, Side::Right)));
    // After the first figure, the pass.
    columns.insert(3, Column("", Side::Left));
    columns.push(Column("against the reference", Side::Left));
    let slowest = workload.valid().filter_map(|backend| backend.median_s).fold(0.0, f64::max);
    let lines = workload.valid().map(|backend| {
        let rank = backend.rank.map_or_else(String::new, |rank| rank.to_string());
        let mut line = vec![rank, visible(&backend.name)];
        line.extend(shown.iter().map(|shown| cell(shown.metric, backend)));
        let share = backend.median_s.filter(|_| longest > 0).map(|median| median / slowest);
        line.insert(3, share.map_or_else(String::new, |share| bar(share, longest)));
        line.push(against(workload, backend));
        line
    });
    table(&columns, &lines.collect::<Vec<_>>())
}

fn bar(share: f64, longest: usize) -> String {
    "█".repeat((share * longest as f64).round().max(1.0) as usize)
}

/// Returns the verdict on a backend in short words with its interval; for the reference, its noise.
fn against(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> String {
    let (word, ratio) = if backend.name == workload.reference {
        ("itself", workload.noise)
    } else {
        (backend.verdict().map_or("", Verdict::short_words), backend.ratio)
    };
    let bound = if backend.is_server_bound() { ", server-bound" } else { "" };
    format!("{word:<7} {}{bound}", ratio.map_or_else(String::new, Ratio::short_interval_text))
        .trim_end()
        .to_owned()
}

fn costs(workload: &WorkloadAnalysis) -> String {
    let shown = shown(workload, MetricGroup::Cost);
    let mut columns = vec![Column("row", Side::Left)];
    columns.extend(shown.iter().map(|shown| Column(shown.heading, Side::Right)));
    let lines = workload.valid().map(|backend| {
        let cells = shown.iter().map(|shown| cell(shown.metric, backend));
        std::iter::once(visible(&backend.name)).chain(cells).collect()
    });
    table(&columns, &lines.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    fn plain(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> String {
        anstream::adapter::strip_str(&text(setup, workloads)).to_string()
    }

    #[test]
    fn a_comparison_fits_a_terminal() {
        let comparison = comparison();
        let text = plain(&comparison.setup, &analyse(&comparison));
        insta::assert_snapshot!(text, @r"
article: 3 fetches at concurrency 3, delays x 0.5, 6 blocks
   row                  pass             of ideal  against the reference
1  surf@smol        30.16 ms  ████         99.5 %  itself  +0.2 % (+0.2 to +0.2)
2  hyper@smol       30.48 ms  █████        98.4 %  slower  +1.1 % (+1.1 to +1.1)
3  ureq@sequential  60.38 ms  █████████    99.4 %  slower  x 2.00 (2.00 to 2.01)

row                   CPU  peak RSS  threads  waits  allocations  sockets/pass
surf@smol        222.2 µs    9.0 MB        2   1.33           20             0
hyper@smol       333.3 µs    9.0 MB        3   1.33        20.33             0
ureq@sequential  444.4 µs    9.0 MB        4   1.33        20.67             0

exec:broken: wrong-answer (18 passes): http://a.example/: 3 bytes instead of 5
ureq@threads is left out: its pass takes 50.0 s at best.
Differences from about 0.2 % on are found here in four runs of five.

On article surf@smol is the fastest; next comes hyper@smol.
");
        assert!(text.lines().all(|line| line.chars().count() <= TERMINAL), "{text}");
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
        let headings = "row CPU peak RSS memory/fetch threads waits sockets/pass";
        assert!(words.contains(headings), "{text}");
        assert!(words.contains("surf@smol 222.2 µs 9.0 MB 4.5 kB 2"), "{text}");
        // The memory of its child processes is unknown.
        assert!(words.contains("hyper@smol 333.3 µs 3 "), "{text}");
        // One fetch at a time is no crowd.
        assert!(words.contains("ureq@sequential 444.4 µs 9.0 MB 4 "), "{text}");
        assert!(width(&text) <= TERMINAL, "{text}");
    }
}
