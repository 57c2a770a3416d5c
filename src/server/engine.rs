//! The event loop: one thread that accepts connections, hands them events and deadlines, and
//! sleeps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::bounds::EngineBounds;
use super::clock::Now;
use super::connection::ServedConnection;
use super::connections::OpenConnections;
use super::deadlines::{DeadlineId, Deadlines};
use super::endpoint::Endpoint;
use super::listeners::{Arrival, Listeners};
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

#[derive(Debug)]
pub(super) struct Engine {
    poll: Poll,
    mailbox: Mailbox,
    listeners: Listeners,
    /// The number of connections accepted so far. They are dealt to the loops in turn.
    dealt: usize,
    connections: OpenConnections,
    bounds: Arc<EngineBounds>,
    deadlines: Deadlines,
    /// The tokens of the listeners and connections that go on after all others.
    again: Vec<usize>,
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
            listeners: Listeners::default(),
            dealt: 0,
            connections: OpenConnections::default(),
            bounds,
            deadlines: Deadlines::new(),
            again: Vec::new(),
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
        listeners: Vec<TcpListener>,
        endpoints: Vec<Endpoint>,
        colleagues: Vec<Mailbox>,
    ) -> io::Result<()> {
        self.listeners = Listeners::watch(self.poll.registry(), listeners, endpoints)?;
        self.connections.first = self.listeners.len();
        self.service.colleagues = colleagues;
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
            let waited = match self.again.is_empty() {
                true => self.sleep.wait(&mut self.poll, &mut events, until),
                false => self.poll.poll(&mut events, Some(Duration::ZERO)),
            };
            match waited {
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
                    Token(number) if number < self.listeners.len() => self.accept(number, now),
                    Token(token) => self.handle(token, event, now),
                }
                // A batch may be long. A response that is due goes before requests that have just
                // arrived.
                self.meet_deadlines();
            }
            self.go_on();
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
                Message::Finish(until) => self.begin_to_finish(until, now),
                Message::Stop => self.finish = Some(now.instant),
            }
        }
    }

    /// Stops accepting, and lets the connections close on which no client waits for a response.
    fn begin_to_finish(&mut self, until: Instant, now: Now) {
        self.finish = Some(until);
        self.service.is_ending = true;
        self.listeners.close();
        let keys: Vec<usize> = self.connections.iter().map(|(key, _)| key).collect();
        keys.into_iter().for_each(|key| self.advance(key, now));
    }

    /// Wakes every listener and connection past its deadline.
    fn meet_deadlines(&mut self) {
        if self.deadlines.earliest().is_none() {
            return;
        }
        let now = Now::read();
        while let Some((id, token)) = self.deadlines.pop_due(now.instant) {
            self.wake(token, id, now);
        }
    }

    /// Runs the listeners and connections that had more to do, once.
    fn go_on(&mut self) {
        if self.again.is_empty() {
            return;
        }
        // The batch may have taken long.
        let now = Now::read();
        for token in std::mem::take(&mut self.again) {
            if token < self.listeners.len() {
                self.resume(token, now);
            } else if let Some(key) = self.connections.key(token) {
                self.connections[key].runs_again = false;
                self.advance(key, now);
            }
            self.meet_deadlines();
        }
    }

    /// Accepts connections again after a pause.
    fn resume(&mut self, number: usize, now: Now) {
        self.listeners.resume(number);
        self.accept(number, now);
    }

    /// Accepts pending connections. No further event comes for them, so the loop returns later for
    /// those that are left.
    fn accept(&mut self, number: usize, now: Now) {
        for _ in 0..ACCEPTED_AT_ONCE {
            match self.listeners.accept(number, &self.bounds) {
                Arrival::Client(stream, endpoint) => self.deal(stream, endpoint, now),
                Arrival::Nothing => return,
                Arrival::NoRoom => {
                    // Further clients do not add deadlines.
                    if self.listeners.pause(number) {
                        self.deadlines.push(now.instant + ACCEPT_REST, number);
                    }
                    return;
                }
            }
        }
        if self.listeners.pause(number) {
            self.again.push(number);
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
        // Another loop accepted it before it knew.
        if self.service.is_ending {
            return self.left(endpoint);
        }
        let token = Token(self.connections.next_token());
        // Registers for both, once: a connection that waits for nothing ignores events.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, token, interest);
        let is_stamped = self.service.served.has_delays && endpoint != Endpoint::Control;
        let socket = Socket::new(stream, is_stamped);
        match registered.and_then(|()| {
            ServedConnection::new(socket, (endpoint, token.0), &mut self.service, now)
        }) {
            Ok(connection) => {
                self.connections.insert(connection);
            }
            Err(_) => self.left(endpoint),
        }
    }

    fn handle(&mut self, token: usize, event: &Event, now: Now) {
        if let Some(key) = self.connections.key(token) {
            self.connections[key].note(event);
            self.advance(key, now);
        }
    }

    fn advance(&mut self, key: usize, now: Now) {
        let next = self.connections[key].advance(&mut self.service, &mut self.scratch, now);
        self.settle(key, next, now);
    }

    fn wake(&mut self, token: usize, id: DeadlineId, now: Now) {
        if token < self.listeners.len() {
            return self.resume(token, now);
        }
        let Some(key) = self.connections.key(token) else { return };
        let connection = &mut self.connections[key];
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
            Next::Step | Next::Park => {}
            Next::Again => {
                let connection = &mut self.connections[key];
                if !std::mem::replace(&mut connection.runs_again, true) {
                    self.again.push(connection.token);
                }
            }
            Next::WakeAt(deadline) => {
                let connection = &mut self.connections[key];
                connection.deadline = self.deadlines.push(deadline, connection.token);
            }
            Next::Close => return self.close(key),
        }
        // Even with a deadline: streams of HTTP/2 may be delayed while a head is unfinished.
        self.watch(key, now);
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
            connection.watch = self.deadlines.push_aside(end, connection.token);
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

impl Drop for Engine {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream as Client;

    use super::*;
    use crate::scenario::Scenario;
    use crate::server::Server;

    /// Returns a server to which this many clients connect.
    fn server(clients: usize) -> (Server, Vec<Client>) {
        let server = Server::bind(Arc::new(Scenario::load("keepalive").unwrap())).unwrap();
        let origin = server.announcement().origins().unwrap().remove(0);
        let connect = |_| Client::connect((origin.host.as_str(), origin.port)).unwrap();
        (server, (0..clients).map(connect).collect())
    }

    #[test]
    fn crowds_are_accepted_in_parts() {
        let (mut server, crowd) = server(ACCEPTED_AT_ONCE + 1);
        let (engine, now) = (&mut server.engines[0], Now::read());
        engine.accept(0, now);
        assert_eq!((engine.connections.len(), &engine.again[..]), (ACCEPTED_AT_ONCE, &[0][..]));
        engine.go_on();
        assert_eq!((engine.connections.len(), &engine.again[..]), (crowd.len(), &[][..]));
    }

    #[test]
    fn greedy_clients_run_once_a_batch() {
        let (mut server, mut clients) = server(1);
        // Every answer takes more than one step.
        let requests = "HEAD /0/0 HTTP/1.1\r\nhost: a\r\n\r\n".repeat(400);
        clients[0].write_all(requests.as_bytes()).unwrap();
        let (engine, now) = (&mut server.engines[0], Now::read());
        engine.accept(0, now);
        let (mut events, token) = (Events::with_capacity(8), engine.connections[0].token);
        let is_its = |event: &&Event| event.token() == Token(token) && event.is_readable();
        while !events.iter().any(|event| is_its(&event)) {
            engine.poll.poll(&mut events, None).unwrap();
        }
        for _ in 0..2 {
            engine.handle(token, events.iter().find(is_its).unwrap(), now);
            assert_eq!(engine.again, [token], "once, after however many events");
        }
        let served = |engine: &mut Engine| engine.service.tally.report(false).into_witness(0);
        let before = served(engine).requests;
        engine.meet_deadlines();
        assert_eq!(served(engine).requests, before);
        engine.go_on();
        assert!((before + 1..400).contains(&served(engine).requests), "{before}");
    }
}
