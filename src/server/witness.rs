//! The counts of the mock server: a second witness, independent of the backend's report.

use std::collections::BTreeMap;
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
    fn old_witnesses_load() {
        let old = r#"{"requests":1,"connections":2,"peak_in_flight":3,"bytes":4,"refused":5}"#;
        let witness: Witness = serde_json::from_str(old).unwrap();
        assert_eq!((witness.refused, witness.spin_ns, witness.delay_errors.count()), (5, 0, 0));
    }
}
