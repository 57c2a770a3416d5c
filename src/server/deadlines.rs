//! Deadlines: a queue for those that arrive in order, a heap for the others.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Instant;

/// Identifies one deadline, so that an obsolete one wakes no one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DeadlineId(u64);

impl DeadlineId {
    /// Identifies no deadline.
    pub const NONE: Self = Self(0);
}

/// A deadline, its identifier, and the token to wake.
type Entry = (Instant, DeadlineId, usize);

/// The pending deadlines. Obsolete ones stay until they are due, because removing them costs more.
#[derive(Debug)]
pub(super) struct Deadlines {
    /// Deadlines pushed in the order in which they come due, like those of one fixed delay. The
    /// next is always at the front, whereas a heap of thousands is traversed from top to bottom for
    /// each.
    line: VecDeque<Entry>,
    /// Deadlines that come before one that was pushed earlier.
    heap: BinaryHeap<Reverse<Entry>>,
    last: DeadlineId,
}

impl Deadlines {
    pub fn new() -> Self {
        Self { line: VecDeque::new(), heap: BinaryHeap::new(), last: DeadlineId::NONE }
    }

    /// Adds a deadline at which `token` is woken.
    pub fn push(&mut self, deadline: Instant, token: usize) -> DeadlineId {
        if self.line.back().is_some_and(|(last, ..)| deadline < *last) {
            return self.push_aside(deadline, token);
        }
        self.last = DeadlineId(self.last.0 + 1);
        self.line.push_back((deadline, self.last, token));
        self.last
    }

    /// Like `push`, for distant deadlines that rarely matter. In the queue, they would send every
    /// earlier deadline pushed meanwhile to the heap.
    pub fn push_aside(&mut self, deadline: Instant, token: usize) -> DeadlineId {
        self.last = DeadlineId(self.last.0 + 1);
        self.heap.push(Reverse((deadline, self.last, token)));
        self.last
    }

    /// Removes and returns the earliest deadline that is due at `now`. Deadlines at the same moment
    /// are returned in the order in which they were pushed.
    pub fn pop_due(&mut self, now: Instant) -> Option<(DeadlineId, usize)> {
        let (deadline, id, token) = self.first()?;
        if deadline > now {
            return None;
        }
        if self.line.front().is_some_and(|(_, first, _)| *first == id) {
            self.line.pop_front();
        } else {
            self.heap.pop();
        }
        Some((id, token))
    }

    /// Returns the number of deadlines, obsolete ones included.
    pub fn len(&self) -> usize {
        self.line.len() + self.heap.len()
    }

    /// Removes the deadlines of tokens that `keeps` refuses.
    pub fn retain(&mut self, keeps: impl Fn(usize) -> bool) {
        self.line.retain(|(.., token)| keeps(*token));
        self.heap.retain(|Reverse((.., token))| keeps(*token));
    }

    pub fn earliest(&self) -> Option<Instant> {
        self.first().map(|(deadline, ..)| deadline)
    }

    fn first(&self) -> Option<Entry> {
        let top = self.heap.peek().map(|Reverse(entry)| *entry);
        self.line.front().copied().into_iter().chain(top).min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn deadlines_come_in_order() {
        let mut deadlines = Deadlines::new();
        let start = Instant::now();
        let moment = |ms| start + Duration::from_millis(ms);
        deadlines.push_aside(moment(90), 6);
        for (ms, token) in [(30, 3), (10, 1), (20, 2), (10, 4), (30, 5)] {
            deadlines.push(moment(ms), token);
        }
        assert_eq!(deadlines.line.len(), 2, "deadlines put aside do not lengthen the line");
        let mut pop = |ms| deadlines.pop_due(moment(ms)).map(|(_, token)| token);
        assert_eq!((pop(9), pop(10), pop(10), pop(19)), (None, Some(1), Some(4), None));
        assert_eq!([pop(89), pop(89), pop(89), pop(89)], [Some(2), Some(3), Some(5), None]);
        assert_eq!((pop(90), pop(90)), (Some(6), None));
    }
}
