//! A row that takes part: its worker process, for as long as a block lasts.

use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::placement::{Who, placed};
use super::{Participant, Plan, Workload};
use crate::fetch::Limits;
use crate::record::{Placement, Validity, control};
use crate::worker::child::Child;
use crate::worker::{
    MAX_LINE_BYTES, Open, PassDone, PassOrder, Patience, Ready, Unanswered, ask_to_open,
    ask_to_pass,
};

/// How long a worker may take to open its session.
const PATIENCE: Duration = Duration::from_secs(15);

/// A row that takes part.
#[derive(Debug)]
pub(super) struct Contender {
    /// The name it is recorded under.
    pub(super) name: String,
    /// Its worker's program and arguments.
    command: Vec<OsString>,
    /// Its ideal fetches in flight.
    pub(super) slots: std::num::NonZeroUsize,
    /// Its worker, while a block lasts.
    worker: Option<Child>,
    /// Why it takes no further part on this workload: a row that crashed or hung once would do so
    /// again.
    pub(super) out: Option<(Validity, String)>,
    /// Which cores its worker runs on.
    placement: Placement,
    /// Whether the run is to end.
    interrupted: Arc<AtomicBool>,
}

impl Contender {
    /// Everybody who takes part on a workload: those whose ideal pass is not too long, and the
    /// reference once more.
    pub(super) fn all(plan: &Plan, workload: &Workload) -> Vec<Self> {
        let new = |name: String, participant: &Participant| Self {
            name,
            command: participant.command.clone(),
            slots: participant.slots(&workload.scenario.limits),
            worker: None,
            out: None,
            placement: plan.placement,
            interrupted: Arc::clone(&plan.interrupted),
        };
        let admitted = plan.participants.iter().filter(|participant| workload.admits(participant));
        let mut all: Vec<Self> =
            admitted.map(|participant| new(participant.name.clone(), participant)).collect();
        let reference = &plan.participants[plan.reference];
        all.push(new(control(&reference.name), reference));
        all
    }

    /// A row by itself, on any core.
    pub(super) fn alone(
        participant: &Participant,
        limits: &Limits,
        interrupted: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            name: participant.name.clone(),
            command: participant.command.clone(),
            slots: participant.slots(limits),
            worker: None,
            out: None,
            placement: Placement::Free,
            interrupted: Arc::clone(interrupted),
        }
    }

    /// Starts a worker and has it open a session.
    pub(super) fn open(&mut self, open: &Open) -> Option<Ready> {
        if self.out.is_some() {
            return None;
        }
        let (program, arguments) = self.command.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments);
        let start = || Child::start(&mut command, MAX_LINE_BYTES);
        match placed(self.placement, Who::Worker, start) {
            Ok(child) => self.worker = Some(child),
            Err(error) => {
                self.out = Some((Validity::Crashed, format!("cannot be started: {error}")));
                return None;
            }
        }
        self.ask(PATIENCE, |worker, patience| ask_to_open(worker, open.clone(), patience))
    }

    /// Has it make a pass.
    pub(super) fn pass(&mut self, order: PassOrder, patience: Duration) -> Option<PassDone> {
        self.ask(patience, |worker, patience| ask_to_pass(worker, order, patience))
    }

    /// Ends its worker.
    pub(super) fn close(&mut self) {
        self.worker = None;
    }

    /// The id of its process.
    pub(super) fn process(&self) -> Option<u32> {
        self.worker.as_ref().map(Child::id)
    }

    /// What its worker answers. Without an answer it takes no further part.
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
        self.out = Some((validity, unanswered.to_string()));
        self.worker = None;
        None
    }
}
