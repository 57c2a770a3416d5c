//! The wire audit for the page's template.

use serde::Serialize;

use crate::compare::audit::view::{UsualAspects, differences, looked_at, usual, usually};
use crate::record::{Audit, BackendAudit};

/// The requests of the backends.
#[derive(Debug, Serialize)]
pub(super) struct WireView {
    usually: Vec<String>,
    backends: Vec<RowView>,
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
    backends: Vec<String>,
    lines: Vec<String>,
}

pub(super) fn view(audit: &Audit) -> WireView {
    let usual = usual(audit);
    WireView {
        usually: usually(&usual),
        backends: audit.backends.iter().map(|backend| backend_view(backend, &usual)).collect(),
        requests: requests(audit),
    }
}

fn backend_view(backend: &BackendAudit, usual: &UsualAspects) -> RowView {
    RowView {
        name: backend.name.clone(),
        sockets: backend.sockets,
        sockets_ideal: backend.sockets_ideal,
        differences: differences(backend, usual),
    }
}

fn requests(audit: &Audit) -> Vec<RequestView> {
    let mut requests: Vec<RequestView> = Vec::new();
    for backend in looked_at(audit) {
        let lines: Vec<String> =
            backend.request.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        match requests.iter_mut().find(|request| request.lines == lines) {
            Some(request) => request.backends.push(backend.name.clone()),
            None => requests.push(RequestView { backends: vec![backend.name.clone()], lines }),
        }
    }
    requests
}
