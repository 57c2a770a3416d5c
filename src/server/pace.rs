//! Sends a body evenly over a given time, piece by piece.

use std::time::{Duration, Instant};

/// The shortest time between two pieces, and the most pieces. Finer steps would cost more than they
/// show.
const STEP: Duration = Duration::from_millis(5);
const MOST_STEPS: u128 = 1_000;

/// Spreads the bytes of a body over some time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    since: Instant,
    time: Duration,
    bytes: u64,
}

impl Pace {
    /// Spreads `bytes` over `time`, starting at `since`.
    pub fn new(since: Instant, time: Duration, bytes: u64) -> Self {
        Self { since, time, bytes }
    }

    /// Returns the number of bytes that may be sent by `now`.
    pub fn allowed(&self, now: Instant) -> u64 {
        let bytes = u128::from(self.bytes) * self.step(now) / self.steps();
        // At most `self.bytes`, so it fits.
        bytes as u64
    }

    /// Returns when more bytes may be sent than at `now`; `None` if all may.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let next = self.step(now) + 1;
        (next <= self.steps()).then(|| {
            let offset = (self.time.as_nanos() * next).div_ceil(self.steps());
            self.since + Duration::from_nanos(u64::try_from(offset).unwrap_or(u64::MAX))
        })
    }

    /// Returns when the last byte is due; `None` if the body has no time.
    pub fn end(&self) -> Option<Instant> {
        (!self.time.is_zero()).then(|| self.since + self.time)
    }

    fn steps(&self) -> u128 {
        (self.time.as_nanos() / STEP.as_nanos()).clamp(1, MOST_STEPS)
    }

    /// Returns the number of pieces that are due at `now`.
    fn step(&self, now: Instant) -> u128 {
        let elapsed = now.saturating_duration_since(self.since);
        if elapsed >= self.time {
            return self.steps();
        }
        elapsed.as_nanos() * self.steps() / self.time.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_sent_evenly() {
        let since = Instant::now();
        let ms = Duration::from_millis;
        let pace = Pace::new(since, ms(100), 1_000);
        let allowed = |elapsed| pace.allowed(since + elapsed);
        assert_eq!(
            (allowed(ms(0)), allowed(ms(5)), allowed(ms(52)), allowed(ms(99))),
            (0, 50, 500, 950)
        );
        assert_eq!((allowed(ms(100)), allowed(ms(999))), (1_000, 1_000));
        assert_eq!(
            (pace.next(since), pace.next(since + ms(97))),
            (Some(since + ms(5)), Some(since + ms(100)))
        );
        assert_eq!(pace.next(since + ms(100)), None);
    }

    #[test]
    fn every_step_sends_more() {
        for (time, bytes) in [
            (Duration::from_nanos(1), 1),
            (Duration::from_millis(33), 7),
            (Duration::from_secs(61), u64::MAX),
        ] {
            let since = Instant::now();
            let pace = Pace::new(since, time, bytes);
            let (mut now, mut steps) = (since, 0);
            while let Some(next) = pace.next(now) {
                assert!(next > now && pace.allowed(next) >= pace.allowed(now), "{time:?}");
                (now, steps) = (next, steps + 1);
            }
            assert_eq!((pace.allowed(now), now), (bytes, since + time));
            assert!(steps <= MOST_STEPS, "{time:?}");
        }
    }

    #[test]
    fn untimed_bodies_go_at_once() {
        let now = Instant::now();
        let pace = Pace::new(now, Duration::ZERO, 9);
        assert_eq!((pace.allowed(now), pace.next(now)), (9, None));
    }
}
