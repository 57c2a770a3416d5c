//! The sending half of a connection: open streams, their deadlines, and both windows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::error::{ErrorCode, Violation};
use super::frame::{END_STREAM, FrameKind, MAX_FRAME, write_header, write_headers, write_reset};
use super::head::encode_head;
use super::hpack::encode::HpackEncoder;
use super::outbox::{Milestone, Outbox};
use super::settings::{DEFAULT_WINDOW, MAX_WINDOW};
use super::stream::{Closed, ClosedStreams, Download, Http2Stream, Source, StreamPhase, Streams};
use crate::server::deadlines::Deadlines;
use crate::server::pace::Pace;
use crate::server::response::{Content, Response, Then};
use crate::server::service::Service;

/// Bodies are added to the outbox up to this many bytes.
const OUTBOX_FULL: usize = 128 << 10;

/// What is queued for closed streams is removed once there are this many entries and two for each
/// open stream.
const MANY_CLOSED: usize = 64;

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Sender {
    pub streams: Streams,
    pub closed: ClosedStreams,
    pub outbox: Outbox,
    pub encoder: HpackEncoder,
    /// Those of delays and of the pieces of bodies; each belongs to the stream of that number.
    deadlines: Deadlines,
    /// The streams that can send, in turn.
    ready: VecDeque<u32>,
    /// What may still be sent by the client's window for the connection.
    window: i64,
    /// The window of a new stream.
    initial_window: i64,
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
            window: DEFAULT_WINDOW.into(),
            initial_window: DEFAULT_WINDOW.into(),
            block: Vec::new(),
        }
    }

    /// Opens a stream.
    pub fn open(&mut self, id: u32, phase: StreamPhase, since: Instant) {
        self.streams.insert(id, Http2Stream { window: self.initial_window, since, phase });
    }

    /// Answers a stream whose request is complete, after `delay`.
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
        let waiting = StreamPhase::Waiting(response, due);
        match self.streams.get_mut(&id) {
            Some(stream) => stream.phase = waiting,
            None => self.open(id, waiting, since),
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
        let (source, whole) = match response.content {
            Content::Reply(visit) => (Source::Visit(visit), service.served.reply(visit.site).bytes),
            Content::ReplyHead(visit) => (Source::Visit(visit), 0),
            Content::Refusal(refusal) => {
                let reason = refusal.status().canonical_reason().unwrap_or_default();
                (Source::Reason(reason), reason.len() as u64)
            }
            // A fault of HTTP/1, or the control channel: neither speaks HTTP/2.
            Content::Bytes(_) | Content::Witness(_) => {
                self.streams.remove(&id);
                if response.answers.is_some() {
                    service.tally.ended();
                }
                return self.reset(id, ErrorCode::Internal, service);
            }
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
        let sending = Download::new(source, whole, pace);
        match self.streams.get_mut(&id) {
            Some(stream) => stream.phase = StreamPhase::Sending(sending),
            None => self.open(id, StreamPhase::Sending(sending), since),
        }
        self.ready.push_back(id);
    }

    /// Fills the outbox with bodies, one piece of each ready stream in turn.
    pub fn fill(&mut self, now: Instant, service: &mut Service) {
        while self.outbox.pending().len() < OUTBOX_FULL
            && let Some(id) = self.ready.pop_front()
        {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let StreamPhase::Sending(body) = &mut stream.phase else { continue };
            body.is_queued = false;
            let allowed = body.pace.allowed(now).saturating_sub(body.sent);
            if allowed == 0 {
                if let Some(next) = body.pace.next(now)
                    && !std::mem::replace(&mut body.has_deadline, true)
                {
                    self.deadlines.push(next, id as usize);
                }
                continue;
            }
            if stream.window <= 0 {
                body.waited = true;
                continue;
            }
            if self.window <= 0 {
                body.is_queued = true;
                self.ready.push_front(id);
                return self.note_wait();
            }
            let room = (MAX_FRAME as i64).min(stream.window).min(self.window);
            let length = allowed.min(room.unsigned_abs());
            stream.window -= length as i64;
            self.window -= length as i64;
            if self.send_piece(id, length, service) {
                self.end(id);
            }
        }
    }

    /// Appends a DATA frame of this length, and returns whether it is the last of its stream.
    fn send_piece(&mut self, id: u32, length: u64, service: &mut Service) -> bool {
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
            body.is_queued = true;
            self.ready.push_back(id);
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

    /// Notes that the client's window for the connection holds up all bodies that are ready.
    fn note_wait(&mut self) {
        for id in &self.ready {
            if let Some(Http2Stream { phase: StreamPhase::Sending(body), .. }) =
                self.streams.get_mut(id)
            {
                body.waited = true;
            }
        }
    }

    /// Starts what is due at `now`.
    pub fn meet_deadlines(&mut self, now: Instant, service: &mut Service) {
        while let Some((_, id)) = self.deadlines.pop_due(now) {
            let id = id as u32;
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            match &mut stream.phase {
                StreamPhase::Receiving(_) => {}
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
    fn queue(&mut self, id: u32) {
        if let Some(Http2Stream { phase: StreamPhase::Sending(body), .. }) =
            self.streams.get_mut(&id)
            && !std::mem::replace(&mut body.is_queued, true)
        {
            self.ready.push_back(id);
        }
    }

    /// Enlarges the window of the connection.
    pub fn widen(&mut self, increment: i64) -> Result<(), Violation> {
        self.window += increment;
        if self.window > MAX_WINDOW { Err(Violation::FLOW_CONTROL) } else { Ok(()) }
    }

    /// Enlarges the window of a stream.
    pub fn widen_stream(&mut self, id: u32, increment: i64) -> Result<(), Violation> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(()) };
        stream.window += increment;
        if stream.window > MAX_WINDOW {
            return Err(Violation::Stream(id, ErrorCode::FlowControl));
        }
        if stream.window > 0 {
            self.queue(id);
        }
        Ok(())
    }

    /// Sets the window of new streams, and changes those of all others by the difference (RFC 9113,
    /// section 6.9.2).
    pub fn set_initial_window(&mut self, window: i64) -> Result<(), Violation> {
        let change = window - self.initial_window;
        self.initial_window = window;
        let ids: Vec<u32> = self.streams.keys().copied().collect();
        for id in ids {
            let widened = self.widen_stream(id, change);
            widened.map_err(|_| Violation::FLOW_CONTROL)?;
        }
        Ok(())
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
    }

    /// Drops all streams.
    pub fn drop_all(&mut self, service: &mut Service) {
        let counted = self.streams.values().filter(|stream| stream.is_counted()).count();
        (0..counted).for_each(|_| service.tally.ended());
        self.streams.clear();
    }

    /// Closes a stream after its last frame.
    fn end(&mut self, id: u32) {
        self.streams.remove(&id);
        self.closed.push(id, Closed::ByClient);
    }
}
