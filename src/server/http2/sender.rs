//! The sending half of a connection: open streams, their deadlines, and both windows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::error::ErrorCode;
use super::frame::{END_STREAM, FrameKind, write_header, write_headers, write_reset};
use super::head::encode_head;
use super::hpack::encode::HpackEncoder;
use super::outbox::{Milestone, Outbox};
use super::settings::DEFAULT_WINDOW;
use super::stream::{Closed, ClosedStreams, Download, Http2Stream, Source, StreamPhase, Streams};
use crate::server::deadlines::Deadlines;
use crate::server::pace::Pace;
use crate::server::response::{Content, Response, Then};
use crate::server::service::Service;

/// What is queued for closed streams is removed once there are this many entries and two for each
/// open stream.
const MANY_CLOSED: usize = 64;

/// While this many bytes wait to be written, faults send nothing more, and look again after a
/// while.
const UNREAD_FAULTS: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_millis(10);

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Sender {
    pub streams: Streams,
    pub closed: ClosedStreams,
    pub outbox: Outbox,
    pub encoder: HpackEncoder,
    /// Those of delays and of the pieces of bodies; each belongs to the stream of that number.
    pub deadlines: Deadlines,
    /// The streams that can send, in turn.
    pub ready: VecDeque<u32>,
    /// The streams whose script waits for the acknowledgement of a PING.
    pub awaiting: Vec<u32>,
    /// How often the client's window for the connection has held up the bodies that are ready.
    pub holdups: u64,
    /// What may still be sent by the client's window for the connection.
    pub window: i64,
    /// The window of a new stream.
    pub initial_window: i64,
    /// Whether it has grown since the streams were last queued.
    pub has_grown: bool,
    /// No open stream has a larger grant.
    pub most_granted: i64,
    /// Room for a header block.
    block: Vec<u8>,
}

impl Sender {
    pub fn new() -> Self {
        Self {
            streams: Streams::default(),
            closed: ClosedStreams::default(),
            outbox: Outbox::default(),
            encoder: HpackEncoder::new(),
            deadlines: Deadlines::new(),
            ready: VecDeque::new(),
            awaiting: Vec::new(),
            holdups: 0,
            window: DEFAULT_WINDOW.into(),
            initial_window: DEFAULT_WINDOW.into(),
            has_grown: false,
            most_granted: 0,
            block: Vec::new(),
        }
    }

    /// Opens a stream.
    pub fn open(&mut self, id: u32, phase: StreamPhase, since: Instant) {
        self.streams.insert(id, Http2Stream { grant: 0, since, phase });
    }

    /// Answers a complete request on its stream, after `delay`.
    pub fn answer(
        &mut self,
        id: u32,
        since: Instant,
        (response, delay): (Response, Duration),
        service: &mut Service,
    ) {
        if delay.is_zero() {
            return self.begin(id, since, response, None, service);
        }
        let due = since + delay;
        self.deadlines.push(due, id as usize);
        self.enter(id, since, StreamPhase::Waiting(response, due));
    }

    /// Moves a stream to a phase, and opens it if necessary.
    pub fn enter(&mut self, id: u32, since: Instant, phase: StreamPhase) {
        match self.streams.get_mut(&id) {
            Some(stream) => stream.phase = phase,
            None => self.open(id, phase, since),
        }
    }

    /// Starts to send a response, whose deadline is `due` if it has a delay.
    fn begin(
        &mut self,
        id: u32,
        since: Instant,
        response: Response,
        due: Option<Instant>,
        service: &mut Service,
    ) {
        if let Content::Bytes(_) = response.content {
            return self.play(id, due.unwrap_or(since), response, service);
        }
        let Some((source, whole)) = body(&response.content, service) else {
            self.streams.remove(&id);
            if response.answers.is_some() {
                service.tally.ended();
            }
            return self.reset(id, ErrorCode::Internal, service);
        };
        let start = due.unwrap_or(since);
        let block = &mut self.block;
        encode_head(&mut self.encoder, block, &response, since, start, &service.served);
        write_headers(&mut self.outbox.bytes, &self.block, whole == 0, id);
        if let Some(due) = due {
            self.outbox.mark(Milestone::Due(due));
        }
        if whole == 0 {
            if let Some(visit) = response.answers {
                self.outbox.mark(Milestone::Answered(visit, 0, since));
            }
            return self.end(id);
        }
        let pace = Pace::new(start, response.body_time, whole);
        self.enter(id, since, StreamPhase::Sending(Download::new(source, whole, pace)));
        self.queue(id);
    }

    /// Appends a DATA frame of this length, and returns whether it is the last of its stream.
    pub fn send_piece(&mut self, id: u32, length: u64, service: &mut Service) -> bool {
        let Some(Http2Stream { phase: StreamPhase::Sending(body), since, .. }) =
            self.streams.get_mut(&id)
        else {
            return false;
        };
        let is_last = body.sent + length == body.whole;
        let flags = if is_last { END_STREAM } else { 0 };
        let out = &mut self.outbox.bytes;
        write_header(out, length as usize, FrameKind::Data, flags, id);
        let (start, end) = (body.sent, body.sent + length);
        body.sent = end;
        match body.source {
            Source::Visit(visit) => {
                let pieces = service.served.body(visit).first(end);
                pieces.pieces(start).for_each(|piece| out.extend_from_slice(piece));
                self.outbox.mark(Milestone::Body(length));
            }
            Source::Reason(text) => {
                out.extend_from_slice(&text.as_bytes()[start as usize..end as usize]);
            }
        }
        if !is_last {
            self.queue(id);
            return false;
        }
        match body.pace.end() {
            // A body that the client has held up is not late by the server.
            _ if body.waited => service.tally.held_up(),
            Some(end) => self.outbox.mark(Milestone::Due(end)),
            None => {}
        }
        if let Source::Visit(visit) = body.source {
            self.outbox.mark(Milestone::Answered(visit, body.whole, *since));
        }
        true
    }

    /// Starts what is due at `now`.
    pub fn meet_deadlines(&mut self, now: Instant, service: &mut Service) {
        while let Some((_, id)) = self.deadlines.pop_due(now) {
            let id = id as u32;
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            match &mut stream.phase {
                StreamPhase::Receiving(_) | StreamPhase::Awaiting(_) | StreamPhase::Staying => {}
                // A client that does not read what a fault sends gets no more of it.
                StreamPhase::Waiting(Response { content: Content::Bytes(_), .. }, due)
                    if self.outbox.pending().len() > UNREAD_FAULTS =>
                {
                    *due = now + PATIENCE;
                    self.deadlines.push(*due, id as usize);
                }
                StreamPhase::Waiting(response, due) => {
                    let empty = Response::new(Content::Bytes(b"".into()), Then::Read);
                    let response = std::mem::replace(response, empty);
                    let (due, since) = (*due, stream.since);
                    self.begin(id, since, response, Some(due), service);
                }
                StreamPhase::Sending(body) => {
                    body.has_deadline = false;
                    self.queue(id);
                }
            }
        }
    }

    /// Returns the next deadline.
    pub fn earliest(&self) -> Option<Instant> {
        self.deadlines.earliest()
    }

    /// Lets a stream send again.
    pub fn queue(&mut self, id: u32) {
        if let Some(Http2Stream { phase: StreamPhase::Sending(body), .. }) =
            self.streams.get_mut(&id)
            && body.queued.is_none()
        {
            body.queued = Some(self.holdups);
            self.ready.push_back(id);
        }
    }

    /// Resets a stream.
    pub fn reset(&mut self, id: u32, code: ErrorCode, service: &mut Service) {
        write_reset(&mut self.outbox.bytes, id, code);
        self.drop_stream(id, Closed::ByServer, service);
    }

    /// Drops a stream that is not answered to its end.
    pub fn drop_stream(&mut self, id: u32, how: Closed, service: &mut Service) {
        if self.streams.remove(&id).is_some_and(|stream| stream.is_counted()) {
            service.tally.ended();
        }
        self.closed.push(id, how);
        // A client may reset any number of streams before they have sent anything.
        let many = MANY_CLOSED + 2 * self.streams.len();
        if self.deadlines.len() > many {
            self.deadlines.retain(|id| self.streams.contains_key(&(id as u32)));
        }
        if self.ready.len() > many {
            self.ready.retain(|id| self.streams.contains_key(id));
        }
        if self.awaiting.len() > many {
            self.awaiting.retain(|id| self.streams.contains_key(id));
        }
    }

    /// Whether any stream has something to receive or to send, now or later.
    pub fn has_work(&self) -> bool {
        !self.streams.values().all(|stream| matches!(stream.phase, StreamPhase::Staying))
    }

    /// Drops all streams.
    pub fn drop_all(&mut self, service: &mut Service) {
        let counted = self.streams.values().filter(|stream| stream.is_counted()).count();
        (0..counted).for_each(|_| service.tally.ended());
        self.streams.clear();
    }

    /// Closes a stream after its last frame.
    pub fn end(&mut self, id: u32) {
        self.streams.remove(&id);
        self.closed.push(id, Closed::ByClient);
    }
}

/// Returns the body of a response, and its length; `None` for a fault, and for the control channel,
/// which does not speak HTTP/2.
fn body(content: &Content, service: &Service) -> Option<(Source, u64)> {
    match content {
        Content::Reply(visit) => {
            Some((Source::Visit(*visit), service.served.reply(visit.site).bytes))
        }
        Content::ReplyHead(visit) => Some((Source::Visit(*visit), 0)),
        Content::Refusal(refusal) => {
            let reason = refusal.status().canonical_reason().unwrap_or_default();
            Some((Source::Reason(reason), reason.len() as u64))
        }
        Content::RefusalHead(_) => Some((Source::Reason(""), 0)),
        Content::Bytes(_) | Content::Witness(_) => None,
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::server::visit::Visit;

    #[test]
    fn dropped_streams_leave_nothing() {
        let mut service = service(vec![reply(200, 9)]);
        let (mut sender, now) = (Sender::new(), Instant::now());
        for id in (1..20_001).step_by(2) {
            // Half of them wait for their deadline, and half to be sent.
            let delay = Duration::from_secs(3_600 * u64::from(id % 4 / 2));
            let content = Content::Reply(Visit { site: 0, visit: 0 });
            sender.answer(id, now, (Response::new(content, Then::Read), delay), &mut service);
            sender.outbox.bytes.clear();
            sender.drop_stream(id, Closed::ByClient, &mut service);
        }
        assert!(sender.deadlines.len() <= MANY_CLOSED, "{}", sender.deadlines.len());
        assert!(sender.ready.len() <= MANY_CLOSED, "{}", sender.ready.len());
        assert!(sender.streams.is_empty());
    }
}
