//! What a connection does at the moment, and how far it has got.

use std::time::Instant;

use super::encode::Encoded;
use crate::scenario::fault::End;
use crate::server::pace::Pace;
use crate::server::response::Response;

/// What a connection does.
#[derive(Debug)]
pub(super) enum Phase {
    /// Waits for a request.
    Reading,
    /// Sends these bytes to any client, then ends: an origin that only seems to speak TLS.
    Greeting(&'static [u8], End),
    /// Waits for the deadline of a response.
    Waiting(Response, Instant),
    /// Sends a response.
    Writing(Encoded, SendProgress),
    /// Sends nothing more until the client leaves. The flag is whether a request stays in flight.
    Staying(bool),
    /// Everything is written, and goes out before the connection is closed.
    Closing(Closing),
    /// Everything is sent; the client has until then to close.
    Lingering(Instant),
}

/// How a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// At once, unless something has arrived that is not read: the client would be reset, and lose
    /// what was sent.
    AtOnce,
    /// After the client, which may be sending.
    AfterClient,
}

/// The progress of sending a response.
#[derive(Debug)]
pub(super) struct SendProgress {
    pub sent: u64,
    /// The length of everything before the body.
    pub head: u64,
    pub whole: u64,
    /// When the first byte was due, if the response has a delay and nothing is sent yet.
    pub due: Option<Instant>,
    pub pace: Pace,
}

impl SendProgress {
    /// Whether the next bytes, or the last, have a deadline.
    pub fn is_timed(&self) -> bool {
        self.due.is_some() || self.pace.end().is_some()
    }

    pub fn body_sent(&self) -> u64 {
        self.sent.saturating_sub(self.head)
    }
}
