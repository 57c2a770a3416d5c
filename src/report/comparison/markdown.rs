//! A comparison as Markdown.

use std::fmt::Write;

use super::{against, cell, footnotes, no_instructions, verdict};
use crate::analysis::StageAnalysis;
use crate::metric;
use crate::record::{Environment, Setup};
use crate::report::markdown::escape;
use crate::report::numbers;

/// The tables of every scenario, with all figures.
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
            let verdict = match &row.invalid {
                Some(invalid) => invalid.to_string(),
                None => against(stage, row),
            };
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
    if let Some(told) = no_instructions(setup, stages) {
        writeln!(text, "Instructions: {}.\n", escape(&told)).expect("a string");
    }
    if !setup.complete {
        text.push_str("The run was interrupted: this is what had been measured.\n");
    }
    text
}

/// The verdict of each scenario with a small table, folded up: for a page that has other things to say as well.
pub fn short(environment: &Environment, stages: &[StageAnalysis]) -> String {
    let Environment { cpu, cores, started, .. } = environment;
    let date = started.split('T').next().unwrap_or(started);
    let mut text = format!("Measured on {cores} cores of {}, {}.\n", escape(cpu), escape(date));
    for stage in stages {
        let (name, setup) = (escape(&stage.setup.scenario), &stage.setup);
        let scale = numbers::time_scale(setup.time_scale);
        let (fetches, at_once) = (numbers::grouped(setup.fetches), numbers::grouped(setup.concurrency as u64));
        writeln!(text, "\n**{name}**: {fetches} fetches, {at_once} at once{scale}. {}\n", escape(&verdict(stage)))
            .expect("a string");
        writeln!(text, "<details><summary>The rows of {name}</summary>\n").expect("a string");
        // Where there are no delays, there is no ideal.
        let has_ideal = stage.rows.iter().any(|row| row.efficiency().is_some());
        let share = if has_ideal { "efficiency" } else { "of_floor" };
        let metrics = ["median_s", share, "cpu_s_per_fetch", "peak_rss_bytes"]
            .map(|key| metric::ALL.iter().find(|metric| metric.key == key).expect("the table has it"));
        let heading = metrics[1].heading;
        writeln!(text, "| | row | pass | {heading} | CPU a fetch | memory | against the reference |")
            .expect("a string");
        text.push_str("|--:|---|--:|--:|--:|--:|---|\n");
        for row in stage.valid() {
            let rank = row.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
            let figures = metrics.map(|metric| cell(metric, row));
            let (name, says) = (escape(&row.name), escape(&against(stage, row)));
            writeln!(text, "| {rank} | {name} | {} | {says} |", figures.join(" | ")).expect("a string");
        }
        text.push_str("\n</details>\n");
    }
    text
}
