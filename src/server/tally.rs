//! The counts that become the witness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::clock::thread_cpu_time;
use super::overflows::listen_overflows;
use crate::server::witness::Witness;

/// How many requests are in work right now, and were at most: in all loops of a server together.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    now: AtomicU64,
    peak: AtomicU64,
}

/// What one loop has counted so far.
#[derive(Debug)]
pub(super) struct Tally {
    in_flight: Arc<InFlight>,
    seen: Seen,
    /// The moment of the event loop's turn: read once a turn, and not for each request.
    now: Instant,
    /// What this thread has spent spinning in its life.
    spun: Duration,
    /// What the system had counted when these counts began.
    before: Outside,
}

/// What one loop, or several together, have seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// All but what follows from the rest.
    witness: Witness,
    /// When the first request was read.
    first: Option<Instant>,
    /// When the last answer ended.
    last: Option<Instant>,
}

/// What the system counts.
#[derive(Debug, Clone, Copy)]
struct Outside {
    cpu: Duration,
    spun: Duration,
    overflows: u64,
}

impl InFlight {
    fn begin(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        // Most requests make no new peak, and reading costs other loops nothing.
        if now > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(now, Ordering::Relaxed);
        }
    }

    fn end(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    /// The most at one moment. If `anew`, what is in work now is the most so far.
    pub fn peak(&self, anew: bool) -> u64 {
        let peak = self.peak.load(Ordering::Relaxed);
        if anew {
            self.peak.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        peak
    }
}

impl Tally {
    /// No counts yet, of a loop that shares `in_flight` with the others of its server.
    pub fn new(in_flight: Arc<InFlight>) -> Self {
        let before = Outside::now(Duration::ZERO);
        Self { in_flight, seen: Seen::default(), now: Instant::now(), spun: Duration::ZERO, before }
    }

    /// The event loop begins, in the thread that calls this: what it spends on the processor counts
    /// from here.
    pub fn start(&mut self) {
        self.before = Outside::now(self.spun);
    }

    /// A turn of the event loop begins, which has spun for so long in its life.
    pub fn wake(&mut self, now: Instant, spun: Duration) {
        self.now = now;
        self.spun = spun;
    }

    /// A connection was accepted.
    pub fn connected(&mut self) {
        self.seen.witness.connections += 1;
    }

    /// A request was read and understood.
    pub fn began(&mut self) {
        self.seen.witness.requests += 1;
        self.in_flight.begin();
        self.seen.first.get_or_insert(self.now);
    }

    /// A request that [began](Self::began) was answered to its last byte, or its client has gone.
    pub fn ended(&mut self) {
        self.in_flight.end();
        // The turn began before the answer was written, so the span is at most too short, never too
        // long.
        self.seen.last = Some(self.now);
    }

    /// Body bytes were handed to the system.
    pub fn sent(&mut self, bytes: u64) {
        self.seen.witness.bytes += bytes;
    }

    /// Bytes that were due at some moment have just been taken by the system, which they were
    /// offered at `begun`.
    pub fn met(&mut self, due: Instant, begun: Instant) {
        self.seen.witness.begin_errors.record(begun.saturating_duration_since(due));
        self.seen.witness.delay_errors.record(due.elapsed());
    }

    /// A request was refused.
    pub fn refused(&mut self) {
        self.seen.witness.refused += 1;
    }

    /// The counts so far. If `anew`, they start anew.
    pub fn tell(&mut self, anew: bool) -> Seen {
        let now = Outside::now(self.spun);
        let spun = now.spun - self.before.spun;
        let busy = (now.cpu - self.before.cpu).saturating_sub(spun);
        let mut seen = self.seen.clone();
        seen.witness.cpu_ns = busy.as_nanos() as u64;
        seen.witness.spin_ns = spun.as_nanos() as u64;
        seen.witness.listen_overflows = now.overflows.saturating_sub(self.before.overflows);
        if anew {
            (self.seen, self.before) = (Seen::default(), now);
        }
        seen
    }

    /// The most requests that all loops together had in work at one moment.
    pub fn peak(&self, anew: bool) -> u64 {
        self.in_flight.peak(anew)
    }
}

impl Seen {
    /// Adds what another loop has seen in the same time.
    pub fn add(&mut self, other: &Self) {
        let (sum, more) = (&mut self.witness, &other.witness);
        sum.requests += more.requests;
        sum.connections += more.connections;
        sum.bytes += more.bytes;
        sum.refused += more.refused;
        sum.cpu_ns += more.cpu_ns;
        sum.spin_ns += more.spin_ns;
        // Both have read the same counter of the system's.
        sum.listen_overflows = sum.listen_overflows.max(more.listen_overflows);
        sum.begin_errors.add(&more.begin_errors);
        sum.delay_errors.add(&more.delay_errors);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
    }

    /// All that was seen, with the most requests that were in work at one moment.
    pub fn into_witness(self, peak_in_flight: u64) -> Witness {
        // An answer that ended now may have begun before these counts.
        let span =
            self.last.zip(self.first).map(|(last, first)| last.saturating_duration_since(first));
        Witness {
            span_ns: span.unwrap_or_default().as_nanos() as u64,
            peak_in_flight,
            ..self.witness
        }
    }
}

impl Outside {
    fn now(spun: Duration) -> Self {
        Self { cpu: thread_cpu_time(), spun, overflows: listen_overflows() }
    }
}
