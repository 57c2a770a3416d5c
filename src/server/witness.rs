//! The counts of the mock server: a second witness, independent of the backend's report.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The counts of the mock server since their last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Witness {
    /// Requests with a complete, valid head.
    pub requests: u64,
    /// Connections accepted.
    pub connections: u64,
    /// The most requests in flight at one moment: read, but not yet answered to the last byte.
    pub peak_in_flight: u64,
    /// Body bytes passed to the system for sending.
    pub bytes: u64,
    /// Requests that were refused: malformed, too large, or an unknown target or method.
    pub refused: u64,
    /// From the first request to the last byte of the last response, in nanoseconds: less than the
    /// pass that made them.
    #[serde(default)]
    pub span_ns: u64,
    /// Processor time of the server's threads in nanoseconds, without busy-polling.
    #[serde(default)]
    pub cpu_ns: u64,
    /// Processor time spent busy-polling before deadlines too near to sleep, in nanoseconds.
    #[serde(default)]
    pub spin_ns: u64,
    /// Connections that found the queue of a listener full, anywhere on this machine.
    #[serde(default)]
    pub listen_overflows: u64,
    /// TLS handshakes with a certificate.
    #[serde(default)]
    pub full_handshakes: u64,
    /// TLS handshakes that resumed a session, without 0-RTT data.
    #[serde(default)]
    pub resumed_handshakes: u64,
    /// TLS handshakes that resumed a session, with 0-RTT data.
    #[serde(default)]
    pub early_handshakes: u64,
    /// How late the server began to write the bytes of a programmed moment.
    #[serde(default)]
    pub begin_errors: DelayErrors,
    /// How late the system had accepted those bytes. On one machine this includes the time to wake
    /// a sleeping client.
    #[serde(default)]
    pub delay_errors: DelayErrors,
    /// The counts of HTTP/2; absent if no client spoke it.
    #[serde(default, skip_serializing_if = "Http2Counts::is_empty")]
    pub http2: Http2Counts,
}

/// The counts of HTTP/2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Http2Counts {
    /// Connections on which a stream was opened, whenever they were accepted.
    pub connections: u64,
    /// Streams that the server accepted.
    pub streams: u64,
    /// The most streams open on one connection at one moment.
    pub peak_streams: u64,
    /// Streams that the server refused beyond the limit of the scenario, for the client to try
    /// again.
    pub refused: u64,
    /// RST_STREAM frames received.
    pub resets: u64,
    /// GOAWAY frames received.
    pub goaways: u64,
    /// Connections that the server ended because the client violated the protocol.
    pub connection_errors: u64,
    /// The length of all header blocks received, as they were compressed.
    pub header_bytes: u64,
    /// Streams whose delay counts from the timestamp of an earlier stream, because one read brought
    /// the requests of both. It is that of the last byte of the read.
    pub shared_stamps: u64,
    /// Responses whose body waited for the client's windows. Their ends are not in the errors of
    /// delays.
    pub held_up: u64,
}

impl Http2Counts {
    /// Returns whether all counts are zero.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns how many of `slots` fetches can have been in flight at once, if each connection has
    /// at most `limit` streams and all `requests` were streams.
    pub fn slots(&self, slots: NonZeroUsize, requests: u64, limit: NonZeroU32) -> NonZeroUsize {
        if self.streams == 0 || self.streams != requests {
            return slots;
        }
        let streams = self.connections.saturating_mul(u64::from(limit.get()));
        let streams = usize::try_from(streams).unwrap_or(usize::MAX);
        NonZeroUsize::new(streams).map_or(slots, |streams| slots.min(streams))
    }

    /// Adds the counts of another event loop.
    pub fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.streams += other.streams;
        self.peak_streams = self.peak_streams.max(other.peak_streams);
        self.refused += other.refused;
        self.resets += other.resets;
        self.goaways += other.goaways;
        self.connection_errors += other.connection_errors;
        self.header_bytes += other.header_bytes;
        self.shared_stamps += other.shared_stamps;
        self.held_up += other.held_up;
    }
}

/// A kind of TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// With a certificate.
    Full,
    /// Resumes a session.
    Resumed,
    /// Resumes a session, with 0-RTT data.
    Early,
}

impl Witness {
    /// Counts a TLS handshake.
    pub(crate) fn add_handshake(&mut self, handshake: Handshake) {
        let count = match handshake {
            Handshake::Full => &mut self.full_handshakes,
            Handshake::Resumed => &mut self.resumed_handshakes,
            Handshake::Early => &mut self.early_handshakes,
        };
        *count += 1;
    }

    /// Returns only the counts, without the times, which differ from run to run.
    #[must_use]
    pub fn counts(self) -> Self {
        Self {
            span_ns: 0,
            cpu_ns: 0,
            spin_ns: 0,
            begin_errors: DelayErrors::default(),
            delay_errors: DelayErrors::default(),
            ..self
        }
    }
}

/// A histogram of how late responses were, relative to their programmed moments.
///
/// As JSON it is an object. Each key is an upper bound in nanoseconds; its value is the number of
/// responses that were at most this late, but later than the previous key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct DelayErrors(
    #[cfg_attr(test, schemars(with = "BTreeMap<u64, std::num::NonZeroU64>"))] BTreeMap<u64, u64>,
);

/// The significant binary digits of an error: precise to a sixteenth.
const DIGITS: u32 = 5;

impl DelayErrors {
    /// Counts one error.
    pub fn record(&mut self, error: Duration) {
        let nanos = u64::try_from(error.as_nanos()).unwrap_or(u64::MAX);
        let dropped = (u64::BITS - nanos.leading_zeros()).saturating_sub(DIGITS);
        // Rounds up, so that no error appears smaller than it was.
        *self.0.entry(nanos | ((1 << dropped) - 1)).or_default() += 1;
    }

    /// Adds the counts of another histogram.
    pub fn add(&mut self, other: &Self) {
        for (error, count) in &other.0 {
            *self.0.entry(*error).or_default() += count;
        }
    }

    /// Returns the number of errors counted.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Returns the error that a share of all, such as 0.5 or 0.99, did not exceed; `None` if the
    /// histogram is empty.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let wanted = ((self.count() as f64 * share).ceil() as u64).max(1);
        let mut passed = 0;
        let found = self.0.iter().find(|(_, count)| {
            passed += **count;
            passed >= wanted
        });
        found.map(|(error, _)| Duration::from_nanos(*error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_precise() {
        let mut errors = DelayErrors::default();
        (1..=100_000).rev().for_each(|nanos| errors.record(Duration::from_nanos(nanos)));
        for (share, exact) in [(0.0, 1), (0.5, 50_000), (0.99, 99_000), (1.0, 100_000)] {
            let reported = errors.quantile(share).unwrap().as_nanos();
            assert!((exact..=exact + exact / 16).contains(&reported), "{share}: {reported}");
        }
        assert_eq!(errors.count(), 100_000);
        assert!(errors.0.len() < 220, "{} entries", errors.0.len());
        assert_eq!(DelayErrors::default().quantile(0.5), None);
    }

    fn histogram(nanos: &[u64]) -> DelayErrors {
        let mut errors = DelayErrors::default();
        nanos.iter().for_each(|nanos| errors.record(Duration::from_nanos(*nanos)));
        errors
    }

    #[test]
    fn delay_errors_add_up() {
        let mut sum = histogram(&[0, 40, 1_000_000]);
        sum.add(&histogram(&[40, u64::MAX]));
        assert_eq!(sum, histogram(&[0, 40, 40, 1_000_000, u64::MAX]));
        let wire = serde_json::to_string(&sum).unwrap();
        assert!(wire.starts_with(r#"{"0":1,"41":2,"#), "{wire}");
        assert_eq!(serde_json::from_str::<DelayErrors>(&wire).unwrap(), sum);
    }

    #[test]
    fn streams_limit_the_slots() {
        let counts = Http2Counts { connections: 2, streams: 1_000, ..Http2Counts::default() };
        let slots = |slots, requests, limit| {
            let limit = NonZeroU32::new(limit).unwrap();
            counts.slots(NonZeroUsize::new(slots).unwrap(), requests, limit).get()
        };
        assert_eq!((slots(256, 1_000, 100), slots(100, 1_000, 100)), (200, 100));
        assert_eq!(slots(256, 1_001, 100), 256, "some requests were not streams");
        assert!(Http2Counts::default().is_empty() && !counts.is_empty());
    }

    #[test]
    fn old_witnesses_load() {
        let old = r#"{"requests":1,"connections":2,"peak_in_flight":3,"bytes":4,"refused":5}"#;
        let witness: Witness = serde_json::from_str(old).unwrap();
        assert_eq!((witness.refused, witness.spin_ns, witness.delay_errors.count()), (5, 0, 0));
    }
}
