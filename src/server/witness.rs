//! What a server saw: the second witness, beside the backend's own word.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the mock server counted since it was last asked to start anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Requests whose head was read to its end and understood.
    pub requests: u64,
    /// Connections accepted.
    pub connections: u64,
    /// The most requests that were in work at one moment: read, but not yet answered to the last
    /// byte.
    pub peak_in_flight: u64,
    /// Body bytes handed to the system for sending.
    pub bytes: u64,
    /// Requests that were refused: malformed, too large, an unknown target or method.
    pub refused: u64,
    /// From the first request to the last byte of the last answer, in nanoseconds: less than the
    /// pass that made them.
    #[serde(default)]
    pub span_ns: u64,
    /// What the server's threads spent on the processor, in nanoseconds, without what they spent
    /// spinning.
    #[serde(default)]
    pub cpu_ns: u64,
    /// What they spent there waiting for a moment that was too near to sleep, in nanoseconds.
    #[serde(default)]
    pub spin_ns: u64,
    /// Connections that found the queue of a listener full, anywhere on this machine.
    #[serde(default)]
    pub listen_overflows: u64,
    /// By how much programmed moments were missed until the server turned to the system with the
    /// bytes.
    #[serde(default)]
    pub begin_errors: DelayErrors,
    /// The same until the system had taken them, which on one machine is also the time it takes to
    /// wake a client that sleeps.
    #[serde(default)]
    pub delay_errors: DelayErrors,
}

impl Witness {
    /// The counts alone, without the times, which differ from run to run.
    #[must_use]
    pub fn counts(self) -> Self {
        let none = DelayErrors::default;
        Self {
            span_ns: 0,
            cpu_ns: 0,
            spin_ns: 0,
            begin_errors: none(),
            delay_errors: none(),
            ..self
        }
    }
}

/// A histogram of how late answers were, from the programmed moment on.
///
/// As JSON it is an object: so many answers were at most so many nanoseconds late, and later than
/// the entry before says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DelayErrors(BTreeMap<u64, u64>);

/// The binary digits that an error is kept to: within a sixteenth.
const DIGITS: u32 = 5;

impl DelayErrors {
    /// Counts one error.
    pub fn record(&mut self, error: Duration) {
        let nanos = u64::try_from(error.as_nanos()).unwrap_or(u64::MAX);
        let dropped = (u64::BITS - nanos.leading_zeros()).saturating_sub(DIGITS);
        // Rounded up, so that no error is told smaller than it was.
        *self.0.entry(nanos | ((1 << dropped) - 1)).or_default() += 1;
    }

    /// Adds what another histogram counted.
    pub fn add(&mut self, other: &Self) {
        for (error, count) in &other.0 {
            *self.0.entry(*error).or_default() += count;
        }
    }

    /// How many errors were counted.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The error that a share of all, such as 0.5 or 0.99, did not exceed, or `None` where there
    /// are none.
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
    fn quantiles_of_delay_errors_are_exact_to_a_sixteenth_and_never_too_small() {
        let mut errors = DelayErrors::default();
        (1..=100_000).rev().for_each(|nanos| errors.record(Duration::from_nanos(nanos)));
        for (share, exact) in [(0.0, 1), (0.5, 50_000), (0.99, 99_000), (1.0, 100_000)] {
            let told = errors.quantile(share).unwrap().as_nanos();
            assert!((exact..=exact + exact / 16).contains(&told), "{share}: {told}");
        }
        assert_eq!(errors.count(), 100_000);
        assert!(errors.0.len() < 220, "{} entries", errors.0.len());
        assert_eq!(DelayErrors::default().quantile(0.5), None);
    }

    #[test]
    fn delay_errors_add_up_and_survive_the_wire() {
        let error = |nanos: &[u64]| {
            let mut errors = DelayErrors::default();
            nanos.iter().for_each(|nanos| errors.record(Duration::from_nanos(*nanos)));
            errors
        };
        let mut sum = error(&[0, 40, 1_000_000]);
        sum.add(&error(&[40, u64::MAX]));
        assert_eq!(sum, error(&[0, 40, 40, 1_000_000, u64::MAX]));
        let wire = serde_json::to_string(&sum).unwrap();
        assert!(wire.starts_with(r#"{"0":1,"41":2,"#), "{wire}");
        assert_eq!(serde_json::from_str::<DelayErrors>(&wire).unwrap(), sum);
    }

    #[test]
    fn the_witness_of_an_old_record_can_be_read() {
        let old = r#"{"requests":1,"connections":2,"peak_in_flight":3,"bytes":4,"refused":5}"#;
        let witness: Witness = serde_json::from_str(old).unwrap();
        assert_eq!((witness.refused, witness.spin_ns, witness.delay_errors.count()), (5, 0, 0));
    }
}
