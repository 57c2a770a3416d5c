//! The counters that become the witness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::clock::thread_cpu_time;
use super::overflows::listen_overflows;
use crate::server::witness::{Handshake, Http2Counts, Witness};

/// The number of requests in flight, now and at most, over all loops of a server.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    now: AtomicU64,
    peak: AtomicU64,
}

/// The counts of one loop.
#[derive(Debug)]
pub(super) struct Tally {
    in_flight: Arc<InFlight>,
    counts: LoopCounts,
    /// The time of the current iteration of the event loop; read once per iteration, not per
    /// request.
    now: Instant,
    /// The time that this thread has spent busy-polling since it started.
    spun: Duration,
    /// The system's counters when these counts began.
    before: Outside,
    /// How often the counts began, at least once.
    resets: u64,
}

/// The counts of one loop, or of several together.
#[derive(Debug, Clone, Default)]
pub(super) struct LoopCounts {
    /// All fields that do not follow from others.
    witness: Witness,
    /// When the first request was read.
    first: Option<Instant>,
    /// When the last response ended.
    last: Option<Instant>,
}

/// The system's counters.
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

    /// Returns the most requests at one moment. If `anew`, the peak restarts at the current number.
    pub fn peak(&self, anew: bool) -> u64 {
        let peak = self.peak.load(Ordering::Relaxed);
        if anew {
            self.peak.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        peak
    }
}

impl Tally {
    /// Creates empty counts for a loop that shares `in_flight` with the other loops of its server.
    pub fn new(in_flight: Arc<InFlight>) -> Self {
        let before = Outside::now(Duration::ZERO);
        Self {
            in_flight,
            counts: LoopCounts::default(),
            now: Instant::now(),
            spun: Duration::ZERO,
            before,
            resets: 1,
        }
    }

    /// Starts to count the processor time of the calling thread, which runs the event loop.
    pub fn start(&mut self) {
        self.before = Outside::now(self.spun);
    }

    /// Starts an iteration of the event loop, whose thread has spent `spun` busy-polling so far.
    pub fn wake(&mut self, now: Instant, spun: Duration) {
        self.now = now;
        self.spun = spun;
    }

    /// Counts an accepted connection.
    pub fn connected(&mut self) {
        self.counts.witness.connections += 1;
    }

    /// Counts a TLS handshake.
    pub fn shook_hands(&mut self, handshake: Handshake) {
        self.counts.witness.add_handshake(handshake);
    }

    /// Counts a valid request.
    pub fn began(&mut self) {
        self.counts.witness.requests += 1;
        self.in_flight.begin();
        self.counts.first.get_or_insert(self.now);
    }

    /// Records that a request counted by [`began`](Self::began) was answered to its last byte, or
    /// that its client has left.
    pub fn ended(&mut self) {
        self.in_flight.end();
        // The iteration began before the response was written, so the span may be too short, but
        // never too long.
        self.counts.last = Some(self.now);
    }

    /// Counts body bytes that the kernel has accepted.
    pub fn sent(&mut self, bytes: u64) {
        self.counts.witness.bytes += bytes;
    }

    /// Records that bytes due at `due` were accepted by the kernel; the write began at `begun`.
    pub fn record_lateness(&mut self, due: Instant, begun: Instant) {
        self.counts.witness.begin_errors.record(begun.saturating_duration_since(due));
        self.counts.witness.delay_errors.record(due.elapsed());
    }

    /// Returns the counts of HTTP/2.
    pub fn http2(&mut self) -> &mut Http2Counts {
        &mut self.counts.witness.http2
    }

    /// Counts a stream that brought the number of open streams of its connection to `open`. The
    /// connection keeps in `counted` when it was counted last.
    pub fn opened(&mut self, open: usize, counted: &mut u64) {
        let is_new = std::mem::replace(counted, self.resets) != self.resets;
        let counts = self.http2();
        counts.connections += u64::from(is_new);
        counts.streams += 1;
        counts.peak_streams = counts.peak_streams.max(open as u64);
    }

    /// Counts a body that waited for the client's windows.
    pub fn held_up(&mut self) {
        self.http2().held_up += 1;
    }

    /// Counts a refused request.
    pub fn refused(&mut self) {
        self.counts.witness.refused += 1;
    }

    /// Returns the counts so far. If `anew`, they are reset.
    pub fn report(&mut self, anew: bool) -> LoopCounts {
        let now = Outside::now(self.spun);
        let spun = now.spun - self.before.spun;
        let busy = (now.cpu - self.before.cpu).saturating_sub(spun);
        let mut counts = self.counts.clone();
        counts.witness.cpu_ns = busy.as_nanos() as u64;
        counts.witness.spin_ns = spun.as_nanos() as u64;
        counts.witness.listen_overflows = now.overflows.saturating_sub(self.before.overflows);
        if anew {
            (self.counts, self.before) = (LoopCounts::default(), now);
            self.resets += 1;
        }
        counts
    }

    /// Returns the most requests that all loops together had in flight at one moment.
    pub fn peak(&self, anew: bool) -> u64 {
        self.in_flight.peak(anew)
    }
}

impl LoopCounts {
    /// Adds the counts of another loop over the same time.
    pub fn add(&mut self, other: &Self) {
        let (sum, more) = (&mut self.witness, &other.witness);
        sum.requests += more.requests;
        sum.connections += more.connections;
        sum.bytes += more.bytes;
        sum.refused += more.refused;
        sum.cpu_ns += more.cpu_ns;
        sum.spin_ns += more.spin_ns;
        sum.full_handshakes += more.full_handshakes;
        sum.resumed_handshakes += more.resumed_handshakes;
        sum.early_handshakes += more.early_handshakes;
        // Both loops read the same counter of the system.
        sum.listen_overflows = sum.listen_overflows.max(more.listen_overflows);
        sum.begin_errors.add(&more.begin_errors);
        sum.delay_errors.add(&more.delay_errors);
        sum.http2.add(&more.http2);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.into_iter().chain(other.last).max();
    }

    /// Returns the witness, with the given peak of requests in flight.
    pub fn into_witness(self, peak_in_flight: u64) -> Witness {
        // A response that ended now may have begun before these counts.
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
