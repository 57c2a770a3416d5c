//! What is compared, and how, as the record's head tells it.

use crate::measure::{Participant, Plan, Source, Stage, no_instructions};
use crate::record::{COMPARISON_VERSION, MOST_KEPT, RowSetup, Setup, StageSetup};

/// The head of the record.
pub(super) fn setup(plan: &Plan) -> Setup {
    let row =
        |participant: &Participant| RowSetup { name: participant.name.clone(), sequential: participant.sequential };
    Setup {
        comparison_version: COMPARISON_VERSION,
        command: None,
        complete: false,
        seed: plan.seed,
        reference: plan.participants[plan.reference].name.clone(),
        rows: plan.participants.iter().map(row).collect(),
        placement: plan.placement,
        capacity: None,
        no_instructions: no_instructions().map(|why| why.to_string()),
        stages: plan.stages.iter().map(|stage| stage_setup(plan, stage)).collect(),
        aftermath: None,
    }
}

/// Returns what the head of the record holds of a stage.
pub(super) fn stage_setup(plan: &Plan, stage: &Stage) -> StageSetup {
    StageSetup {
        scenario: stage.scenario.name.clone(),
        description: stage.scenario.description.clone(),
        time_scale: stage.time_scale,
        fetches: stage.scenario.sites.len() as u64,
        concurrency: stage.scenario.limits.concurrency.get(),
        origins: stage.scenario.origins.len(),
        connections: stage.scenario.limits.connections,
        left_out: plan
            .participants
            .iter()
            .filter(|participant| stage.speaks(participant) && !stage.is_short(participant))
            .map(|participant| (participant.name.clone(), stage.ideal(participant).as_secs_f64()))
            .collect(),
        without_https: plan
            .participants
            .iter()
            .filter(|participant| !stage.speaks(participant))
            .map(|participant| participant.name.clone())
            .collect(),
        sites: match stage.scenario.sites.as_slice() {
            sites if sites.len() <= MOST_KEPT => sites.iter().map(|site| site.label.clone()).collect(),
            _ => Vec::new(),
        },
        live: matches!(stage.source, Source::Live(_)),
        probe: stage.probe.clone(),
        workers: Vec::new(),
    }
}
