//! Look-ups of names on threads: the system's resolver blocks, and the loop must not.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use mio::{Registry, Token, Waker};

use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;

/// The token of the event that a name has been looked up.
pub(super) const LOOKUP: Token = Token(usize::MAX);

/// Identifies a look-up within the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LookupId(u64);

/// The result of a look-up.
pub(super) struct Found {
    /// The slot of the fetch that asked.
    pub slot: usize,
    pub id: LookupId,
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

    /// Begins to look up the host of an origin for a slot.
    ///
    /// # Errors
    ///
    /// No thread can be started for it.
    pub fn begin(&mut self, slot: usize, origin: &Origin) -> Result<LookupId, FetchError> {
        self.begun += 1;
        let (id, origin) = (LookupId(self.begun), origin.clone());
        let (sender, waker) = (self.sender.clone(), Arc::clone(&self.waker));
        let thread = thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            let addresses = look_up(&origin);
            // Fails if the session has ended.
            if sender.send(Found { slot, id, addresses }).is_ok() {
                let _ = waker.wake();
            }
        });
        thread
            .map(|_| id)
            .map_err(|error| FetchError::new(ErrorClass::LocalLimit, error.to_string()))
    }

    /// Returns the next finished look-up.
    pub fn next(&mut self) -> Option<Found> {
        self.found.try_recv().ok()
    }
}

fn look_up(origin: &Origin) -> Result<Vec<SocketAddr>, FetchError> {
    (&*origin.host, origin.port)
        .to_socket_addrs()
        .map(Iterator::collect)
        .map_err(|error| FetchError::new(ErrorClass::Dns, format!("{}: {error}", origin.host)))
}
