//! The event loop: one thread that accepts, hands events and deadlines to connections, and sleeps.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;

use super::clock::Now;
use super::connection::{Connection, Next, Scratch};
use super::deadlines::{Deadlines, Ticket};
use super::request::HEAD_LIMIT;
use super::service::{Door, Service};
use super::sleep::Sleep;
use super::socket::Socket;

/// The most events taken from the system at once.
const BATCH: usize = 1024;

/// How long accepting rests when the system has no descriptor or memory left for a connection.
const ACCEPT_REST: Duration = Duration::from_millis(10);

// Tokens: the listeners come first, then the connections; these two are out of the way of both.
const TIMER: Token = Token(usize::MAX - 1);
const STOP: Token = Token(usize::MAX - 2);

/// The event loop.
#[derive(Debug)]
pub(super) struct Engine {
    poll: Poll,
    listeners: Vec<TcpListener>,
    /// Whom each speaks for.
    doors: Vec<Door>,
    /// Which of them rest, since the system has no descriptor left.
    resting: Vec<bool>,
    connections: Slab<Connection>,
    deadlines: Deadlines,
    sleep: Sleep,
    service: Service,
    scratch: Box<Scratch>,
}

impl Engine {
    /// A loop that waits at `listeners`, each of which speaks for the one of `doors` in its place.
    ///
    /// # Errors
    ///
    /// The system has no descriptor left.
    pub fn new(mut listeners: Vec<TcpListener>, doors: Vec<Door>, service: Service, spins: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (number, listener) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener, Token(number), Interest::READABLE)?;
        }
        let sleep = Sleep::new(poll.registry(), TIMER, spins)?;
        let deadlines = Deadlines::new();
        let resting = vec![false; listeners.len()];
        Ok(Self {
            poll,
            listeners,
            doors,
            resting,
            connections: Slab::new(),
            deadlines,
            sleep,
            service,
            scratch: Box::new([0; HEAD_LIMIT]),
        })
    }

    /// What ends [`run`](Self::run) from any thread. To be asked for once.
    pub fn waker(&self) -> io::Result<Arc<Waker>> {
        Ok(Arc::new(Waker::new(self.poll.registry(), STOP)?))
    }

    /// Serves until woken.
    ///
    /// # Errors
    ///
    /// The system refuses to wait, which it has no reason to.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(BATCH);
        self.service.tally.start();
        loop {
            match self.sleep.wait(&mut self.poll, &mut events, self.deadlines.earliest()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            let now = Now::read();
            self.service.tally.turn(now.instant, self.sleep.spun);
            self.meet_deadlines();
            for event in &events {
                match event.token() {
                    STOP => return Ok(()),
                    // It has done its work by ending the sleep.
                    TIMER => {}
                    Token(number) if number < self.listeners.len() => self.accept(number, now),
                    Token(number) => self.handle(number - self.listeners.len(), event, now),
                }
                // A batch may be long, and an answer whose time has come goes before requests that have just arrived.
                self.meet_deadlines();
            }
        }
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

    /// Accepts all who wait at a listener: there is no further event for them.
    fn accept(&mut self, number: usize, now: Now) {
        loop {
            match self.listeners[number].accept() {
                Ok((stream, _)) => self.admit(number, stream, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A client that has gone again says nothing about the next.
                Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted) => {
                }
                Err(_) => {
                    // One rest at a time, however many clients knock meanwhile.
                    if !std::mem::replace(&mut self.resting[number], true) {
                        self.deadlines.push(now.instant + ACCEPT_REST, number);
                    }
                    return;
                }
            }
        }
    }

    fn admit(&mut self, number: usize, mut stream: mio::net::TcpStream, now: Now) {
        let door = self.doors[number];
        let entry = self.connections.vacant_entry();
        let token = Token(self.listeners.len() + entry.key());
        // Once for all: a connection that waits for nothing ignores what it is told.
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut stream, token, interest).is_ok()
            && let Ok(connection) = Connection::new(
                Socket::new(stream, self.service.has_delays() && door != Door::Control),
                door,
                &self.service,
                now,
            )
        {
            entry.insert(connection);
            if door != Door::Control {
                self.service.tally.connected();
            }
        }
    }

    fn handle(&mut self, key: usize, event: &Event, now: Now) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.note(event);
            let next = connection.advance(&mut self.service, &mut self.scratch, now);
            self.settle(key, next);
        }
    }

    fn wake(&mut self, token: usize, ticket: Ticket, now: Now) {
        let Some(key) = token.checked_sub(self.listeners.len()) else {
            self.resting[token] = false;
            return self.accept(token, now);
        };
        if let Some(connection) = self.connections.get_mut(key)
            && connection.ticket == ticket
        {
            let next = connection.wake(&mut self.service, &mut self.scratch, now);
            self.settle(key, next);
        }
    }

    fn settle(&mut self, key: usize, next: Next) {
        match next {
            Next::Step | Next::Park => {}
            Next::WakeAt(deadline) => {
                let ticket = self.deadlines.push(deadline, self.listeners.len() + key);
                self.connections[key].ticket = ticket;
            }
            // Closing the socket takes it out of the poll as well.
            Next::Close => self.connections.remove(key).abandon(&mut self.service),
        }
    }
}
