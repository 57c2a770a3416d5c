//! A connection: reads a request, waits, responds, and only then looks at the next request.

use std::io;
use std::time::{Duration, Instant};

use mio::event::Event;

use super::clock::Now;
use super::deadlines::{Ticket, after_all_others};
use super::endpoint::{Endpoint, Entrance};
use super::pace::Pace;
use super::request::{self, HEAD_LIMIT, Parsed};
use super::response::{Head, Response, Then};
use super::script;
use super::service::Service;
use super::socket::Socket;
use super::unread::Unread;
use super::wire::Wire;
use crate::scenario::fault::End;

/// The most steps that a connection takes before other connections run, so that a client that sends
/// or reads without pause does not hold up the rest.
const STEPS_PER_WAKE: usize = 256;

/// How long a client may keep sending after the last response before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

/// The read buffer. All connections share it, so that each one keeps only the bytes it has read.
pub(super) type Scratch = [u8; HEAD_LIMIT];

#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    endpoint: Endpoint,
    phase: Phase,
    /// Bytes read but not parsed yet: the start of a head, or pipelined requests. At most two
    /// scratch buffers full.
    unread: Unread,
    /// Whether the stream may hold more bytes. Events are edge-triggered, so this must be
    /// remembered.
    readable: bool,
    /// Whether the client has closed its side.
    hung_up: bool,
    /// The start of the delay of the next response: its request was readable, and the previous
    /// response was sent.
    since: Instant,
    /// The deadline that this connection waits for.
    pub ticket: Ticket,
    /// The deadline for the end of a request head.
    pub watch: Ticket,
    /// When the first byte of the unfinished request head arrived.
    head_since: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// Waits for a request.
    Reading,
    /// Sends these bytes to any client, then ends: an origin that only seems to speak TLS.
    Greeting(&'static [u8], End),
    /// Waits for the deadline of a response.
    Waiting(Response, Instant),
    /// Sends a response.
    Writing(Response, Progress),
    /// Sends nothing more until the client leaves. The flag is whether a request stays in flight.
    Staying(bool),
    /// Everything is sent; the client has until then to close.
    Lingering(Instant),
}

/// The progress of sending a response.
#[derive(Debug)]
struct Progress {
    sent: u64,
    /// When the first byte was due, if the response has a delay and nothing is sent yet.
    due: Option<Instant>,
    pace: Pace,
}

impl Progress {
    /// Whether the next bytes, or the last, have a deadline.
    fn is_timed(&self) -> bool {
        self.due.is_some() || self.pace.end().is_some()
    }
}

/// What the event loop does next with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Take another step; never leaves the connection.
    Step,
    /// Wait for an event.
    Park,
    /// Wait for an event or a deadline, whichever comes first.
    WakeAt(Instant),
    /// Drop the connection.
    Close,
}

impl Connection {
    /// Wraps a connection that was just accepted at `endpoint`.
    pub fn new(
        socket: Socket,
        endpoint: Endpoint,
        service: &Service,
        now: Now,
    ) -> io::Result<Self> {
        let (wire, phase) = match service.served.entrance(endpoint) {
            Entrance::Plain => (Wire::Plain(socket), Phase::Reading),
            Entrance::Tls(config) => {
                (Wire::encrypted(socket, config).map_err(io::Error::other)?, Phase::Reading)
            }
            Entrance::Greets(says, end) => (Wire::Plain(socket), Phase::Greeting(says, *end)),
        };
        Ok(Self {
            wire,
            endpoint,
            phase,
            unread: Unread::default(),
            readable: false,
            hung_up: false,
            since: now.instant,
            ticket: Ticket::NONE,
            watch: Ticket::NONE,
            head_since: None,
        })
    }

    /// Records an event; [`advance`](Self::advance) acts on it.
    pub fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.hung_up |= event.is_read_closed();
    }

    /// Advances after the deadline has passed.
    pub fn wake(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Waiting(response, due) => begin(response, Some(due), due, self.since, service),
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
                Phase::Greeting(..) if !self.readable => Ok(Next::Park),
                Phase::Greeting(says, end) => {
                    let greeting = Response::raw(Head::Fixed(says), script::then(end));
                    self.greet(greeting, service, scratch, now)
                }
                // A client that hangs up while it waits has given up, as clients do at their
                // deadline. Its request is no longer in flight, so that it does not count in the
                // next pass.
                Phase::Waiting(..) | Phase::Staying(_) if self.hung_up => Ok(Next::Close),
                Phase::Waiting(..) | Phase::Staying(_) => Ok(Next::Park),
                Phase::Writing(..) => self.send(service, now),
                Phase::Lingering(until) => self.discard(scratch, until, now),
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
            _ => Next::WakeAt(after_all_others(now)),
        }
    }

    /// Returns when the first byte of the unfinished request head arrived.
    pub fn head_since(&self) -> Option<Instant> {
        self.head_since
    }

    /// Whether no client waits for a response.
    pub fn is_idle(&self) -> bool {
        !matches!(self.phase, Phase::Waiting(..) | Phase::Writing(..) | Phase::Lingering(_))
    }

    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Ends the count of a request in flight. Call it once, when the connection is dropped.
    pub fn abandon(&self, service: &mut Service) {
        let counted = match &self.phase {
            Phase::Waiting(response, _) | Phase::Writing(response, ..) => {
                response.answers.is_some()
            }
            Phase::Staying(counted) => *counted,
            Phase::Reading | Phase::Greeting(..) | Phase::Lingering(_) => false,
        };
        if counted {
            service.tally.ended();
        }
    }

    /// Sends unexpected bytes to a client that has begun a handshake.
    fn greet(
        &mut self,
        greeting: Response,
        service: &Service,
        scratch: &mut Scratch,
        now: Now,
    ) -> io::Result<Next> {
        if self.read(scratch, now)? == 0 {
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
        match request::parse(self.unread.as_slice()) {
            Parsed::Complete(request, length) => {
                self.unread.consume(length);
                self.head_since = None;
                let (response, delay) = service.respond(self.endpoint, request);
                return Ok(self.answer(response, delay, service));
            }
            Parsed::Refused(refusal) => {
                let response = service.respond_to_refused(self.endpoint, refusal);
                return Ok(self.answer(response, Duration::ZERO, service));
            }
            Parsed::Partial if !self.readable => {
                if !self.unread.as_slice().is_empty() {
                    self.head_since.get_or_insert(now.instant);
                }
                return Ok(Next::Park);
            }
            Parsed::Partial => {}
        }
        match self.read(scratch, now)? {
            0 => Ok(Next::Close),
            length => {
                self.unread.push(&scratch[..length]);
                Ok(Next::Step)
            }
        }
    }

    /// Reads once. A short read means that the stream is drained, unless its end is still unread.
    fn read(&mut self, scratch: &mut Scratch, now: Now) -> io::Result<usize> {
        let result = self.wire.read(scratch);
        // Without a timestamp, the delay counts from when the loop received the event.
        self.since =
            self.since.max(self.wire.stamp().map_or(now.instant, |stamp| now.instant_at(stamp)));
        self.readable = match &result {
            Ok(length) => *length == scratch.len() || self.hung_up || !self.wire.is_plain(),
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        };
        result
    }

    /// Starts the response, or waits for its deadline.
    fn answer(&mut self, response: Response, delay: Duration, service: &Service) -> Next {
        let due = self.since + delay;
        if delay.is_zero() {
            self.phase = begin(response, None, due, self.since, service);
            return Next::Step;
        }
        self.phase = Phase::Waiting(response, due);
        if self.hung_up {
            return Next::Close;
        }
        Next::WakeAt(due)
    }

    /// Sends as much of the response as the kernel accepts.
    fn send(&mut self, service: &mut Service, now: Now) -> io::Result<Next> {
        let Phase::Writing(response, progress) = &mut self.phase else { return Ok(Next::Step) };
        let (head, whole) = service.served.lengths(response);
        let allowed = progress.pace.allowed(now.instant);
        if progress.sent == head + allowed
            && let Some(next) = progress.pace.next(now.instant)
        {
            return Ok(Next::WakeAt(next));
        }
        let slices = service.served.slices(response, progress.sent, allowed);
        // Reads the clock only if there is a deadline to check.
        let begun = progress.is_timed().then(Instant::now);
        let written = self.wire.write(slices.as_slice())? as u64;
        let all_taken = written == slices.offered || !self.wire.is_plain();
        let body_before = progress.sent.saturating_sub(head);
        progress.sent += written;
        service.tally.sent(progress.sent.saturating_sub(head) - body_before);
        let is_whole = progress.sent == whole;
        if let Some((due, begun)) = progress.due.take().zip(begun) {
            service.tally.record_lateness(due, begun);
        }
        if !is_whole {
            // A short write means that the socket is full; an event comes when it has room.
            return Ok(if all_taken { Next::Step } else { Next::Park });
        }
        self.wire.flush()?;
        if let Some((end, begun)) = progress.pace.end().zip(begun) {
            service.tally.record_lateness(end, begun);
        }
        match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Writing(response, _) => self.conclude(response, whole - head, service, now),
            _ => Ok(Next::Step),
        }
    }

    /// Continues as the response prescribes.
    fn conclude(
        &mut self,
        response: Response,
        sent: u64,
        service: &mut Service,
        now: Now,
    ) -> io::Result<Next> {
        if let Some(rest) = response.rest {
            self.since = self.since.max(now.instant);
            let (next, wait) = script::next(*rest, &service.served);
            return Ok(self.answer(next, wait, service));
        }
        if response.then == Then::Stay {
            self.phase = Phase::Staying(response.answers.is_some());
            return Ok(Next::Step);
        }
        if response.answers.is_some() {
            service.tally.ended();
            service.note(&response, sent, self.since);
        }
        self.since = self.since.max(now.instant);
        Ok(match response.then {
            Then::Read => Next::Step,
            Then::Reset => {
                self.wire.reset_on_drop()?;
                Next::Close
            }
            Then::Cut => Next::Close,
            Then::Close if self.unread.as_slice().is_empty() && !self.readable => {
                self.wire.send_close_notify();
                Next::Close
            }
            Then::Close | Then::Linger | Then::Stay => {
                self.wire.send_close_notify();
                self.wire.shutdown();
                self.unread = Unread::default();
                self.phase = Phase::Lingering(now.instant + LINGER);
                self.readable = true;
                Next::Step
            }
        })
    }

    /// Reads and drops bytes until the client closes.
    fn discard(&mut self, scratch: &mut Scratch, until: Instant, now: Now) -> io::Result<Next> {
        if !self.readable {
            return Ok(Next::WakeAt(until));
        }
        match self.read(scratch, now) {
            Ok(0) => Ok(Next::Close),
            Ok(_) => Ok(Next::Step),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Next::WakeAt(until)),
            Err(error) => Err(error),
        }
    }
}

/// Starts to send a response at `start`, which is its deadline `due` if it has a delay.
fn begin(
    mut response: Response,
    due: Option<Instant>,
    start: Instant,
    since: Instant,
    service: &Service,
) -> Phase {
    if response.is_timed {
        response.add_timing(start - since, since.elapsed());
    }
    let (head, whole) = service.served.lengths(&response);
    let pace = Pace::new(start, response.body_time, whole - head);
    Phase::Writing(response, Progress { sent: 0, due, pace })
}
