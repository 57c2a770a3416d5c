//! Plays the scripts of faults on their streams.

use std::time::Instant;

use super::frame::{FrameKind, HEADER};
use super::outbox::{Farewell, Milestone};
use super::sender::Sender;
use super::stream::{Http2Stream, StreamPhase};
use crate::server::response::{Content, Response, Then};
use crate::server::script;
use crate::server::service::Service;

impl Sender {
    /// Sends the bytes of a fault, which were due at `start`, and goes on with its script.
    pub fn play(&mut self, id: u32, start: Instant, response: Response, service: &mut Service) {
        if let Content::Bytes(bytes) = &response.content {
            self.outbox.bytes.extend_from_slice(bytes);
            self.enter(id, start, StreamPhase::Staying);
            self.charge(id, data_bytes(bytes));
        }
        match response.then {
            Then::Play(play) if play.awaits_pong() => {
                self.enter(id, start, StreamPhase::Awaiting(play));
                self.awaiting.push(id);
            }
            Then::Play(play) => {
                let next = script::next(*play, &service.served);
                self.answer(id, start, next, service);
            }
            Then::Stay => self.enter(id, start, StreamPhase::Staying),
            then => {
                self.outbox.farewell = match then {
                    Then::Read => self.outbox.farewell,
                    Then::Reset => Some(Farewell::Reset),
                    _ => Some(Farewell::Close),
                };
                if let Some(visit) = response.answers {
                    self.outbox.mark(Milestone::Answered(visit, 0, start));
                }
                self.end(id);
            }
        }
    }

    /// Goes on with the scripts that wait for the acknowledgement of a PING.
    pub fn take_pong(&mut self, now: Instant, service: &mut Service) {
        for id in std::mem::take(&mut self.awaiting) {
            let Some(Http2Stream { phase, .. }) = self.streams.get_mut(&id) else { continue };
            if !matches!(phase, StreamPhase::Awaiting(_)) {
                continue;
            }
            if let StreamPhase::Awaiting(mut play) = std::mem::replace(phase, StreamPhase::Staying)
            {
                play.played += 1;
                let next = script::next(*play, &service.served);
                self.answer(id, now, next, service);
            }
        }
    }

    /// Counts what a fault has sent against the client's windows. It does not obey them, but the
    /// client counts its bytes, and gives them back.
    fn charge(&mut self, id: u32, bytes: i64) {
        self.window -= bytes;
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.grant -= bytes;
        }
    }
}

/// Returns how many bytes of DATA whole frames hold.
fn data_bytes(mut bytes: &[u8]) -> i64 {
    let mut total = 0;
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        if header[3] == FrameKind::Data as u8 {
            total += i64::from(length);
        }
        bytes = rest.get(length as usize..).unwrap_or_default();
    }
    total
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::scenario::fault::Fault;
    use crate::scenario::site::{Occurring, Reply};
    use crate::server::endpoint::Endpoint;
    use crate::server::request::{Method, Request, RequestTarget};
    use crate::server::served::tests::{reply, served};
    use crate::server::tally::Tally;
    use crate::server::visit::Visit;

    /// Returns a server of a site with a fault.
    fn service(fault: &str, bytes: u64) -> Service {
        let fault = Fault::named(fault).unwrap();
        let fault = Some(Occurring { fault, every: NonZeroU64::MIN });
        Service {
            served: Arc::new(served(vec![Reply { fault, ..reply(200, bytes) }])),
            tally: Tally::new(Arc::default()),
            log: None,
            colleagues: Vec::new(),
            refused: None,
        }
    }

    /// Requests the faulty site on a stream.
    fn request(sender: &mut Sender, stream: u32, now: Instant, service: &mut Service) {
        let target = RequestTarget::Visit(Visit { site: 0, visit: 0 });
        let request = Request { method: Method::Get, target, is_timed: false, stream };
        let answer = service.respond(Endpoint::Origin(0), request);
        sender.answer(stream, now, answer, service);
    }

    #[test]
    fn faults_use_up_windows() {
        let mut service = service("h2-priority", 16_000);
        let (mut sender, now) = (Sender::new(), Instant::now());
        let before = sender.window;
        (0..4).for_each(|number| request(&mut sender, 2 * number + 1, now, &mut service));
        assert_eq!(sender.window, before - 4 * 16_000);
    }

    #[test]
    fn unread_floods_stay_small() {
        let mut service = service("h2-ping-flood", 9);
        let (mut sender, start) = (Sender::new(), Instant::now());
        request(&mut sender, 1, start, &mut service);
        for millisecond in 0..10_000 {
            sender.meet_deadlines(start + Duration::from_millis(millisecond), &mut service);
        }
        let unread = sender.outbox.pending().len();
        assert!((64 << 10..128 << 10).contains(&unread), "{unread} bytes");
    }

    #[test]
    fn stalled_bodies_use_up_windows() {
        let mut service = service("h2-stall-in-body", 1_000);
        let (mut sender, now) = (Sender::new(), Instant::now());
        request(&mut sender, 1, now, &mut service);
        assert_eq!(sender.streams[&1].grant, -500);
    }

    #[test]
    fn floods_use_up_stream_windows() {
        let mut service = service("h2-endless-body", 9);
        let (mut sender, now) = (Sender::new(), Instant::now());
        let before = sender.window;
        request(&mut sender, 1, now, &mut service);
        sender.meet_deadlines(now + Duration::from_secs(1), &mut service);
        let sent = before - sender.window;
        assert!(sent > 0, "{sender:?}");
        assert_eq!(sender.streams[&1].grant, -sent);
    }
}
