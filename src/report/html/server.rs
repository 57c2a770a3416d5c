//! The load of the mock server, for the page's template: whether it was the limit.

use serde::Serialize;

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::compare::metric::Unit;
use crate::record::Capacity;
use crate::report::capacity;
use crate::report::comparison::show;

/// The capacity of the server, and its load.
#[derive(Debug, Serialize)]
pub(super) struct ServerView {
    capacity: Option<String>,
    workloads: Vec<WorkloadView>,
}

/// The load on a scenario.
#[derive(Debug, Serialize)]
struct WorkloadView {
    name: String,
    /// The backend with the highest rate, and the rate.
    most: (String, String),
    /// The server's capacity as a multiple of that rate.
    headroom: Option<String>,
    /// The backend that kept the server busiest, and for which share of the pass.
    busiest: (String, String),
    /// Whether the server held that backend up.
    is_bound: bool,
}

/// Returns `None` if the server was not observed, as on live sites.
pub(super) fn view(
    capacity: Option<&Capacity>,
    workloads: &[WorkloadAnalysis],
) -> Option<ServerView> {
    let workloads: Vec<WorkloadView> =
        workloads.iter().filter_map(|workload| workload_view(capacity, workload)).collect();
    let capacity = capacity.map(capacity::capacity);
    (capacity.is_some() || !workloads.is_empty()).then_some(ServerView { capacity, workloads })
}

fn workload_view(capacity: Option<&Capacity>, workload: &WorkloadAnalysis) -> Option<WorkloadView> {
    let (most, rate) = workload.highest(BackendAnalysis::rate)?;
    let (busiest, share) = workload.highest(|backend| backend.server.busy)?;
    Some(WorkloadView {
        name: workload.setup.scenario.clone(),
        most: (most.name.clone(), show(Unit::PerSecond, rate)),
        headroom: capacity.map(|capacity| format!("{:.1} ×", capacity.requests_per_s / rate)),
        busiest: (busiest.name.clone(), show(Unit::Share, share)),
        is_bound: busiest.is_server_bound(),
    })
}
