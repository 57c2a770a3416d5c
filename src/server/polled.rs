//! A wire, and what the events of its socket have shown.

use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Instant;

use mio::event::Event;

use super::clock::Now;
use super::service::Service;
use super::wire::Wire;

/// The most bytes of one read. A kernel's timestamp is that of the last byte of a read, so requests
/// that share a larger read would share one timestamp.
pub(super) const READ_LIMIT: usize = 16 << 10;

/// The read buffer. All connections share it, so that each one keeps only the bytes it has read.
pub(super) type Scratch = [u8; READ_LIMIT];

/// A wire under edge-triggered events, so what they have shown must be remembered.
#[derive(Debug)]
pub(super) struct PolledWire {
    wire: Wire,
    /// Whether the stream may hold more bytes.
    pub readable: bool,
    /// Whether the client has closed its side.
    pub hung_up: bool,
}

impl PolledWire {
    /// Wraps the wire of a connection that was just accepted.
    pub fn new(wire: Wire) -> Self {
        Self { wire, readable: false, hung_up: false }
    }

    /// Records an event.
    pub fn note(&mut self, event: &Event) {
        self.readable |= event.is_readable() || event.is_read_closed();
        self.hung_up |= event.is_read_closed();
    }

    /// Reads once; 0 is the end. A short read means that the stream is drained, unless its end is
    /// still unread. Counts a handshake that has ended.
    pub fn read(&mut self, scratch: &mut Scratch, service: &mut Service) -> io::Result<usize> {
        let result = self.wire.read(scratch);
        self.readable = match &result {
            Ok(length) => *length == scratch.len() || self.hung_up || !self.wire.is_plain(),
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        };
        if let Some(handshake) = self.wire.take_handshake() {
            service.tally.shook_hands(handshake);
        }
        result
    }

    /// Returns when the bytes read last became readable. Without a timestamp of the system, that is
    /// when the loop received the event.
    pub fn readable_since(&self, now: Now) -> Instant {
        self.wire.stamp().map_or(now.instant, |stamp| now.instant_at(stamp))
    }
}

impl Deref for PolledWire {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for PolledWire {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}
