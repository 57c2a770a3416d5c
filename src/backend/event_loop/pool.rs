//! The connections of a session: at most as many as the limits allow, over all origins.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use mio::{Interest, Registry, Token};
use slab::Slab;

use crate::client::floor::FloorConnection;

/// Connections by token, in use or idle.
pub(super) struct EventLoopPool {
    connections: Slab<FloorConnection>,
    /// Idle connections. The one used last is at the end and is taken first.
    idle: VecDeque<usize>,
    budget: usize,
}

impl EventLoopPool {
    pub fn new(budget: usize) -> Self {
        Self { connections: Slab::new(), idle: VecDeque::new(), budget }
    }

    /// Returns a connection, unless it has been closed.
    pub fn get(&mut self, token: usize) -> Option<&mut FloorConnection> {
        self.connections.get_mut(token)
    }

    /// Takes the idle connection to an origin that was used last.
    pub fn take_idle(&mut self, destination: usize) -> Option<usize> {
        let last = self
            .idle
            .iter()
            .rposition(|&token| self.connections[token].destination == destination)?;
        self.idle.remove(last)
    }

    /// Begins to connect. If the budget is spent, closes the connection that was idle for longest.
    ///
    /// # Errors
    ///
    /// The system refuses to connect.
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
        let mut connection = FloorConnection::connect(address, destination)?;
        let entry = self.connections.vacant_entry();
        let token = entry.key();
        // Registered once: the poll reports only changes, and a connection that waits for nothing
        // ignores them.
        registry.register(
            connection.source(),
            Token(token),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        entry.insert(connection);
        Ok(token)
    }

    /// Assigns a connection to the fetch of a slot.
    pub fn begin(&mut self, token: usize, slot: usize) {
        self.connections[token].begin(slot);
    }

    /// Makes a connection idle, ready for the next fetch.
    pub fn give_back(&mut self, token: usize) {
        self.connections[token].slot = None;
        self.idle.push_back(token);
    }

    /// Closes a connection that was in use. That removes it from the poll as well.
    pub fn close(&mut self, token: usize) {
        self.connections.remove(token);
    }

    /// Closes an idle connection if its peer has closed it or has sent data without a request.
    pub fn look_after_idle(&mut self, token: usize) {
        if self.connections.get_mut(token).is_some_and(|connection| !connection.is_quiet()) {
            self.idle.retain(|other| *other != token);
            self.connections.remove(token);
        }
    }

    /// Closes all connections; none may be in use.
    pub fn close_all(&mut self) {
        self.idle.clear();
        self.connections.clear();
    }
}
