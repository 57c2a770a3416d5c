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
            if stream.window <= 0 {
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
            let room = (MAX_FRAME as i64).min(stream.window).min(self.window);
            let length = allowed.min(room.unsigned_abs());
            stream.window -= length as i64;
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
        stream.window += increment;
        if stream.window > MAX_WINDOW {
            return Err(Violation::Stream(id, ErrorCode::FlowControl));
        }
        if stream.window > 0 {
            self.queue(id);
        }
        Ok(())
    }

    /// Sets the window of new streams, and changes those of all others by the difference (RFC 9113,
    /// section 6.9.2).
    pub fn set_initial_window(&mut self, window: i64) -> Result<(), Violation> {
        let change = window - self.initial_window;
        self.initial_window = window;
        let ids: Vec<u32> = self.streams.keys().copied().collect();
        for id in ids {
            let widened = self.widen_stream(id, change);
            widened.map_err(|_| Violation::FLOW_CONTROL)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::server::response::{Content, Response, Then};
    use crate::server::served::tests::{reply, served};
    use crate::server::tally::Tally;
    use crate::server::visit::Visit;

    #[test]
    fn held_up_bodies_are_counted() {
        let mut service = Service {
            served: Arc::new(served(vec![reply(200, 9)])),
            tally: Tally::new(Arc::default()),
            log: None,
            colleagues: Vec::new(),
            refused: None,
        };
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
}
