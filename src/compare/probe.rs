//! The probe of live sites: every backend visits them once before anything is measured.
//!
//! A site that fails for every backend would make every pass invalid, so it is left out. A site
//! that fails for some backends stays: their passes fail with its class.

use super::contender::Contender;
use super::target::Target;
use super::{Event, Participant, Plan, Source, Workload};
use crate::backend::mark_unreachable;
use crate::compare::endings::Endings;
use crate::record::Probe;
use crate::worker::{Open, PassDone, PassOrder};

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
    let Source::Live(urls) = &workload.source else { return Ok(None) };
    let target = Target::start(plan, workload)?;
    let order = Open { details: urls.len() <= MOST_DETAILED, ..target.order(workload) };
    let mut endings = Endings::default();
    for participant in plan.participants.iter().filter(|participant| workload.admits(participant)) {
        observe(Event::Probe(&participant.name))?;
        // A worker that crashes or hangs here will do so in its first block, which records it.
        let done = visit(plan, workload, participant, &order);
        if let Some(done) = done.filter(|done| done.fetched.len() == urls.len()) {
            let has_urls = done.has_urls();
            let mut pass = done.pass();
            mark_unreachable(&mut pass, urls);
            endings.add(&participant.name, urls, &pass, has_urls);
        }
        target.rest(plan);
        if plan.is_interrupted() {
            return Ok(None);
        }
    }
    Ok(Some(workload.probed(&endings)))
}

fn visit(
    plan: &Plan,
    workload: &Workload,
    participant: &Participant,
    order: &Open,
) -> Option<PassDone> {
    let mut contender = Contender::alone(participant, &workload.scenario.limits, &plan.interrupted);
    contender.open(order)?;
    contender.pass(PassOrder::new(0), workload.patience(contender.slots, 0))
}

impl Workload {
    /// Returns the workload with its probe and without its dead sites, unless all are dead.
    ///
    /// The origins of dead sites stay, so that the same backends are measured.
    fn probed(&self, endings: &Endings) -> Self {
        let probe = endings.probe(|index| self.scenario.sites[index].label.clone());
        let mut workload = Self { probe: Some(probe), ..self.clone() };
        if workload.probe.as_ref().is_some_and(Probe::is_all_dead) {
            return workload;
        }
        let mut index = 0..;
        workload
            .scenario
            .sites
            .retain(|_| index.next().is_some_and(|index| !endings.is_dead(index)));
        if let Source::Live(urls) = &mut workload.source {
            let mut index = 0..;
            urls.retain(|_| index.next().is_some_and(|index| !endings.is_dead(index)));
        }
        let limits = &mut workload.scenario.limits;
        limits.concurrency = limits
            .concurrency
            .min(workload.scenario.sites.len().try_into().unwrap_or(limits.concurrency));
        workload
    }
}
