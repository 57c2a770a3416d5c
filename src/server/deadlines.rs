//! What is to happen when: a heap of deadlines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::clock::Now;

/// Names one deadline, so that a connection whose number was given to another is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// The ticket of no deadline.
    pub const NONE: Self = Self(0);
}

/// The deadline of who wants another turn at once: later than now, which is after all that is due now.
pub(super) fn after_all_others(now: Now) -> Instant {
    now.instant + Duration::from_nanos(1)
}

/// The deadlines to come. What has become pointless stays in the heap until its time: taking it out costs more.
#[derive(Debug)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Instant, Ticket, usize)>>,
    last: Ticket,
}

impl Deadlines {
    /// None yet.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), last: Ticket::NONE }
    }

    /// Notes that `token` is to be woken at `deadline`.
    pub fn push(&mut self, deadline: Instant, token: usize) -> Ticket {
        self.last = Ticket(self.last.0 + 1);
        self.heap.push(Reverse((deadline, self.last, token)));
        self.last
    }

    /// The earliest that is due at `now`, and whom it wakes. Those of one moment come in the order of their noting.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Ticket, usize)> {
        let Reverse((deadline, ..)) = self.heap.peek()?;
        if *deadline > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, ticket, token))| (ticket, token))
    }

    /// The earliest of all.
    pub fn earliest(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((deadline, ..))| *deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_due_in_order_and_not_before() {
        let mut deadlines = Deadlines::new();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        for (ms, token) in [(30, 3), (10, 1), (20, 2), (10, 4)] {
            deadlines.push(at(ms), token);
        }
        let mut due = |ms| deadlines.pop_due(at(ms)).map(|(_, token)| token);
        assert_eq!((due(9), due(10), due(10), due(19)), (None, Some(1), Some(4), None));
        assert_eq!((due(99), due(99), due(99)), (Some(2), Some(3), None));
    }
}
