//! Names are looked up on threads: the system's resolver blocks, and the loop must not.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use mio::{Registry, Token, Waker};

use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;

/// What the poll says when a name has been looked up.
pub(super) const LOOKUP: Token = Token(usize::MAX);

/// Tells one look-up from all others of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What a look-up found.
pub(super) struct Found {
    /// The slot whose fetch asked.
    pub slot: usize,
    pub ticket: Ticket,
    pub addresses: Result<Vec<SocketAddr>, FetchError>,
}

/// The look-ups of a session.
pub(super) struct Lookups {
    waker: Arc<Waker>,
    sender: Sender<Found>,
    found: Receiver<Found>,
    begun: u64,
}

impl Lookups {
    pub fn new(registry: &Registry) -> io::Result<Self> {
        let (sender, found) = mpsc::channel();
        Ok(Self { waker: Arc::new(Waker::new(registry, LOOKUP)?), sender, found, begun: 0 })
    }

    /// Begins to look the host of an origin up for a slot.
    ///
    /// # Errors
    ///
    /// There is no thread for it.
    pub fn begin(&mut self, slot: usize, origin: &Origin) -> Result<Ticket, FetchError> {
        self.begun += 1;
        let (ticket, origin) = (Ticket(self.begun), origin.clone());
        let (sender, waker) = (self.sender.clone(), Arc::clone(&self.waker));
        let look_up = move || {
            let addresses = (&*origin.host, origin.port).to_socket_addrs().map(Iterator::collect);
            let addresses = addresses.map_err(|error| {
                FetchError::new(ErrorClass::Dns, format!("{}: {error}", origin.host))
            });
            // Where the session has gone, nobody has to be told.
            if sender.send(Found { slot, ticket, addresses }).is_ok() {
                let _ = waker.wake();
            }
        };
        let thread = thread::Builder::new().name("lookup".to_owned()).spawn(look_up);
        thread
            .map(|_| ticket)
            .map_err(|error| FetchError::new(ErrorClass::LocalLimit, error.to_string()))
    }

    /// The next that has been found.
    pub fn next(&mut self) -> Option<Found> {
        self.found.try_recv().ok()
    }
}
