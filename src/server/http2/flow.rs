//! Flow control (RFC 9113, section 5.2): tracks the client's windows, and sends bodies by turns.

use std::time::Instant;

use super::error::{ErrorCode, Violation};
use super::frame::MAX_FRAME;
use super::sender::Sender;
use super::settings::MAX_WINDOW;
use super::stream::StreamPhase;
use crate::server::service::Service;

/// Bodies are added to the outbox up to this many bytes.
const OUTBOX_FULL: usize = 128 << 10;

impl Sender {
    /// Fills the outbox with bodies, one piece of each ready stream in turn.
    pub fn fill(&mut self, now: Instant, service: &mut Service) {
        if std::mem::take(&mut self.has_grown) {
            self.queue_all();
        }
        while self.outbox.pending().len() < OUTBOX_FULL
            && let Some(id) = self.ready.pop_front()
        {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let StreamPhase::Sending(body) = &mut stream.phase else { continue };
            let queued = body.queued.take();
            let allowed = body.pace.allowed(now).saturating_sub(body.sent);
            if allowed == 0 {
                if let Some(next) = body.pace.next(now)
                    && !std::mem::replace(&mut body.has_deadline, true)
                {
                    self.deadlines.push(next, id as usize);
                }
                continue;
            }
            let window = self.initial_window + stream.grant;
            if window <= 0 {
                body.waited = true;
                continue;
            }
            if self.window <= 0 {
                // Holds up all bodies that are ready.
                self.holdups += 1;
                body.queued = queued;
                self.ready.push_front(id);
                return;
            }
            body.waited |= queued.is_some_and(|holdups| holdups < self.holdups);
            let room = (MAX_FRAME as i64).min(window).min(self.window);
            let length = allowed.min(room.unsigned_abs());
            stream.grant -= length as i64;
            self.window -= length as i64;
            if self.send_piece(id, length, service) {
                self.end(id);
            }
        }
    }

    /// Enlarges the window of the connection.
    pub fn widen(&mut self, increment: i64) -> Result<(), Violation> {
        self.window += increment;
        if self.window > MAX_WINDOW { Err(Violation::FLOW_CONTROL) } else { Ok(()) }
    }

    /// Enlarges the window of a stream.
    pub fn widen_stream(&mut self, id: u32, increment: i64) -> Result<(), Violation> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(()) };
        stream.grant += increment;
        self.most_granted = self.most_granted.max(stream.grant);
        let window = self.initial_window + stream.grant;
        if window > MAX_WINDOW {
            return Err(Violation::Stream(id, ErrorCode::FlowControl));
        }
        if window > 0 {
            self.queue(id);
        }
        Ok(())
    }

    /// Sets the window of new streams, and changes those of all others by the difference (RFC 9113,
    /// section 6.9.2). It takes no longer for many streams, because a client may send many
    /// settings.
    pub fn set_initial_window(&mut self, window: i64) -> Result<(), Violation> {
        if window + self.most_granted > MAX_WINDOW {
            // It may be that of a stream that has ended.
            let grants = self.streams.values().map(|stream| stream.grant);
            self.most_granted = grants.fold(0, i64::max);
            if window + self.most_granted > MAX_WINDOW {
                return Err(Violation::FLOW_CONTROL);
            }
        }
        self.has_grown |= window > self.initial_window;
        self.initial_window = window;
        Ok(())
    }

    /// Queues all streams that have a window.
    fn queue_all(&mut self) {
        for (id, stream) in &mut self.streams {
            if let StreamPhase::Sending(body) = &mut stream.phase
                && self.initial_window + stream.grant > 0
                && body.queued.is_none()
            {
                body.queued = Some(self.holdups);
                self.ready.push_back(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server::response::{Content, Response, Then};
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::visit::Visit;

    #[test]
    fn held_up_bodies_are_counted() {
        let mut service = service(vec![reply(200, 9)]);
        let (mut sender, now) = (Sender::new(), Instant::now());
        let answer = |sender: &mut Sender, id, service: &mut Service| {
            let content = Content::Reply(Visit { site: 0, visit: 0 });
            let response = Response::new(content, Then::Read);
            sender.answer(id, now, (response, Duration::ZERO), service);
        };
        sender.window = 5;
        answer(&mut sender, 1, &mut service);
        answer(&mut sender, 3, &mut service);
        sender.fill(now, &mut service);
        sender.widen(1000).unwrap();
        // This one has not met the closed window.
        answer(&mut sender, 5, &mut service);
        sender.fill(now, &mut service);
        assert_eq!(service.tally.http2().held_up, 2);
    }

    #[test]
    fn ended_streams_leave_no_grant() {
        let mut sender = Sender::new();
        sender.open(1, StreamPhase::Staying, Instant::now());
        sender.widen_stream(1, MAX_WINDOW - sender.initial_window).unwrap();
        let larger = sender.initial_window + 1;
        assert!(sender.set_initial_window(larger).is_err());
        sender.end(1);
        sender.set_initial_window(larger).unwrap();
    }

    #[test]
    fn closed_windows_keep_the_order() {
        let mut service = service(vec![reply(200, 40_000)]);
        let (mut sender, now) = (Sender::new(), Instant::now());
        for id in [1, 3, 5] {
            let content = Content::Reply(Visit { site: 0, visit: 0 });
            let response = Response::new(content, Then::Read);
            sender.answer(id, now, (response, Duration::ZERO), &mut service);
        }
        // The window is closed after the second piece of the first stream.
        for _ in 0..2 {
            sender.fill(now, &mut service);
            assert_eq!(sender.ready, [3, 5, 1]);
        }
    }
}
