//! A comparison on a terminal: what a hurried person reads, then what a careful one does, in 80 columns.

use std::fmt::Write;

use super::{cell, footnotes, invalidities, short_interval, show, verdict};
use crate::analysis::{BackendAnalysis, StageAnalysis};
use crate::metric::{self, Metric, Unit};
use crate::paired::Verdict;
use crate::record::Setup;
use crate::report::escape::visible;
use crate::report::numbers::grouped;
use crate::report::table::{Column, Side, TERMINAL, table, width, wrapped};
use crate::report::{FAILURE, HEADING};

/// The width of the longest bar, in characters, and of the shortest that says anything.
const BARS: std::ops::RangeInclusive<usize> = 4..=20;

/// The costs that have room on a terminal; the other forms show all.
const COSTS: [&str; 6] = [
    "cpu_s_per_fetch",
    "peak_rss_bytes",
    "threads",
    "switches_voluntary_per_fetch",
    "allocations_per_fetch",
    "sockets",
];

/// What stands in the place of the allocations where it is known: where a crowd waits.
const OF_A_CROWD: &str = "memory_per_fetch_bytes";

/// The tables of every scenario, then one sentence for each.
pub fn text(setup: &Setup, stages: &[StageAnalysis]) -> String {
    let mut text = String::new();
    for stage in stages {
        write!(text, "{}\n{}\n{}", heading(stage), ranking(stage), costs(stage)).expect("a string takes everything");
        text.push('\n');
        for line in invalidities(stage) {
            writeln!(text, "{FAILURE}{line}{FAILURE:#}").expect("a string takes everything");
        }
        for line in footnotes(stage) {
            text.push_str(&wrapped(&visible(&line)));
        }
        text.push('\n');
    }
    for stage in stages {
        text.push_str(&wrapped(&visible(&verdict(stage))));
    }
    if !setup.complete {
        text.push_str("The run was interrupted: this is what had been measured.\n");
    }
    text
}

fn heading(stage: &StageAnalysis) -> String {
    let StageAnalysis { setup, .. } = stage;
    let scaled = if setup.time_scale == 1.0 { String::new() } else { format!(", delays x {}", setup.time_scale) };
    format!(
        "{HEADING}{}{HEADING:#}: {} fetches at concurrency {}{scaled}, {} blocks",
        visible(&setup.scenario),
        grouped(setup.fetches),
        setup.concurrency,
        stage.blocks
    )
}

/// The table of times. A bar is as long as the row's time against the slowest's, and takes the room that is left.
fn ranking(stage: &StageAnalysis) -> String {
    let columns = [
        Column("", Side::Right),
        Column("row", Side::Left),
        Column("pass", Side::Right),
        Column("", Side::Left),
        Column("of ideal", Side::Right),
        Column("of floor", Side::Right),
        Column("against the reference", Side::Left),
    ];
    let valid: Vec<&BackendAnalysis> = stage.valid().collect();
    let slowest = valid.iter().filter_map(|row| row.median_s).fold(0.0, f64::max);
    let lines = |longest: usize| -> Vec<Vec<String>> {
        let bar = |median: f64| "█".repeat((median / slowest * longest as f64).round().max(1.0) as usize);
        let share = |share: f64| show(Unit::Share, share);
        let line = |row: &&BackendAnalysis| {
            vec![
                row.rank.map_or_else(String::new, |rank| rank.to_string()),
                visible(&row.name),
                row.median_s.map_or_else(String::new, |median| show(Unit::Seconds, median)),
                row.median_s.filter(|_| longest > 0).map_or_else(String::new, bar),
                row.efficiency().map_or_else(String::new, share),
                row.of_floor.map_or_else(String::new, share),
                against(stage, row),
            ]
        };
        valid.iter().map(line).collect()
    };
    let without = table(&columns, &lines(0));
    // Two for the gap between columns.
    let room = TERMINAL.saturating_sub(width(&without) + 2).min(*BARS.end());
    if room < *BARS.start() { without } else { table(&columns, &lines(room)) }
}

/// The verdict on a row in a word, and its interval. What the reference shows against itself is noise.
fn against(stage: &StageAnalysis, row: &BackendAnalysis) -> String {
    let (word, ratio) = if row.name == stage.reference {
        ("itself", stage.noise)
    } else {
        let word = match row.verdict() {
            Some(Verdict::Faster) => "faster",
            Some(Verdict::Slower) => "slower",
            Some(Verdict::Tied) => "tied",
            Some(Verdict::TooFewBlocks) => "too few",
            None => "",
        };
        (word, row.ratio)
    };
    let bound = if row.is_server_bound() { ", server-bound" } else { "" };
    format!("{word:<7} {}{bound}", ratio.map_or_else(String::new, short_interval)).trim_end().to_owned()
}

/// The table of costs, without what the table of times says already.
fn costs(stage: &StageAnalysis) -> String {
    let is_crowd = stage.rows.iter().any(|row| row.memory_per_fetch_bytes.is_some());
    let shown = COSTS.map(|key| if is_crowd && key == "allocations_per_fetch" { OF_A_CROWD } else { key });
    let metrics: Vec<&Metric> = metric::ALL.iter().filter(|metric| shown.contains(&metric.key)).collect();
    let mut columns = vec![Column("row", Side::Left)];
    columns.extend(metrics.iter().map(|metric| Column(metric.heading, Side::Right)));
    let line = |row: &BackendAnalysis| {
        let cells = metrics.iter().map(|metric| cell(metric, row));
        std::iter::once(visible(&row.name)).chain(cells).collect()
    };
    let lines: Vec<Vec<String>> = stage.valid().map(line).collect();
    table(&columns, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::report::tests::comparison;

    fn plain(setup: &Setup, stages: &[StageAnalysis]) -> String {
        anstream::adapter::strip_str(&text(setup, stages)).to_string()
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

row                   CPU  peak memory  threads  waits  allocations  sockets
surf@smol        222.2 µs       9.0 MB        2   1.33           20        0
hyper@smol       333.3 µs       9.0 MB        3   1.33        20.33        0
ureq@sequential  444.4 µs       9.0 MB        4   1.33        20.67        0

exec:broken: wrong-answer (18 passes): http://a.example/: 3 bytes instead of 5
ureq@threads is left out: its pass takes 50.0 s at best.
Differences from about 0.2 % on are found here in four runs of five.

On article surf@smol is the fastest; next comes hyper@smol.
");
        assert!(text.lines().all(|line| line.chars().count() <= TERMINAL), "{text}");
    }

    #[test]
    fn foreign_names_and_messages_stay_on_their_line() {
        let mut comparison = comparison();
        comparison.setup.stages[0].scenario = "\u{1b}[2J\nkeepalive".to_owned();
        for pass in &mut comparison.passes {
            pass.scenario = "\u{1b}[2J\nkeepalive".to_owned();
            pass.why = pass.why.as_ref().map(|_| "\u{202e}\u{1b}]0;title\u{7}".to_owned());
        }
        let text = plain(&comparison.setup, &analyse(&comparison));
        assert!(text.contains("␛[2J␊keepalive: ") && text.contains("On ␛[2J␊keepalive "), "{text}");
        assert!(text.contains("\u{fffd}␛]0;title␇"), "{text}");
    }

    #[test]
    fn a_crowd_is_told_by_the_memory_of_each() {
        let mut comparison = comparison();
        (comparison.setup.stages[0].fetches, comparison.setup.stages[0].concurrency) = (2_000, 2_000);
        comparison.costs.iter_mut().filter(|cost| cost.row == "hyper@smol").for_each(|cost| cost.children_s = 0.01);
        let text = plain(&comparison.setup, &analyse(&comparison));
        let told = |words: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").contains(words);
        assert!(told("row CPU peak memory memory/fetch threads waits sockets"), "{text}");
        assert!(told("surf@smol 222.2 µs 9.0 MB 4.5 kB 2"), "{text}");
        // Nobody tells the memory of the programs that did its work.
        assert!(told("hyper@smol 333.3 µs 3 "), "{text}");
        // One fetch at a time is no crowd.
        assert!(told("ureq@sequential 444.4 µs 9.0 MB 4 "), "{text}");
        assert!(width(&text) <= TERMINAL, "{text}");
    }
}
