//! A backend in a comparison, with its worker process during a block.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::check::Rejection;
use super::opening::{BeforeOpening, MadePass, Openings};
use super::placement::{Role, placed};
use super::{Participant, Plan, Workload};
use crate::fetch::Limits;
use crate::record::{Phases, Placement, Validity, control};
use crate::worker::child::Child;
use crate::worker::{
    OPENING, OpenOrder, PassDone, PassOrder, Patience, Ready, Unanswered, ask_to_open, ask_to_pass,
};

/// A backend in a comparison.
#[derive(Debug)]
pub(super) struct Contender {
    pub(super) participant: Participant,
    /// The number of fetches in flight in its ideal.
    pub(super) slots: std::num::NonZeroUsize,
    /// The number of threads that fetch, once its worker has reported it.
    pub(super) threads: Option<usize>,
    /// The sessions that it opens for passes of a block.
    pub(super) openings: Openings,
    /// Where the time of each counted pass of a block went, over a link.
    pub(super) phases: Vec<Phases>,
    /// Its worker, during a block.
    worker: Option<Child>,
    /// Why it is left out of the rest of this workload: a backend that crashed or hung once would
    /// do so again.
    pub(super) out: Option<Rejection>,
    /// Whether enough is known of it, so that it makes no more passes.
    is_stopped: bool,
    /// The cores that its worker runs on.
    placement: Placement,
    /// Set when the run should end.
    interrupted: Arc<AtomicBool>,
}

impl Contender {
    /// Returns the backends that a workload admits, and the A/A control.
    pub(super) fn all(plan: &Plan, workload: &Workload) -> Vec<Self> {
        let reference = &plan.participants[plan.reference];
        let control = Participant { name: control(&reference.name), ..reference.clone() };
        let admitted = plan.participants.iter().filter(|participant| workload.admits(participant));
        let placed = admitted.chain([&control]).map(|participant| Self {
            placement: plan.placement,
            ..Self::alone(participant, workload.outline().limits, &plan.interrupted)
        });
        placed.collect()
    }

    /// Returns a backend by itself, on any core.
    pub(super) fn alone(
        participant: &Participant,
        limits: &Limits,
        interrupted: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            participant: participant.clone(),
            slots: participant.slots(limits),
            threads: None,
            openings: Openings::default(),
            phases: Vec::new(),
            worker: None,
            out: None,
            is_stopped: false,
            placement: Placement::Free,
            interrupted: Arc::clone(interrupted),
        }
    }

    /// Whether it makes passes: it is neither stopped nor left out.
    pub(super) fn is_measured(&self) -> bool {
        !self.is_stopped && self.out.is_none()
    }

    /// Whether enough is known of it.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Lets it make no more passes.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.close();
    }

    /// Starts a worker and opens a session in it. If sessions are fresh, keeps the cost.
    pub(super) fn open(&mut self, open: &OpenOrder, is_fresh: bool) -> Option<Ready> {
        (self.openings, self.phases) = (Openings::default(), Vec::new());
        self.start()?;
        if !is_fresh {
            return self.open_session(open);
        }
        let before = BeforeOpening::read(self.process()?);
        let ready = self.open_session(open)?;
        self.openings = before.openings();
        Some(ready)
    }

    /// Starts a worker.
    fn start(&mut self) -> Option<()> {
        if !self.is_measured() {
            return None;
        }
        match placed(self.placement, Role::Worker, || self.participant.start()) {
            Ok(child) => self.worker = Some(child),
            Err(error) => {
                let why = format!("cannot be started: {error}");
                self.out = Some(Rejection::new(Validity::Crashed, why));
                return None;
            }
        }
        Some(())
    }

    /// Opens a session in its worker, instead of any other.
    pub(super) fn open_session(&mut self, open: &OpenOrder) -> Option<Ready> {
        let ready =
            self.ask(OPENING, |worker, patience| ask_to_open(worker, open.clone(), patience));
        self.threads = ready.as_ref().map(|ready| ready.threads).or(self.threads);
        ready
    }

    pub(super) fn pass(&mut self, order: PassOrder, patience: Duration) -> Option<PassDone> {
        self.ask(patience, |worker, patience| ask_to_pass(worker, order, patience))
    }

    /// Makes a pass, in a fresh session if there is an order to open one.
    pub(super) fn make_pass(
        &mut self,
        fresh: Option<&OpenOrder>,
        order: PassOrder,
        patience: Duration,
    ) -> Option<MadePass> {
        let mut opening = None;
        if let Some(fresh) = fresh {
            let start = Instant::now();
            let ready = self.open_session(fresh)?;
            // The worker's clock starts after it has closed the session before.
            let reported = ready.opening_ns.map_or(Duration::MAX, Duration::from_nanos);
            opening = Some(reported.min(start.elapsed()));
        }
        Some(MadePass { done: self.pass(order, patience)?, opening })
    }

    pub(super) fn close(&mut self) {
        self.worker = None;
    }

    pub(super) fn process(&self) -> Option<u32> {
        self.worker.as_ref().map(Child::id)
    }

    /// Returns the reply of its worker. Without one, the backend is left out from now on.
    fn ask<T>(
        &mut self,
        most: Duration,
        ask: impl FnOnce(&mut Child, Patience<'_>) -> Result<T, Unanswered>,
    ) -> Option<T> {
        let patience = Patience { most, interrupted: Some(&self.interrupted) };
        let unanswered = match ask(self.worker.as_mut()?, patience) {
            Ok(answer) => return Some(answer),
            Err(unanswered) => unanswered,
        };
        let validity = match unanswered {
            Unanswered::Hung(_) => Validity::TimedOut,
            Unanswered::Interrupted => Validity::Interrupted,
            Unanswered::Broken(_) => Validity::Crashed,
        };
        self.out = Some(Rejection::new(validity, unanswered.to_string()));
        self.worker = None;
        None
    }
}
