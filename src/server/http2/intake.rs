//! Turns header blocks and the bodies of requests into answers.

use std::time::{Duration, Instant};

use super::error::{ErrorCode, Violation};
use super::frame::{END_STREAM, Http2Frame, write_window_update};
use super::hpack::decode::HpackDecoder;
use super::request::{RequestFields, RequestList};
use super::sender::Sender;
use super::settings::DEFAULT_WINDOW;
use super::stream::{Closed, Http2Stream, StreamPhase, Upload};
use crate::scenario::versions::Http2Limits;
use crate::server::endpoint::Endpoint;
use crate::server::request::{Method, Refusal, Request};
use crate::server::response::Content;
use crate::server::service::Service;

/// What a connection knows of its client's requests.
#[derive(Debug)]
pub(super) struct Intake {
    endpoint: Endpoint,
    limits: Http2Limits,
    decoder: HpackDecoder,
    /// The highest stream that the client has opened.
    pub last: u32,
    /// The highest stream that is answered, once GOAWAY has announced it. It never grows, and
    /// higher ones are refused.
    pub last_accepted: Option<u32>,
    /// Whether the client has acknowledged the server's settings.
    pub knows_limits: bool,
    /// Room for the authority of a request.
    authority: Vec<u8>,
    /// When the connection was last counted.
    counted: u64,
    /// When the last request was readable.
    stamp: Option<Instant>,
}

/// A whole header block.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeaderBlock<'a> {
    pub stream: u32,
    pub ends_stream: bool,
    pub bytes: &'a [u8],
}

impl Intake {
    pub fn new(endpoint: Endpoint, limits: Http2Limits) -> Self {
        let (decoder, authority) = (HpackDecoder::new(), Vec::new());
        Self {
            endpoint,
            limits,
            decoder,
            last: 0,
            last_accepted: None,
            knows_limits: false,
            authority,
            counted: 0,
            stamp: None,
        }
    }

    /// Whether the client has never opened this stream.
    pub fn is_idle(&self, stream: u32) -> bool {
        stream > self.last || stream.is_multiple_of(2)
    }

    /// Returns the window of a stream. Until the client has acknowledged the settings, it may use
    /// the default (RFC 9113, section 6.9.3).
    fn window(&self) -> usize {
        let announced = self.limits.initial_window;
        let window = if self.knows_limits { announced } else { announced.max(DEFAULT_WINDOW) };
        window as usize
    }

    /// Acts on a whole header block. It is decoded in any case, because later ones depend on it.
    pub fn header_list(
        &mut self,
        block: HeaderBlock<'_>,
        since: Instant,
        sender: &mut Sender,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let (are_trailers, list) = self.decode(block.bytes, service)?;
        let HeaderBlock { stream: id, ends_stream, .. } = block;
        if id <= self.last {
            return self.further_list(block, are_trailers, sender, service);
        }
        self.last = id;
        let is_full = sender.streams.len() >= self.limits.max_concurrent_streams.get() as usize;
        if is_full || self.last_accepted.is_some() {
            service.tally.http2().refused += u64::from(is_full);
            return Err(Violation::Stream(id, ErrorCode::RefusedStream));
        }
        let list = list.ok_or_else(|| malformed(id, service))?;
        if ends_stream && list.length.is_some_and(|length| length > 0) {
            return Err(malformed(id, service));
        }
        // A stream without a body may be closed again once it is answered.
        let streams = sender.streams.len() + 1;
        if ends_stream {
            self.respond(id, list, since, sender, service);
        } else {
            let upload = Upload { list, received: 0 };
            sender.open(id, StreamPhase::Receiving(upload), since);
        }
        let shares = self.stamp.replace(since) == Some(since) && service.served.has_delays;
        service.tally.http2().shared_stamps += u64::from(shares);
        service.tally.opened(streams, &mut self.counted);
        Ok(())
    }

    /// Decodes a header block. Returns whether it may follow a body, and its request.
    fn decode(
        &mut self,
        bytes: &[u8],
        service: &mut Service,
    ) -> Result<(bool, Option<RequestList>), Violation> {
        service.tally.http2().header_bytes += bytes.len() as u64;
        let mut fields = RequestFields::new(&mut self.authority);
        self.decoder
            .decode(bytes, |name, value| fields.add(name, value))
            .ok_or(Violation::Connection(ErrorCode::Compression))?;
        Ok((fields.are_trailers(), fields.into_request()))
    }

    /// Acts on a header block of a stream that was opened before.
    fn further_list(
        &self,
        block: HeaderBlock<'_>,
        are_trailers: bool,
        sender: &mut Sender,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let id = block.stream;
        match sender.streams.get(&id).map(|stream| &stream.phase) {
            Some(StreamPhase::Receiving(_)) if block.ends_stream && are_trailers => {
                self.complete(id, sender, service)
            }
            Some(StreamPhase::Receiving(_)) => Err(malformed(id, service)),
            Some(_) => Err(Violation::Stream(id, ErrorCode::StreamClosed)),
            None => match sender.closed.get(id) {
                Closed::ByServer => Ok(()),
                Closed::ByClient => Err(Violation::Connection(ErrorCode::StreamClosed)),
                Closed::Forgotten => Err(Violation::PROTOCOL),
            },
        }
    }

    /// Acts on a DATA frame, and drops its bytes.
    pub fn data(
        &self,
        frame: Http2Frame<'_>,
        sender: &mut Sender,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let (id, whole) = (frame.stream, frame.payload.len());
        if self.is_idle(id) {
            return Err(Violation::PROTOCOL);
        }
        let content = frame.content()?;
        if whole > 0 {
            // Bodies are dropped at once, so the window is always whole.
            write_window_update(&mut sender.outbox.bytes, 0, whole);
        }
        let Some(stream) = sender.streams.get_mut(&id) else {
            return match sender.closed.get(id) {
                // Of a stream closed long ago, the client may have sent it before it knew.
                Closed::ByServer | Closed::Forgotten => Ok(()),
                Closed::ByClient => Err(Violation::Connection(ErrorCode::StreamClosed)),
            };
        };
        let StreamPhase::Receiving(upload) = &mut stream.phase else {
            return Err(Violation::Stream(id, ErrorCode::StreamClosed));
        };
        if whole > self.window() {
            return Err(Violation::Stream(id, ErrorCode::FlowControl));
        }
        upload.received += content.len() as u64;
        if upload.list.length.is_some_and(|length| upload.received > length) {
            return Err(malformed(id, service));
        }
        if frame.has(END_STREAM) {
            return self.complete(id, sender, service);
        }
        if whole > 0 {
            write_window_update(&mut sender.outbox.bytes, id, whole);
        }
        Ok(())
    }

    /// Answers a request after its body has ended.
    fn complete(
        &self,
        id: u32,
        sender: &mut Sender,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let Some(Http2Stream { phase: StreamPhase::Receiving(upload), since, .. }) =
            sender.streams.get(&id)
        else {
            return Ok(());
        };
        let (mut list, received, since) = (upload.list, upload.received, *since);
        if list.length.is_some_and(|length| length != received) {
            return Err(malformed(id, service));
        }
        if received > 0 && list.request.is_ok_and(|request| request.method != Method::Other) {
            list.request = Err(Refusal::Malformed);
        }
        self.respond(id, list, since, sender, service);
        Ok(())
    }

    fn respond(
        &self,
        id: u32,
        list: RequestList,
        since: Instant,
        sender: &mut Sender,
        service: &mut Service,
    ) {
        let (mut response, delay) = match list.request {
            Ok(request) => service.respond(self.endpoint, Request { stream: id, ..request }),
            Err(refusal) => (service.refuse(self.endpoint, refusal), Duration::ZERO),
        };
        if let Content::Refusal(refusal) = response.content
            && list.is_head
        {
            response.content = Content::RefusalHead(refusal);
        }
        sender.answer(id, since, (response, delay), service);
    }
}

/// Counts a malformed request, and returns its violation (RFC 9113, section 8.1.1).
fn malformed(stream: u32, service: &mut Service) -> Violation {
    service.tally.refused();
    Violation::Stream(stream, ErrorCode::Protocol)
}
