//! The receiving half of a connection: acts on the frames of a client.

use std::time::Instant;

use super::error::{ErrorCode, Violation};
use super::frame::{END_HEADERS, END_STREAM, FrameKind, Http2Frame, write_goaway};
use super::intake::{HeaderBlock, Intake};
use super::sender::Sender;
use super::settings::write_settings;
use crate::scenario::versions::Http2Limits;
use crate::server::endpoint::Endpoint;
use crate::server::http1::parse::HEAD_LIMIT;
use crate::server::opening::PREFACE;
use crate::server::service::Service;

/// The longest header block, and the most frames of one.
const BLOCK_LIMIT: usize = 2 * HEAD_LIMIT;
const BLOCK_FRAMES: usize = 64;

/// No frame is read while this many bytes wait to be written, so that a client that never reads
/// cannot grow the queue without bound.
const CONGESTED: usize = 256 << 10;

/// An HTTP/2 connection without its socket: bytes go in, and bytes wait in the outbox.
#[derive(Debug)]
pub(super) struct Http2Session {
    pub sender: Sender,
    pub intake: Intake,
    pub state: SessionState,
    /// The number of header blocks, and of prefaces, that have ended.
    pub ended_heads: u64,
    /// The header block that is not complete.
    open_block: Option<OpenBlock>,
    block: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionState {
    BeforePreface,
    BeforeSettings,
    Open,
}

/// An incomplete header block.
#[derive(Debug, Clone, Copy)]
struct OpenBlock {
    stream: u32,
    ends_stream: bool,
    frames: usize,
}

impl Http2Session {
    /// Starts a connection: the server's SETTINGS come first.
    pub fn new(endpoint: Endpoint, limits: Http2Limits) -> Self {
        let mut sender = Sender::new();
        write_settings(&mut sender.outbox.bytes, &limits);
        Self {
            sender,
            intake: Intake::new(endpoint, limits),
            state: SessionState::BeforePreface,
            ended_heads: 0,
            open_block: None,
            block: Vec::new(),
        }
    }

    /// Acts on the whole frames at the start of `bytes`, whose last byte was readable at `since`.
    /// Returns how many bytes were used.
    ///
    /// # Errors
    ///
    /// A violation that ends the connection; the outbox then holds the GOAWAY frame.
    pub fn read(
        &mut self,
        bytes: &[u8],
        since: Instant,
        service: &mut Service,
    ) -> Result<usize, ErrorCode> {
        let mut rest = bytes;
        loop {
            let result = self.next(rest, since, service);
            match result {
                Ok(Some(after)) => rest = after,
                Ok(None) => return Ok(bytes.len() - rest.len()),
                Err(code) => {
                    service.tally.http2().connection_errors += 1;
                    self.sender.drop_all(service);
                    self.goaway(code);
                    return Err(code);
                }
            }
        }
    }

    /// Announces once that no further stream will be answered (RFC 9113, section 6.8). Requests
    /// that are on their way are refused, which is why there is no warning before it.
    pub fn leave(&mut self) {
        if self.intake.last_accepted.is_none() {
            self.intake.last_accepted = Some(self.intake.last);
            self.goaway(ErrorCode::NoError);
        }
    }

    fn goaway(&mut self, code: ErrorCode) {
        let last = self.intake.last_accepted.unwrap_or(self.intake.last);
        write_goaway(&mut self.sender.outbox.bytes, last, code);
    }

    /// Whether reading waits until the client has read.
    pub fn is_congested(&self) -> bool {
        self.sender.outbox.pending().len() > CONGESTED
    }

    /// Whether a header block or the preface has begun, but not ended.
    pub fn is_within_head(&self) -> bool {
        self.open_block.is_some() || self.state != SessionState::Open
    }

    /// Acts on the next frame, or the preface, and returns the bytes after it; `None` if it is not
    /// complete, or must wait.
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
        since: Instant,
        service: &mut Service,
    ) -> Result<Option<&'a [u8]>, ErrorCode> {
        if self.state == SessionState::BeforePreface {
            return match bytes.strip_prefix(PREFACE) {
                Some(rest) => {
                    self.state = SessionState::BeforeSettings;
                    self.ended_heads += 1;
                    Ok(Some(rest))
                }
                None if PREFACE.starts_with(bytes) => Ok(None),
                None => Err(ErrorCode::Protocol),
            };
        }
        if self.is_congested() {
            return Ok(None);
        }
        let parsed = Http2Frame::parse(bytes);
        let result = match parsed {
            Ok(None) => return Ok(None),
            Ok(Some((frame, rest))) => self.act(frame, since, service).map(|()| rest),
            Err(violation) => Err(violation),
        };
        match (result, parsed) {
            (Ok(rest), _) => Ok(Some(rest)),
            (Err(Violation::Stream(id, code)), Ok(Some((_, rest)))) => {
                self.sender.reset(id, code, service);
                Ok(Some(rest))
            }
            (Err(Violation::Connection(code) | Violation::Stream(_, code)), _) => Err(code),
        }
    }

    fn act(
        &mut self,
        frame: Http2Frame<'_>,
        since: Instant,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let continues = |block: OpenBlock| {
            frame.kind == FrameKind::Continuation && frame.stream == block.stream
        };
        if !self.open_block.is_none_or(continues)
            || (self.state == SessionState::BeforeSettings && frame.kind != FrameKind::Settings)
        {
            return Err(Violation::PROTOCOL);
        }
        match frame.kind {
            FrameKind::Data => self.intake.data(frame, &mut self.sender, service),
            FrameKind::Headers => self.headers(frame, since, service),
            FrameKind::Continuation => self.continuation(frame, since, service),
            FrameKind::Priority => Self::check_priority(frame),
            FrameKind::RstStream => self.reset(frame, service),
            FrameKind::Settings => self.settings(frame),
            FrameKind::PushPromise => Err(Violation::PROTOCOL),
            FrameKind::Ping => self.ping(frame, since, service),
            FrameKind::Goaway if frame.stream != 0 => Err(Violation::PROTOCOL),
            FrameKind::Goaway if frame.payload.len() < 8 => Err(Violation::FRAME_SIZE),
            FrameKind::Goaway => {
                service.tally.http2().goaways += 1;
                Ok(())
            }
            FrameKind::WindowUpdate => self.window_update(frame),
            FrameKind::Unknown => Ok(()),
        }
    }

    fn headers(
        &mut self,
        frame: Http2Frame<'_>,
        since: Instant,
        service: &mut Service,
    ) -> Result<(), Violation> {
        if frame.stream.is_multiple_of(2) {
            return Err(Violation::PROTOCOL);
        }
        let (content, stream) = (frame.content()?, frame.stream);
        let ends_stream = frame.has(END_STREAM);
        if frame.has(END_HEADERS) {
            self.ended_heads += 1;
            let block = HeaderBlock { stream, ends_stream, bytes: content };
            return self.intake.header_list(block, since, &mut self.sender, service);
        }
        self.block.clear();
        self.block.extend_from_slice(content);
        self.open_block = Some(OpenBlock { stream, ends_stream, frames: 1 });
        Ok(())
    }

    fn continuation(
        &mut self,
        frame: Http2Frame<'_>,
        since: Instant,
        service: &mut Service,
    ) -> Result<(), Violation> {
        let Some(open) = &mut self.open_block else { return Err(Violation::PROTOCOL) };
        open.frames += 1;
        self.block.extend_from_slice(frame.payload);
        if self.block.len() > BLOCK_LIMIT || open.frames > BLOCK_FRAMES {
            return Err(Violation::Connection(ErrorCode::EnhanceYourCalm));
        }
        if !frame.has(END_HEADERS) {
            return Ok(());
        }
        let OpenBlock { stream, ends_stream, .. } = *open;
        self.open_block = None;
        self.ended_heads += 1;
        let block = HeaderBlock { stream, ends_stream, bytes: &self.block };
        self.intake.header_list(block, since, &mut self.sender, service)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::server::served::tests::reply;
    use crate::server::service::tests::service;
    use crate::stats::mutation;

    /// Passes bytes to a new session in pieces of this length, and returns the answers.
    fn answers(bytes: &[u8], piece: usize) -> (Vec<u8>, Result<(), ErrorCode>) {
        let mut service = service(vec![reply(200, 9), reply(204, 0), reply(200, 40_000)]);
        let mut session = Http2Session::new(Endpoint::Origin(0), Http2Limits::default());
        let (mut unread, now, mut result) = (Vec::new(), Instant::now(), Ok(()));
        for piece in bytes.chunks(piece) {
            unread.extend_from_slice(piece);
            match session.read(&unread, now, &mut service) {
                Ok(used) => drop(unread.drain(..used)),
                Err(code) => {
                    result = Err(code);
                    break;
                }
            }
        }
        session.sender.drop_all(&mut service);
        session.sender.outbox.advance(0, None, &mut service);
        (session.sender.outbox.pending().to_vec(), result)
    }

    #[test]
    fn pieces_make_no_difference() {
        let [whole, broken] = [const { Cell::new(0) }; 2];
        mutation::each("frames", 500, |mutant| {
            let at_once = answers(mutant, mutant.len().max(1));
            assert_eq!(answers(mutant, 7), at_once);
            let count = if at_once.1.is_ok() { &whole } else { &broken };
            count.set(count.get() + 1);
        });
        // Both happen often; otherwise the mutants are too tame or too wild.
        assert!(whole.get() > 200 && broken.get() > 200, "{whole:?} {broken:?}");
    }
}
