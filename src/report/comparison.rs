//! What a comparison says, as text for people and as Markdown, JSON and CSV.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::escape::visible;
use super::markdown::escape;
use super::table::{Column, Side, table};
use super::{FAILURE, HEADING, numbers};
use crate::analysis::{Cost, RowAnalysis, StageAnalysis};
use crate::metric::{self, Metric, Unit};
use crate::paired::{Ratio, Verdict};
use crate::record::Setup;

/// The width of the longest bar, in characters.
const BAR: usize = 20;

/// The costs that have room on a terminal; the other forms show all.
const TERMINAL_COSTS: [&str; 6] = [
    "cpu_user_s_per_fetch",
    "cpu_system_s_per_fetch",
    "peak_rss_bytes",
    "switches_voluntary_per_fetch",
    "allocations_per_fetch",
    "sockets",
];

/// What a hurried person reads, then what a careful one does.
pub fn text(setup: &Setup, stages: &[StageAnalysis]) -> String {
    let mut text = String::new();
    for stage in stages {
        write!(text, "{}\n{}\n", heading(stage), ranking(stage)).expect("a string takes everything");
        push_costs(&mut text, stage);
        for line in invalidities(stage) {
            writeln!(text, "{FAILURE}{line}{FAILURE:#}").expect("a string takes everything");
        }
        for line in footnotes(stage) {
            writeln!(text, "{line}").expect("a string takes everything");
        }
        text.push('\n');
    }
    for stage in stages {
        writeln!(text, "{}", verdict(stage)).expect("a string takes everything");
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
        setup.fetches,
        setup.concurrency,
        stage.blocks
    )
}

/// The table of times. A bar is as long as the row's time against the slowest's.
fn ranking(stage: &StageAnalysis) -> String {
    let columns = [
        Column("", Side::Right),
        Column("row", Side::Left),
        Column("median pass", Side::Right),
        Column("", Side::Left),
        Column("rate", Side::Right),
        Column("of ideal", Side::Right),
        Column("against the reference", Side::Left),
    ];
    let slowest = stage.rows.iter().filter_map(|row| row.median_s).fold(0.0, f64::max);
    let rows: Vec<Vec<String>> = stage
        .rows
        .iter()
        .filter(|row| row.invalid.is_none())
        .map(|row| {
            let bar = row.median_s.map_or(0, |median| (median / slowest * BAR as f64).round().max(1.0) as usize);
            let at_least = if row.is_server_bound() { "at least " } else { "" };
            vec![
                row.rank.map_or_else(String::new, |rank| rank.to_string()),
                row.name.clone(),
                row.median_s.map_or_else(String::new, |median| show(Unit::Seconds, median)),
                "█".repeat(bar),
                row.rate().map_or_else(String::new, |rate| format!("{at_least}{}", show(Unit::PerSecond, rate))),
                row.efficiency().map_or_else(String::new, |share| show(Unit::Share, share)),
                against(stage, row),
            ]
        })
        .collect();
    table(&columns, &rows)
}

/// The verdict on a row, read off its interval.
fn against(stage: &StageAnalysis, row: &RowAnalysis) -> String {
    if row.name == stage.reference {
        let noise = stage.noise.map_or_else(String::new, |noise| format!(", against itself {}", interval(noise)));
        return format!("the reference{noise}");
    }
    match row.ratio {
        None => String::new(),
        Some(ratio) => match ratio.verdict() {
            Verdict::Faster => format!("faster: {}", interval(ratio)),
            Verdict::Slower => format!("slower: {}", interval(ratio)),
            Verdict::Tied => format!("cannot be told apart: {}", interval(ratio)),
            Verdict::TooFewBlocks => format!("no verdict from {} blocks", ratio.blocks),
        },
    }
}

/// A ratio of times with its interval, as a difference where it is small and as a factor where it is large.
fn interval(ratio: Ratio) -> String {
    if ratio.high < 2.0 && ratio.low > 0.5 {
        let percent = |value: f64| format!("{:+.1}", (value - 1.0) * 100.0);
        format!("{} % ({} to {})", percent(ratio.mean), percent(ratio.low), percent(ratio.high))
    } else {
        format!("x {:.2} ({:.2} to {:.2})", ratio.mean, ratio.low, ratio.high)
    }
}

/// The table of costs, without what the table of times says already.
fn push_costs(text: &mut String, stage: &StageAnalysis) {
    let metrics: Vec<&Metric> = metric::ALL.iter().filter(|metric| TERMINAL_COSTS.contains(&metric.key)).collect();
    let mut columns = vec![Column("row", Side::Left)];
    columns.extend(metrics.iter().map(|metric| Column(metric.heading, Side::Right)));
    let rows: Vec<Vec<String>> = stage
        .rows
        .iter()
        .filter(|row| row.invalid.is_none())
        .map(|row| {
            let cells = metrics.iter().map(|metric| cell(metric, row));
            std::iter::once(row.name.clone()).chain(cells).collect()
        })
        .collect();
    text.push('\n');
    text.push_str(&table(&columns, &rows));
}

fn cell(metric: &Metric, row: &RowAnalysis) -> String {
    (metric.value)(row).map_or_else(String::new, |value| show(metric.unit, value))
}

/// A figure as people read it.
fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => numbers::seconds(value),
        Unit::PerSecond => numbers::per_second(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Bytes if value >= 1e6 => format!("{:.1} MB", value / 1e6),
        Unit::Bytes if value >= 1e3 => format!("{:.1} kB", value / 1e3),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Number if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}

/// What is said against the rows that do not count.
fn invalidities(stage: &StageAnalysis) -> Vec<String> {
    let line = |row: &RowAnalysis| {
        let (validity, why, passes) = row.invalid.as_ref()?;
        Some(visible(&format!("{}: {} ({passes} passes): {why}", row.name, validity.name())))
    };
    stage.rows.iter().filter_map(line).collect()
}

fn footnotes(stage: &StageAnalysis) -> Vec<String> {
    let mut notes = Vec::new();
    for (row, ideal) in &stage.setup.left_out {
        notes.push(format!("{row} is left out: its pass takes {ideal:.1} s at best."));
    }
    if let Some(smallest) = stage.smallest_difference {
        notes.push(format!("Differences from about {:.1} % on are found here in four runs of five.", smallest * 100.0));
    }
    notes
}

/// One plain sentence that a hurried person can act on.
pub fn verdict(stage: &StageAnalysis) -> String {
    let name = visible(&stage.setup.scenario);
    if stage.rows.iter().all(|row| row.invalid.is_some()) {
        return format!("On {name} no row counts.");
    }
    let best: Vec<&RowAnalysis> = stage.rows.iter().filter(|row| row.rank == Some(1)).collect();
    let Some(first) = best.first() else {
        return format!("On {name} there are too few blocks for a verdict: give it more time with --budget.");
    };
    if best.len() == 1 {
        return match stage.rows.iter().find(|row| row.rank.is_some_and(|rank| rank > 1)) {
            Some(next) => format!("On {name} {} is the fastest; next comes {}.", first.name, next.name),
            None => format!("On {name} there is only {}.", first.name),
        };
    }
    let cheapest = best.iter().min_by(|a, b| cpu(a).total_cmp(&cpu(b))).expect("there are several");
    let names: Vec<&str> = best.iter().map(|row| row.name.as_str()).collect();
    format!(
        "On {name} no row is shown to be faster than {}: choose on cost, where {} takes the least CPU.",
        join(&names),
        cheapest.name
    )
}

fn cpu(row: &RowAnalysis) -> f64 {
    row.cost.map_or(f64::INFINITY, |cost| cost.user_s + cost.system_s)
}

/// `a, b or c`.
fn join(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The same as Markdown.
pub fn markdown(setup: &Setup, stages: &[StageAnalysis]) -> String {
    let mut text = String::new();
    for stage in stages {
        writeln!(text, "## {}\n\n{}\n", escape(&stage.setup.scenario), escape(&verdict(stage))).expect("a string");
        text.push_str("| | row | against the reference |");
        for metric in metric::ALL {
            write!(text, " {} |", metric.heading).expect("a string");
        }
        text.push_str("\n|--:|---|---|");
        text.push_str(&"--:|".repeat(metric::ALL.len()));
        text.push('\n');
        for row in &stage.rows {
            let rank = row.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
            let verdict = row
                .invalid
                .as_ref()
                .map_or_else(|| against(stage, row), |(validity, why, _)| format!("{}: {why}", validity.name()));
            write!(text, "| {rank} | {} | {} |", escape(&row.name), escape(&verdict)).expect("a string");
            for metric in metric::ALL {
                write!(text, " {} |", cell(metric, row)).expect("a string");
            }
            text.push('\n');
        }
        text.push('\n');
        for line in footnotes(stage) {
            writeln!(text, "{}\n", escape(&line)).expect("a string");
        }
    }
    if !setup.complete {
        text.push_str("The run was interrupted: this is what had been measured.\n");
    }
    text
}

/// The same as JSON.
pub fn json(setup: &Setup, stages: &[StageAnalysis]) -> Value {
    let stages: Vec<Value> = stages
        .iter()
        .map(|stage| {
            json!({
                "scenario": stage.setup.scenario,
                "time_scale": stage.setup.time_scale,
                "concurrency": stage.setup.concurrency,
                "fetches": stage.setup.fetches,
                "blocks": stage.blocks,
                "reference": stage.reference,
                "noise": stage.noise.map(json_ratio),
                "smallest_difference": stage.smallest_difference,
                "server": stage.server.map(json_cost),
                "verdict": verdict(stage),
                "rows": stage.rows.iter().map(json_row).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "complete": setup.complete, "seed": setup.seed, "scenarios": stages })
}

fn json_row(row: &RowAnalysis) -> Value {
    let mut object = Map::new();
    object.insert("row".to_owned(), json!(row.name));
    object.insert("rank".to_owned(), json!(row.rank));
    object.insert("ties".to_owned(), json!(row.ties));
    object.insert("validity".to_owned(), json!(row.invalid.as_ref().map_or("valid", |invalid| invalid.0.name())));
    object.insert("why".to_owned(), json!(row.invalid.as_ref().map(|invalid| &invalid.1)));
    object.insert("ratio".to_owned(), json!(row.ratio.map(json_ratio)));
    object.insert("passes".to_owned(), json!(row.passes));
    for metric in metric::ALL {
        object.insert(metric.key.to_owned(), json!((metric.value)(row)));
    }
    Value::Object(object)
}

fn json_cost(cost: Cost) -> Value {
    json!({
        "cpu_user_s_per_fetch": cost.user_s,
        "cpu_system_s_per_fetch": cost.system_s,
        "switches_voluntary_per_fetch": cost.voluntary_switches,
        "switches_involuntary_per_fetch": cost.involuntary_switches,
        "threads": cost.threads,
        "peak_rss_bytes": cost.peak_rss_bytes,
    })
}

fn json_ratio(ratio: Ratio) -> Value {
    let verdict = match ratio.verdict() {
        Verdict::Faster => "faster",
        Verdict::Slower => "slower",
        Verdict::Tied => "tied",
        Verdict::TooFewBlocks => "too-few-blocks",
    };
    json!({ "mean": ratio.mean, "low": ratio.low, "high": ratio.high, "blocks": ratio.blocks, "verdict": verdict })
}

/// The same as CSV: a line for each scenario and row.
pub fn csv(stages: &[StageAnalysis]) -> String {
    let keys: Vec<&str> = metric::ALL.iter().map(|metric| metric.key).collect();
    let mut text = format!("scenario,row,rank,validity,ratio,ratio_low,ratio_high,{}\n", keys.join(","));
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for stage in stages {
        for row in &stage.rows {
            let mut fields = vec![
                csv_field(&stage.setup.scenario),
                csv_field(&row.name),
                row.rank.map_or_else(String::new, |rank| rank.to_string()),
                row.invalid.as_ref().map_or("valid", |invalid| invalid.0.name()).to_owned(),
                number(row.ratio.map(|ratio| ratio.mean)),
                number(row.ratio.map(|ratio| ratio.low)),
                number(row.ratio.map(|ratio| ratio.high)),
            ];
            fields.extend(metric::ALL.iter().map(|metric| number((metric.value)(row))));
            writeln!(text, "{}", fields.join(",")).expect("a string takes everything");
        }
    }
    text
}

/// A cell that a spreadsheet neither splits nor takes for a formula.
fn csv_field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", visible(text).replace('"', "\"\""))
}
