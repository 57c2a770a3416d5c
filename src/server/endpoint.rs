//! Endpoints: the listeners of a server, and what a client meets there first.

use std::sync::Arc;

use rustls::ServerConfig;

use crate::scenario::fault::End;

/// A listener, and so the endpoint of each connection that it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// The origin of that number.
    Origin(usize),
    /// The control channel, which is not counted.
    Control,
}

/// What a client meets at an endpoint.
#[derive(Debug)]
pub(super) enum Entrance {
    Plain,
    Tls(Arc<ServerConfig>),
    /// Always sends these bytes, then ends so.
    Greets(&'static [u8], End),
}
