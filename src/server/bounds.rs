//! Limits for the connections of a server.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// The limits, and how far they are used.
#[derive(Debug)]
pub(super) struct EngineBounds {
    /// The number of open connections over all loops, without the control channel.
    pub open: AtomicUsize,
    /// The most open connections.
    pub most: usize,
    /// The longest time for a head, from its first byte to its last.
    pub head_timeout: Duration,
}
