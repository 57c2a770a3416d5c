//! The event loop: one thread that accepts, hands events and deadlines to connections, and sleeps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::clock::Now;
use super::connection::{Connection, Next, Scratch};
use super::deadlines::{Deadlines, Ticket, after_all_others};
use super::endpoint::Endpoint;
use super::message::{Mailbox, Message};
use super::request::HEAD_LIMIT;
use super::service::Service;
use super::sleep::Sleep;
use super::socket::Socket;

/// The most events taken from the system at once.
const BATCH: usize = 1024;

/// How long accepting rests when the system has no descriptor or memory left for a connection, or
/// no more are allowed.
const ACCEPT_REST: Duration = Duration::from_millis(10);

/// How many connections are accepted in one go, at some microseconds each: an answer may come due
/// meanwhile.
const ACCEPTED_A_TURN: usize = 64;

// Tokens: the listeners come first, then the connections; these two are out of the way of both.
const TIMER: Token = Token(usize::MAX - 1);
const MAIL: Token = Token(usize::MAX - 2);

/// What bounds the connections of a server.
#[derive(Debug)]
pub(super) struct Bounds {
    /// How many are open, in all loops together, without those of the control channel.
    pub open: AtomicUsize,
    /// How many may be.
    pub most: usize,
    /// The longest that a head may take from its first byte to its last.
    pub head_timeout: Duration,
}

/// The event loop.
#[derive(Debug)]
pub(super) struct Engine {
    poll: Poll,
    mailbox: Mailbox,
    listeners: Vec<TcpListener>,
    /// Whom each speaks for.
    endpoints: Vec<Endpoint>,
    /// Which of them rest, since there is no room for another connection.
    resting: Vec<bool>,
    /// Connections accepted so far: they are dealt to the loops by turns.
    dealt: usize,
    connections: Slab<Connection>,
    bounds: Arc<Bounds>,
    deadlines: Deadlines,
    sleep: Sleep,
    service: Service,
    scratch: Box<Scratch>,
    /// When to end, once that has been decided.
    finish: Option<Instant>,
}

impl Engine {
    /// A loop that gives `service`, spins or not, and listens nowhere yet.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(service: Service, spins: bool, bounds: Arc<Bounds>) -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self {
            mailbox: Mailbox::new(poll.registry(), MAIL)?,
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
            scratch: Box::new([0; HEAD_LIMIT]),
            finish: None,
        })
    }

    /// Has it listen, and deal the connections to itself and `colleagues`. Each listener speaks for
    /// the one of `doors` in its place.
    ///
    /// # Errors
    ///
    /// The system refuses to watch so many.
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

    /// Where others leave letters for it.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Serves until told to end.
    ///
    /// # Errors
    ///
    /// The system refuses to wait, which it has no reason to, or to take the access log.
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
                    MAIL => self.read_mail(now),
                    // It has done its work by ending the sleep.
                    TIMER => {}
                    Token(number) if number < self.endpoints.len() => self.accept(number, now),
                    Token(number) => self.handle(number - self.endpoints.len(), event, now),
                }
                // A batch may be long, and an answer whose time has come goes before requests that
                // have just arrived.
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

    /// Does what the letters say.
    fn read_mail(&mut self, now: Now) {
        for mail in self.mailbox.take() {
            match mail {
                Message::Admit(stream, endpoint) => self.admit(stream, endpoint, now),
                // Fails where whoever asked has gone.
                Message::Tell { anew, to } => drop(to.send(self.service.tally.tell(anew))),
                Message::Finish(until) => self.begin_to_finish(until),
                Message::Stop => self.finish = Some(now.instant),
            }
        }
    }

    /// Accepts nobody any more, and lets those go from whom nobody waits for anything.
    fn begin_to_finish(&mut self, until: Instant) {
        self.finish = Some(until);
        // Closing a socket takes it out of the poll as well.
        self.listeners.clear();
        let idle: Vec<usize> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.is_idle())
            .map(|(key, _)| key)
            .collect();
        idle.into_iter().for_each(|key| self.close(key));
    }

    /// Wakes all whose deadline has come.
    fn meet_deadlines(&mut self) {
        if self.deadlines.earliest().is_none() {
            return;
        }
        // Read once: who wants another turn at once gets it after all others.
        let now = Now::read();
        while let Some((ticket, token)) = self.deadlines.pop_due(now.instant) {
            self.wake(token, ticket, now);
        }
    }

    /// Accepts those who wait at a listener. There is no further event for them, so it comes back
    /// for those that are left.
    fn accept(&mut self, number: usize, now: Now) {
        let endpoint = self.endpoints[number];
        for _ in 0..ACCEPTED_A_TURN {
            let Some(listener) = self.listeners.get(number) else { return };
            if endpoint != Endpoint::Control
                && self.bounds.open.load(Ordering::Relaxed) >= self.bounds.most
            {
                return self.rest(number, now.instant + ACCEPT_REST);
            }
            match listener.accept() {
                Ok((stream, _)) => self.deal(stream, endpoint, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A client that has gone again says nothing about the next.
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

    /// Lets a listener rest: once at a time, however many clients knock meanwhile.
    fn rest(&mut self, number: usize, until: Instant) {
        if !std::mem::replace(&mut self.resting[number], true) {
            self.deadlines.push(until, number);
        }
    }

    /// Gives a connection to the loop whose turn it is. The control channel stays here.
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
        // Once for all: a connection that waits for nothing ignores what it is told.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, token, interest);
        let is_stamped = self.service.served.has_delays && endpoint != Endpoint::Control;
        let socket = Socket::new(stream, is_stamped);
        match registered.and_then(|()| Connection::new(socket, endpoint, &self.service, now)) {
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

    fn wake(&mut self, token: usize, ticket: Ticket, now: Now) {
        let Some(key) = token.checked_sub(self.endpoints.len()) else {
            self.resting[token] = false;
            return self.accept(token, now);
        };
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.ticket == ticket {
            let next = connection.wake(&mut self.service, &mut self.scratch, now);
            self.settle(key, next, now);
        } else if connection.watch == ticket {
            connection.watch = Ticket::NONE;
            self.watch(key, now);
        }
    }

    fn settle(&mut self, key: usize, next: Next, now: Now) {
        match next {
            Next::Step | Next::Park => self.watch(key, now),
            Next::WakeAt(deadline) => {
                let ticket = self.deadlines.push(deadline, self.endpoints.len() + key);
                self.connections[key].ticket = ticket;
            }
            Next::Close => return self.close(key),
        }
        if self.finish.is_some() && self.connections[key].is_idle() {
            self.close(key);
        }
    }

    /// Sees to it that a head that has begun comes to its end. One look at a time for each
    /// connection, however many heads it begins.
    fn watch(&mut self, key: usize, now: Now) {
        let connection = &mut self.connections[key];
        let Some(since) = connection.head_since() else { return };
        let end = since + self.bounds.head_timeout;
        if end <= now.instant {
            self.close(key);
        } else if connection.watch == Ticket::NONE {
            connection.watch = self.deadlines.push_aside(end, self.endpoints.len() + key);
        }
    }

    fn close(&mut self, key: usize) {
        // Closing the socket takes it out of the poll as well.
        let connection = self.connections.remove(key);
        connection.abandon(&mut self.service);
        self.left(connection.endpoint());
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
    fn a_crowd_is_accepted_by_turns_with_what_is_due_in_between() {
        let mut server = Server::bind(Arc::new(Scenario::load("keepalive").unwrap())).unwrap();
        let origin = server.announcement().origins().unwrap().remove(0);
        let crowd: Vec<_> = (0..=ACCEPTED_A_TURN)
            .map(|_| std::net::TcpStream::connect((origin.host.as_str(), origin.port)).unwrap())
            .collect();
        let (engine, now) = (&mut server.engines[0], Now::read());
        engine.accept(0, now);
        assert_eq!(engine.connections.len(), ACCEPTED_A_TURN);
        assert_eq!(engine.deadlines.earliest(), Some(after_all_others(now)));
        engine.meet_deadlines();
        assert_eq!((engine.connections.len(), engine.deadlines.earliest()), (crowd.len(), None));
    }
}
