//! The load of the mock server, for the page's template: whether it was the limit.

use serde::Serialize;

use crate::compare::analysis::WorkloadAnalysis;
use crate::compare::metric::Unit;
use crate::report::comparison::show;

/// The highest load of the server on a scenario.
#[derive(Debug, Serialize)]
pub(super) struct LoadView {
    scenario: String,
    /// The share of its passes for which the server was busy.
    busy: String,
    /// The backend that kept it busy.
    backend: String,
    /// Whether the server held that backend up.
    is_bound: bool,
}

/// Returns the load on each scenario on which the server was observed.
pub(super) fn views(workloads: &[WorkloadAnalysis]) -> Vec<LoadView> {
    workloads.iter().filter_map(view).collect()
}

fn view(workload: &WorkloadAnalysis) -> Option<LoadView> {
    let (backend, share) = workload.highest(|backend| backend.server.busy)?;
    Some(LoadView {
        scenario: workload.setup.scenario.clone(),
        busy: show(Unit::Share, share),
        backend: backend.name.clone(),
        is_bound: backend.is_server_bound(),
    })
}
