//! A connection: reads a request, waits, responds, and only then looks at the next request.

use std::io;
use std::time::{Duration, Instant};

use super::encode::Encoded;
use super::parse::{self, KeepAlive, ParsedRequest};
use super::phase::{Closing, Phase, SendProgress};
use super::unread::Unread;
use crate::server::clock::Now;
use crate::server::endpoint::{Endpoint, Entrance};
use crate::server::next::Next;
use crate::server::opening::OpenedConnection;
use crate::server::pace::Pace;
use crate::server::polled::{PolledWire, Scratch};
use crate::server::response::{Content, Response, Then};
use crate::server::script;
use crate::server::service::Service;

/// The most steps that a connection takes before other connections run, so that a client that sends
/// or reads without pause does not hold up the rest.
const STEPS_PER_WAKE: usize = 256;

/// How long a client may keep sending after the last response before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(in crate::server) struct Http1Connection {
    pub wire: PolledWire,
    endpoint: Endpoint,
    phase: Phase,
    /// Bytes read but not parsed yet: the start of a head, or pipelined requests. At most two
    /// scratch buffers full.
    unread: Unread,
    /// Whether the connection stays open after the response to the last request.
    keep_alive: KeepAlive,
    /// The start of the delay of the next response: its request was readable, and the previous
    /// response was sent.
    since: Instant,
    /// When the first byte of the unfinished request head arrived.
    head_since: Option<Instant>,
}

impl Http1Connection {
    /// Takes over a connection accepted at an endpoint that receives its clients at `entrance`.
    pub fn new(opened: OpenedConnection, entrance: &Entrance) -> Self {
        let OpenedConnection { wire, endpoint, bytes, since, .. } = opened;
        let phase = match entrance {
            Entrance::Plain | Entrance::Tls(_) => Phase::Reading,
            Entrance::Greets(says, end) => Phase::Greeting(says, *end),
        };
        Self {
            wire,
            endpoint,
            phase,
            unread: Unread::new(bytes),
            keep_alive: KeepAlive::Yes,
            since,
            head_since: None,
        }
    }

    /// Advances after the deadline has passed.
    pub fn wake(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Waiting(response, due) => self.begin(response, Some(due), due, service),
            Phase::Lingering(_) => return Next::Close,
            phase => phase,
        };
        self.advance(service, scratch, now)
    }

    /// Advances as far as possible without waiting.
    pub fn advance(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        for _ in 0..STEPS_PER_WAKE {
            let next = match self.phase {
                Phase::Reading => self.receive(service, scratch, now),
                Phase::Greeting(..) | Phase::Staying(_) if service.is_ending => Ok(Next::Close),
                Phase::Greeting(..) if !self.wire.readable => Ok(Next::Park),
                Phase::Greeting(says, end) => {
                    let content = Content::Bytes(says.into());
                    let greeting = Response::new(content, script::then(end));
                    self.greet(greeting, service, scratch, now)
                }
                // A client that hangs up while it waits has given up, as clients do at their
                // deadline. Its request is no longer in flight, so that it does not count in the
                // next pass.
                Phase::Waiting(..) | Phase::Staying(_) if self.wire.hung_up => Ok(Next::Close),
                Phase::Waiting(..) | Phase::Staying(_) => Ok(Next::Park),
                Phase::Writing(..) => self.send(service, now),
                Phase::Closing(closing) => self.close(closing, now),
                Phase::Lingering(until) => self.discard(service, scratch, until, now),
            };
            match next {
                Ok(Next::Step) => {}
                Ok(next) => return next,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Next::Park,
                Err(_) => return Next::Close,
            }
        }
        match self.phase {
            Phase::Lingering(_) => Next::Close,
            _ => Next::Again,
        }
    }

    /// Returns when the first byte of the unfinished request head arrived.
    pub fn head_since(&self) -> Option<Instant> {
        self.head_since
    }

    /// Ends the count of a request in flight. Call it once, when the connection is dropped.
    pub fn abandon(&self, service: &mut Service) {
        let counted = match &self.phase {
            Phase::Waiting(response, _) => response.answers.is_some(),
            Phase::Writing(encoded, _) => encoded.answers.is_some(),
            Phase::Staying(counted) => *counted,
            Phase::Reading | Phase::Greeting(..) | Phase::Closing(_) | Phase::Lingering(_) => false,
        };
        if counted {
            service.tally.ended();
        }
    }

    /// Sends unexpected bytes to a client that has begun a handshake.
    fn greet(
        &mut self,
        greeting: Response,
        service: &mut Service,
        scratch: &mut Scratch,
        now: Now,
    ) -> io::Result<Next> {
        if self.read(service, scratch, now)? == 0 {
            return Ok(Next::Close);
        }
        Ok(self.answer(greeting, Duration::ZERO, service))
    }

    /// Parses a request from the unread bytes, or reads more.
    fn receive(
        &mut self,
        service: &mut Service,
        scratch: &mut Scratch,
        now: Now,
    ) -> io::Result<Next> {
        match parse::parse(self.unread.as_slice()) {
            ParsedRequest::Complete(head) => {
                self.unread.consume(head.length);
                self.head_since = None;
                self.keep_alive = head.keep_alive;
                let (response, delay) = service.respond(self.endpoint, head.request);
                return Ok(self.answer(response, delay, service));
            }
            ParsedRequest::Refused(refusal) => {
                self.keep_alive = KeepAlive::No;
                let response = service.refuse(self.endpoint, refusal);
                return Ok(self.answer(response, Duration::ZERO, service));
            }
            ParsedRequest::Partial if !self.wire.readable && service.is_ending => {
                self.phase = Phase::Closing(Closing::AfterClient);
                return Ok(Next::Step);
            }
            ParsedRequest::Partial if !self.wire.readable => {
                if !self.unread.as_slice().is_empty() {
                    self.head_since.get_or_insert(now.instant);
                }
                return Ok(Next::Park);
            }
            ParsedRequest::Partial => {}
        }
        match self.read(service, scratch, now) {
            Ok(0) => return Ok(Next::Close),
            Ok(length) => self.unread.push(&scratch[..length]),
            // Under TLS, only this shows that nothing is left to read.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(Next::Step)
    }

    fn read(
        &mut self,
        service: &mut Service,
        scratch: &mut Scratch,
        now: Now,
    ) -> io::Result<usize> {
        let result = self.wire.read(scratch, service);
        self.since = self.since.max(self.wire.readable_since(now));
        result
    }

    /// Starts the response, or waits for its deadline.
    fn answer(&mut self, response: Response, delay: Duration, service: &Service) -> Next {
        let due = self.since + delay;
        if delay.is_zero() {
            self.phase = self.begin(response, None, due, service);
            return Next::Step;
        }
        self.phase = Phase::Waiting(response, due);
        if self.wire.hung_up {
            return Next::Close;
        }
        Next::WakeAt(due)
    }

    /// Starts to send a response at `start`, which is its deadline `due` if it has a delay.
    fn begin(
        &self,
        response: Response,
        due: Option<Instant>,
        start: Instant,
        service: &Service,
    ) -> Phase {
        let (is_timed, body_time) = (response.is_timed, response.body_time);
        let mut encoded = Encoded::new(response, self.keep_alive, &service.served);
        if is_timed {
            encoded.add_timing(start - self.since, self.since.elapsed());
        }
        let head = encoded.head_length(&service.served);
        let body = encoded.body_length(&service.served);
        let pace = Pace::new(start, body_time, body);
        Phase::Writing(encoded, SendProgress { sent: 0, head, whole: head + body, due, pace })
    }

    /// Sends as much of the response as the kernel accepts.
    fn send(&mut self, service: &mut Service, now: Now) -> io::Result<Next> {
        let Phase::Writing(encoded, progress) = &mut self.phase else { return Ok(Next::Step) };
        let allowed = progress.pace.allowed(now.instant);
        if progress.sent == progress.head + allowed
            && let Some(next) = progress.pace.next(now.instant)
        {
            return Ok(Next::WakeAt(next));
        }
        let slices = encoded.slices(&service.served, progress.sent, allowed);
        // Reads the clock only if there is a deadline to check.
        let begun = progress.is_timed().then(Instant::now);
        let written = self.wire.write(slices.as_slice())? as u64;
        let all_taken = written == slices.offered || !self.wire.is_plain();
        let body_before = progress.body_sent();
        progress.sent += written;
        service.tally.sent(progress.body_sent() - body_before);
        if let Some((due, begun)) = progress.due.take().zip(begun) {
            service.tally.record_lateness(due, begun);
        }
        if progress.sent < progress.whole {
            // A short write means that the socket is full; an event comes when it has room.
            return Ok(if all_taken { Next::Step } else { Next::Park });
        }
        self.wire.flush()?;
        if let Some((end, begun)) = progress.pace.end().zip(begun) {
            service.tally.record_lateness(end, begun);
        }
        match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Writing(encoded, progress) => {
                self.conclude(encoded, progress.body_sent(), service, now)
            }
            _ => Ok(Next::Step),
        }
    }

    /// Continues as the response prescribes.
    fn conclude(
        &mut self,
        Encoded { then, answers, .. }: Encoded,
        body_bytes: u64,
        service: &mut Service,
        now: Now,
    ) -> io::Result<Next> {
        let is_answered = !matches!(then, Then::Play(_) | Then::Stay);
        if is_answered && let Some(visit) = answers {
            service.tally.ended();
            service.note(visit, body_bytes, self.since);
        }
        self.since = self.since.max(now.instant);
        Ok(match then {
            Then::Read => Next::Step,
            Then::Play(play) => {
                let (next, wait) = script::next(*play, &service.served);
                self.answer(next, wait, service)
            }
            Then::Stay => {
                self.phase = Phase::Staying(answers.is_some());
                Next::Step
            }
            Then::Reset => {
                self.wire.reset_on_drop()?;
                Next::Close
            }
            Then::Cut => Next::Close,
            Then::Close | Then::Linger => {
                self.phase = Phase::Closing(match then {
                    Then::Close => Closing::AtOnce,
                    _ => Closing::AfterClient,
                });
                Next::Step
            }
        })
    }

    /// Closes the connection once everything has gone out.
    fn close(&mut self, closing: Closing, now: Now) -> io::Result<Next> {
        self.wire.finish()?;
        let has_unread = !self.unread.as_slice().is_empty() || self.wire.readable;
        if closing == Closing::AtOnce && !has_unread {
            return Ok(Next::Close);
        }
        self.wire.shutdown();
        self.unread = Unread::default();
        self.phase = Phase::Lingering(now.instant + LINGER);
        self.wire.readable = true;
        Ok(Next::Step)
    }

    /// Reads and drops bytes until the client closes.
    fn discard(
        &mut self,
        service: &mut Service,
        scratch: &mut Scratch,
        until: Instant,
        now: Now,
    ) -> io::Result<Next> {
        if !self.wire.readable {
            return Ok(Next::WakeAt(until));
        }
        match self.read(service, scratch, now) {
            Ok(0) => Ok(Next::Close),
            Ok(_) => Ok(Next::Step),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Next::WakeAt(until)),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::site::{Delay, Reply};
    use crate::server::polled::READ_LIMIT;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::wire::tests::exchange;

    #[test]
    fn connections_close_once_all_is_sent() {
        let request = b"GET /0/0 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        for always_readable in [false, true] {
            let mut service = service(vec![reply(200, 125_000)]);
            let (now, mut scratch) = (Now::read(), [0; READ_LIMIT]);
            let length = exchange(request, |wire| {
                let opened = OpenedConnection::new(wire, Endpoint::Origin(0), now);
                let mut open = Some(Http1Connection::new(opened, &Entrance::Plain));
                Box::new(move || {
                    let Some(connection) = &mut open else { return };
                    let reads = matches!(connection.phase, Phase::Reading);
                    connection.wire.readable = always_readable || reads;
                    if connection.advance(&mut service, &mut scratch, now) == Next::Close {
                        assert!(!always_readable, "it lingers until the client closes");
                        open = None;
                    }
                })
            });
            assert!(length > 125_000, "{length}");
        }
    }

    #[test]
    fn late_responses_end_their_connection() {
        let delay = Delay::Fixed(Duration::from_millis(5));
        let mut service = service(vec![Reply { delay, ..reply(200, 9) }]);
        let mut scratch = [0; READ_LIMIT];
        let length = exchange(b"GET /0/0 HTTP/1.1\r\nhost: a\r\n\r\n", |wire| {
            let opened = OpenedConnection::new(wire, Endpoint::Origin(0), Now::read());
            let mut connection = Http1Connection::new(opened, &Entrance::Plain);
            Box::new(move || match connection.phase {
                Phase::Reading if !service.is_ending => {
                    connection.wire.readable = true;
                    connection.advance(&mut service, &mut scratch, Now::read());
                }
                // No event comes from a client that waits.
                Phase::Waiting(_, due) if due <= Instant::now() => {
                    service.is_ending = true;
                    connection.wake(&mut service, &mut scratch, Now::read());
                }
                _ => {}
            })
        });
        assert!(length > 9, "{length}");
    }
}
