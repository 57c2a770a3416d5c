//! What an event loop does next with one of its connections.

use std::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Take another step; never leaves the connection.
    Step,
    /// Wait for an event.
    Park,
    /// Run again after all other connections that have something to do.
    Again,
    /// Wait for an event or a deadline, whichever comes first.
    WakeAt(Instant),
    /// Drop the connection.
    Close,
}
