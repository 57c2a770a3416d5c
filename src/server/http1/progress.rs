//! How much of a response is sent.

use std::time::Instant;

use crate::server::pace::Pace;

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
