//! Plays the scripts of faults on their streams.

use std::time::Instant;

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
        }
        match response.then {
            Then::Play(play) if play.awaits_pong() => {
                self.enter(id, start, StreamPhase::Awaiting(play));
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
        let is_awaiting = |stream: &Http2Stream| matches!(stream.phase, StreamPhase::Awaiting(_));
        let streams = self.streams.iter().filter(|(_, stream)| is_awaiting(stream));
        let awaiting: Vec<u32> = streams.map(|(id, _)| *id).collect();
        for id in awaiting {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let phase = std::mem::replace(&mut stream.phase, StreamPhase::Staying);
            if let StreamPhase::Awaiting(mut play) = phase {
                play.played += 1;
                let next = script::next(*play, &service.served);
                self.answer(id, now, next, service);
            }
        }
    }
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

    #[test]
    fn unread_floods_stay_small() {
        let fault = Fault::named("h2-ping-flood").unwrap();
        let fault = Some(Occurring { fault, every: NonZeroU64::MIN });
        let mut service = Service {
            served: Arc::new(served(vec![Reply { fault, ..reply(200, 9) }])),
            tally: Tally::new(Arc::default()),
            log: None,
            colleagues: Vec::new(),
            refused: None,
        };
        let (mut sender, start) = (Sender::new(), Instant::now());
        let target = RequestTarget::Visit(Visit { site: 0, visit: 0 });
        let request = Request { method: Method::Get, target, is_timed: false, stream: 1 };
        let answer = service.respond(Endpoint::Origin(0), request);
        sender.answer(1, start, answer, &mut service);
        for millisecond in 0..10_000 {
            sender.meet_deadlines(start + Duration::from_millis(millisecond), &mut service);
        }
        let unread = sender.outbox.pending().len();
        assert!((64 << 10..128 << 10).contains(&unread), "{unread} bytes");
    }
}
