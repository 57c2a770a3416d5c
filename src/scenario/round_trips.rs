//! The ideal over a network: round trips, and the time to send the bodies.
//!
//! Slow start is left to the backends: a body that needs several windows takes longer than here,
//! for every backend alike.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::{Scenario, schedule};
use crate::fetch::Connections;
use crate::scenario::network::{Network, transmission};
use crate::scenario::site::Site;

/// Round trips of a TCP handshake.
const TCP: u32 = 1;

/// Round trips of a full TLS 1.3 handshake. TLS 1.2 takes one more, which is time that a client
/// adds.
const TLS: u32 = 1;

impl Scenario {
    /// Returns the least time of a pass over `network`. With kept connections, a fetch takes one
    /// round trip, its delay and the time to send its body.
    pub(super) fn ideal_over(
        &self,
        network: &Network,
        visit: u64,
        slots: NonZeroUsize,
        connections: Connections,
    ) -> Duration {
        let trips = self.round_trips(slots, connections);
        let times =
            self.times(visit).zip(&self.sites).zip(trips).map(|((time, site), trips)| {
                time + network.rtt * trips + own_sending(site, network)
            });
        let bytes = self.sites.iter().map(|site| site.reply.bytes).sum();
        // All bodies share the rate.
        schedule::makespan(times, slots).max(sending(bytes, network))
    }

    /// Returns the round trips of each fetch.
    fn round_trips(&self, slots: NonZeroUsize, connections: Connections) -> Vec<u32> {
        let mut connected = HashSet::new();
        let sites = self.sites.iter().enumerate();
        let trips = sites.map(|(number, site)| {
            // Without connections, the first fetches find none, and later ones may use theirs.
            let is_first = connected.insert(site.origin) || number < slots.get();
            let connects = match connections {
                Connections::Warm => false,
                Connections::Cold => is_first,
                Connections::PerFetch => true,
            };
            let handshakes = match self.origins[site.origin].scheme() {
                // 0-RTT data needs no further round trip. A fresh client has no ticket yet.
                "https" if self.tickets && connections == Connections::PerFetch => TCP,
                "https" => TCP + TLS,
                _ => TCP,
            };
            1 + if connects { handshakes } else { 0 }
        });
        trips.collect()
    }
}

/// Returns the time to send the body of a site. A body with a body time is on its way before
/// the end of that time.
fn own_sending(site: &Site, network: &Network) -> Duration {
    if site.reply.body_time.is_none() { sending(site.reply.bytes, network) } else { Duration::ZERO }
}

/// Returns the time to send a body.
fn sending(bytes: u64, network: &Network) -> Duration {
    network.down.map_or(Duration::ZERO, |rate| transmission(bytes as usize, rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the ideal of four sites of 1,000 bytes and 5 ms on two origins, in milliseconds.
    fn ideal_ms(network: &str, slots: usize, connections: Connections, tls: bool) -> f64 {
        let text = "description = 'd'\nconcurrency = 2\n\
                    [[site]]\nlabel = 'a'\nrepeat = 3\nbytes = 1000\ndelay = '5ms'\n\
                    [[site]]\nlabel = 'b'\norigin = 'b'\nbytes = 1000\ndelay = '5ms'\n";
        let scenario = super::super::file::parse("test", text).unwrap();
        let mut scenario = if tls { scenario.over_tls() } else { scenario };
        scenario.network = Some(network.parse().unwrap());
        scenario.limits.connections = connections;
        scenario.ideal(0, NonZeroUsize::new(slots).unwrap()).as_secs_f64() * 1e3
    }

    #[test]
    fn round_trips_add_up() {
        use Connections::{Cold, PerFetch, Warm};
        for (slots, connections, tls, expected) in [
            (4, Warm, false, 45.0),
            (4, Cold, false, 85.0),
            (4, PerFetch, true, 125.0),
            (1, Warm, false, 4.0 * 45.0),
            // The first fetch connects, and that of the other origin.
            (1, Cold, false, 4.0 * 45.0 + 2.0 * 40.0),
            (1, Cold, true, 4.0 * 45.0 + 2.0 * 80.0),
            // The third fetch of a slot uses its connection.
            (2, Cold, false, 85.0 + 85.0),
            (1, PerFetch, false, 4.0 * 85.0),
        ] {
            let ideal = ideal_ms("rtt=40ms", slots, connections, tls);
            assert!((ideal - expected).abs() < 1e-6, "{slots} {connections:?} {tls}: {ideal}");
        }
    }

    #[test]
    fn bodies_share_the_rate() {
        // A body takes 80 ms.
        let ideal =
            |slots| ideal_ms("rtt=40ms,down=100kbit,queue=1s", slots, Connections::Warm, false);
        assert!((ideal(1) - 4.0 * 125.0).abs() < 1e-6, "one after another");
        assert!((ideal(4) - 4.0 * 80.0).abs() < 1e-6, "as fast as the rate");
    }

    #[test]
    fn tickets_save_a_round_trip() {
        let ideal_ms = |name: &str| {
            let scenario = Scenario::load(name).unwrap().over(Some("rtt=40ms".parse().unwrap()));
            scenario.ideal(0, NonZeroUsize::new(200).unwrap()).as_millis()
        };
        let ideals_ms = ["connect", "tls-cold", "tls-resumed", "first-request"].map(ideal_ms);
        assert_eq!(ideals_ms, [80, 120, 80, 120]);
        // The fresh client of a cold pass has no ticket.
        let mut cold =
            Scenario::load("tls-resumed").unwrap().over(Some("rtt=40ms".parse().unwrap()));
        cold.limits.connections = Connections::Cold;
        assert_eq!(cold.ideal(0, NonZeroUsize::new(200).unwrap()).as_millis(), 120);
    }

    #[test]
    fn first_passes_connect() {
        let article = Scenario::load("article").unwrap();
        let slots = article.limits.concurrency;
        assert_eq!(article.first_ideal(0, slots), article.ideal(0, slots));
        let far = article.over(Some("rtt=100ms".parse().unwrap()));
        let more = far.first_ideal(0, slots) - far.ideal(0, slots);
        assert_eq!(more, Duration::from_millis(100));
    }
}
