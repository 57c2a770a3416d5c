//! A row that takes part: its worker process, for as long as a block lasts.

use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::placement::{Who, placed};
use super::{Participant, Plan, Stage};
use crate::child::{Child, Silence};
use crate::fetch::Limits;
use crate::record::{Placement, Validity, twin};
use crate::worker::{MAX_LINE_BYTES, Open, Order, PassDone, PassOrder, Ready, Reply};

/// How long a worker may take to open its session.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long the pass in work may still take when the run is to end. Also how often one looks whether it is: far longer
/// than a pass usually takes, so that nobody is woken while one is timed.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

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
    /// Why it takes no further part on this stage: a row that crashed or hung once would do so again.
    pub(super) out: Option<(Validity, String)>,
    /// Which cores its worker runs on.
    placement: Placement,
    /// Whether the run is to end.
    interrupted: Arc<AtomicBool>,
}

impl Contender {
    /// Everybody who takes part on a stage: those whose ideal pass is not too long, and the reference once more.
    pub(super) fn all(plan: &Plan, stage: &Stage) -> Vec<Self> {
        let new = |name: String, participant: &Participant| Self {
            name,
            command: participant.command.clone(),
            slots: participant.slots(&stage.scenario.limits),
            worker: None,
            out: None,
            placement: plan.placement,
            interrupted: Arc::clone(&plan.interrupted),
        };
        let admitted = plan.participants.iter().filter(|participant| stage.admits(participant));
        let mut all: Vec<Self> = admitted.map(|participant| new(participant.name.clone(), participant)).collect();
        let reference = &plan.participants[plan.reference];
        all.push(new(twin(&reference.name), reference));
        all
    }

    /// A row by itself, on any core.
    pub(super) fn alone(participant: &Participant, limits: &Limits, interrupted: &Arc<AtomicBool>) -> Self {
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
        match self.exchange(&Order::Open(open.clone()), PATIENCE)? {
            Reply::Ready(ready) => Some(ready),
            other => self.nonsense(&other),
        }
    }

    /// Has it make a pass.
    pub(super) fn pass(&mut self, order: PassOrder, patience: Duration) -> Option<PassDone> {
        let visit = order.visit;
        match self.exchange(&Order::Pass(order), patience)? {
            Reply::Pass(done) if done.visit == visit => Some(done),
            other => self.nonsense(&other),
        }
    }

    /// Ends its worker.
    pub(super) fn close(&mut self) {
        self.worker = None;
    }

    /// The id of its process.
    pub(super) fn process(&self) -> Option<u32> {
        self.worker.as_ref().map(Child::id)
    }

    fn exchange(&mut self, order: &Order, patience: Duration) -> Option<Reply> {
        let worker = self.worker.as_mut()?;
        let mut line = serde_json::to_vec(order).expect("orders are JSON");
        line.push(b'\n');
        let heard = worker.say(&line).and_then(|()| hear(worker, patience, &self.interrupted));
        match heard {
            Ok(line) => match serde_json::from_slice(&line) {
                Ok(Reply::Error(why)) => self.fall_out(Validity::Crashed, why),
                Ok(reply) => Some(reply),
                Err(error) => self.fall_out(Validity::Crashed, format!("talks nonsense: {error}")),
            },
            Err(Silence::Hung(_)) if self.interrupted.load(Ordering::Relaxed) => {
                self.fall_out(Validity::Interrupted, "the run was ended meanwhile".to_owned())
            }
            Err(silence @ Silence::Hung(_)) => self.fall_out(Validity::TimedOut, silence.to_string()),
            Err(silence) => self.fall_out(Validity::Crashed, silence.to_string()),
        }
    }

    fn nonsense<T>(&mut self, reply: &Reply) -> Option<T> {
        let shown = format!("{reply:?}");
        let shown: String = shown.chars().take(80).collect();
        self.fall_out(Validity::Crashed, format!("answers what was not asked: {shown}"))
    }

    /// Takes no further part.
    fn fall_out<T>(&mut self, validity: Validity, why: String) -> Option<T> {
        self.out = Some((validity, why));
        self.worker = None;
        None
    }
}

/// Waits for a worker's next line as long as is asked for, or a little while once the run is to end.
fn hear(worker: &mut Child, patience: Duration, interrupted: &AtomicBool) -> Result<Vec<u8>, Silence> {
    let start = Instant::now();
    loop {
        let left = patience.saturating_sub(start.elapsed());
        match worker.hear(left.min(LAST_PATIENCE)) {
            Err(Silence::Hung(_)) if left > LAST_PATIENCE && !interrupted.load(Ordering::Relaxed) => {}
            Err(Silence::Hung(_)) => return Err(Silence::Hung(patience)),
            heard => return heard,
        }
    }
}
