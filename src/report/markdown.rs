//! A record as Markdown: in full, or short for a README.

use std::fmt::Write;

use super::comparison;
use super::environment::{self, date};
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::{BenchRecord, Environment, Folder, Measurement, SampleKind};
use crate::render::escape::markdown as escape;
use crate::render::numbers::{decimal_percent, grouped, per_second, seconds, time_scale};

/// How to read the numbers.
const WHAT_THESE_ARE: &str = "\
Each figure is the median of the samples that criterion took of a backend, all of one backend \
before the next was opened. There are no intervals and no verdicts here: between one backend and \
the next the machine may have grown faster or slower, so a small difference may be no difference. \
`fetchbench compare` measures in paired rounds and gives both.";

/// Returns everything that a folder holds.
pub fn folder(folder: &Folder, workloads: &[WorkloadAnalysis]) -> String {
    let bench = folder.bench.as_ref().map(report);
    let Some(compared) = &folder.comparison else { return bench.unwrap_or_default() };
    let backends = compared.setup.backends.iter().map(|backend| backend.name.as_str());
    let facts = listed(&environment::facts(&folder.environment, backends));
    let text = format!(
        "# Record {}\n\n{}## How it was measured\n\n{facts}* seed: {}\n",
        escape(&folder.name),
        comparison::markdown(&compared.setup, workloads),
        compared.setup.seed
    );
    // A page has only one title.
    bench.map_or_else(
        || text.clone(),
        |bench| format!("{text}\n{}", bench.replacen("# Record ", "# cargo bench, ", 1)),
    )
}

/// Returns the measurements of `cargo bench`.
pub fn report(record: &BenchRecord) -> String {
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

/// Returns one table of all backends and scenarios, with the machine and the date.
pub fn short(record: &BenchRecord) -> String {
    let measurements = record.measurements();
    let groups = scenarios(&measurements);
    let mut headings = vec!["backend".to_owned()];
    headings.extend(groups.iter().map(|group| {
        let of = group[0].of();
        format!(
            "{} ({} fetches{})",
            escape(&of.scenario),
            grouped(of.fetches),
            time_scale(of.time_scale)
        )
    }));
    let lines: Vec<_> =
        backends(&measurements).iter().map(|backend| short_line(backend, &groups)).collect();
    let Environment { cpu, cores, .. } = &record.environment;
    format!(
        "Median time of one pass over all sites of a scenario, on {cores} cores of {}, \
         {}:\n\n{}\n{WHAT_THESE_ARE}\n",
        escape(cpu),
        escape(date(&record.environment)),
        table(&headings, &lines),
    )
}

fn short_line(backend: &str, groups: &[Vec<&Measurement<'_>>]) -> Vec<String> {
    let mut line = vec![escape(backend)];
    line.extend(groups.iter().map(|group| {
        let found = group.iter().find(|measurement| measurement.of().backend == backend);
        found.map_or_else(|| "–".to_owned(), |measurement| seconds(measurement.pass_s()))
    }));
    line
}

fn environment(environment: &Environment, measurements: &[Measurement<'_>]) -> String {
    listed(&environment::facts(environment, backends(measurements)))
}

fn listed(facts: &[(&str, String)]) -> String {
    facts
        .iter()
        .fold(String::new(), |text, (name, value)| format!("{text}* {name}: {}\n", escape(value)))
}

/// Returns the measurements of one kind.
fn select<'m, 'a>(
    measurements: &'m [Measurement<'a>],
    kind: SampleKind,
) -> impl Iterator<Item = &'m Measurement<'a>> {
    measurements.iter().filter(move |measurement| measurement.of().what == kind)
}

/// Groups the measurements of passes by scenario and options, in measured order.
fn scenarios<'m, 'a>(measurements: &'m [Measurement<'a>]) -> Vec<Vec<&'m Measurement<'a>>> {
    let mut groups: Vec<Vec<&Measurement<'_>>> = Vec::new();
    for measurement in select(measurements, SampleKind::Pass) {
        match groups.iter_mut().find(|group| is_same_scenario(group[0], measurement)) {
            Some(group) => group.push(measurement),
            None => groups.push(vec![measurement]),
        }
    }
    groups
}

/// Compares scenarios with their options.
fn is_same_scenario(one: &Measurement<'_>, other: &Measurement<'_>) -> bool {
    let (one, other) = (one.of(), other.of());
    one.scenario == other.scenario
        && one.concurrency == other.concurrency
        && one.fetches == other.fetches
        && one.time_scale.to_bits() == other.time_scale.to_bits()
}

/// Returns the backends with measured passes, in measured order.
fn backends<'a>(measurements: &[Measurement<'a>]) -> Vec<&'a str> {
    let mut backends = Vec::new();
    for measurement in select(measurements, SampleKind::Pass) {
        if !backends.contains(&measurement.of().backend.as_str()) {
            backends.push(measurement.of().backend.as_str());
        }
    }
    backends
}

fn scenario(group: &[&Measurement<'_>], all: &[Measurement<'_>]) -> String {
    let of = group[0].of();
    let fastest =
        group.iter().map(|measurement| measurement.pass_s()).fold(f64::INFINITY, f64::min);
    let has_ideal = group.iter().any(|measurement| measurement.ideal_s().is_some());
    let mut headings =
        vec!["backend", "threads", "median pass", "rate", "vs the fastest", "samples"];
    headings.extend(["fastest sample", "slowest sample"]);
    if has_ideal {
        headings.extend(["ideal", "efficiency"]);
    }
    let lines: Vec<_> =
        group.iter().map(|measurement| scenario_line(measurement, fastest, has_ideal)).collect();
    let mut text = format!(
        "\n## {}\n\n{} fetches a pass, concurrency {}{}.\n\n{}",
        escape(&of.scenario),
        grouped(of.fetches),
        grouped(of.concurrency as u64),
        time_scale(of.time_scale),
        table(&headings, &lines),
    );
    let missing: Vec<_> = backends(all)
        .into_iter()
        .filter(|backend| !group.iter().any(|measurement| measurement.of().backend == *backend))
        .map(escape)
        .collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let _ = writeln!(
            text,
            "\nNot measured here, for an ideal pass longer than a second or by a filter: {names}."
        );
    }
    text
}

fn scenario_line(measurement: &Measurement<'_>, fastest_s: f64, has_ideal: bool) -> Vec<String> {
    let (from, to) = measurement.range_s();
    let mut line = vec![
        escape(&measurement.of().backend),
        measurement.of().threads.to_string(),
        seconds(measurement.pass_s()),
        per_second(measurement.fetches_per_s()),
        format!("{:.2} ×", measurement.pass_s() / fastest_s),
        measurement.count().to_string(),
        seconds(from),
        seconds(to),
    ];
    if has_ideal {
        line.push(measurement.ideal_s().map_or_else(String::new, seconds));
        line.push(measurement.efficiency().map_or_else(String::new, decimal_percent));
    }
    line
}

/// Returns the table of fetches per second: a row for each backend, a column for each concurrency.
fn over_concurrency(measurements: &[Measurement<'_>]) -> String {
    let measured: Vec<_> = select(measurements, SampleKind::Concurrency).collect();
    let Some(first) = measured.first() else { return String::new() };
    let (mut backends, mut widths) = (Vec::new(), Vec::new());
    for of in measured.iter().map(|measurement| measurement.of()) {
        if !backends.contains(&of.backend.as_str()) {
            backends.push(&of.backend);
        }
        if !widths.contains(&of.concurrency) {
            widths.push(of.concurrency);
        }
    }
    let mut headings = vec!["backend".to_owned()];
    headings.extend(widths.iter().map(|width| format!("concurrency {}", grouped(*width as u64))));
    let lines: Vec<_> =
        backends.iter().map(|backend| concurrency_line(backend, &widths, &measured)).collect();
    format!(
        "\n## {} over concurrency\n\n{}",
        escape(&first.of().scenario),
        table(&headings, &lines)
    )
}

fn concurrency_line(backend: &str, widths: &[usize], measured: &[&Measurement<'_>]) -> Vec<String> {
    let mut line = vec![escape(backend)];
    line.extend(widths.iter().map(|width| {
        measured
            .iter()
            .map(|measurement| (measurement, measurement.of()))
            .find(|(_, sample)| sample.backend == backend && sample.concurrency == *width)
            .map_or_else(|| "–".to_owned(), |(found, _)| per_second(found.fetches_per_s()))
    }));
    line
}

/// Returns the cost of the harness: alone, opening sessions, and next to hand-written loops.
fn overhead(measurements: &[Measurement<'_>]) -> String {
    let mut lines = Vec::new();
    for measurement in select(measurements, SampleKind::Harness) {
        let fetch_s = measurement.pass_s() / measurement.of().fetches as f64;
        lines.push([format!("{}, /fetch", escape(&measurement.of().backend)), seconds(fetch_s)]);
    }
    for measurement in select(measurements, SampleKind::Open) {
        lines.push([
            format!("opening {}", escape(&measurement.of().backend)),
            seconds(measurement.pass_s()),
        ]);
    }
    for measurement in select(measurements, SampleKind::ByHand) {
        let by_hand = measurement.of();
        lines.push([
            format!(
                "{}, by hand, a pass over {}",
                escape(&by_hand.backend),
                escape(&by_hand.scenario)
            ),
            seconds(measurement.pass_s()),
        ]);
    }
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = lines.into_iter().map(|line| line.to_vec()).collect();
    format!(
        "\n## Overhead\n\n{}\nThe example `overhead` compares each backend with its hand-written \
         loop in alternating passes.\n",
        table(&["what", "median"], &lines),
    )
}

/// Formats a table with text in the first column and numbers in the others.
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
    fn a_record_in_full() {
        insta::assert_snapshot!(report(&record()), @r"
# Record 2026-11-22T1012-some-cpu

Each figure is the median of the samples that criterion took of a backend, all of one backend before the next was opened. There are no intervals and no verdicts here: between one backend and the next the machine may have grown faster or slower, so a small difference may be no difference. `fetchbench compare` measures in paired rounds and gives both.

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
* target: x86\_64-unknown-linux-gnu
* allocator: glibc

## keepalive

1,000 fetches a pass, concurrency 32.

| backend | threads | median pass | rate | vs the fastest | samples | fastest sample | slowest sample |
|---|--:|--:|--:|--:|--:|--:|--:|
| surf@smol | 2 | 50.00 ms | 20,000/s | 1.00 × | 3 | 40.00 ms | 60.00 ms |
| ureq@sequential | 2 | 100.00 ms | 10,000/s | 2.00 × | 1 | 100.00 ms | 100.00 ms |

## article

7 fetches a pass, concurrency 7, delays × 0.1.

| backend | threads | median pass | rate | vs the fastest | samples | fastest sample | slowest sample | ideal | efficiency |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| surf@smol | 2 | 150.00 ms | 46.7/s | 1.00 × | 1 | 150.00 ms | 150.00 ms | 148.00 ms | 98.7 % |

Not measured here, for an ideal pass longer than a second or by a filter: ureq@sequential.

## keepalive over concurrency

| backend | concurrency 1 | concurrency 256 |
|---|--:|--:|
| surf@smol | 5,000/s | 20,000/s |

## Overhead

| what | median |
|---|--:|
| fake, /fetch | 500 ns |
| opening surf@smol | 50.0 µs |
| surf@smol, by hand, a pass over keepalive | 45.00 ms |

The example `overhead` compares each backend with its hand-written loop in alternating passes.
");
    }

    #[test]
    fn a_record_in_short() {
        insta::assert_snapshot!(short(&record()), @r"
Median time of one pass over all sites of a scenario, on 2 cores of Some CPU, 2026-11-22:

| backend | keepalive (1,000 fetches) | article (7 fetches, delays × 0.1) |
|---|--:|--:|
| surf@smol | 50.00 ms | 150.00 ms |
| ureq@sequential | 100.00 ms | – |

Each figure is the median of the samples that criterion took of a backend, all of one backend before the next was opened. There are no intervals and no verdicts here: between one backend and the next the machine may have grown faster or slower, so a small difference may be no difference. `fetchbench compare` measures in paired rounds and gives both.
");
    }

    #[test]
    fn foreign_text_stays_in_its_cell() {
        let mut record = record();
        record.samples[0].backend = "<b>|`x\n\u{1b}[31m\u{202e}".to_owned();
        let text = report(&record);
        assert!(text.contains("| \\<b\\>\\|\\`x␊␛\\[31m\u{fffd} |"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
}
