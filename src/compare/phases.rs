//! Where the time of fetches goes: the packets that the relay of a link saw, against the times that
//! the client reports.

use crate::fetch::{Fetched, Pass};
use crate::link::WirePhases;
use crate::record::{LEAST_REMAINDER_S, Phases};

/// Returns the mean phases of the fetches of a pass; `None` if the packets are not clearly those of
/// its fetches: their requests differ in number, some connection was not followed, or the phases
/// together take longer than the fetches.
pub(super) fn phases(wire: &WirePhases, pass: &Pass) -> Option<Phases> {
    let fetches = pass.fetched.len();
    if fetches == 0 || wire.requests != fetches as u64 || wire.unseen > 0 {
        return None;
    }
    let mean_s = |nanoseconds: u64| nanoseconds as f64 / 1e9 / fetches as f64;
    let fetched_s: f64 =
        pass.fetched.iter().map(|Fetched { elapsed, .. }| elapsed.as_secs_f64()).sum();
    let phases = Phases {
        connect_s: mean_s(wire.connect_ns),
        tls_s: mean_s(wire.tls_ns),
        request_s: mean_s(wire.request_ns),
        wait_s: mean_s(wire.wait_ns),
        body_s: mean_s(wire.body_ns),
        client_s: fetched_s / fetches as f64,
    };
    let seen_s: f64 = phases.named()[..5].iter().map(|(_, seconds)| seconds).sum();
    let client_s = phases.client_s - seen_s;
    (client_s >= LEAST_REMAINDER_S).then_some(Phases { client_s, ..phases })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::error::{ErrorClass, FetchError};

    const MS: u64 = 1_000_000;

    /// Returns a pass of two fetches of these lengths in milliseconds.
    fn pass(lengths_ms: [u64; 2]) -> Pass {
        let fetched = lengths_ms.map(|length_ms| Fetched {
            started: Duration::ZERO,
            elapsed: Duration::from_millis(length_ms),
            final_url: None,
            result: Err(FetchError::new(ErrorClass::Dns, "")),
        });
        Pass { elapsed: Duration::from_secs(1), fetched: fetched.into() }
    }

    #[test]
    fn the_rest_is_the_clients() {
        let wire = WirePhases {
            connect_ns: 2 * MS,
            tls_ns: 4 * MS,
            request_ns: 6 * MS,
            requests: 2,
            wait_ns: 20 * MS,
            body_ns: 10 * MS,
            unseen: 0,
        };
        let seconds = phases(&wire, &pass([20, 26])).unwrap().named().map(|(_, seconds)| seconds);
        for (found, expected) in seconds.into_iter().zip([1e-3, 2e-3, 3e-3, 10e-3, 5e-3, 2e-3]) {
            assert!((found - expected).abs() < 1e-12, "{seconds:?}");
        }
    }

    #[test]
    fn doubtful_phases_are_withheld() {
        let wire = WirePhases { requests: 2, wait_ns: 4 * MS, ..WirePhases::default() };
        assert!(phases(&wire, &pass([2, 2])).is_some());
        assert!(phases(&wire, &pass([1, 2])).is_none(), "the fetches are too short");
        assert!(phases(&WirePhases { requests: 3, ..wire }, &pass([2, 2])).is_none());
        assert!(phases(&WirePhases { unseen: 1, ..wire }, &pass([2, 2])).is_none());
    }
}
