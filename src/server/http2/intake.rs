//! Turns header blocks and the bodies of requests into answers.

use std::time::{Duration, Instant};

use super::error::{ErrorCode, Violation};
use super::frame::{END_STREAM, Http2Frame, write_window_update};
use super::hpack::decode::HpackDecoder;
use super::request::{RequestFields, RequestList};
use super::sender::Sender;
use super::stream::{Closed, Http2Stream, StreamPhase, Upload};
use crate::scenario::versions::Http2Limits;
use crate::server::endpoint::Endpoint;
use crate::server::request::{Method, Refusal, Request};
use crate::server::service::Service;

/// What a connection knows of its client's requests.
#[derive(Debug)]
pub(super) struct Intake {
    endpoint: Endpoint,
    limits: Http2Limits,
    decoder: HpackDecoder,
    /// The highest stream that the client has opened.
    pub last: u32,
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
        Self { endpoint, limits, decoder, last: 0, authority, counted: 0, stamp: None }
    }

    /// Whether the client has never opened this stream.
    pub fn is_idle(&self, stream: u32) -> bool {
        stream > self.last || stream.is_multiple_of(2)
    }

    /// Acts on a whole header block. It is decoded in any case, because later ones depend on it.
    pub fn header_list(
        &mut self,
        block: HeaderBlock<'_>,
        since: Instant,
        sender: &mut Sender,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let HeaderBlock { stream: id, ends_stream, bytes } = block;
        service.tally.http2().header_bytes += bytes.len() as u64;
        let mut fields = RequestFields::new(&mut self.authority);
        self.decoder
            .decode(bytes, |name, value| fields.add(name, value))
            .ok_or(Violation::Connection(ErrorCode::Compression))?;
        let (are_trailers, list) = (fields.are_trailers(), fields.into_request());
        if let Some(stream) = sender.streams.get(&id) {
            return match stream.phase {
                StreamPhase::Receiving(_) if ends_stream && are_trailers => {
                    self.complete(id, sender, service)
                }
                StreamPhase::Receiving(_) => Err(malformed(id, service)),
                _ => Err(Violation::Stream(id, ErrorCode::StreamClosed)),
            };
        }
        if id <= self.last {
            return match sender.closed.get(id) {
                Closed::ByServer => Ok(()),
                Closed::ByClient => Err(Violation::Connection(ErrorCode::StreamClosed)),
                Closed::Forgotten => Err(Violation::PROTOCOL),
            };
        }
        self.last = id;
        if sender.streams.len() >= self.limits.max_concurrent_streams.get() as usize {
            service.tally.http2().refused += 1;
            return Err(Violation::Stream(id, ErrorCode::RefusedStream));
        }
        let RequestList { request, length } = list.ok_or_else(|| malformed(id, service))?;
        if ends_stream && length.is_some_and(|length| length > 0) {
            return Err(malformed(id, service));
        }
        if ends_stream {
            self.respond(id, request, since, sender, service);
        } else {
            let upload = Upload { request, length, received: 0 };
            sender.open(id, StreamPhase::Receiving(upload), since);
        }
        let shares = self.stamp.replace(since) == Some(since) && service.served.has_delays;
        service.tally.http2().shared_stamps += u64::from(shares);
        // A stream without a body may be closed by now.
        service.tally.opened(sender.streams.len().max(1), &mut self.counted);
        Ok(())
    }

    /// Acts on a DATA frame, whose bytes are dropped.
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
                Closed::ByServer => Ok(()),
                _ => Err(Violation::Connection(ErrorCode::StreamClosed)),
            };
        };
        let StreamPhase::Receiving(upload) = &mut stream.phase else {
            return Err(Violation::Stream(id, ErrorCode::StreamClosed));
        };
        if whole > self.limits.initial_window as usize {
            return Err(Violation::Stream(id, ErrorCode::FlowControl));
        }
        upload.received += content.len() as u64;
        if upload.length.is_some_and(|length| upload.received > length) {
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

    /// Answers a request whose body has ended.
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
        let (request, received, since) = (upload.request, upload.received, *since);
        if upload.length.is_some_and(|length| length != received) {
            return Err(malformed(id, service));
        }
        let request = match request {
            Ok(Request { method: Method::Get | Method::Head, .. }) if received > 0 => {
                Err(Refusal::Malformed)
            }
            request => request,
        };
        self.respond(id, request, since, sender, service);
        Ok(())
    }

    fn respond(
        &self,
        id: u32,
        request: Result<Request, Refusal>,
        since: Instant,
        sender: &mut Sender,
        service: &mut Service,
    ) {
        let response = match request {
            Ok(request) => service.respond(self.endpoint, request),
            Err(refusal) => (service.refuse(self.endpoint, refusal), Duration::ZERO),
        };
        sender.answer(id, since, response, service);
    }
}

/// Counts a malformed request, and returns its violation (RFC 9113, section 8.1.1).
fn malformed(stream: u32, service: &mut Service) -> Violation {
    service.tally.refused();
    Violation::Stream(stream, ErrorCode::Protocol)
}
