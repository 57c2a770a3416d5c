//! A comparison as Markdown.

use std::fmt::Write;

use super::{
    AgainstColumn, cell, extra_tables, floor_note, footnotes, instructions_source, invalidities,
    machine_table, missing, ratio_table, verdict,
};
use crate::compare::analysis::{BackendAnalysis, Quantity, WorkloadAnalysis};
use crate::compare::metric::{self, Metric, MetricGroup};
use crate::record::{ComparisonSetup, Environment};
use crate::render::escape::markdown as escape;
use crate::render::numbers;
use crate::render::table::TextTable;
use crate::report::environment::date;

/// Returns the tables of every scenario, with all figures.
pub fn markdown(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> String {
    let mut text = String::new();
    text.extend(machine_table(setup).map(|machines| plain_table(&machines) + "\n"));
    for workload in workloads {
        writeln!(
            text,
            "## {}\n\n{}\n",
            escape(&workload.setup.scenario),
            escape(&verdict(workload))
        )
        .expect("a string");
        let against = AgainstColumn::all(workload);
        text.push_str("| backend |");
        for column in &against {
            write!(text, " {} |", column.heading()).expect("a string");
        }
        for metric in usual() {
            write!(text, " {} |", metric.heading).expect("a string");
        }
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(against.len()));
        text.push_str(&"--:|".repeat(usual().count()));
        text.push('\n');
        for backend in &workload.backends {
            write!(text, "| {} |", escape(&backend.name)).expect("a string");
            for column in &against {
                write!(text, " {} |", escape(&compared(*column, backend))).expect("a string");
            }
            for metric in usual() {
                write!(text, " {} |", cell(metric, backend)).expect("a string");
            }
            text.push('\n');
        }
        text.push('\n');
        text.extend(ratio_table(workload).map(|ratios| plain_table(&ratios) + "\n"));
        for extra in extra_tables(workload) {
            let table = plain_table(&extra.table);
            writeln!(text, "**{}**\n\n{table}", extra.title).expect("a string");
        }
        for line in footnotes(workload) {
            writeln!(text, "{}\n", escape(&line)).expect("a string");
        }
    }
    let source = instructions_source(setup, workloads);
    writeln!(text, "Instructions: {}.\n", escape(&source)).expect("a string");
    if let Some(missing) = missing(setup) {
        writeln!(text, "{missing}\n").expect("a string");
    }
    if !setup.complete {
        text.push_str("The run was interrupted: these results are partial.\n");
    }
    text
}

/// Returns the metrics that every scenario has.
fn usual() -> impl Iterator<Item = &'static Metric> {
    MetricGroup::USUAL.into_iter().flat_map(MetricGroup::metrics)
}

/// Returns a table of text.
fn plain_table(shown: &TextTable) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(shown.headings.len()));
    let rows: String = shown.rows.iter().map(|row| line(row)).collect();
    line(&shown.headings) + &rule + &rows
}

/// Returns the verdict, the invalid backends and a small collapsed table of each scenario, for a
/// page with other content.
pub fn short(environment: &Environment, workloads: &[WorkloadAnalysis]) -> String {
    let Environment { cpu, cores, .. } = environment;
    let date = date(environment);
    let machine = match workloads.first().map_or(0, |workload| workload.machines.len()) {
        0 => format!("{cores} cores of {cpu}"),
        1 => format!("one machine with {cores} cores of {cpu}"),
        count => format!("{count} machines ({cpu})"),
    };
    let mut text = format!("Measured on {}, {}.\n", escape(&machine), escape(date));
    for workload in workloads {
        let (name, setup) = (escape(&workload.setup.scenario), &workload.setup);
        let scale = numbers::time_scale(setup.time_scale);
        let fetches = numbers::grouped(setup.fetches);
        let at_once = numbers::grouped(setup.concurrency as u64);
        let verdict = escape(&verdict(workload));
        let invalid = invalidities(workload).into_iter();
        let invalid: String = invalid.map(|line| format!("{}\n\n", escape(&line))).collect();
        let table = short_table(workload);
        write!(
            text,
            "\n**{name}**: {fetches} fetches, {at_once} at once{scale}. {verdict}\n\n\
             {invalid}<details><summary>The backends of {name}</summary>\n\n{table}\n</details>\n"
        )
        .expect("a string");
    }
    text
}

fn short_table(workload: &WorkloadAnalysis) -> String {
    let columns = metric::columns(&workload.backends, |metric| metric.short);
    let against = AgainstColumn::new(workload, Quantity::Time);
    let headings: Vec<&str> = columns.iter().map(|(_, column)| column.heading).collect();
    let rule = "--:|".repeat(columns.len());
    let mut text = format!(
        "| backend | {} | {} |\n|---|{rule}---|\n",
        headings.join(" | "),
        against.map_or("", |column| column.heading())
    );
    for backend in workload.valid() {
        let cells: Vec<String> = columns.iter().map(|(metric, _)| cell(metric, backend)).collect();
        let against = against.map_or_else(String::new, |column| column.text(backend));
        let (name, against) = (escape(&backend.name), escape(&against));
        writeln!(text, "| {name} | {} | {against} |", cells.join(" | ")).expect("a string");
    }
    if let Some(note) = floor_note(workload) {
        writeln!(text, "\n{}", escape(&note)).expect("a string");
    }
    text
}

/// Returns the comparison of a backend, or why it is invalid.
fn compared(column: AgainstColumn<'_>, backend: &BackendAnalysis) -> String {
    match &backend.invalid {
        Some(invalid) => invalid.to_string(),
        None => column.text(backend),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn summaries_name_invalid_backends() {
        let environment = Environment::capture("fetchbench compare");
        let text = short(&environment, &analyse(&comparison()));
        let (invalid, table) = text.split_once("<details>").unwrap();
        assert!(invalid.contains("\n\nexec:broken: wrong-answer (18 passes): "), "{invalid}");
        assert!(!table.contains("exec:broken"), "{table}");
    }
}
