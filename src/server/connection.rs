//! A connection: reads a request, waits, answers, and only then looks at the next one.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;

use super::deadlines::Ticket;
use super::pace::Pace;
use super::request::{self, HEAD_LIMIT, Parsed};
use super::response::{Response, Then};
use super::service::{Door, Service};

/// How many steps a connection may take before the others have their turn, so that a client that sends or takes without
/// pause does not hold up the rest.
const STEPS_A_TURN: usize = 256;

/// How long a client may go on sending after a response that it gave cause for, before it is cut.
const LINGER: Duration = Duration::from_secs(1);

/// What is read into, shared by all connections, so that none has to keep room for more than it has read.
pub(super) type Scratch = [u8; HEAD_LIMIT];

/// A connection of a client.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    door: Door,
    phase: Phase,
    /// What was read and not yet looked at: the beginning of a head, or requests sent ahead. At most two scratches full.
    unread: Unread,
    /// Whether the stream may hold more to read. Events come once, at the change, so it must be remembered.
    readable: bool,
    /// Whether the client has closed its side.
    hung_up: bool,
    /// The deadline that this connection waits for.
    pub ticket: Ticket,
}

#[derive(Debug)]
enum Phase {
    /// A request is awaited.
    Reading,
    /// A response is to be sent when the deadline comes.
    Waiting(Response, Instant),
    /// That many bytes of a response are sent, and the rest follows at its pace.
    Writing(Response, u64, Pace),
    /// All is sent, and the client has until then to notice.
    Lingering(Instant),
}

/// What the event loop is to do with a connection that has made its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Take another step: this never leaves the connection.
    Step,
    /// Wait for an event.
    Park,
    /// Wait for an event or a moment, whichever comes first.
    WakeAt(Instant),
    /// Drop it.
    Close,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(stream: TcpStream, door: Door) -> Self {
        let unread = Unread::default();
        let phase = Phase::Reading;
        Self { stream, door, phase, unread, readable: false, hung_up: false, ticket: Ticket::NONE }
    }

    /// Takes note of an event. The steps that follow from it are [`advance`](Self::advance)'s.
    pub fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.hung_up |= event.is_read_closed();
    }

    /// The deadline has come.
    pub fn wake(&mut self, service: &mut Service, scratch: &mut Scratch, now: Instant) -> Next {
        self.phase = match std::mem::replace(&mut self.phase, Phase::Reading) {
            Phase::Waiting(response, due) => begin(response, due, service),
            Phase::Lingering(_) => return Next::Close,
            phase => phase,
        };
        self.advance(service, scratch, now)
    }

    /// Goes as far as it can without waiting.
    pub fn advance(&mut self, service: &mut Service, scratch: &mut Scratch, now: Instant) -> Next {
        for _ in 0..STEPS_A_TURN {
            let next = match self.phase {
                Phase::Reading => self.receive(service, scratch, now),
                // A client that hangs up while it waits has given up, as clients do at their deadline. Its request is
                // then no longer in work, lest it be counted among those of the next pass.
                Phase::Waiting(..) if self.hung_up => Ok(Next::Close),
                Phase::Waiting(..) => Ok(Next::Park),
                Phase::Writing(..) => self.send(service, now),
                Phase::Lingering(until) => self.discard(scratch, until),
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
            // Later than now, which means after all that is due now.
            _ => Next::WakeAt(now + Duration::from_nanos(1)),
        }
    }

    /// Gives up what was in work. To be called once, when the connection is dropped.
    pub fn abandon(&self, service: &mut Service) {
        if let Phase::Waiting(response, _) | Phase::Writing(response, ..) = &self.phase
            && response.counted
        {
            service.tally.ended();
        }
    }

    /// Looks for a request in what was read, and if there is none reads on.
    fn receive(&mut self, service: &mut Service, scratch: &mut Scratch, now: Instant) -> io::Result<Next> {
        match request::parse(self.unread.as_slice()) {
            Parsed::Complete(request, length) => {
                self.unread.consume(length);
                let (response, delay) = service.respond(self.door, request);
                return Ok(self.answer(response, delay, service, now));
            }
            Parsed::Refused(refusal) => {
                let response = service.respond_to_refused(self.door, refusal);
                return Ok(self.answer(response, Duration::ZERO, service, now));
            }
            Parsed::Partial if !self.readable => return Ok(Next::Park),
            Parsed::Partial => {}
        }
        match self.read(scratch)? {
            0 => Ok(Next::Close),
            length => {
                self.unread.push(&scratch[..length]);
                Ok(Next::Step)
            }
        }
    }

    /// Reads once. Less than there was room for means that the stream is drained, unless its end is still to be read.
    fn read(&mut self, scratch: &mut Scratch) -> io::Result<usize> {
        let result = self.stream.read(scratch);
        self.readable = match &result {
            Ok(length) => *length == scratch.len() || self.hung_up,
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        };
        result
    }

    /// Sends the response, or waits for its time.
    fn answer(&mut self, response: Response, delay: Duration, service: &Service, now: Instant) -> Next {
        if delay.is_zero() {
            self.phase = begin(response, now, service);
            return Next::Step;
        }
        let due = now + delay;
        self.phase = Phase::Waiting(response, due);
        if self.hung_up {
            return Next::Close;
        }
        Next::WakeAt(due)
    }

    /// Sends as much of the response as the system takes.
    fn send(&mut self, service: &mut Service, now: Instant) -> io::Result<Next> {
        let Phase::Writing(response, sent, pace) = &mut self.phase else { return Ok(Next::Step) };
        let (head, whole) = service.lengths(response);
        let allowed = pace.allowed(now);
        if *sent == head + allowed
            && let Some(next) = pace.next(now)
        {
            return Ok(Next::WakeAt(next));
        }
        let slices = service.slices(response, *sent, allowed);
        let written = self.stream.write_vectored(slices.as_slice())? as u64;
        let all_taken = written == slices.offered;
        let body_before = sent.saturating_sub(head);
        *sent += written;
        let body_bytes = sent.saturating_sub(head) - body_before;
        let (is_whole, then, counted) = (*sent == whole, response.then, response.counted);
        service.tally.sent(body_bytes);
        if !is_whole {
            // Taking less than offered means that there is no room: an event comes when there is.
            return Ok(if all_taken { Next::Step } else { Next::Park });
        }
        if counted {
            service.tally.ended();
        }
        self.phase = Phase::Reading;
        Ok(self.conclude(then, now))
    }

    /// Goes on as the response said.
    fn conclude(&mut self, then: Then, now: Instant) -> Next {
        match then {
            Then::Read => Next::Step,
            Then::Close if self.unread.as_slice().is_empty() && !self.readable => Next::Close,
            Then::Close | Then::Linger => {
                // Fails where the client has gone already, which reading finds out as well.
                let _ = self.stream.shutdown(Shutdown::Write);
                self.unread = Unread::default();
                self.phase = Phase::Lingering(now + LINGER);
                self.readable = true;
                Next::Step
            }
        }
    }

    /// Reads what nobody wants, until the client closes.
    fn discard(&mut self, scratch: &mut Scratch, until: Instant) -> io::Result<Next> {
        if !self.readable {
            return Ok(Next::WakeAt(until));
        }
        match self.read(scratch) {
            Ok(0) => Ok(Next::Close),
            Ok(_) => Ok(Next::Step),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Next::WakeAt(until)),
            Err(error) => Err(error),
        }
    }
}

/// Begins to send a response that was due at some moment.
fn begin(response: Response, due: Instant, service: &Service) -> Phase {
    let (head, whole) = service.lengths(&response);
    let pace = Pace::new(due, response.body_time, whole - head);
    Phase::Writing(response, 0, pace)
}

/// Bytes read and not yet looked at.
#[derive(Debug, Default)]
struct Unread {
    bytes: Vec<u8>,
    /// How many of them have been looked at since. They go when more is read, not at every request: a stream of requests
    /// sent ahead would otherwise be moved once for each.
    consumed: usize,
}

impl Unread {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[self.consumed..]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.consumed);
        self.consumed = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn consume(&mut self, length: usize) {
        self.consumed += length;
        if self.consumed == self.bytes.len() {
            self.bytes.clear();
            self.consumed = 0;
        }
    }
}
