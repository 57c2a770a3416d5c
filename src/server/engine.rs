//! The event loop: one thread that accepts connections, hands them events and deadlines, and
//! sleeps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::clock::Now;
use super::connection::ServedConnection;
use super::deadlines::{DeadlineId, Deadlines, after_all_others};
use super::endpoint::Endpoint;
use super::message::{Mailbox, Message};
use super::next::Next;
use super::polled::{READ_LIMIT, Scratch};
use super::service::Service;
use super::sleep::Sleep;
use super::socket::Socket;

/// The most events fetched in one poll.
const BATCH: usize = 1024;

/// How long a listener pauses when the system has no descriptor or memory left for a connection, or
/// when the limit of connections is reached.
const ACCEPT_REST: Duration = Duration::from_millis(10);

/// The most connections accepted at once. Each takes some microseconds, and a response may come due
/// meanwhile.
const ACCEPTED_AT_ONCE: usize = 64;

// Tokens: listeners come first, then connections. These two are beyond both.
const TIMER: Token = Token(usize::MAX - 1);
const MAILBOX: Token = Token(usize::MAX - 2);

/// Limits for the connections of a server.
#[derive(Debug)]
pub(super) struct EngineBounds {
    /// The number of open connections over all loops, without the control channel.
    pub open: AtomicUsize,
    /// The most open connections.
    pub most: usize,
    /// The longest time for a head, from its first byte to its last.
    pub head_timeout: Duration,
}

#[derive(Debug)]
pub(super) struct Engine {
    poll: Poll,
    mailbox: Mailbox,
    listeners: Vec<TcpListener>,
    /// The endpoint of each listener.
    endpoints: Vec<Endpoint>,
    /// Which listeners pause because there is no room for another connection.
    resting: Vec<bool>,
    /// The number of connections accepted so far. They are dealt to the loops in turn.
    dealt: usize,
    connections: Slab<ServedConnection>,
    bounds: Arc<EngineBounds>,
    deadlines: Deadlines,
    sleep: Sleep,
    service: Service,
    scratch: Box<Scratch>,
    /// When to end, once that is decided.
    finish: Option<Instant>,
}

impl Engine {
    /// Creates a loop that serves `service` and has no listeners yet; `spins` enables busy-polling.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(service: Service, spins: bool, bounds: Arc<EngineBounds>) -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self {
            mailbox: Mailbox::new(poll.registry(), MAILBOX)?,
            sleep: Sleep::new(poll.registry(), TIMER, spins)?,
            poll,
            listeners: Vec::new(),
            endpoints: Vec::new(),
            resting: Vec::new(),
            dealt: 0,
            connections: Slab::new(),
            bounds,
            deadlines: Deadlines::new(),
            service,
            scratch: Box::new([0; READ_LIMIT]),
            finish: None,
        })
    }

    /// Starts to listen, and deals the connections to itself and `colleagues`. Each listener
    /// belongs to the endpoint at the same index.
    ///
    /// # Errors
    ///
    /// The system refuses to watch that many listeners.
    pub fn listen(
        &mut self,
        mut listeners: Vec<TcpListener>,
        endpoints: Vec<Endpoint>,
        colleagues: Vec<Mailbox>,
    ) -> io::Result<()> {
        for (number, listener) in listeners.iter_mut().enumerate() {
            self.poll.registry().register(listener, Token(number), Interest::READABLE)?;
        }
        self.resting = vec![false; listeners.len()];
        (self.listeners, self.endpoints, self.service.colleagues) =
            (listeners, endpoints, colleagues);
        Ok(())
    }

    /// Returns the mailbox of this loop, for other loops to write to.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Serves until stopped.
    ///
    /// # Errors
    ///
    /// The system refuses to wait, which should not happen, or to write the access log.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(BATCH);
        self.service.tally.start();
        loop {
            let until = self.deadlines.earliest().into_iter().chain(self.finish).min();
            match self.sleep.wait(&mut self.poll, &mut events, until) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            let now = Now::read();
            self.service.tally.wake(now.instant, self.sleep.spun);
            self.meet_deadlines();
            for event in &events {
                match event.token() {
                    MAILBOX => self.read_messages(now),
                    // Its only task was to end the sleep.
                    TIMER => {}
                    Token(number) if number < self.endpoints.len() => self.accept(number, now),
                    Token(number) => self.handle(number - self.endpoints.len(), event, now),
                }
                // A batch may be long. A response that is due goes before requests that have just
                // arrived.
                self.meet_deadlines();
            }
            if let Some(log) = &mut self.service.log {
                log.flush()?;
            }
            if self
                .finish
                .is_some_and(|finish| self.connections.is_empty() || finish <= now.instant)
            {
                return Ok(());
            }
        }
    }

    /// Handles all messages.
    fn read_messages(&mut self, now: Now) {
        for message in self.mailbox.take() {
            match message {
                Message::Admit(stream, endpoint) => self.admit(stream, endpoint, now),
                // Fails if the asking loop has ended.
                Message::Report { anew, sender } => {
                    drop(sender.send(self.service.tally.report(anew)));
                }
                Message::Finish(until) => self.begin_to_finish(until),
                Message::Stop => self.finish = Some(now.instant),
            }
        }
    }

    /// Stops accepting, and closes idle connections.
    fn begin_to_finish(&mut self, until: Instant) {
        self.finish = Some(until);
        // Closing a socket also removes it from the poll.
        self.listeners.clear();
        let idle: Vec<usize> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.is_idle())
            .map(|(key, _)| key)
            .collect();
        idle.into_iter().for_each(|key| self.close(key));
    }

    /// Wakes every listener and connection past its deadline.
    fn meet_deadlines(&mut self) {
        if self.deadlines.earliest().is_none() {
            return;
        }
        // Read once: a connection that wants to run again at once runs after all others.
        let now = Now::read();
        while let Some((id, token)) = self.deadlines.pop_due(now.instant) {
            self.wake(token, id, now);
        }
    }

    /// Accepts pending connections. No further event comes for them, so the loop returns later for
    /// those that are left.
    fn accept(&mut self, number: usize, now: Now) {
        let endpoint = self.endpoints[number];
        for _ in 0..ACCEPTED_AT_ONCE {
            let Some(listener) = self.listeners.get(number) else { return };
            if endpoint != Endpoint::Control
                && self.bounds.open.load(Ordering::Relaxed) >= self.bounds.most
            {
                return self.rest(number, now.instant + ACCEPT_REST);
            }
            match listener.accept() {
                Ok((stream, _)) => self.deal(stream, endpoint, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // An aborted connection does not affect the next.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                    ) => {}
                Err(_) => return self.rest(number, now.instant + ACCEPT_REST),
            }
        }
        self.rest(number, after_all_others(now));
    }

    /// Pauses a listener. Further clients do not add deadlines.
    fn rest(&mut self, number: usize, until: Instant) {
        if !std::mem::replace(&mut self.resting[number], true) {
            self.deadlines.push(until, number);
        }
    }

    /// Hands a connection to the next loop in turn. The control channel stays here.
    fn deal(&mut self, stream: TcpStream, endpoint: Endpoint, now: Now) {
        if endpoint == Endpoint::Control {
            return self.admit(stream, endpoint, now);
        }
        self.bounds.open.fetch_add(1, Ordering::Relaxed);
        self.service.tally.connected();
        let wake = self.dealt % (self.service.colleagues.len() + 1);
        self.dealt = self.dealt.wrapping_add(1);
        match wake.checked_sub(1) {
            None => self.admit(stream, endpoint, now),
            Some(other) => self.service.colleagues[other].send(Message::Admit(stream, endpoint)),
        }
    }

    fn admit(&mut self, mut stream: TcpStream, endpoint: Endpoint, now: Now) {
        let entry = self.connections.vacant_entry();
        let token = Token(self.endpoints.len() + entry.key());
        // Registers for both, once: a connection that waits for nothing ignores events.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, token, interest);
        let is_stamped = self.service.served.has_delays && endpoint != Endpoint::Control;
        let socket = Socket::new(stream, is_stamped);
        match registered
            .and_then(|()| ServedConnection::new(socket, endpoint, &mut self.service, now))
        {
            Ok(connection) => {
                entry.insert(connection);
            }
            Err(_) => self.left(endpoint),
        }
    }

    fn handle(&mut self, key: usize, event: &Event, now: Now) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.note(event);
            let next = connection.advance(&mut self.service, &mut self.scratch, now);
            self.settle(key, next, now);
        }
    }

    fn wake(&mut self, token: usize, id: DeadlineId, now: Now) {
        let Some(key) = token.checked_sub(self.endpoints.len()) else {
            self.resting[token] = false;
            return self.accept(token, now);
        };
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.deadline == id {
            let next = connection.wake(&mut self.service, &mut self.scratch, now);
            self.settle(key, next, now);
        } else if connection.watch == id {
            connection.watch = DeadlineId::NONE;
            self.watch(key, now);
        }
    }

    fn settle(&mut self, key: usize, next: Next, now: Now) {
        match next {
            Next::Step | Next::Park => self.watch(key, now),
            Next::WakeAt(deadline) => {
                let id = self.deadlines.push(deadline, self.endpoints.len() + key);
                self.connections[key].deadline = id;
                // Streams of HTTP/2 may be delayed while a head is unfinished.
                self.watch(key, now);
            }
            Next::Close => return self.close(key),
        }
        if self.finish.is_some() && self.connections.get(key).is_some_and(ServedConnection::is_idle)
        {
            self.close(key);
        }
    }

    /// Enforces the timeout of an unfinished head. Each connection has at most one such deadline,
    /// however many heads it begins.
    fn watch(&mut self, key: usize, now: Now) {
        let connection = &mut self.connections[key];
        let Some(since) = connection.head_since() else { return };
        let end = since + self.bounds.head_timeout;
        if end <= now.instant {
            self.close(key);
        } else if connection.watch == DeadlineId::NONE {
            connection.watch = self.deadlines.push_aside(end, self.endpoints.len() + key);
        }
    }

    fn close(&mut self, key: usize) {
        // Closing the socket also removes it from the poll.
        let mut connection = self.connections.remove(key);
        connection.abandon(&mut self.service);
        self.left(connection.endpoint);
    }

    fn left(&self, endpoint: Endpoint) {
        if endpoint != Endpoint::Control {
            self.bounds.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::server::Server;

    #[test]
    fn crowds_are_accepted_in_parts() {
        let mut server = Server::bind(Arc::new(Scenario::load("keepalive").unwrap())).unwrap();
        let origin = server.announcement().origins().unwrap().remove(0);
        let crowd: Vec<_> = (0..=ACCEPTED_AT_ONCE)
            .map(|_| std::net::TcpStream::connect((origin.host.as_str(), origin.port)).unwrap())
            .collect();
        let (engine, now) = (&mut server.engines[0], Now::read());
        engine.accept(0, now);
        assert_eq!(engine.connections.len(), ACCEPTED_AT_ONCE);
        assert_eq!(engine.deadlines.earliest(), Some(after_all_others(now)));
        engine.meet_deadlines();
        assert_eq!((engine.connections.len(), engine.deadlines.earliest()), (crowd.len(), None));
    }
}
