//! The connections of a session over HTTP/2: a fixed number to each origin, and at most as many as
//! the limits allow over all origins.

use std::io;
use std::net::SocketAddr;
use std::vec;

use mio::{Interest, Registry, Token};
use slab::Slab;

use crate::client::floor::FloorStreams;
use crate::fetch::error::{ErrorClass, FetchError};

/// Connections by token.
pub(super) struct Links {
    links: Slab<StreamLink>,
    /// The tokens of each origin, by its number.
    of_origins: Vec<Vec<usize>>,
    per_origin: usize,
    budget: usize,
    /// The number of fetches that were given a connection.
    uses: usize,
}

struct StreamLink {
    streams: FloorStreams,
    /// Addresses of its origin that have not been tried.
    addresses: vec::IntoIter<SocketAddr>,
    last_use: usize,
}

impl Links {
    pub fn new(per_origin: usize, budget: usize) -> Self {
        Self { links: Slab::new(), of_origins: Vec::new(), per_origin, budget, uses: 0 }
    }

    /// Returns a connection, unless it has been closed.
    pub fn get(&mut self, token: usize) -> Option<&mut FloorStreams> {
        self.links.get_mut(token).map(|link| &mut link.streams)
    }

    /// Returns the connection to an origin with the fewest fetches. If all have some, a new
    /// connection is preferred, and this returns `None`.
    pub fn choose(&mut self, destination: usize) -> Option<usize> {
        let tokens = self.of_origins.get(destination)?;
        let usable = tokens.iter().filter(|token| self.links[**token].streams.is_usable());
        // Connections that have announced their end are not counted.
        let count = usable.clone().count();
        let loads = usable.map(|token| (*token, self.links[*token].streams.load()));
        let (token, load) = loads.min_by_key(|(_, load)| *load)?;
        let is_full = count >= self.per_origin || self.links.len() >= self.budget;
        (load == 0 || is_full).then_some(token)
    }

    /// Counts a use of a connection.
    pub fn use_link(&mut self, token: usize) -> Option<&mut FloorStreams> {
        self.uses += 1;
        let link = self.links.get_mut(token)?;
        link.last_use = self.uses;
        Some(&mut link.streams)
    }

    /// Begins to connect to the first address that the system does not refuse. If the budget is
    /// spent, closes the connection that was idle for longest.
    ///
    /// # Errors
    ///
    /// The system refuses all addresses.
    pub fn connect(
        &mut self,
        addresses: Vec<SocketAddr>,
        destination: usize,
        registry: &Registry,
    ) -> Result<usize, FetchError> {
        if self.links.len() >= self.budget {
            self.close_oldest_idle();
        }
        let mut addresses = addresses.into_iter();
        let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
        for address in addresses.by_ref() {
            match FloorStreams::connect(address, destination) {
                Ok(streams) => {
                    let token =
                        self.links.insert(StreamLink { streams, addresses, last_use: self.uses });
                    if self.of_origins.len() <= destination {
                        self.of_origins.resize_with(destination + 1, Vec::new);
                    }
                    self.of_origins[destination].push(token);
                    return match register(&mut self.links[token].streams, token, registry) {
                        Ok(()) => Ok(token),
                        Err(error) => {
                            self.close(token);
                            Err(FetchError::io(&error, ErrorClass::Connect))
                        }
                    };
                }
                Err(error) => failed = FetchError::io(&error, ErrorClass::Connect),
            }
        }
        Err(failed)
    }

    /// Begins to connect to the next address of a connection that could not be made.
    ///
    /// # Errors
    ///
    /// No address is left; returns the last error.
    pub fn reconnect(
        &mut self,
        token: usize,
        mut failed: FetchError,
        registry: &Registry,
    ) -> Result<(), FetchError> {
        let Some(link) = self.links.get_mut(token) else { return Err(failed) };
        for address in link.addresses.by_ref() {
            let connected = link.streams.reconnect(address);
            match connected.and_then(|()| register(&mut link.streams, token, registry)) {
                Ok(()) => return Ok(()),
                Err(error) => failed = FetchError::io(&error, ErrorClass::Connect),
            }
        }
        Err(failed)
    }

    /// Closes a connection. That removes it from the poll as well.
    pub fn close(&mut self, token: usize) -> Option<FloorStreams> {
        let link = self.links.try_remove(token)?;
        self.of_origins[link.streams.destination].retain(|other| *other != token);
        Some(link.streams)
    }

    fn close_oldest_idle(&mut self) {
        let idle = self.links.iter().filter(|(_, link)| link.streams.load() == 0);
        let oldest = idle.min_by_key(|(_, link)| link.last_use).map(|(token, _)| token);
        if let Some(token) = oldest {
            self.close(token);
        }
    }

    /// Closes all connections; none may be in use.
    pub fn close_all(&mut self) {
        self.links.clear();
        self.of_origins.clear();
    }
}

/// Registers a connection once: the poll reports only changes, and a connection that waits for
/// nothing ignores them.
fn register(streams: &mut FloorStreams, token: usize, registry: &Registry) -> io::Result<()> {
    registry.register(streams.source(), Token(token), Interest::READABLE | Interest::WRITABLE)
}
