//! Where the time of fetches goes, as the relay of a link sees it.

use serde::{Deserialize, Serialize};

use crate::record::bounds;

/// The phases of a backend's fetches in one block: for each, the mean per fetch of a pass, and of
/// these the median over the block's counted passes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Phases {
    /// TCP handshakes: from SYN to SYN-ACK.
    pub connect_s: f64,
    /// TLS handshakes: from each flight of the client to the end of the server's.
    pub tls_s: f64,
    /// First requests: from the end of the handshakes to the end of the connection's first request;
    /// and later requests, from the first packet to the last.
    pub request_s: f64,
    /// Waits: from the end of a request to the first packet of its response.
    pub wait_s: f64,
    /// Bodies: from the first packet of a response to its last.
    pub body_s: f64,
    /// The rest of a fetch's time, as the client reports it: the client's own.
    #[cfg_attr(test, schemars(range(min = -0.0002)))]
    pub client_s: f64,
}

/// The least remainder, in seconds. A lower one shows that the phases were not those of the
/// fetches, e.g. because a client connects ahead of need.
pub const LEAST_REMAINDER_S: f64 = -0.0002;

impl Phases {
    /// Returns an error if a field holds an impossible value.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (name, seconds) in [
            ("connect_s", self.connect_s),
            ("tls_s", self.tls_s),
            ("request_s", self.request_s),
            ("wait_s", self.wait_s),
            ("body_s", self.body_s),
            ("client_s", self.client_s - LEAST_REMAINDER_S),
        ] {
            bounds::amount(name, seconds)?;
        }
        Ok(())
    }

    /// Returns the phases in order, each with its heading.
    pub fn named(&self) -> [(&'static str, f64); 6] {
        [
            ("connect", self.connect_s),
            ("TLS", self.tls_s),
            ("first request", self.request_s),
            ("wait", self.wait_s),
            ("body", self.body_s),
            ("client", self.client_s),
        ]
    }

    /// Returns each phase as `reduce` makes it of all values; `None` if it makes nothing of them.
    pub fn reduced(all: &[Self], reduce: fn(&[f64]) -> Option<f64>) -> Option<Self> {
        let phase = |value: fn(&Self) -> f64| reduce(&all.iter().map(value).collect::<Vec<_>>());
        Some(Self {
            connect_s: phase(|one| one.connect_s)?,
            tls_s: phase(|one| one.tls_s)?,
            request_s: phase(|one| one.request_s)?,
            wait_s: phase(|one| one.wait_s)?,
            body_s: phase(|one| one.body_s)?,
            client_s: phase(|one| one.client_s)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::phases;
    use crate::stats::median;

    #[test]
    fn impossible_phases_are_refused() {
        let good = phases(1.0);
        assert!(good.check().is_ok());
        assert!(Phases { client_s: -0.0002, ..good }.check().is_ok());
        for bad in [
            Phases { client_s: -0.0003, ..good },
            Phases { wait_s: -1.0, ..good },
            Phases { tls_s: f64::NAN, ..good },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn phases_have_medians() {
        let all = [1.0, 3.0, 2.0].map(phases);
        assert_eq!(Phases::reduced(&all, median), Some(phases(2.0)));
        assert_eq!(Phases::reduced(&[], median), None);
    }
}
