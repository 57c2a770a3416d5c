//! The other side's end: an order to a worker, and what it answers.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::message::{Open, Order, PassDone, PassOrder, Ready, Reply};
use crate::worker::child::{Child, Silence};

/// How long an answer may still take when the run is to end. Also how often one looks whether it
/// is: far longer than a pass usually takes, so that nobody is woken while one is timed.
const LAST: Duration = Duration::from_secs(1);

/// How much is shown of an answer that cannot be understood, in characters.
const SHOWN: usize = 80;

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// The longest.
    pub most: Duration,
    /// Set once the run is to end: then a second more at most.
    pub interrupted: Option<&'a AtomicBool>,
}

impl Patience<'_> {
    /// For so long, whatever happens.
    pub fn of(most: Duration) -> Self {
        Self { most, interrupted: None }
    }

    fn is_interrupted(self) -> bool {
        self.interrupted.is_some_and(|interrupted| interrupted.load(Ordering::Relaxed))
    }
}

/// Why an order was not answered.
#[derive(Debug)]
pub enum Unanswered {
    /// Nothing was heard in time.
    Hung(Duration),
    /// The run was to end, and nothing was heard.
    Interrupted,
    /// The worker has ended, says that it cannot go on, or says what cannot be understood.
    Broken(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hung(patience) => write!(f, "it did not answer within {patience:?}"),
            Self::Interrupted => f.write_str("the run was ended meanwhile"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unanswered {}

/// Has a worker open its session.
///
/// # Errors
///
/// It does not answer, says that it cannot, or talks nonsense.
pub fn ask_to_open(
    worker: &mut Child,
    open: Open,
    patience: Patience<'_>,
) -> Result<Ready, Unanswered> {
    match ask(worker, &Order::Open(open), patience)? {
        Reply::Ready(ready) => Ok(ready),
        other => Err(unasked(&other)),
    }
}

/// Has a worker make a pass.
///
/// # Errors
///
/// As [`ask_to_open`].
pub fn ask_to_pass(
    worker: &mut Child,
    order: PassOrder,
    patience: Patience<'_>,
) -> Result<PassDone, Unanswered> {
    let visit = order.visit;
    match ask(worker, &Order::Pass(order), patience)? {
        Reply::Pass(done) if done.visit == visit => Ok(done),
        other => Err(unasked(&other)),
    }
}

fn unasked(reply: &Reply) -> Unanswered {
    let shown: String = format!("{reply:?}").chars().take(SHOWN).collect();
    Unanswered::Broken(format!("it answers what was not asked: {shown}"))
}

fn ask(worker: &mut Child, order: &Order, patience: Patience<'_>) -> Result<Reply, Unanswered> {
    let mut line = serde_json::to_vec(order).expect("orders are JSON");
    line.push(b'\n');
    worker.say(&line, patience.most).map_err(|silence| match silence {
        Silence::Hung(patience) => Unanswered::Hung(patience),
        other => Unanswered::Broken(other.to_string()),
    })?;
    match serde_json::from_slice(&hear(worker, patience)?) {
        Ok(Reply::Error(why)) => Err(Unanswered::Broken(why)),
        Ok(reply) => Ok(reply),
        Err(error) => Err(Unanswered::Broken(format!("it talks nonsense: {error}"))),
    }
}

fn hear(worker: &mut Child, patience: Patience<'_>) -> Result<Vec<u8>, Unanswered> {
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
