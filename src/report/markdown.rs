//! A record as Markdown: whole, or short for a README.

use std::fmt::Write;

use super::comparison;
use super::environment;
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::{Environment, Folder, Measurement, Record, What};
use crate::render::escape::markdown as escape;
use crate::render::numbers::{grouped, per_second, seconds, time_scale};

/// What the numbers are, and what they are not.
const WHAT_THESE_ARE: &str = "\
Each figure is the median of the samples that criterion took of a row, all of one row before the next was opened. There \
are no intervals and no verdicts here: between one row and the next the machine may have grown faster or slower, so a \
small difference may be no difference. `fetchbench compare` measures in paired rounds and gives \
both.";

/// All that a folder holds.
pub fn folder(folder: &Folder, workloads: &[WorkloadAnalysis]) -> String {
    let bench = folder.bench.as_ref().map(report);
    let Some(compared) = &folder.comparison else { return bench.unwrap_or_default() };
    let rows = compared.setup.rows.iter().map(|row| row.name.as_str());
    let facts = listed(&environment::facts(&folder.environment, rows));
    let text = format!(
        "# Record {}\n\n{}## How it was measured\n\n{facts}* seed: {}\n",
        escape(&folder.name),
        comparison::markdown(&compared.setup, workloads),
        compared.setup.seed
    );
    // One page has one title.
    bench.map_or_else(
        || text.clone(),
        |bench| format!("{text}\n{}", bench.replacen("# Record ", "# cargo bench, ", 1)),
    )
}

/// What `cargo bench` measured.
pub fn report(record: &Record) -> String {
    let measurements = record.measurements();
    let mut text = format!("# Record {}\n\n{WHAT_THESE_ARE}\n", escape(&record.name));
    if record.cut {
        text += "\nThe last line of the samples was cut off, as by a crash; it is left out.\n";
    }
    if record.samples.is_empty() {
        text += "\nThere are no samples in it.\n";
    }
    text += "\n## Where\n\n";
    text += &environment(&record.environment, &measurements);
    for group in scenarios(&measurements) {
        text += &scenario(&group, &measurements);
    }
    text += &over_concurrency(&measurements);
    text += &overhead(&measurements);
    text
}

/// One table of all rows and scenarios, and where it was measured.
pub fn short(record: &Record) -> String {
    let measurements = record.measurements();
    let groups = scenarios(&measurements);
    let mut headings = vec!["row".to_owned()];
    headings.extend(groups.iter().map(|group| {
        let of = group[0].of();
        format!(
            "{} ({} fetches{})",
            escape(&of.scenario),
            grouped(of.fetches),
            time_scale(of.time_scale)
        )
    }));
    let line = |row: &&str| {
        let mut line = vec![escape(row)];
        line.extend(groups.iter().map(|group| {
            let found = group.iter().find(|measurement| measurement.of().row == *row);
            found.map_or_else(|| "–".to_owned(), |measurement| seconds(measurement.pass_s()))
        }));
        line
    };
    let lines: Vec<_> = rows(&measurements).iter().map(line).collect();
    let Environment { cpu, cores, started, .. } = &record.environment;
    let date = started.split('T').next().unwrap_or(started);
    format!(
        "Median time of one pass over all sites of a scenario, on {cores} cores of {}, \
         {}:\n\n{}\n{WHAT_THESE_ARE}\n",
        escape(cpu),
        escape(date),
        table(&headings, &lines),
    )
}

/// Where the record was measured, as a list.
fn environment(environment: &Environment, measurements: &[Measurement<'_>]) -> String {
    listed(&environment::facts(environment, rows(measurements)))
}

fn listed(facts: &[(&str, String)]) -> String {
    facts
        .iter()
        .fold(String::new(), |text, (name, value)| format!("{text}* {name}: {}\n", escape(value)))
}

/// The measurements of passes, one group for each scenario with its options, in the order in which
/// they were taken.
fn scenarios<'m, 'a>(measurements: &'m [Measurement<'a>]) -> Vec<Vec<&'m Measurement<'a>>> {
    let mut groups: Vec<Vec<&Measurement<'_>>> = Vec::new();
    for measurement in measurements.iter().filter(|measurement| measurement.of().what == What::Pass)
    {
        let key = |measurement: &Measurement<'a>| {
            let of = measurement.of();
            (of.scenario.as_str(), of.concurrency, of.fetches, of.time_scale.to_bits())
        };
        match groups.iter_mut().find(|group| key(group[0]) == key(measurement)) {
            Some(group) => group.push(measurement),
            None => groups.push(vec![measurement]),
        }
    }
    groups
}

/// The rows whose passes were measured, in that order.
fn rows<'a>(measurements: &[Measurement<'a>]) -> Vec<&'a str> {
    let mut rows = Vec::new();
    for measurement in measurements.iter().filter(|measurement| measurement.of().what == What::Pass)
    {
        if !rows.contains(&measurement.of().row.as_str()) {
            rows.push(measurement.of().row.as_str());
        }
    }
    rows
}

/// The table of one scenario.
fn scenario(group: &[&Measurement<'_>], all: &[Measurement<'_>]) -> String {
    let of = group[0].of();
    let fastest =
        group.iter().map(|measurement| measurement.pass_s()).fold(f64::INFINITY, f64::min);
    let has_ideal = group.iter().any(|measurement| measurement.ideal_s().is_some());
    let mut headings =
        vec!["row", "threads", "median pass", "rate", "to the fastest row", "samples"];
    headings.extend(["fastest sample", "slowest sample"]);
    if has_ideal {
        headings.extend(["ideal", "efficiency"]);
    }
    let line = |measurement: &&Measurement<'_>| {
        let (from, to) = measurement.range_s();
        let mut line = vec![
            escape(&measurement.of().row),
            measurement.of().threads.to_string(),
            seconds(measurement.pass_s()),
            per_second(measurement.fetches_per_s()),
            format!("{:.2} ×", measurement.pass_s() / fastest),
            measurement.count().to_string(),
            seconds(from),
            seconds(to),
        ];
        if has_ideal {
            line.push(measurement.ideal_s().map_or_else(String::new, seconds));
            line.push(
                measurement
                    .efficiency()
                    .map_or_else(String::new, |share| format!("{:.1} %", share * 100.0)),
            );
        }
        line
    };
    let mut text = format!(
        "\n## {}\n\n{} fetches a pass, concurrency {}{}.\n\n{}",
        escape(&of.scenario),
        grouped(of.fetches),
        grouped(of.concurrency as u64),
        time_scale(of.time_scale),
        table(&headings, &group.iter().map(line).collect::<Vec<_>>()),
    );
    let here = |row: &&str| group.iter().any(|measurement| measurement.of().row == *row);
    let missing: Vec<_> = rows(all).into_iter().filter(|row| !here(row)).map(escape).collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let _ = writeln!(
            text,
            "\nNot measured here, for an ideal pass longer than a second or by a filter: {names}."
        );
    }
    text
}

/// Fetches per second of each row at each concurrency.
fn over_concurrency(measurements: &[Measurement<'_>]) -> String {
    let measured: Vec<_> = measurements
        .iter()
        .filter(|measurement| measurement.of().what == What::Concurrency)
        .collect();
    let Some(first) = measured.first() else { return String::new() };
    let (mut rows, mut widths) = (Vec::new(), Vec::new());
    for of in measured.iter().map(|measurement| measurement.of()) {
        if !rows.contains(&of.row.as_str()) {
            rows.push(&of.row);
        }
        if !widths.contains(&of.concurrency) {
            widths.push(of.concurrency);
        }
    }
    let mut headings = vec!["row".to_owned()];
    headings.extend(widths.iter().map(|width| format!("concurrency {}", grouped(*width as u64))));
    let line = |row: &&str| {
        let mut line = vec![escape(row)];
        line.extend(widths.iter().map(|width| {
            let is_same = |measurement: &&&Measurement<'_>| {
                (measurement.of().row.as_str(), measurement.of().concurrency) == (*row, *width)
            };
            measured
                .iter()
                .find(is_same)
                .map_or_else(|| "–".to_owned(), |found| per_second(found.fetches_per_s()))
        }));
        line
    };
    let lines: Vec<_> = rows.iter().map(line).collect();
    format!(
        "\n## {} over concurrency\n\n{}",
        escape(&first.of().scenario),
        table(&headings, &lines)
    )
}

/// What the harness costs: alone, in opening sessions, and beside hand-written loops.
fn overhead(measurements: &[Measurement<'_>]) -> String {
    let kind =
        |what: What| measurements.iter().filter(move |measurement| measurement.of().what == what);
    let mut lines = Vec::new();
    for measurement in kind(What::Harness) {
        let fetch_s = measurement.pass_s() / measurement.of().fetches as f64;
        lines.push([format!("{}, a fetch", escape(&measurement.of().row)), seconds(fetch_s)]);
    }
    for measurement in kind(What::Open) {
        lines.push([
            format!("opening {}", escape(&measurement.of().row)),
            seconds(measurement.pass_s()),
        ]);
    }
    for measurement in kind(What::ByHand) {
        let by_hand = measurement.of();
        lines.push([
            format!("{}, by hand, a pass over {}", escape(&by_hand.row), escape(&by_hand.scenario)),
            seconds(measurement.pass_s()),
        ]);
    }
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = lines.into_iter().map(|line| line.to_vec()).collect();
    format!(
        "\n## Overhead\n\n{}\nThe example `overhead` compares each row with its hand-written loop \
         in alternating passes.\n",
        table(&["what", "median"], &lines),
    )
}

/// A table: its first column is text, the others are numbers.
fn table(headings: &[impl AsRef<str>], lines: &[Vec<String>]) -> String {
    let headings: Vec<&str> = headings.iter().map(AsRef::as_ref).collect();
    let mut text =
        format!("| {} |\n|---|{}\n", headings.join(" | "), "--:|".repeat(headings.len() - 1));
    for line in lines {
        let _ = writeln!(text, "| {} |", line.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::record;

    #[test]
    fn a_record_is_told_whole() {
        insta::assert_snapshot!(report(&record()), @r"
# Record 2026-11-22T1012-some-cpu

Each figure is the median of the samples that criterion took of a row, all of one row before the next was opened. There are no intervals and no verdicts here: between one row and the next the machine may have grown faster or slower, so a small difference may be no difference. `fetchbench compare` measures in paired rounds and gives both.

## Where

* started: 2026-11-22T10:12:59Z
* command: cargo bench
* CPU: Some CPU, 2 cores
* memory: 8.0 GiB
* governor: performance
* open files: 1024 at most
* kernel: Linux 6.18.0
* compiler: rustc 1.95.0
* profile: release
* crates: surf 2.3.2, smol 2.0.2
* lock file: CRC-32 0123abcd
* source: revision 0123456789abcdef, with changes that are not committed
* load average before: 0.1, 0.2, 0.3

## keepalive

1,000 fetches a pass, concurrency 32.

| row | threads | median pass | rate | to the fastest row | samples | fastest sample | slowest sample |
|---|--:|--:|--:|--:|--:|--:|--:|
| surf@smol | 2 | 50.00 ms | 20,000/s | 1.00 × | 3 | 40.00 ms | 60.00 ms |
| ureq@sequential | 2 | 100.00 ms | 10,000/s | 2.00 × | 1 | 100.00 ms | 100.00 ms |

## article

7 fetches a pass, concurrency 7, delays × 0.1.

| row | threads | median pass | rate | to the fastest row | samples | fastest sample | slowest sample | ideal | efficiency |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| surf@smol | 2 | 150.00 ms | 46.7/s | 1.00 × | 1 | 150.00 ms | 150.00 ms | 148.00 ms | 98.7 % |

Not measured here, for an ideal pass longer than a second or by a filter: ureq@sequential.

## keepalive over concurrency

| row | concurrency 1 | concurrency 256 |
|---|--:|--:|
| surf@smol | 5,000/s | 20,000/s |

## Overhead

| what | median |
|---|--:|
| fake, a fetch | 500 ns |
| opening surf@smol | 50.0 µs |
| surf@smol, by hand, a pass over keepalive | 45.00 ms |

The example `overhead` compares each row with its hand-written loop in alternating passes.
");
    }

    #[test]
    fn a_record_is_told_in_short() {
        insta::assert_snapshot!(short(&record()), @r"
Median time of one pass over all sites of a scenario, on 2 cores of Some CPU, 2026-11-22:

| row | keepalive (1,000 fetches) | article (7 fetches, delays × 0.1) |
|---|--:|--:|
| surf@smol | 50.00 ms | 150.00 ms |
| ureq@sequential | 100.00 ms | – |

Each figure is the median of the samples that criterion took of a row, all of one row before the next was opened. There are no intervals and no verdicts here: between one row and the next the machine may have grown faster or slower, so a small difference may be no difference. `fetchbench compare` measures in paired rounds and gives both.
");
    }

    #[test]
    fn foreign_text_stays_in_its_cell_and_is_nothing_but_text() {
        let mut record = record();
        record.samples[0].row = "<b>|`x\n\u{1b}[31m\u{202e}".to_owned();
        let text = report(&record);
        assert!(text.contains("| \\<b\\>\\|\\`x␊␛\\[31m\u{fffd} |"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
}
