//! One moment on two clocks: the monotonic clock for all times, and the wall clock of the system's
//! receive timestamps.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// A timestamp further from now than this is ignored, because the clock was probably set.
const BELIEVED: Duration = Duration::from_secs(10);

/// A moment, read from both clocks at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub instant: Instant,
    /// On the wall clock, since 1970.
    wall: Duration,
}

impl Now {
    pub fn read() -> Self {
        Self { instant: Instant::now(), wall: read(ClockId::CLOCK_REALTIME) }
    }

    /// Converts a timestamp of the wall clock to an instant. Returns this moment if the timestamp
    /// is not credible.
    pub fn instant_at(&self, stamp: Duration) -> Instant {
        let moment = match self.wall.checked_sub(stamp) {
            Some(ago) if ago < BELIEVED => self.instant.checked_sub(ago),
            // Received after the clocks were read.
            None if stamp - self.wall < BELIEVED => Some(self.instant + (stamp - self.wall)),
            _ => None,
        };
        moment.unwrap_or(self.instant)
    }
}

/// Returns the processor time of this thread.
pub(super) fn thread_cpu_time() -> Duration {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_become_instants() {
        let now = Now::read();
        let ms = Duration::from_millis;
        assert_eq!(now.instant_at(now.wall - ms(3)), now.instant - ms(3));
        assert_eq!(now.instant_at(now.wall + ms(3)), now.instant + ms(3));
        for set in [now.wall - ms(60_000), now.wall + ms(60_000)] {
            assert_eq!(now.instant_at(set), now.instant);
        }
    }
}
