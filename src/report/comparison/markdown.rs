//! A comparison as Markdown.

use std::fmt::Write;

use super::{against, cell, footnotes, no_instructions, verdict};
use crate::compare::analysis::{BackendAnalysis, StageAnalysis};
use crate::compare::metric;
use crate::record::{Environment, Setup};
use crate::render::escape::markdown as escape;
use crate::render::numbers;

/// Returns the tables of every scenario, with all figures.
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
            let rank = rank(row);
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

/// Returns the verdict of each scenario with a small table, folded up, for a page with other content.
pub fn short(environment: &Environment, stages: &[StageAnalysis]) -> String {
    let Environment { cpu, cores, started, .. } = environment;
    let date = started.split('T').next().unwrap_or(started);
    let mut text = format!("Measured on {cores} cores of {}, {}.\n", escape(cpu), escape(date));
    for stage in stages {
        let (name, setup) = (escape(&stage.setup.scenario), &stage.setup);
        let scale = numbers::time_scale(setup.time_scale);
        let fetches = numbers::grouped(setup.fetches);
        let at_once = numbers::grouped(setup.concurrency as u64);
        let verdict = escape(&verdict(stage));
        let table = short_table(stage);
        write!(
            text,
            "\n**{name}**: {fetches} fetches, {at_once} at once{scale}. {verdict}\n\n\
             <details><summary>The rows of {name}</summary>\n\n{table}\n</details>\n"
        )
        .expect("a string");
    }
    text
}

fn short_table(stage: &StageAnalysis) -> String {
    let columns = metric::columns(&stage.rows, |metric| metric.short);
    let headings: Vec<&str> = columns.iter().map(|(_, column)| column.heading).collect();
    let rule = "--:|".repeat(columns.len());
    let mut text = format!("| | row | {} | against the reference |\n|--:|---|{rule}---|\n", headings.join(" | "));
    for row in stage.valid() {
        let cells: Vec<String> = columns.iter().map(|(metric, _)| cell(metric, row)).collect();
        let (name, against) = (escape(&row.name), escape(&against(stage, row)));
        writeln!(text, "| {} | {name} | {} | {against} |", rank(row), cells.join(" | ")).expect("a string");
    }
    text
}

fn rank(row: &BackendAnalysis) -> String {
    row.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string())
}
