//! What is to happen when: deadlines, those that come in order in a line, the others in a heap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use super::clock::Now;

/// Names one deadline, so that a connection whose number was given to another is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// The ticket of no deadline.
    pub const NONE: Self = Self(0);
}

/// The deadline of who wants another turn at once: later than now, which is after all that is due
/// now.
pub(super) fn after_all_others(now: Now) -> Instant {
    now.instant + Duration::from_nanos(1)
}

/// A deadline, its ticket, and whom it wakes.
type Entry = (Instant, Ticket, usize);

/// The deadlines to come. What has become pointless stays there until its time: taking it out costs
/// more.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// Those that were noted in the order in which they come, as those of one delay are: the next
    /// is at hand, however many there are, while a heap of thousands is searched from its top to
    /// its bottom for each.
    line: VecDeque<Entry>,
    /// Those that come before one that was noted earlier.
    heap: BinaryHeap<Reverse<Entry>>,
    last: Ticket,
}

impl Deadlines {
    /// None yet.
    pub fn new() -> Self {
        Self { line: VecDeque::new(), heap: BinaryHeap::new(), last: Ticket::NONE }
    }

    /// Notes that `token` is to be woken at `deadline`.
    pub fn push(&mut self, deadline: Instant, token: usize) -> Ticket {
        if self.line.back().is_some_and(|(last, ..)| deadline < *last) {
            return self.push_aside(deadline, token);
        }
        self.last = Ticket(self.last.0 + 1);
        self.line.push_back((deadline, self.last, token));
        self.last
    }

    /// The same for what hardly ever comes to pass, and lies far ahead: in the line, all that is
    /// noted until then would come before it.
    pub fn push_aside(&mut self, deadline: Instant, token: usize) -> Ticket {
        self.last = Ticket(self.last.0 + 1);
        self.heap.push(Reverse((deadline, self.last, token)));
        self.last
    }

    /// The earliest that is due at `now`, and whom it wakes. Those of one moment come in the order
    /// of their noting.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Ticket, usize)> {
        let (deadline, ticket, token) = self.first()?;
        if deadline > now {
            return None;
        }
        if self.line.front().is_some_and(|(_, first, _)| *first == ticket) {
            self.line.pop_front();
        } else {
            self.heap.pop();
        }
        Some((ticket, token))
    }

    /// The earliest of all.
    pub fn earliest(&self) -> Option<Instant> {
        self.first().map(|(deadline, ..)| deadline)
    }

    fn first(&self) -> Option<Entry> {
        let of_heap = self.heap.peek().map(|Reverse(entry)| *entry);
        self.line.front().copied().into_iter().chain(of_heap).min()
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
        deadlines.push_aside(at(90), 6);
        for (ms, token) in [(30, 3), (10, 1), (20, 2), (10, 4), (30, 5)] {
            deadlines.push(at(ms), token);
        }
        assert_eq!(deadlines.line.len(), 2, "what is put aside is in nobody's way");
        let mut due = |ms| deadlines.pop_due(at(ms)).map(|(_, token)| token);
        assert_eq!((due(9), due(10), due(10), due(19)), (None, Some(1), Some(4), None));
        assert_eq!([due(89), due(89), due(89), due(89)], [Some(2), Some(3), Some(5), None]);
        assert_eq!((due(90), due(90)), (Some(6), None));
    }
}
