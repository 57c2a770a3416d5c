//! Streams (RFC 9113, section 5.1): what the server keeps of a request until it is answered.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

use super::request::RequestList;
use crate::server::pace::Pace;
use crate::server::play::Play;
use crate::server::response::Response;
use crate::server::visit::Visit;

/// An open stream.
#[derive(Debug)]
pub(super) struct Http2Stream {
    /// What the client allows to be sent beyond the initial window, less what is sent. The window
    /// of the stream is the sum, so that a change of the initial window changes all of them.
    pub grant: i64,
    /// When its request was readable.
    pub since: Instant,
    pub phase: StreamPhase,
}

#[derive(Debug)]
pub(super) enum StreamPhase {
    /// The client has not ended the stream: a body or trailers follow the head.
    Receiving(Upload),
    /// Waits for the deadline of the response.
    Waiting(Response, Instant),
    /// Sends the body.
    Sending(Download),
    /// A fault waits until the client has acknowledged a PING.
    Awaiting(Box<Play>),
    /// A fault sends nothing more.
    Staying,
}

/// The body of a request.
#[derive(Debug)]
pub(super) struct Upload {
    pub list: RequestList,
    pub received: u64,
}

/// What a body holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Visit(Visit),
    /// The reason of a refusal.
    Reason(&'static str),
}

/// The body of a response.
#[derive(Debug)]
pub(super) struct Download {
    pub source: Source,
    pub sent: u64,
    pub whole: u64,
    pub pace: Pace,
    /// The number of holdups when the stream was queued to send; `None` if it is not.
    pub queued: Option<u64>,
    /// Whether a deadline is pending for its next piece.
    pub has_deadline: bool,
    /// Whether the client's window has held up the body.
    pub waited: bool,
}

impl Download {
    /// Starts a body of `whole` bytes.
    pub fn new(source: Source, whole: u64, pace: Pace) -> Self {
        let (has_deadline, waited) = (false, false);
        Self { source, sent: 0, whole, pace, queued: None, has_deadline, waited }
    }
}

impl Http2Stream {
    /// Whether the stream is a request that is counted as in flight.
    pub fn is_counted(&self) -> bool {
        match &self.phase {
            StreamPhase::Receiving(_) => false,
            StreamPhase::Waiting(response, _) => response.answers.is_some(),
            StreamPhase::Sending(body) => matches!(body.source, Source::Visit(_)),
            StreamPhase::Awaiting(_) | StreamPhase::Staying => true,
        }
    }
}

/// The open streams of a connection, by their identifiers.
pub(super) type Streams = HashMap<u32, Http2Stream, BuildHasherDefault<IdHasher>>;

/// A hasher for the identifiers of streams, which count upwards.
#[derive(Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        // The golden ratio spreads consecutive numbers over all bits.
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// How a stream was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// By both ends, or reset by the client: it sends no more.
    ByClient,
    /// Reset by the server: the client may not know yet.
    ByServer,
    /// It was never opened, or so long ago that nothing is known.
    Forgotten,
}

/// The streams closed last.
#[derive(Debug, Default)]
pub(super) struct ClosedStreams {
    by_client: VecDeque<u32>,
    /// Kept apart, so that streams that end do not displace those whose client may still send.
    by_server: VecDeque<u32>,
}

/// The most streams of one kind that are remembered.
const REMEMBERED: usize = 256;

impl ClosedStreams {
    /// Remembers a stream that was closed by the client, or by the server.
    pub fn push(&mut self, stream: u32, how: Closed) {
        let streams = match how {
            Closed::ByServer => &mut self.by_server,
            Closed::ByClient | Closed::Forgotten => &mut self.by_client,
        };
        if streams.len() == REMEMBERED {
            streams.pop_front();
        }
        streams.push_back(stream);
    }

    pub fn get(&self, stream: u32) -> Closed {
        if self.by_server.contains(&stream) {
            Closed::ByServer
        } else if self.by_client.contains(&stream) {
            Closed::ByClient
        } else {
            Closed::Forgotten
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_remembered_longer() {
        let mut closed = ClosedStreams::default();
        closed.push(1, Closed::ByServer);
        for stream in (3..20_001).step_by(2) {
            closed.push(stream, Closed::ByClient);
        }
        let found = [1, 3, 19_999].map(|stream| closed.get(stream));
        assert_eq!(found, [Closed::ByServer, Closed::Forgotten, Closed::ByClient]);
        for stream in (20_001..40_001).step_by(2) {
            closed.push(stream, Closed::ByServer);
        }
        assert_eq!(closed.get(1), Closed::Forgotten, "their number is bounded");
    }
}
