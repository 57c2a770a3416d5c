//! What it costs to depend on a row, as the page's template takes it.

use serde::Serialize;

use super::beside::program;
use crate::compare::metric::Unit;
use crate::record::{Advisory, Footprint, Program, RowSetup};
use crate::report::comparison::show;

/// The headings of the figures.
pub(super) const COLUMNS: [&str; 10] = [
    "https in it",
    "crates",
    "twice",
    "build, CPU",
    "binary",
    "C compiler",
    "Rust",
    "licence",
    "released",
    "advisories",
];

/// The rows, and what is said against what they are built of.
#[derive(Debug, Serialize)]
pub(super) struct DependenceView {
    rows: Vec<RowView>,
    advisories: Vec<AdvisoryView>,
}

/// A row and its figures.
#[derive(Debug, Serialize)]
struct RowView {
    name: String,
    cells: Vec<CellView>,
}

/// A figure: its text, the number that it is sorted by if it is one, what is behind it, and where
/// that is to be seen.
#[derive(Debug, Serialize)]
struct CellView {
    text: String,
    value: Option<f64>,
    names: Vec<String>,
    link: Option<String>,
}

/// An advisory.
#[derive(Debug, Serialize)]
struct AdvisoryView {
    id: String,
    against: String,
    link: Option<String>,
}

/// The rows of a comparison of which a program was measured. `None` where there is none.
pub(super) fn view(footprint: &Footprint, rows: &[RowSetup]) -> Option<DependenceView> {
    let programs = || rows.iter().filter_map(|row| Some((row, program(footprint, &row.name)?)));
    let mut advisories: Vec<&Advisory> =
        programs().flat_map(|(_, program)| &program.advisories).collect();
    advisories.sort_by(|a, b| a.id.cmp(&b.id));
    advisories.dedup();
    let row = |(row, program): (&RowSetup, &Program)| RowView {
        name: row.name.clone(),
        cells: cells(program),
    };
    let advisory = |of: &Advisory| AdvisoryView {
        id: of.id.clone(),
        against: of.against.clone(),
        link: web(&of.link),
    };
    let advisories = advisories.into_iter().map(advisory).collect();
    let view = DependenceView { rows: programs().map(row).collect(), advisories };
    (!view.rows.is_empty()).then_some(view)
}

/// A link that leads to the web and nowhere else.
fn web(link: &str) -> Option<String> {
    link.starts_with("https://").then(|| link.to_owned())
}

fn cells(program: &Program) -> Vec<CellView> {
    let number = |text: String, value: f64| CellView {
        text,
        value: Some(value),
        names: Vec::new(),
        link: None,
    };
    let words =
        |text: &str| CellView { text: text.to_owned(), value: None, names: Vec::new(), link: None };
    let count = |names: Vec<String>| CellView {
        names: names.clone(),
        ..number(names.len().to_string(), names.len() as f64)
    };
    let native = program.native.join(", ");
    let release = program.released.as_ref();
    let advisories =
        program.advisories.iter().map(|advisory| format!("{} {}", advisory.id, advisory.against));
    vec![
        words(if program.https { "yes" } else { "no" }),
        number(program.crates.to_string(), program.crates as f64),
        count(program.duplicates.clone()),
        number(format!("{:.0} s", program.build_cpu_s), program.build_cpu_s),
        number(show(Unit::Bytes, program.binary_bytes as f64), program.binary_bytes as f64),
        words(if native.is_empty() { "no" } else { &native }),
        words(program.msrv.as_deref().unwrap_or("–")),
        words(&program.licence),
        CellView {
            link: release.and_then(|release| web(&release.link)),
            ..words(release.map_or("–", |release| &release.date))
        },
        count(advisories.collect()),
    ]
}
