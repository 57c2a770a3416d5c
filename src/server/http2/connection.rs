//! An HTTP/2 connection: moves bytes between its socket and its session.

use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use super::outbox::Farewell;
use super::session::Http2Session;
use crate::server::clock::Now;
use crate::server::next::Next;
use crate::server::opening::OpenedConnection;
use crate::server::polled::{PolledWire, Scratch};
use crate::server::service::Service;

/// The most steps that a connection takes before other connections run.
const STEPS_PER_WAKE: usize = 64;

/// How long a client may keep sending after a GOAWAY before its connection is closed.
const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(in crate::server) struct Http2Connection {
    pub wire: PolledWire,
    session: Http2Session,
    /// Bytes read but not used yet: the start of a frame, or frames that must wait.
    unread: Vec<u8>,
    phase: Phase,
    /// When the bytes read last were readable.
    since: Instant,
    /// The deadline that the event loop was last asked for, until it has passed.
    armed: Option<Instant>,
    /// When the first byte of an unfinished frame or header block arrived.
    head_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Sends what is left, because the client has closed its side or violated the protocol.
    Ending,
    /// Everything is sent; the client has until then to close.
    Lingering(Instant),
}

impl Http2Connection {
    /// Takes over a connection after its client has begun to speak HTTP/2.
    pub fn new(opened: OpenedConnection, service: &mut Service, now: Now) -> Self {
        let OpenedConnection { wire, endpoint, bytes, since, .. } = opened;
        let mut connection = Self {
            wire,
            session: Http2Session::new(endpoint, service.served.scenario.http.limits),
            unread: Vec::new(),
            phase: Phase::Serving,
            since,
            armed: None,
            head_since: None,
        };
        connection.take(&bytes, now, service);
        connection
    }

    /// Advances after the deadline has passed.
    pub fn wake(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        self.armed = None;
        match self.phase {
            Phase::Lingering(until) if until <= now.instant => Next::Close,
            _ => self.advance(service, scratch, now),
        }
    }

    /// Advances as far as possible without waiting.
    pub fn advance(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        for _ in 0..STEPS_PER_WAKE {
            match self.step(service, scratch, now) {
                Ok(Next::Step) => {}
                Ok(Next::Park) => return self.park(now),
                Ok(next) => return next,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.park(now),
                Err(_) => return Next::Close,
            }
        }
        match self.phase {
            Phase::Lingering(until) if until <= now.instant => Next::Close,
            _ => Next::Again,
        }
    }

    /// Returns when the first byte of an unfinished frame or header block arrived.
    pub fn head_since(&self) -> Option<Instant> {
        self.head_since
    }

    /// Ends the count of requests in flight. Call it once, when the connection is dropped.
    pub fn abandon(&mut self, service: &mut Service) {
        let unanswered = self.session.sender.outbox.unanswered();
        (0..unanswered).for_each(|_| service.tally.ended());
        self.session.sender.drop_all(service);
    }

    /// Starts what is due, reads once, and writes as much as the socket accepts.
    fn step(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> io::Result<Next> {
        if let Phase::Lingering(until) = self.phase {
            return self.discard(service, scratch, until);
        }
        if service.is_ending && self.phase == Phase::Serving {
            self.session.leave();
        }
        self.session.sender.meet_deadlines(now.instant, service);
        let has_read = self.receive(service, scratch, now)?;
        self.session.sender.fill(now.instant, service);
        let has_written = !self.session.sender.outbox.pending().is_empty();
        if !self.write(service)? {
            return Ok(Next::Park);
        }
        match self.session.sender.outbox.farewell.take() {
            Some(Farewell::Reset) => {
                self.wire.reset_on_drop()?;
                return Ok(Next::Close);
            }
            Some(Farewell::Close) => self.phase = Phase::Ending,
            None => {}
        }
        match self.phase {
            _ if has_read || has_written => Ok(Next::Step),
            Phase::Ending => self.linger(now),
            _ if service.is_ending && !self.session.sender.has_work() => self.linger(now),
            _ => Ok(Next::Park),
        }
    }

    /// Reads once, if there may be bytes and room for the answers, and returns whether it did.
    fn receive(
        &mut self,
        service: &mut Service,
        scratch: &mut Scratch,
        now: Now,
    ) -> io::Result<bool> {
        if self.phase != Phase::Serving || self.session.is_congested() {
            return Ok(false);
        }
        // Frames that had to wait come first.
        let before = self.unread.len();
        if before > 0 {
            self.take(&[], now, service);
        }
        if !self.wire.readable || self.session.is_congested() || self.phase != Phase::Serving {
            return Ok(self.unread.len() < before);
        }
        let read = self.wire.read(scratch, service);
        self.since = self.since.max(self.wire.readable_since(now));
        match read {
            Ok(0) => self.phase = Phase::Ending,
            Ok(length) => self.take(&scratch[..length], now, service),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Passes bytes to the session, after those that are left from before.
    fn take(&mut self, bytes: &[u8], now: Now, service: &mut Service) {
        let mut unread = std::mem::take(&mut self.unread);
        let whole = if unread.is_empty() {
            bytes
        } else {
            unread.extend_from_slice(bytes);
            &unread
        };
        let (was_within_head, ended) = (self.session.is_within_head(), self.session.ended_heads);
        let used = self.session.read(whole, self.since, service);
        let used = used.unwrap_or_else(|_| {
            self.phase = Phase::Ending;
            whole.len()
        });
        if unread.is_empty() {
            unread.extend_from_slice(&bytes[used..]);
        } else {
            unread.drain(..used);
        }
        self.unread = unread;
        let is_within_head = self.session.is_within_head();
        let is_same_head = was_within_head && is_within_head && ended == self.session.ended_heads;
        // Frames that wait for the client to read are not slow to arrive.
        if self.session.is_congested() || (used > 0 && !is_same_head) {
            self.head_since = None;
        }
        if is_within_head || !(self.unread.is_empty() || self.session.is_congested()) {
            self.head_since.get_or_insert(now.instant);
        }
    }

    /// Writes what is pending, and returns whether the socket accepted all of it.
    fn write(&mut self, service: &mut Service) -> io::Result<bool> {
        let outbox = &mut self.session.sender.outbox;
        while !outbox.pending().is_empty() {
            // Reads the clock only if there is a deadline to check.
            let begun = outbox.has_deadline().then(Instant::now);
            let offered = outbox.pending().len();
            let written = self.wire.write(&[IoSlice::new(outbox.pending())])?;
            outbox.advance(written, begun, service);
            if written < offered && self.wire.is_plain() {
                return Ok(false);
            }
        }
        self.wire.flush()?;
        Ok(true)
    }

    /// Closes the write side after the last byte. A client that has left needs no more.
    fn linger(&mut self, now: Now) -> io::Result<Next> {
        if self.wire.hung_up {
            return Ok(Next::Close);
        }
        // Nothing may follow TLS's notification, even if it has to wait.
        self.phase = Phase::Ending;
        self.wire.finish()?;
        self.wire.shutdown();
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
    ) -> io::Result<Next> {
        if !self.wire.readable {
            return Ok(self.arm(until));
        }
        match self.wire.read(scratch, service) {
            Ok(0) => Ok(Next::Close),
            Ok(_) => Ok(Next::Step),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Next::Step),
            Err(error) => Err(error),
        }
    }

    /// Waits for an event or for the next deadline.
    fn park(&mut self, now: Now) -> Next {
        if let Phase::Lingering(_) = self.phase {
            return Next::Park;
        }
        match self.session.sender.earliest() {
            None => Next::Park,
            // A request whose deadline had passed before it was read.
            Some(earliest) if earliest <= now.instant => Next::Again,
            Some(earliest) => self.arm(earliest),
        }
    }

    /// Asks for a deadline, unless an earlier one is pending: a connection has many.
    fn arm(&mut self, deadline: Instant) -> Next {
        if self.armed.is_some_and(|armed| armed <= deadline) {
            return Next::Park;
        }
        self.armed = Some(deadline);
        Next::WakeAt(deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::site::{Delay, Reply};
    use crate::server::endpoint::Endpoint;
    use crate::server::opening::PREFACE;
    use crate::server::polled::READ_LIMIT;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::wire::tests::{connected, exchange};

    const DELAY: Duration = Duration::from_millis(5);

    /// SETTINGS and WINDOW_UPDATE, with windows for all that comes, and a GET of `/0/0`.
    const REQUEST: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\x40\0\0\0\
        \0\0\x04\x08\0\0\0\0\0\x40\0\0\0\
        \0\0\x08\x01\x05\0\0\0\x01\x82\x86\x04\x04/0/0";

    #[test]
    fn connections_end_once_all_is_sent() {
        let mut service = service(vec![reply(200, 125_000)]);
        let (now, mut scratch) = (Now::read(), [0; READ_LIMIT]);
        let length = exchange(&[PREFACE, REQUEST].concat(), |wire| {
            let opened = OpenedConnection::new(wire, Endpoint::Origin(0), now);
            let mut connection = Http2Connection::new(opened, &mut service, now);
            Box::new(move || {
                connection.wire.readable = true;
                let next = connection.advance(&mut service, &mut scratch, now);
                assert_ne!(next, Next::Close, "it lingers until the client closes");
                service.is_ending = connection.session.intake.last == 1;
            })
        });
        assert!(length > 125_000, "{length}");
    }

    #[test]
    fn lingering_connections_rest() {
        let mut service = service(vec![Reply { delay: Delay::Fixed(DELAY), ..reply(200, 9) }]);
        let (mut tls, mut socket, wire) = connected();
        let opened = OpenedConnection::new(wire, Endpoint::Origin(0), Now::read());
        let mut connection = Http2Connection::new(opened, &mut service, Now::read());
        // A PING on a stream, which violates the protocol, while a response waits.
        let ping = b"\0\0\x08\x06\0\0\0\0\x01pingpong";
        io::Write::write_all(&mut tls.writer(), &[PREFACE, REQUEST, ping].concat()).unwrap();
        let mut scratch = [0; READ_LIMIT];
        for _ in 0..10_000 {
            if matches!(connection.phase, Phase::Lingering(_)) {
                break;
            }
            drop(tls.write_tls(&mut socket));
            if tls.read_tls(&mut socket).is_ok() {
                tls.process_new_packets().unwrap();
            }
            connection.wire.readable = true;
            connection.advance(&mut service, &mut scratch, Now::read());
        }
        std::thread::sleep(DELAY);
        connection.wire.readable = true;
        assert_eq!(connection.advance(&mut service, &mut scratch, Now::read()), Next::Park);
    }
}
