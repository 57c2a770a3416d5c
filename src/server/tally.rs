//! The counts that become the witness.

use std::time::{Duration, Instant};

use super::clock::thread_cpu_time;
use super::overflows::listen_overflows;
use crate::witness::Witness;

/// The counts so far, and how many requests are in work right now.
#[derive(Debug)]
pub(super) struct Tally {
    witness: Witness,
    in_flight: u64,
    /// The moment of the event loop's turn: read once a turn, and not for each request.
    now: Instant,
    /// When the first request of these counts was read.
    first: Option<Instant>,
    /// What this thread has spent spinning in its life.
    spun: Duration,
    /// What the system had counted when these counts began.
    before: Outside,
}

/// What the system counts.
#[derive(Debug, Clone, Copy)]
struct Outside {
    cpu: Duration,
    spun: Duration,
    overflows: u64,
}

impl Tally {
    /// No counts yet.
    pub fn new() -> Self {
        let before = Outside::now(Duration::ZERO);
        let (now, spun) = (Instant::now(), Duration::ZERO);
        Self { witness: Witness::default(), in_flight: 0, now, first: None, spun, before }
    }

    /// The event loop begins, in the thread that calls this: what it spends on the processor counts from here.
    pub fn start(&mut self) {
        self.before = Outside::now(self.spun);
    }

    /// A turn of the event loop begins, which has spun for so long in its life.
    pub fn turn(&mut self, now: Instant, spun: Duration) {
        self.now = now;
        self.spun = spun;
    }

    /// A connection was accepted.
    pub fn connected(&mut self) {
        self.witness.connections += 1;
    }

    /// A request was read and understood.
    pub fn began(&mut self) {
        self.witness.requests += 1;
        self.in_flight += 1;
        self.witness.peak_in_flight = self.witness.peak_in_flight.max(self.in_flight);
        self.first.get_or_insert(self.now);
    }

    /// A request that [began](Self::began) was answered to its last byte, or its client has gone.
    pub fn ended(&mut self) {
        self.in_flight -= 1;
        // The turn began before the answer was written, so the span is at most too short, never too long.
        let span = self.first.map_or(Duration::ZERO, |first| self.now.saturating_duration_since(first));
        self.witness.span_ns = span.as_nanos() as u64;
    }

    /// Body bytes were handed to the system.
    pub fn sent(&mut self, bytes: u64) {
        self.witness.bytes += bytes;
    }

    /// Bytes that were due at some moment have just been handed to the system.
    pub fn met(&mut self, due: Instant) {
        self.witness.delay_errors.record(due.elapsed());
    }

    /// A request was refused.
    pub fn refused(&mut self) {
        self.witness.refused += 1;
    }

    /// The counts so far.
    pub fn witness(&self) -> Witness {
        let now = Outside::now(self.spun);
        let spun = now.spun - self.before.spun;
        let busy = (now.cpu - self.before.cpu).saturating_sub(spun);
        Witness {
            cpu_ns: busy.as_nanos() as u64,
            spin_ns: spun.as_nanos() as u64,
            listen_overflows: now.overflows.saturating_sub(self.before.overflows),
            ..self.witness.clone()
        }
    }

    /// The counts so far, and starts anew. What is in work now is in work at the start of the new counts too.
    pub fn take(&mut self) -> Witness {
        let witness = self.witness();
        self.witness = Witness { peak_in_flight: self.in_flight, ..Witness::default() };
        self.first = None;
        self.before = Outside::now(self.spun);
        witness
    }
}

impl Outside {
    fn now(spun: Duration) -> Self {
        Self { cpu: thread_cpu_time(), spun, overflows: listen_overflows() }
    }
}
