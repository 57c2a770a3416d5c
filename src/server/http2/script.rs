//! Plays the scripts of faults on their streams.

use std::time::Instant;

use super::frame::{FrameKind, Http2Frame};
use super::outbox::{Farewell, Milestone};
use super::sender::Sender;
use super::stream::StreamPhase;
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
            // A stream may be closed by now. An open one has waited since.
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let phase = std::mem::replace(&mut stream.phase, StreamPhase::Staying);
            if let StreamPhase::Awaiting(mut play) = phase {
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
    while let Ok(Some((frame, rest))) = Http2Frame::parse(bytes) {
        if frame.kind == FrameKind::Data {
            total += frame.payload.len() as i64;
        }
        bytes = rest;
    }
    total
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Duration;

    use super::*;
    use crate::scenario::fault::Fault;
    use crate::scenario::site::{Occurring, Reply};
    use crate::server::endpoint::Endpoint;
    use crate::server::request::{Method, Request, RequestTarget};
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::visit::Visit;

    /// Returns a server of a site with a fault.
    fn faulty(fault: &str, bytes: u64) -> Service {
        let fault = Fault::named(fault).unwrap();
        let fault = Some(Occurring { fault, every: NonZeroU64::MIN });
        service(vec![Reply { fault, ..reply(200, bytes) }])
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
        let mut service = faulty("h2-priority", 16_000);
        let (mut sender, now) = (Sender::new(), Instant::now());
        let before = sender.window;
        (0..4).for_each(|number| request(&mut sender, 2 * number + 1, now, &mut service));
        assert_eq!(sender.window, before - 4 * 16_000);
    }

    #[test]
    fn unread_floods_stay_small() {
        let mut service = faulty("h2-ping-flood", 9);
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
        let mut service = faulty("h2-stall-in-body", 1_000);
        let (mut sender, now) = (Sender::new(), Instant::now());
        request(&mut sender, 1, now, &mut service);
        assert_eq!(sender.streams[&1].grant, -500);
    }

    #[test]
    fn floods_use_up_stream_windows() {
        let mut service = faulty("h2-endless-body", 9);
        let (mut sender, now) = (Sender::new(), Instant::now());
        let before = sender.window;
        request(&mut sender, 1, now, &mut service);
        sender.meet_deadlines(now + Duration::from_secs(1), &mut service);
        let sent = before - sender.window;
        assert!(sent > 0, "{sender:?}");
        assert_eq!(sender.streams[&1].grant, -sent);
    }
}
