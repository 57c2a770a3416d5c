//! The wire audit for the page's template.

use serde::Serialize;

use crate::compare::audit::view::{differences, looked_at, usual, usually};
use crate::record::{Audit, RowAudit};

/// The requests of the backends.
#[derive(Debug, Serialize)]
pub(super) struct WireView {
    usually: String,
    rows: Vec<RowView>,
    requests: Vec<RequestView>,
}

/// A backend, and its differences from most.
#[derive(Debug, Serialize)]
struct RowView {
    name: String,
    sockets: u64,
    sockets_ideal: u64,
    differences: Vec<String>,
}

/// A request, line by line, and the backends that send it.
#[derive(Debug, Serialize)]
struct RequestView {
    rows: Vec<String>,
    lines: Vec<String>,
}

pub(super) fn view(audit: &Audit) -> WireView {
    let usual = usual(audit);
    WireView {
        usually: usually(&usual),
        rows: audit.rows.iter().map(|row| row_view(row, &usual)).collect(),
        requests: requests(audit),
    }
}

fn row_view(row: &RowAudit, usual: &[String]) -> RowView {
    RowView {
        name: row.row.clone(),
        sockets: row.sockets,
        sockets_ideal: row.sockets_ideal,
        differences: differences(row, usual),
    }
}

fn requests(audit: &Audit) -> Vec<RequestView> {
    let mut requests: Vec<RequestView> = Vec::new();
    for row in looked_at(audit) {
        let lines: Vec<String> =
            row.request.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        match requests.iter_mut().find(|request| request.lines == lines) {
            Some(request) => request.rows.push(row.row.clone()),
            None => requests.push(RequestView { rows: vec![row.row.clone()], lines }),
        }
    }
    requests
}
