//! The connections of a session: as many as the concurrency, to all origins together.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use mio::{Interest, Registry, Token};
use slab::Slab;

use crate::client::floor::Connection;

/// Connections by their token, used or idle.
pub(super) struct Pool {
    connections: Slab<Connection>,
    /// Those that nobody uses. The one used last stands last, and is taken first.
    idle: VecDeque<usize>,
    budget: usize,
}

impl Pool {
    /// No connections yet.
    pub fn new(budget: usize) -> Self {
        Self { connections: Slab::new(), idle: VecDeque::new(), budget }
    }

    /// The connection of a token, if it has not been closed.
    pub fn get(&mut self, token: usize) -> Option<&mut Connection> {
        self.connections.get_mut(token)
    }

    /// Takes an idle connection to an origin.
    pub fn take_idle(&mut self, destination: usize) -> Option<usize> {
        let last = self
            .idle
            .iter()
            .rposition(|&token| self.connections[token].destination == destination)?;
        self.idle.remove(last)
    }

    /// Begins to connect. Where the budget is spent, the connection that was not used for longest
    /// makes room.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn connect(
        &mut self,
        address: SocketAddr,
        destination: usize,
        registry: &Registry,
    ) -> io::Result<usize> {
        if self.connections.len() >= self.budget
            && let Some(oldest) = self.idle.pop_front()
        {
            self.connections.remove(oldest);
        }
        let mut connection = Connection::connect(address, destination)?;
        let entry = self.connections.vacant_entry();
        let token = entry.key();
        // Once for all: the poll tells of changes only, and a connection that waits for nothing
        // ignores what it is told.
        registry.register(
            connection.source(),
            Token(token),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        entry.insert(connection);
        Ok(token)
    }

    /// Gives a connection to the fetch of a slot.
    pub fn begin(&mut self, token: usize, slot: usize) {
        self.connections[token].begin(slot);
    }

    /// Takes a connection back for the next fetch.
    pub fn give_back(&mut self, token: usize) {
        self.connections[token].slot = None;
        self.idle.push_back(token);
    }

    /// Closes a connection that was in use. That takes it out of the poll as well.
    pub fn close(&mut self, token: usize) {
        self.connections.remove(token);
    }

    /// Closes an idle connection that its peer has closed, or over which it speaks unasked.
    pub fn look_after_idle(&mut self, token: usize) {
        if self.connections.get_mut(token).is_some_and(|connection| !connection.is_quiet()) {
            self.idle.retain(|other| *other != token);
            self.connections.remove(token);
        }
    }

    /// Closes all, where none is in use.
    pub fn close_all(&mut self) {
        self.idle.clear();
        self.connections.clear();
    }
}
