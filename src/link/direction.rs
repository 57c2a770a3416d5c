//! One direction of a link as a model: when does a packet arrive, if at all?

use std::time::Duration;

use crate::scenario::network::{Network, transmission};
use crate::stats::random::{mix, unit};

/// Separates the random numbers of jitter from those of losses.
const JITTER: u64 = 1 << 63;

/// One direction of a link. Times count from any fixed moment.
///
/// A packet waits until those before it are sent, takes its own time to be sent, and then travels
/// for half of the round trip. It is dropped if it would wait for longer than the queue, or lost by
/// its number: the seed alone decides.
#[derive(Debug)]
pub(super) struct Direction {
    /// Bits per second; `None` if unlimited.
    rate: Option<f64>,
    queue: Duration,
    travel: Duration,
    jitter: Duration,
    loss: f64,
    seed: u64,
    /// The number of packets so far, with those dropped.
    packets: u64,
    /// When the last accepted packet has been sent.
    sent: Duration,
    /// When the last packet arrives.
    arrived: Duration,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives at this time.
    Arrives(Duration),
    /// It is lost on the way.
    Lost,
    /// The queue is full.
    Dropped,
}

impl Direction {
    /// Returns the direction with this rate. `number` distinguishes its random numbers from those
    /// of the other direction.
    pub fn new(network: &Network, rate: Option<f64>, number: u64) -> Self {
        Self {
            rate,
            queue: network.queue,
            travel: network.rtt / 2,
            jitter: network.jitter / 2,
            loss: network.loss,
            seed: mix(network.seed ^ mix(number)),
            packets: 0,
            sent: Duration::ZERO,
            arrived: Duration::ZERO,
        }
    }

    /// Sends a packet of this length. `now` never decreases.
    pub fn send(&mut self, now: Duration, bytes: usize) -> Fate {
        let number = self.packets;
        self.packets += 1;
        let start = self.sent.max(now);
        if start - now > self.queue {
            return Fate::Dropped;
        }
        self.sent = start + self.rate.map_or(Duration::ZERO, |rate| transmission(bytes, rate));
        if self.random(number) < self.loss {
            return Fate::Lost;
        }
        let jitter = match self.jitter {
            Duration::ZERO => Duration::ZERO,
            jitter => jitter.mul_f64(self.random(number | JITTER)),
        };
        // Packets never overtake each other.
        self.arrived = self.arrived.max(self.sent + self.travel + jitter);
        Fate::Arrives(self.arrived)
    }

    /// Returns the random number in [0, 1) that belongs to a packet.
    fn random(&self, number: u64) -> f64 {
        unit(mix(self.seed ^ number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direction(settings: &str) -> Direction {
        let network: Network = settings.parse().unwrap();
        Direction::new(&network, network.down, 0)
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn packets_travel_half_the_rtt() {
        let mut direction = direction("rtt=40ms");
        assert_eq!(direction.send(MS, 1_500), Fate::Arrives(21 * MS));
        assert_eq!(direction.send(MS, 40), Fate::Arrives(21 * MS));
        assert_eq!(direction.send(9 * MS, 40), Fate::Arrives(29 * MS));
    }

    #[test]
    fn rates_space_packets() {
        // 1,000 bytes take a millisecond.
        let mut direction = direction("rtt=10ms,down=8Mbit,queue=2ms");
        let fates = [(); 4].map(|()| direction.send(MS, 1_000));
        let arrives = |ms| Fate::Arrives(ms * MS);
        assert_eq!(fates, [arrives(7), arrives(8), arrives(9), Fate::Dropped]);
        assert_eq!(direction.send(2 * MS, 1_000), arrives(10), "there is room again");
        assert_eq!(direction.send(60 * MS, 500), Fate::Arrives(65 * MS + MS / 2));
    }

    #[test]
    fn long_flows_have_the_rate() {
        let mut direction = direction("rtt=10ms,down=20Mbit,queue=50ms");
        let (mut now, mut bytes, mut last) = (Duration::ZERO, 0, Duration::ZERO);
        while now < 1_000 * MS {
            if let Fate::Arrives(arrived) = direction.send(now, 1_500) {
                (bytes, last) = (bytes + 1_500, arrived);
            }
            now += MS / 10;
        }
        let rate = f64::from(bytes) * 8.0 / (last - 5 * MS).as_secs_f64();
        assert!((rate / 20e6 - 1.0).abs() < 0.001, "{rate}");
    }

    fn lost(settings: &str) -> Vec<u64> {
        let mut direction = direction(settings);
        (0..100_000).filter(|_| direction.send(MS, 100) == Fate::Lost).collect()
    }

    #[test]
    fn the_seed_decides_losses() {
        let one = lost("loss=0.01");
        // Four standard deviations of the binomial distribution.
        assert!(one.len().abs_diff(1_000) < 126, "{}", one.len());
        assert_eq!(one, lost("rtt=9ms,jitter=3ms,loss=0.01"));
        assert_ne!(one, lost("loss=0.01,seed=2"));
        assert!(lost("rtt=1ms").is_empty());
    }

    #[test]
    fn directions_differ_in_losses() {
        let network: Network = "loss=0.5".parse().unwrap();
        let fates = [0, 1].map(|number| {
            let mut direction = Direction::new(&network, None, number);
            [(); 64].map(|()| direction.send(MS, 100) == Fate::Lost)
        });
        assert_ne!(fates[0], fates[1]);
    }

    #[test]
    fn jitter_keeps_the_order() {
        let mut direction = direction("rtt=10ms,jitter=4ms");
        let mut last = Duration::ZERO;
        let mut delays = Vec::new();
        for number in 0..1_000 {
            let now = number * 10 * MS;
            let Fate::Arrives(arrived) = direction.send(now, 100) else { panic!("it is lost") };
            assert!(arrived >= last);
            last = arrived;
            delays.push((arrived - now).as_secs_f64() * 1e3);
        }
        let mean = delays.iter().sum::<f64>() / 1e3;
        assert!(delays.iter().all(|ms| (5.0..7.0).contains(ms)) && (mean - 6.0).abs() < 0.1);
        let burst = [(); 9].map(|()| direction.send(10_000 * MS, 100));
        assert!(burst.windows(2).all(|pair| matches!(
            (pair[0], pair[1]),
            (Fate::Arrives(one), Fate::Arrives(next)) if one <= next
        )));
    }
}
