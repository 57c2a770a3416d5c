//! The open connections of an event loop, by token.

use std::ops::{Deref, DerefMut};

use slab::Slab;

use super::connection::ServedConnection;

/// The lower bits of a token are a connection's key, and those above count the connections. What
/// was meant for a closed connection thus never reaches the next one with its key.
const KEY_BITS: u32 = usize::BITS / 2;
const KEYS: usize = usize::MAX >> KEY_BITS;

/// The bits of the count that are used. Without the highest, the highest tokens stay free.
const SERIALS: usize = KEYS >> 1;

/// Open connections. A key is used again, a token only after two billion others.
#[derive(Debug, Default)]
pub(super) struct OpenConnections {
    slab: Slab<ServedConnection>,
    /// The lowest token: lower ones are those of listeners.
    pub first: usize,
    /// The number of tokens given so far.
    given: usize,
}

impl OpenConnections {
    /// Returns the token for the connection that is inserted next.
    pub fn next_token(&mut self) -> usize {
        self.given = self.given.wrapping_add(1);
        self.first + self.slab.vacant_key() + ((self.given & SERIALS) << KEY_BITS)
    }

    /// Returns the key of the connection with this token, if it is still open.
    pub fn key(&self, token: usize) -> Option<usize> {
        let key = (token & KEYS).checked_sub(self.first)?;
        self.slab.get(key).filter(|connection| connection.token == token).map(|_| key)
    }
}

impl Deref for OpenConnections {
    type Target = Slab<ServedConnection>;

    fn deref(&self) -> &Self::Target {
        &self.slab
    }
}

impl DerefMut for OpenConnections {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.slab
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::server::clock::Now;
    use crate::server::endpoint::Endpoint;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::socket::Socket;

    #[test]
    fn tokens_are_used_once() {
        let mut service = service(vec![reply(200, 9)]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut connections = OpenConnections { first: 3, ..OpenConnections::default() };
        let mut open = |connections: &mut OpenConnections| {
            let client = TcpStream::connect(address).unwrap();
            let socket = Socket::new(mio::net::TcpStream::from_std(client), false);
            let endpoint = (Endpoint::Control, connections.next_token());
            let made = ServedConnection::new(socket, endpoint, &mut service, Now::read()).unwrap();
            (connections.insert(made), endpoint.1)
        };
        let [(first, old), (second, other)] = [open(&mut connections), open(&mut connections)];
        connections.remove(first);
        let (key, token) = open(&mut connections);
        assert_eq!(key, first, "the key is used again");
        let keys = [old, other, token, 0].map(|token| connections.key(token));
        assert_eq!(keys, [None, Some(second), Some(first), None]);
    }
}
