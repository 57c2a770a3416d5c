//! What it costs to depend on a row, as the page's template takes it.

use serde::Serialize;

use super::beside::program;
use crate::metric::Unit;
use crate::record::{Footprint, Program, RowSetup};
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

/// A row and its figures.
#[derive(Debug, Serialize)]
pub(super) struct RowView {
    name: String,
    cells: Vec<CellView>,
}

/// A figure: its text, the number that it is sorted by if it is one, and what is behind it.
#[derive(Debug, Serialize)]
struct CellView {
    text: String,
    value: Option<f64>,
    names: Vec<String>,
}

/// The rows of a comparison of which a program was measured.
pub(super) fn view(footprint: &Footprint, rows: &[RowSetup]) -> Vec<RowView> {
    let row = |row: &RowSetup| {
        let program = program(footprint, &row.name)?;
        Some(RowView { name: row.name.clone(), cells: cells(program) })
    };
    rows.iter().filter_map(row).collect()
}

fn cells(program: &Program) -> Vec<CellView> {
    let number =
        |text: String, value: f64, names: &[String]| CellView { text, value: Some(value), names: names.to_vec() };
    let count = |names: &[String]| number(names.len().to_string(), names.len() as f64, names);
    let words =
        |text: Option<&str>| CellView { text: text.unwrap_or("–").to_owned(), value: None, names: Vec::new() };
    let native = program.native.join(", ");
    vec![
        words(Some(if program.https { "yes" } else { "no" })),
        number(program.crates.to_string(), program.crates as f64, &[]),
        count(&program.duplicates),
        number(format!("{:.0} s", program.build_cpu_s), program.build_cpu_s, &[]),
        number(show(Unit::Bytes, program.binary_bytes as f64), program.binary_bytes as f64, &[]),
        words(Some(if native.is_empty() { "no" } else { &native })),
        words(program.msrv.as_deref()),
        words(Some(&program.licence)),
        words(program.released.as_deref()),
        count(&program.advisories),
    ]
}
