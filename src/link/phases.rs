//! The phases of a connection, from its packets alone, as the clients' end sees them.
//!
//! A request is client data after the handshakes or after a response, and a response is the server
//! data after it: under TLS nothing else can be read, so records are told apart by type and length.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::records::{ClientRecords, RecordContent};
use super::segment::Segment;

/// The first byte of a TLS handshake record.
const HANDSHAKE: u8 = 22;

/// The first byte of a TLS record of application data.
const APPLICATION_DATA: u8 = 23;

/// The total time of each phase over all connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WirePhases {
    /// From SYN to SYN-ACK.
    pub connect_ns: u64,
    /// From each flight of a client's TLS handshake to the end of the server's.
    pub tls_ns: u64,
    /// From the end of the handshakes to the end of a connection's first request, and from the
    /// first packet of each later one to its last.
    pub request_ns: u64,
    /// The number of requests.
    pub requests: u64,
    /// From the end of each request to the first packet of its response.
    pub wait_ns: u64,
    /// From the first packet of each response to its last.
    pub body_ns: u64,
    /// Connections that were not followed: too many at once, or packets are missing.
    pub unseen: u64,
}

/// A connection that is followed from its SYN on.
#[derive(Debug)]
pub(super) struct Connection {
    state: State,
    /// When the last packet passed that began or continued a phase.
    mark: Duration,
    /// When the handshakes ended so far.
    ready: Duration,
    /// Whether the client has sent a request.
    has_requested: bool,
    /// The number of the client's next byte.
    next: u32,
    /// The number of the server's next byte that the client has acknowledged.
    acknowledged: u32,
    /// The records that the client sends; `None` until its first data, or without TLS.
    records: Option<ClientRecords>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The SYN is on its way.
    Connecting,
    /// Nothing is sent yet.
    Connected,
    /// TLS shakes hands.
    Handshaking,
    /// A request is on its way, or with the server.
    Waiting,
    /// A response has begun.
    Receiving,
}

impl Connection {
    /// Follows a connection whose SYN has this number.
    pub fn open(now: Duration, number: u32) -> Self {
        Self {
            state: State::Connecting,
            mark: now,
            ready: now,
            has_requested: false,
            next: number.wrapping_add(1),
            acknowledged: 0,
            records: None,
        }
    }

    /// Whether a SYN with this number is the one that opened it, sent again.
    pub fn is_opened_by(&self, number: u32) -> bool {
        self.state == State::Connecting && self.next == number.wrapping_add(1)
    }

    /// Observes a packet of the client, and returns whether no data before it is missing. Data that
    /// is sent again changes nothing.
    pub fn sent(&mut self, now: Duration, segment: &Segment<'_>, totals: &mut WirePhases) -> bool {
        if let Some(acknowledged) = segment.acknowledged
            && is_beyond(acknowledged, self.acknowledged)
        {
            self.acknowledged = acknowledged;
        }
        let known = self.next.wrapping_sub(segment.number) as i32;
        let Ok(known) = usize::try_from(known) else { return false };
        let Some(data) = segment.data.get(known..).filter(|data| !data.is_empty()) else {
            return true;
        };
        self.next = self.next.wrapping_add(data.len() as u32);
        if self.state == State::Connected && data[0] == HANDSHAKE {
            self.records = Some(ClientRecords::default());
        }
        let content = self.records.as_mut().map_or(RecordContent::Request, |one| one.read(data));
        match content {
            RecordContent::Request => self.requested(now, totals),
            RecordContent::Handshake if !self.has_requested => {
                (self.state, self.mark) = (State::Handshaking, now);
            }
            RecordContent::Handshake | RecordContent::Other => {}
        }
        true
    }

    fn requested(&mut self, now: Duration, totals: &mut WirePhases) {
        if self.state != State::Waiting {
            totals.requests += 1;
            self.mark = if self.has_requested { now } else { self.ready };
        }
        totals.request_ns += nanoseconds(now.saturating_sub(self.mark));
        (self.state, self.mark, self.has_requested) = (State::Waiting, now, true);
    }

    /// Observes a packet of the server. What the client has acknowledged changes nothing.
    pub fn arrived(&mut self, now: Duration, segment: &Segment<'_>, totals: &mut WirePhases) {
        let end = segment.number.wrapping_add(segment.data.len() as u32);
        if self.state != State::Connecting && !is_beyond(end, self.acknowledged) {
            return;
        }
        let passed = nanoseconds(now.saturating_sub(self.mark));
        match self.state {
            State::Connecting if segment.is_syn() => {
                totals.connect_ns += passed;
                (self.state, self.ready) = (State::Connected, now);
                self.acknowledged = segment.number.wrapping_add(1);
            }
            State::Handshaking if !segment.data.is_empty() => {
                totals.tls_ns += passed;
                self.ready = now;
            }
            State::Waiting if self.begins_response(segment.data) => {
                totals.wait_ns += passed;
                self.state = State::Receiving;
            }
            State::Receiving if !segment.data.is_empty() => totals.body_ns += passed,
            _ => return,
        }
        self.mark = now;
    }

    /// Whether data of the server begins the response to a request. After 0-RTT data the rest of
    /// the server's handshake comes first.
    fn begins_response(&self, data: &[u8]) -> bool {
        match (&self.records, data.first()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(_), Some(first)) => *first == APPLICATION_DATA,
        }
    }
}

/// Returns a duration in nanoseconds.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether a number of a byte is beyond another. Numbers wrap around.
fn is_beyond(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) as i32 > 0
}
