//! Whether the mock server was the limit, as the page's template takes it.

use serde::Serialize;

use crate::compare::analysis::{BackendAnalysis, StageAnalysis};
use crate::compare::metric::Unit;
use crate::record::Capacity;
use crate::report::capacity;
use crate::report::comparison::show;

/// What the server could do, and how much of that was asked of it.
#[derive(Debug, Serialize)]
pub(super) struct ServerView {
    capacity: Option<String>,
    stages: Vec<StageView>,
}

/// A scenario.
#[derive(Debug, Serialize)]
struct StageView {
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
pub(super) fn view(capacity: Option<&Capacity>, stages: &[StageAnalysis]) -> Option<ServerView> {
    let stages: Vec<StageView> = stages.iter().filter_map(|stage| stage_view(capacity, stage)).collect();
    let capacity = capacity.map(capacity::capacity);
    (capacity.is_some() || !stages.is_empty()).then_some(ServerView { capacity, stages })
}

fn stage_view(capacity: Option<&Capacity>, stage: &StageAnalysis) -> Option<StageView> {
    let (most, rate) = stage.highest(BackendAnalysis::rate)?;
    let (busiest, share) = stage.highest(|row| row.server.busy)?;
    Some(StageView {
        name: stage.setup.scenario.clone(),
        most: (most.name.clone(), show(Unit::PerSecond, rate)),
        headroom: capacity.map(|capacity| format!("{:.1} ×", capacity.requests_per_s / rate)),
        busiest: (busiest.name.clone(), show(Unit::Share, share)),
        is_bound: busiest.is_server_bound(),
    })
}
