//! One moment on two clocks: the one that all is timed by, and the one that the system stamps what
//! it receives with.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A stamp further away from now than this is not believed: somebody has set the clock.
const BELIEVED: Duration = Duration::from_secs(10);

/// A moment, read from both clocks at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// On the monotonic clock.
    pub instant: Instant,
    /// On the wall clock, since 1970.
    wall: Duration,
}

impl Now {
    /// Reads both clocks.
    pub fn read() -> Self {
        Self { instant: Instant::now(), wall: read(ClockId::Realtime) }
    }

    /// The moment of a stamp of the wall clock, or this moment where the stamp cannot be believed.
    pub fn at(&self, stamp: Duration) -> Instant {
        let moment = match self.wall.checked_sub(stamp) {
            Some(ago) if ago < BELIEVED => self.instant.checked_sub(ago),
            // Received after the clocks were read.
            None if stamp - self.wall < BELIEVED => Some(self.instant + (stamp - self.wall)),
            _ => None,
        };
        moment.unwrap_or(self.instant)
    }
}

/// The processor time of this thread.
pub(super) fn thread_cpu_time() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_as_long_ago_as_the_wall_clock_says_unless_that_was_set() {
        let now = Now::read();
        let ms = Duration::from_millis;
        assert_eq!(now.at(now.wall - ms(3)), now.instant - ms(3));
        assert_eq!(now.at(now.wall + ms(3)), now.instant + ms(3));
        for set in [now.wall - ms(60_000), now.wall + ms(60_000)] {
            assert_eq!(now.at(set), now.instant);
        }
    }
}
