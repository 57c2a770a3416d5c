//! The head of a record, which describes the comparison.

use super::valgrind::no_valgrind;
use super::{Participant, Plan, Stop, Workload, no_instructions};
use crate::record::{
    BackendSetup, COMPARISON_VERSION, ComparisonSetup, Extent, LinkSetup, MOST_KEPT, WorkloadSetup,
    crc32,
};

impl Plan {
    /// Returns why the processor does not count instructions, and valgrind neither.
    fn no_instructions(&self) -> Option<String> {
        let why = no_instructions()?;
        let missing = self.instructions.then(no_valgrind).flatten();
        Some(missing.map_or_else(|| why.to_string(), |missing| format!("{why}, and {missing}")))
    }

    fn extent(&self) -> Extent {
        Extent {
            budget_s: self.stop.budget().map(|budget| budget.as_secs_f64()),
            blocks: match self.stop {
                Stop::Blocks(blocks) => Some(blocks),
                Stop::Budget(_) | Stop::WholeBudget(_) => None,
            },
            rounds: self.rounds,
            allow_unfit: self.allow_unfit,
        }
    }

    /// Returns the head of the record.
    pub(crate) fn setup(&self, command: String) -> ComparisonSetup {
        let backends = self.participants.iter().map(|participant| BackendSetup {
            name: participant.name.clone(),
            sequential: participant.sequential,
            http2: participant.http2,
            max_connections: participant.max_connections,
            written_here: participant.written_here.to_owned(),
        });
        ComparisonSetup {
            comparison_version: COMPARISON_VERSION,
            command: Some(command),
            complete: false,
            seed: self.seed,
            shard: self.shard,
            extent: Some(self.extent()),
            reference: self.participants[self.reference].name.clone(),
            backends: backends.collect(),
            placement: self.placement,
            equivalence: Some(self.equivalence),
            old_bare_loop: None,
            no_instructions: self.no_instructions(),
            workloads: self
                .workloads
                .iter()
                .map(|workload| workload.setup(&self.participants))
                .collect(),
            machines: Vec::new(),
            aftermath: None,
        }
    }
}

fn names(participants: &[&Participant]) -> Vec<String> {
    participants.iter().map(|participant| participant.name.clone()).collect()
}

impl Workload {
    /// Returns the description of the workload in the head of the record.
    pub(super) fn setup(&self, participants: &[Participant]) -> WorkloadSetup {
        let (able, no_https): (Vec<&Participant>, Vec<&Participant>) =
            participants.iter().partition(|participant| self.has_scheme(participant));
        let (able, no_version): (Vec<&Participant>, Vec<&Participant>) =
            able.into_iter().partition(|participant| self.has_version(participant));
        let left_out = able.into_iter().filter_map(|participant| {
            let ideal = self.too_long(participant)?;
            Some((participant.name.clone(), ideal.as_secs_f64()))
        });
        let outline = self.outline();
        let labelled = if outline.sites <= MOST_KEPT { outline.sites } else { 0 };
        let (time_scale, scenario, live) = match self {
            Self::Mock { time_scale, scenario, .. } => (*time_scale, Some(scenario), None),
            Self::Live(live) => (1.0, None, Some(live)),
        };
        WorkloadSetup {
            scenario: outline.name.to_owned(),
            description: outline.description.to_owned(),
            scenario_crc32: scenario.map(|scenario| crc32(format!("{scenario:?}").as_bytes())),
            time_scale,
            fetches: outline.sites as u64,
            concurrency: outline.limits.concurrency.get(),
            origins: outline.origins,
            connections: outline.limits.connections,
            tickets: scenario.is_some_and(|scenario| scenario.tickets),
            fresh_session: scenario.is_some_and(|scenario| scenario.fresh_session),
            left_out: left_out.collect(),
            link: self.network().map(LinkSetup::new),
            without_https: names(&no_https),
            without_version: names(&no_version),
            sites: (0..labelled).map(|site| self.label(site)).collect(),
            live: live.is_some(),
            probe: live.and_then(|live| live.probe.clone()),
            workers: Vec::new(),
            instructions: Vec::new(),
        }
    }
}
