//! The head of a record, which describes the comparison.

use super::{Participant, Plan, Source, Workload, no_instructions};
use crate::record::{BackendSetup, COMPARISON_VERSION, Capacity, MOST_KEPT, Setup, WorkloadSetup};

impl Plan {
    /// Returns the head of the record.
    pub(super) fn setup(&self, command: String, capacity: Option<Capacity>) -> Setup {
        let backends = self.participants.iter().map(|participant| BackendSetup {
            name: participant.name.clone(),
            sequential: participant.sequential,
        });
        Setup {
            comparison_version: COMPARISON_VERSION,
            command: Some(command),
            complete: false,
            seed: self.seed,
            reference: self.participants[self.reference].name.clone(),
            backends: backends.collect(),
            placement: self.placement,
            capacity,
            no_instructions: no_instructions().map(|why| why.to_string()),
            workloads: self
                .workloads
                .iter()
                .map(|workload| workload.setup(&self.participants))
                .collect(),
            aftermath: None,
        }
    }
}

impl Workload {
    /// Returns the description of the workload in the head of the record.
    pub(super) fn setup(&self, participants: &[Participant]) -> WorkloadSetup {
        let (able, unable): (Vec<&Participant>, Vec<&Participant>) =
            participants.iter().partition(|participant| self.speaks(participant));
        let too_long = able.into_iter().filter(|participant| !self.is_short(participant));
        let left_out = too_long
            .map(|participant| (participant.name.clone(), self.ideal(participant).as_secs_f64()));
        let limits = &self.scenario.limits;
        let sites = Some(&self.scenario.sites).filter(|sites| sites.len() <= MOST_KEPT);
        WorkloadSetup {
            scenario: self.scenario.name.clone(),
            description: self.scenario.description.clone(),
            time_scale: self.time_scale,
            fetches: self.scenario.sites.len() as u64,
            concurrency: limits.concurrency.get(),
            origins: self.scenario.origins.len(),
            connections: limits.connections,
            left_out: left_out.collect(),
            without_https: unable.into_iter().map(|participant| participant.name.clone()).collect(),
            sites: sites.into_iter().flatten().map(|site| site.label.clone()).collect(),
            live: matches!(self.source, Source::Live(_)),
            probe: self.probe.clone(),
            workers: Vec::new(),
        }
    }
}
