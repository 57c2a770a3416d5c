//! The ideal: the time to fetch all sites if only the programmed delays take time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Returns the start and the delay of each fetch, if fetches start in order on `slots` slots and
/// each lasts as long as its delay.
pub fn starts(
    delays: impl IntoIterator<Item = Duration>,
    slots: NonZeroUsize,
) -> impl Iterator<Item = (Duration, Duration)> {
    let mut busy_until = BinaryHeap::new();
    delays.into_iter().map(move |delay| {
        let start = if busy_until.len() < slots.get() {
            Duration::ZERO
        } else {
            busy_until.pop().map_or(Duration::ZERO, |Reverse(free)| free)
        };
        busy_until.push(Reverse(start + delay));
        (start, delay)
    })
}

/// Returns the end of the last fetch.
pub fn makespan(delays: impl IntoIterator<Item = Duration>, slots: NonZeroUsize) -> Duration {
    starts(delays, slots).map(|(start, delay)| start + delay).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makespan_ms(delays: &[u64], slots: usize) -> u64 {
        let delays = delays.iter().copied().map(Duration::from_millis);
        makespan(delays, NonZeroUsize::new(slots).unwrap()).as_millis() as u64
    }

    #[test]
    fn slots_bound_the_makespan() {
        assert_eq!(makespan_ms(&[10, 20, 30], 1), 60);
        assert_eq!(makespan_ms(&[10, 20, 30], 3), 30);
        assert_eq!(makespan_ms(&[10, 20, 30], 99), 30);
        assert_eq!(makespan_ms(&[], 2), 0);
    }

    #[test]
    fn the_first_free_slot_is_taken() {
        // 30 and 10 start at once, 5 follows the 10, 20 follows the 5.
        assert_eq!(makespan_ms(&[30, 10, 5, 20], 2), 35);
    }
}
