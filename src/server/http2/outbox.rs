//! The bytes that a connection has yet to write, and what to count once they are written.

use std::collections::VecDeque;
use std::time::Instant;

use crate::server::service::Service;
use crate::server::visit::Visit;

/// Bytes already written are dropped once there are this many.
const DROPPED: usize = 64 << 10;

/// What has happened when all bytes up to some position are written.
#[derive(Debug)]
pub(super) enum Milestone {
    /// Bytes with a deadline are out.
    Due(Instant),
    /// A piece of a body of this length is out.
    Body(u64),
    /// A visit is answered: the length of its body, and when its request was readable.
    Answered(Visit, u64, Instant),
}

/// How a fault ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Close,
    Reset,
}

/// A queue of bytes.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub bytes: Vec<u8>,
    written: usize,
    /// The position of the first byte in `bytes` since the connection began.
    start: u64,
    milestones: VecDeque<(u64, Milestone)>,
    /// The number of milestones that have a deadline.
    due: usize,
    /// What follows once all is written, if a fault ends the connection.
    pub farewell: Option<Farewell>,
}

impl Outbox {
    /// Returns the bytes to write.
    pub fn pending(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Adds a milestone after the last byte so far.
    pub fn mark(&mut self, milestone: Milestone) {
        self.due += usize::from(matches!(milestone, Milestone::Due(_)));
        self.milestones.push_back((self.start + self.bytes.len() as u64, milestone));
    }

    /// Whether any pending byte has a deadline.
    pub fn has_deadline(&self) -> bool {
        self.due > 0
    }

    /// Counts bytes as written. The write began at `begun`, which is set if one had a deadline.
    pub fn advance(&mut self, length: usize, begun: Option<Instant>, service: &mut Service) {
        self.written += length;
        let reached = self.start + self.written as u64;
        while self.milestones.front().is_some_and(|(end, _)| *end <= reached)
            && let Some((_, milestone)) = self.milestones.pop_front()
        {
            match milestone {
                Milestone::Due(due) => {
                    self.due -= 1;
                    service.tally.record_lateness(due, begun.unwrap_or(due));
                }
                Milestone::Body(bytes) => service.tally.sent(bytes),
                Milestone::Answered(visit, bytes, since) => {
                    service.tally.ended();
                    service.note(visit, bytes, since);
                }
            }
        }
        if self.written == self.bytes.len() || self.written > DROPPED {
            self.bytes.drain(..self.written);
            self.start = reached;
            self.written = 0;
        }
    }

    /// Returns how many answers are not written to their end.
    pub fn unanswered(&self) -> usize {
        let is_answer =
            |(_, milestone): &&(u64, Milestone)| matches!(milestone, Milestone::Answered(..));
        self.milestones.iter().filter(is_answer).count()
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;

    #[test]
    fn milestones_stay_in_order() {
        let mut service = service(vec![reply(200, 9)]);
        let mut outbox = Outbox::default();
        outbox.bytes.resize(DROPPED + 2, 0);
        outbox.mark(Milestone::Body(7));
        outbox.mark(Milestone::Due(Instant::now()));
        // The first write drops its bytes, and leaves one.
        for (length, sent) in [(DROPPED + 1, 0), (1, 7)] {
            assert!(outbox.has_deadline());
            outbox.advance(length, None, &mut service);
            assert_eq!(service.tally.report(false).into_witness(0).bytes, sent);
        }
        assert!(!outbox.has_deadline());
    }
}
