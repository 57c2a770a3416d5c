//! The probe of live sites: every backend visits them once before anything is measured.
//!
//! A site that fails for every backend would make every pass invalid, so it is left out. A site
//! that fails for some backends stays: their passes fail with its class.

use super::contender::Contender;
use super::target::WorkloadTarget;
use super::{Event, LiveSites, Participant, Plan, Workload};
use crate::backend::mark_unreachable;
use crate::compare::endings::Endings;
use crate::worker::{OpenOrder, PassDone, PassOrder};

/// The maximum number of sites whose final URLs are compared. More URLs would not fit into a
/// worker's line.
const MOST_DETAILED: usize = 100_000;

/// Probes a workload and returns it without its dead sites; `None` if it has no live sites or the
/// run was interrupted.
pub(super) fn probe(
    plan: &Plan,
    workload: &Workload,
    observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Option<Workload>> {
    let Workload::Live(live) = workload else { return Ok(None) };
    let target = WorkloadTarget::start(plan, workload)?;
    let order = OpenOrder { details: live.sites.len() <= MOST_DETAILED, ..target.order() };
    let mut endings = Endings::default();
    for participant in plan.participants.iter().filter(|participant| workload.admits(participant)) {
        observe(Event::Probe(&participant.name))?;
        // A worker that crashes or hangs here will do so in its first block, which records it.
        let done = visit(plan, workload, participant, &order);
        if let Some(done) = done.filter(|done| done.fetched.len() == live.sites.len()) {
            let has_urls = done.has_urls();
            let mut pass = done.pass();
            mark_unreachable(&mut pass, live.urls());
            endings.add(&participant.name, live.urls(), &pass, has_urls);
        }
        target.rest(plan);
        if plan.is_interrupted() {
            return Ok(None);
        }
    }
    Ok(Some(Workload::Live(live.probed(&endings))))
}

fn visit(
    plan: &Plan,
    workload: &Workload,
    participant: &Participant,
    order: &OpenOrder,
) -> Option<PassDone> {
    let mut contender = Contender::alone(participant, workload.outline().limits, &plan.interrupted);
    contender.open(order, false)?;
    contender.pass(PassOrder::new(0), workload.patience(contender.slots, 0))
}

impl LiveSites {
    /// Returns the sites with their probe and without the dead ones, unless all are dead.
    fn probed(&self, endings: &Endings) -> Self {
        let probe = endings.probe(|index| self.sites[index].public_name());
        let is_kept = |index: usize| probe.is_all_dead() || !endings.is_dead(index);
        let kept = self.sites.iter().enumerate().filter(|(index, _)| is_kept(*index));
        let sites: Vec<_> = kept.map(|(_, site)| site.clone()).collect();
        let mut limits = self.limits.clone();
        if let Ok(slots) = sites.len().try_into() {
            limits.concurrency = limits.concurrency.min(slots);
        }
        Self { sites, limits, probe: Some(probe), ..*self }
    }
}
