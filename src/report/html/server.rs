//! Whether the mock server was the limit, as the page's template takes it.

use serde::Serialize;

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::compare::metric::Unit;
use crate::record::Capacity;
use crate::report::capacity;
use crate::report::comparison::show;

/// What the server could do, and how much of that was asked of it.
#[derive(Debug, Serialize)]
pub(super) struct ServerView {
    capacity: Option<String>,
    workloads: Vec<WorkloadView>,
}

/// A scenario.
#[derive(Debug, Serialize)]
struct WorkloadView {
    name: String,
    /// The row that asked most of it, and how much that was.
    most: (String, String),
    /// How many times as much it could have answered.
    headroom: Option<String>,
    /// The row that it was busiest with, and for which share of the pass.
    busiest: (String, String),
    /// Whether that was so much that it held the row up.
    is_bound: bool,
}

/// `None` where the server was not looked at, as on live sites.
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
    let (busiest, share) = workload.highest(|row| row.server.busy)?;
    Some(WorkloadView {
        name: workload.setup.scenario.clone(),
        most: (most.name.clone(), show(Unit::PerSecond, rate)),
        headroom: capacity.map(|capacity| format!("{:.1} ×", capacity.requests_per_s / rate)),
        busiest: (busiest.name.clone(), show(Unit::Share, share)),
        is_bound: busiest.is_server_bound(),
    })
}
