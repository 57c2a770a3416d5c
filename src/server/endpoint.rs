//! Endpoints: the listeners of a server, and how each receives its clients.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::scenario::fault::End;

/// The listener that a connection was accepted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// The index of an origin.
    Origin(usize),
    /// The control channel, which is not counted.
    Control,
}

/// How an endpoint receives a client.
#[derive(Debug)]
pub(super) enum Entrance {
    Plain,
    Tls(Arc<ServerConfig>),
    /// Always sends these bytes, then ends in this way.
    Greets(&'static [u8], End),
}
