//! The start of a connection, until its client has shown which version of HTTP it speaks.

use std::io;
use std::time::Instant;

use super::clock::Now;
use super::endpoint::Endpoint;
use super::next::Next;
use super::polled::{PolledWire, Scratch};
use super::service::Service;
use super::wire::Wire;

/// The first bytes of an HTTP/2 client (RFC 9113, section 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection, and what is known of it when a version of HTTP takes it over.
#[derive(Debug)]
pub(super) struct OpenedConnection {
    pub wire: PolledWire,
    pub endpoint: Endpoint,
    /// The bytes read so far.
    pub bytes: Vec<u8>,
    /// When the last byte was readable.
    pub since: Instant,
    /// When the first byte was readable.
    begun: Option<Instant>,
}

/// What the first bytes of a client show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Nothing yet.
    Unknown(Next),
    Http1,
    Http2,
}

impl OpenedConnection {
    /// Wraps a connection that was just accepted.
    pub fn new(wire: Wire, endpoint: Endpoint, now: Now) -> Self {
        Self {
            wire: PolledWire::new(wire),
            endpoint,
            bytes: Vec::new(),
            since: now.instant,
            begun: None,
        }
    }

    /// Reads until the version is known.
    pub fn advance(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Spoken {
        while self.wire.readable {
            match self.wire.read(scratch, service) {
                Ok(0) => return Spoken::Unknown(Next::Close),
                Ok(length) => self.bytes.extend_from_slice(&scratch[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return Spoken::Unknown(Next::Close),
            }
            self.since = self.wire.readable_since(now);
            self.begun.get_or_insert(self.since);
            match spoken(self.wire.protocol(), &self.bytes) {
                Spoken::Unknown(_) => {}
                known => return known,
            }
        }
        Spoken::Unknown(Next::Park)
    }

    /// Returns when the first byte arrived, if there is one.
    pub fn head_since(&self) -> Option<Instant> {
        self.begun
    }
}

/// Returns the version of HTTP that TLS has negotiated, or else that the first bytes show.
fn spoken(negotiated: Option<&[u8]>, bytes: &[u8]) -> Spoken {
    match negotiated {
        Some(b"h2") => Spoken::Http2,
        Some(_) => Spoken::Http1,
        None if bytes.starts_with(PREFACE) => Spoken::Http2,
        None if PREFACE.starts_with(bytes) => Spoken::Unknown(Next::Park),
        None => Spoken::Http1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_show_the_version() {
        let unknown = Spoken::Unknown(Next::Park);
        assert_eq!(spoken(None, PREFACE), Spoken::Http2);
        assert_eq!((spoken(None, &PREFACE[..23]), spoken(None, b"P")), (unknown, unknown));
        for other in [&b"G"[..], b"PO", b"PRI * HTTP/2.0\r\n\r\nX", b"PRI * HTTP/1.1\r\n"] {
            assert_eq!(spoken(None, other), Spoken::Http1);
        }
        assert_eq!(spoken(Some(b"http/1.1"), PREFACE), Spoken::Http1);
        assert_eq!(spoken(Some(b"h2"), b"GET"), Spoken::Http2);
    }
}
