//! A comparison as Markdown.

use std::fmt::Write;

use super::{against, cell, footnotes, verdict};
use crate::analysis::StageAnalysis;
use crate::metric;
use crate::record::Setup;
use crate::report::markdown::escape;

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
