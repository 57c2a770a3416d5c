//! A connection in any version of HTTP. The version is decided once, by the first bytes.

use std::io;
use std::time::Instant;

use mio::event::Event;

use super::clock::Now;
use super::deadlines::DeadlineId;
use super::endpoint::{Endpoint, Entrance};
use super::http1::connection::Http1Connection;
use super::http2::connection::Http2Connection;
use super::next::Next;
use super::opening::{OpenedConnection, Spoken};
use super::polled::Scratch;
use super::service::Service;
use super::socket::Socket;
use super::wire::Wire;
use crate::scenario::versions::HttpVersions;

/// A connection, and its deadlines in the event loop.
#[derive(Debug)]
pub(super) struct ServedConnection {
    speaker: Speaker,
    pub endpoint: Endpoint,
    /// Identifies it to the event loop.
    pub token: usize,
    /// Whether it is to run again after all others.
    pub runs_again: bool,
    /// The deadline that this connection waits for.
    pub deadline: DeadlineId,
    /// The deadline for the end of a request head.
    pub watch: DeadlineId,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every connection is of the largest variant")]
enum Speaker {
    /// The client has not shown its version. `None` only while a version takes over.
    Opening(Option<OpenedConnection>),
    Http1(Http1Connection),
    Http2(Box<Http2Connection>),
}

impl ServedConnection {
    /// Wraps a connection that was just accepted at `endpoint`.
    pub fn new(
        socket: Socket,
        (endpoint, token): (Endpoint, usize),
        service: &mut Service,
        now: Now,
    ) -> io::Result<Self> {
        let served = std::sync::Arc::clone(&service.served);
        let entrance = served.entrance(endpoint);
        let wire = match entrance {
            Entrance::Plain | Entrance::Greets(..) => Wire::Plain(socket),
            Entrance::Tls(config) => Wire::encrypted(socket, config).map_err(io::Error::other)?,
        };
        let opened = OpenedConnection::new(wire, endpoint, now);
        let speaker = match served.versions(endpoint) {
            HttpVersions::Http1 => Speaker::Http1(Http1Connection::new(opened, entrance)),
            HttpVersions::Http2 => {
                Speaker::Http2(Box::new(Http2Connection::new(opened, service, now)))
            }
            HttpVersions::Auto => Speaker::Opening(Some(opened)),
        };
        Ok(Self {
            speaker,
            endpoint,
            token,
            runs_again: false,
            deadline: DeadlineId::NONE,
            watch: DeadlineId::NONE,
        })
    }

    /// Records an event; [`advance`](Self::advance) acts on it.
    pub fn note(&mut self, event: &Event) {
        match &mut self.speaker {
            Speaker::Http1(connection) => connection.wire.note(event),
            Speaker::Http2(connection) => connection.wire.note(event),
            Speaker::Opening(opened) => {
                opened.iter_mut().for_each(|opened| opened.wire.note(event));
            }
        }
    }

    /// Advances after the deadline has passed.
    pub fn wake(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        match &mut self.speaker {
            Speaker::Http1(connection) => connection.wake(service, scratch, now),
            Speaker::Http2(connection) => connection.wake(service, scratch, now),
            Speaker::Opening(_) => self.advance(service, scratch, now),
        }
    }

    /// Advances as far as possible without waiting.
    pub fn advance(&mut self, service: &mut Service, scratch: &mut Scratch, now: Now) -> Next {
        match &mut self.speaker {
            Speaker::Http1(connection) => connection.advance(service, scratch, now),
            Speaker::Http2(connection) => connection.advance(service, scratch, now),
            Speaker::Opening(opened) => {
                let Some(opening) = opened else { return Next::Close };
                let spoken = opening.advance(service, scratch, now);
                if let Spoken::Unknown(next) = spoken {
                    if !service.is_ending {
                        return next;
                    }
                    // Nothing was sent but a handshake. Fails if the client has left.
                    drop(opening.wire.finish());
                    return Next::Close;
                }
                let Some(opened) = opened.take() else { return Next::Close };
                self.speaker = match spoken {
                    Spoken::Http2 => {
                        Speaker::Http2(Box::new(Http2Connection::new(opened, service, now)))
                    }
                    _ => Speaker::Http1(Http1Connection::new(opened, &Entrance::Plain)),
                };
                self.advance(service, scratch, now)
            }
        }
    }

    /// Returns when the first byte of the unfinished request head arrived.
    pub fn head_since(&self) -> Option<Instant> {
        match &self.speaker {
            Speaker::Http1(connection) => connection.head_since(),
            Speaker::Http2(connection) => connection.head_since(),
            Speaker::Opening(opened) => opened.as_ref().and_then(OpenedConnection::head_since),
        }
    }

    /// Ends the count of requests in flight. Call it once, when the connection is dropped.
    pub fn abandon(&mut self, service: &mut Service) {
        match &mut self.speaker {
            Speaker::Http1(connection) => connection.abandon(service),
            Speaker::Http2(connection) => connection.abandon(service),
            Speaker::Opening(_) => {}
        }
    }
}
