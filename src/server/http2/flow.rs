//! Flow control (RFC 9113, section 5.2): the client's windows, and whose turn it is.

use std::time::Instant;

use super::error::{ErrorCode, Violation};
use super::frame::MAX_FRAME;
use super::sender::Sender;
use super::settings::MAX_WINDOW;
use super::stream::{Http2Stream, StreamPhase};
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
            body.is_queued = false;
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
                body.is_queued = true;
                self.ready.push_front(id);
                return self.note_wait();
            }
            let room = (MAX_FRAME as i64).min(stream.window).min(self.window);
            let length = allowed.min(room.unsigned_abs());
            stream.window -= length as i64;
            self.window -= length as i64;
            if self.send_piece(id, length, service) {
                self.end(id);
            }
        }
    }

    /// Notes that the client's window for the connection holds up all bodies that are ready.
    fn note_wait(&mut self) {
        for id in &self.ready {
            if let Some(Http2Stream { phase: StreamPhase::Sending(body), .. }) =
                self.streams.get_mut(id)
            {
                body.waited = true;
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
