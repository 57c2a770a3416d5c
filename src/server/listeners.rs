//! The listeners of an event loop: they accept, and pause when there is no room.

use std::io;
use std::sync::atomic::Ordering;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use super::bounds::EngineBounds;
use super::endpoint::Endpoint;

/// Listening sockets, by number. The number of one is also its token.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    sockets: Vec<TcpListener>,
    /// The endpoint of each.
    endpoints: Vec<Endpoint>,
    /// Which of them pause.
    resting: Vec<bool>,
}

/// What a listener had to accept.
#[derive(Debug)]
pub(super) enum Arrival {
    Client(TcpStream, Endpoint),
    Nothing,
    /// The system has no descriptor or memory left for a connection, or the limit of connections is
    /// reached.
    NoRoom,
}

impl Listeners {
    /// Watches listeners, each of which belongs to the endpoint at the same index.
    ///
    /// # Errors
    ///
    /// The system refuses to watch that many.
    pub fn watch(
        registry: &Registry,
        mut sockets: Vec<TcpListener>,
        endpoints: Vec<Endpoint>,
    ) -> io::Result<Self> {
        for (number, socket) in sockets.iter_mut().enumerate() {
            registry.register(socket, Token(number), Interest::READABLE)?;
        }
        Ok(Self { resting: vec![false; sockets.len()], sockets, endpoints })
    }

    /// Returns their number, which closing them does not change.
    pub fn len(&self) -> usize {
        self.endpoints.len()
    }

    /// Stops listening. Closing a socket also removes it from the poll.
    pub fn close(&mut self) {
        self.sockets.clear();
    }

    /// Accepts one connection.
    pub fn accept(&self, number: usize, bounds: &EngineBounds) -> Arrival {
        let (Some(socket), endpoint) = (self.sockets.get(number), self.endpoints[number]) else {
            return Arrival::Nothing;
        };
        if endpoint != Endpoint::Control && bounds.open.load(Ordering::Relaxed) >= bounds.most {
            return Arrival::NoRoom;
        }
        loop {
            match socket.accept().map_err(|error| error.kind()) {
                Ok((stream, _)) => return Arrival::Client(stream, endpoint),
                Err(io::ErrorKind::WouldBlock) => return Arrival::Nothing,
                // An aborted connection does not affect the next.
                Err(io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted) => {}
                Err(_) => return Arrival::NoRoom,
            }
        }
    }

    /// Pauses a listener, and returns whether it did not pause before.
    pub fn pause(&mut self, number: usize) -> bool {
        !std::mem::replace(&mut self.resting[number], true)
    }

    /// Ends a pause.
    pub fn resume(&mut self, number: usize) {
        self.resting[number] = false;
    }
}
