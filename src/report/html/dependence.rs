//! The cost of depending on a backend for the page's template.

use serde::Serialize;

use super::beside::program;
use crate::compare::metric::Unit;
use crate::record::{Advisory, BackendSetup, Footprint, Program};
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

/// The backends, and the advisories on their crates.
#[derive(Debug, Serialize)]
pub(super) struct DependenceView {
    backends: Vec<RowView>,
    advisories: Vec<AdvisoryView>,
}

/// A backend and its figures.
#[derive(Debug, Serialize)]
struct RowView {
    name: String,
    cells: Vec<CellView>,
}

/// A figure: its text, the number to sort by, the names behind it, and a link to its source.
#[derive(Debug, Serialize)]
struct CellView {
    text: String,
    value: Option<f64>,
    names: Vec<String>,
    link: Option<String>,
}

#[derive(Debug, Serialize)]
struct AdvisoryView {
    id: String,
    against: String,
    link: Option<String>,
}

/// Returns the backends of a comparison with a measured program; `None` without any.
pub(super) fn view(footprint: &Footprint, backends: &[BackendSetup]) -> Option<DependenceView> {
    let programs: Vec<(&BackendSetup, &Program)> = backends
        .iter()
        .filter_map(|backend| Some((backend, program(footprint, &backend.name)?)))
        .collect();
    let mut advisories: Vec<&Advisory> =
        programs.iter().flat_map(|(_, program)| &program.advisories).collect();
    advisories.sort_by(|a, b| a.id.cmp(&b.id));
    advisories.dedup();
    let backends: Vec<RowView> = programs
        .into_iter()
        .map(|(backend, program)| RowView { name: backend.name.clone(), cells: cells(program) })
        .collect();
    let advisories = advisories.into_iter().map(advisory_view).collect();
    (!backends.is_empty()).then_some(DependenceView { backends, advisories })
}

fn advisory_view(advisory: &Advisory) -> AdvisoryView {
    AdvisoryView {
        id: advisory.id.clone(),
        against: advisory.against.clone(),
        link: web(&advisory.link),
    }
}

/// Returns the link if it leads to the web.
fn web(link: &str) -> Option<String> {
    link.starts_with("https://").then(|| link.to_owned())
}

fn words(text: &str) -> CellView {
    CellView { text: text.to_owned(), value: None, names: Vec::new(), link: None }
}

fn number(text: String, value: f64) -> CellView {
    CellView { text, value: Some(value), names: Vec::new(), link: None }
}

fn count(names: Vec<String>) -> CellView {
    CellView { names: names.clone(), ..number(names.len().to_string(), names.len() as f64) }
}

fn cells(program: &Program) -> Vec<CellView> {
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
