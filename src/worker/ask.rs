//! The comparison's side: sends orders to a worker and waits for its replies.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::message::{OpenOrder, Order, PassDone, PassOrder, Ready, WorkerReply};
use crate::worker::child::{Child, Silence};

/// How long a reply may still take once the run is to end, and how often that is checked. It is far
/// longer than a pass usually takes, so that no thread wakes up while a pass is timed.
const LAST: Duration = Duration::from_secs(1);

/// How many characters of an unexpected reply are shown.
const SHOWN: usize = 80;

/// How long to wait for a reply.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// The maximum time.
    pub most: Duration,
    /// Set once the run is to end: then the wait lasts one more second at most.
    pub interrupted: Option<&'a AtomicBool>,
}

impl Patience<'_> {
    /// Creates a patience of this time that cannot be interrupted.
    pub fn of(most: Duration) -> Self {
        Self { most, interrupted: None }
    }

    fn is_interrupted(self) -> bool {
        self.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed))
    }
}

/// Why an order got no reply.
#[derive(Debug)]
pub enum Unanswered {
    /// No reply arrived in time.
    Hung(Duration),
    /// The run was to end, and no reply arrived.
    Interrupted,
    /// The worker has exited, reported an error or sent an invalid reply.
    Broken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hung(patience) => write!(f, "it did not respond within {patience:?}"),
            Self::Interrupted => f.write_str("the run was ended meanwhile"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unanswered {}

/// Orders a worker to open its session.
///
/// # Errors
///
/// The worker does not reply, reports an error or sends an invalid reply.
pub fn ask_to_open(
    worker: &mut Child,
    open: OpenOrder,
    patience: Patience<'_>,
) -> Result<Ready, Unanswered> {
    match ask(worker, &Order::Open(open), patience)? {
        WorkerReply::Ready(ready) => Ok(ready),
        other => Err(unexpected(&other)),
    }
}

/// Orders a worker to make a pass.
///
/// # Errors
///
/// See [`ask_to_open`].
pub fn ask_to_pass(
    worker: &mut Child,
    order: PassOrder,
    patience: Patience<'_>,
) -> Result<PassDone, Unanswered> {
    let visit = order.visit;
    match ask(worker, &Order::Pass(order), patience)? {
        WorkerReply::Pass(done) if done.visit == visit => Ok(done),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(reply: &WorkerReply) -> Unanswered {
    let shown: String = format!("{reply:?}").chars().take(SHOWN).collect();
    Unanswered::Broken(format!("unexpected reply: {shown}"))
}

fn ask(
    worker: &mut Child,
    order: &Order,
    patience: Patience<'_>,
) -> Result<WorkerReply, Unanswered> {
    let mut line = serde_json::to_vec(order).expect("orders are JSON");
    line.push(b'\n');
    worker.say(&line, patience.most).map_err(|silence| match silence {
        Silence::Hung(patience) => Unanswered::Hung(patience),
        other => Unanswered::Broken(other.to_string()),
    })?;
    match serde_json::from_slice(&receive(worker, patience)?) {
        Ok(WorkerReply::Error(why)) => Err(Unanswered::Broken(why)),
        Ok(reply) => Ok(reply),
        Err(error) => Err(Unanswered::Broken(format!("invalid reply: {error}"))),
    }
}

fn receive(worker: &mut Child, patience: Patience<'_>) -> Result<Vec<u8>, Unanswered> {
    let start = Instant::now();
    loop {
        let left = patience.most.saturating_sub(start.elapsed());
        match worker.hear(left.min(LAST)) {
            Ok(line) => return Ok(line),
            Err(Silence::Hung(_)) if patience.is_interrupted() => {
                return Err(Unanswered::Interrupted);
            }
            Err(Silence::Hung(_)) if left > LAST => {}
            Err(Silence::Hung(_)) => return Err(Unanswered::Hung(patience.most)),
            Err(silence) => return Err(Unanswered::Broken(silence.to_string())),
        }
    }
}
