//! The counts that become the witness.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

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
    /// The processor time of this thread when these counts began.
    cpu: Duration,
}

impl Tally {
    /// No counts yet.
    pub fn new() -> Self {
        Self { witness: Witness::default(), in_flight: 0, now: Instant::now(), first: None, cpu: thread_cpu_time() }
    }

    /// A turn of the event loop begins.
    pub fn turn(&mut self, now: Instant) {
        self.now = now;
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

    /// A request was refused.
    pub fn refused(&mut self) {
        self.witness.refused += 1;
    }

    /// The counts so far.
    pub fn witness(&self) -> Witness {
        let cpu = thread_cpu_time().saturating_sub(self.cpu);
        Witness { cpu_ns: cpu.as_nanos() as u64, ..self.witness }
    }

    /// The counts so far, and starts anew. What is in work now is in work at the start of the new counts too.
    pub fn take(&mut self) -> Witness {
        let witness = self.witness();
        self.witness = Witness { peak_in_flight: self.in_flight, ..Witness::default() };
        self.first = None;
        self.cpu = thread_cpu_time();
        witness
    }
}

fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
