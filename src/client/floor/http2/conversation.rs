//! The protocol of a connection, without its socket: frames in, streams and frames out.

use super::frame::{
    FIRST_WINDOW, FRAME_MAX, WINDOW, WireFrame, code, flag, kind, number, push_frame, push_request,
    push_start, push_window_update, setting,
};
use super::hpack::Strings;
use super::streams::{OpenStreams, StreamEnd};
use crate::client::floor::head::HEAD_LIMIT;
use crate::fetch::error::FetchError;

/// Streams before the server has set their maximum.
const STREAMS_AT_FIRST: usize = 100;

/// Maximum number of unsent bytes. More means that the server floods with frames that need replies:
/// requests alone never reach it.
const OUT_MAX: usize = 64 << 20;

/// The size of the dynamic table at the beginning (RFC 7541, section 4.2).
const FIRST_TABLE: u32 = 4096;

/// Sets the size of the dynamic table to 0 (RFC 7541, section 6.3).
const EMPTY_TABLE: &[u8] = b"\x20";

/// One side of a connection.
#[derive(Debug)]
pub(super) struct Conversation {
    streams: OpenStreams,
    /// Bytes to send.
    pub out: Vec<u8>,
    /// An incomplete block.
    block: Option<BegunBlock>,
    strings: Strings,
    /// The maximum number of streams.
    limit: usize,
    /// Whether the server has made its dynamic table smaller. The next block must say so, though
    /// none of this side uses the table (RFC 9113, section 4.3.1).
    shrunk: bool,
    /// Bytes of bodies since the connection's window was last opened.
    received: u32,
    /// What this side may send. It sends no bodies, so the window only grows.
    window: u64,
    state: State,
}

#[derive(Debug)]
struct BegunBlock {
    stream: u32,
    is_last: bool,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has arrived: the server's settings come first.
    New,
    Open,
    /// The server takes no further requests.
    Leaving,
}

impl Conversation {
    /// Begins with the frames that the server gets first.
    pub fn new() -> Self {
        let mut out = Vec::new();
        push_start(&mut out);
        Self {
            streams: OpenStreams::new(),
            out,
            block: None,
            strings: Strings::default(),
            limit: STREAMS_AT_FIRST,
            shrunk: false,
            received: 0,
            window: FIRST_WINDOW.into(),
            state: State::New,
        }
    }

    /// Returns the number of open streams.
    pub fn open_streams(&self) -> usize {
        self.streams.count()
    }

    /// Returns whether it takes further requests, at once or later.
    pub fn is_usable(&self) -> bool {
        self.state != State::Leaving && self.streams.has_numbers()
    }

    /// Returns whether it takes a request at once.
    pub fn has_room(&self) -> bool {
        self.is_usable() && self.streams.count() < self.limit
    }

    /// Begins the request of a slot.
    pub fn begin(&mut self, slot: usize, block: &[u8], max_body: u64) {
        let stream = self.streams.begin(slot, max_body);
        match std::mem::take(&mut self.shrunk) {
            true => push_request(&mut self.out, stream, &[EMPTY_TABLE, block].concat()),
            false => push_request(&mut self.out, stream, block),
        }
    }

    /// Cancels the request of a slot.
    pub fn cancel(&mut self, slot: usize) {
        self.streams.cancel(slot, &mut self.out);
    }

    /// Returns the streams that have ended since the last call.
    pub fn take_ended(&mut self) -> Vec<StreamEnd> {
        std::mem::take(&mut self.streams.ended)
    }

    /// Ends all streams with the error of their connection; without one, it just ended.
    pub fn fail(&mut self, error: Option<&FetchError>) {
        self.streams.fail(error);
    }

    /// Adds the last frame of this side.
    pub fn push_farewell(&mut self, code: u32) {
        push_frame(&mut self.out, kind::GOAWAY, 0, 0, &[[0; 4], code.to_be_bytes()].concat());
    }

    /// Takes all whole frames. Returns the rest.
    ///
    /// # Errors
    ///
    /// The code of the error that ends the connection.
    pub fn take<'b>(&mut self, mut bytes: &'b [u8]) -> Result<&'b [u8], u32> {
        while let Some((frame, rest)) =
            WireFrame::split(bytes).map_err(|_| code::FRAME_SIZE_ERROR)?
        {
            self.take_frame(frame)?;
            bytes = rest;
        }
        if self.out.len() > OUT_MAX { Err(code::ENHANCE_YOUR_CALM) } else { Ok(bytes) }
    }

    /// Checks that the server's settings come first.
    fn check_start(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        if self.state == State::New {
            if frame.kind != kind::SETTINGS || frame.has(flag::ACK) {
                return Err(code::PROTOCOL_ERROR);
            }
            self.state = State::Open;
            // The settings that follow may set another.
            self.limit = usize::MAX;
        }
        Ok(())
    }

    fn take_frame(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        self.check_start(frame)?;
        if self.block.is_some() != (frame.kind == kind::CONTINUATION) {
            return Err(code::PROTOCOL_ERROR);
        }
        check_length(&frame)?;
        match frame.kind {
            kind::DATA => self.take_data(frame),
            kind::HEADERS => self.take_headers(frame),
            kind::CONTINUATION => self.take_continuation(frame),
            kind::RST_STREAM if self.streams.was_opened(frame.stream) => {
                self.streams.take_reset(frame.stream, number(frame.payload, 0));
                Ok(())
            }
            kind::WINDOW_UPDATE => self.take_window_update(frame),
            kind::PUSH_PROMISE | kind::RST_STREAM => Err(code::PROTOCOL_ERROR),
            kind::PRIORITY if frame.stream == 0 => Err(code::PROTOCOL_ERROR),
            kind::SETTINGS | kind::PING | kind::GOAWAY if frame.stream != 0 => {
                Err(code::PROTOCOL_ERROR)
            }
            kind::SETTINGS => self.take_settings(frame),
            kind::PING => {
                if !frame.has(flag::ACK) {
                    push_frame(&mut self.out, kind::PING, flag::ACK, 0, frame.payload);
                }
                Ok(())
            }
            kind::GOAWAY => {
                self.state = State::Leaving;
                let last = number(frame.payload, 0) & WINDOW;
                self.streams.take_farewell(last, number(frame.payload, 4));
                Ok(())
            }
            // PRIORITY, and types that are not known, have no meaning here.
            _ => Ok(()),
        }
    }

    fn take_data(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        let is_open = self.streams.accepts(frame.stream)?;
        let length = frame.payload.len() as u32;
        self.received += length;
        if self.received > WINDOW / 2 {
            push_window_update(&mut self.out, 0, std::mem::take(&mut self.received));
        }
        let piece = frame.unpadded().ok_or(code::PROTOCOL_ERROR)?;
        if !is_open {
            return Ok(());
        }
        let is_last = frame.has(flag::END_STREAM);
        self.streams.take_data(frame.stream, piece, length, is_last, &mut self.out)
    }

    fn take_headers(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        self.streams.accepts(frame.stream)?;
        let mut block = frame.unpadded().ok_or(code::PROTOCOL_ERROR)?;
        if frame.has(flag::PRIORITY) {
            block = block.get(5..).ok_or(code::FRAME_SIZE_ERROR)?;
        }
        let is_last = frame.has(flag::END_STREAM);
        if frame.has(flag::END_HEADERS) {
            return self.take_block(frame.stream, block, is_last);
        }
        self.block = Some(BegunBlock { stream: frame.stream, is_last, bytes: block.to_vec() });
        Ok(())
    }

    fn take_continuation(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        let Some(mut block) = self.block.take() else { return Err(code::PROTOCOL_ERROR) };
        if block.stream != frame.stream {
            return Err(code::PROTOCOL_ERROR);
        }
        block.bytes.extend_from_slice(frame.payload);
        // A frame without bytes could follow another for ever.
        if block.bytes.len() > HEAD_LIMIT
            || frame.payload.is_empty() && !frame.has(flag::END_HEADERS)
        {
            return Err(code::ENHANCE_YOUR_CALM);
        }
        if frame.has(flag::END_HEADERS) {
            return self.take_block(block.stream, &block.bytes, block.is_last);
        }
        self.block = Some(block);
        Ok(())
    }

    fn take_block(&mut self, stream: u32, block: &[u8], is_last: bool) -> Result<(), u32> {
        self.streams.take_block(stream, block, is_last, &mut self.strings, &mut self.out)
    }

    fn take_window_update(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        let is_known = frame.stream == 0 || self.streams.was_opened(frame.stream);
        // Requests have no bodies, so nothing waits for a window.
        let increment = number(frame.payload, 0) & WINDOW;
        if increment == 0 || !is_known {
            return Err(code::PROTOCOL_ERROR);
        }
        if frame.stream == 0 {
            self.window += u64::from(increment);
        }
        if self.window > u64::from(WINDOW) { Err(code::FLOW_CONTROL_ERROR) } else { Ok(()) }
    }

    fn take_settings(&mut self, frame: WireFrame<'_>) -> Result<(), u32> {
        if frame.has(flag::ACK) {
            return if frame.payload.is_empty() { Ok(()) } else { Err(code::FRAME_SIZE_ERROR) };
        }
        for entry in frame.payload.chunks_exact(6) {
            let value = number(entry, 2);
            match u16::from_be_bytes([entry[0], entry[1]]) {
                setting::HEADER_TABLE_SIZE => self.shrunk |= value < FIRST_TABLE,
                setting::MAX_CONCURRENT_STREAMS => self.limit = value as usize,
                setting::ENABLE_PUSH if value != 0 => return Err(code::PROTOCOL_ERROR),
                setting::INITIAL_WINDOW_SIZE if value > WINDOW => {
                    return Err(code::FLOW_CONTROL_ERROR);
                }
                setting::MAX_FRAME_SIZE if !(FRAME_MAX as u32..1 << 24).contains(&value) => {
                    return Err(code::PROTOCOL_ERROR);
                }
                _ => {}
            }
        }
        push_frame(&mut self.out, kind::SETTINGS, flag::ACK, 0, &[]);
        Ok(())
    }
}

/// Checks the length of a frame against its type.
fn check_length(frame: &WireFrame<'_>) -> Result<(), u32> {
    let length = frame.payload.len();
    let is_right = match frame.kind {
        kind::PRIORITY => length == 5,
        kind::RST_STREAM | kind::WINDOW_UPDATE => length == 4,
        kind::SETTINGS => length.is_multiple_of(6),
        kind::PING => length == 8,
        kind::GOAWAY => length >= 8,
        _ => true,
    };
    if is_right { Ok(()) } else { Err(code::FRAME_SIZE_ERROR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A conversation after these settings of the server.
    fn started(entries: &[u8]) -> Conversation {
        let mut conversation = Conversation::new();
        let mut settings = Vec::new();
        push_frame(&mut settings, kind::SETTINGS, 0, 0, entries);
        assert_eq!(conversation.take(&settings), Ok(&[][..]));
        conversation
    }

    #[test]
    fn smaller_tables_are_confirmed() {
        let mut conversation = started(&[0, 1, 0, 0, 0, 0]);
        let blocks = [0, 1].map(|slot| {
            conversation.out.clear();
            conversation.begin(slot, b"\x82", 9);
            conversation.out[9..].to_vec()
        });
        assert_eq!(blocks, [vec![0x20, 0x82], vec![0x82]]);
    }

    #[test]
    fn some_servers_set_no_limit() {
        for (mut conversation, has_room) in [(Conversation::new(), false), (started(&[]), true)] {
            (0..STREAMS_AT_FIRST).for_each(|slot| conversation.begin(slot, b"\x82", 9));
            assert_eq!(conversation.has_room(), has_room);
        }
    }

    #[test]
    fn dropped_bytes_open_the_window() {
        let mut conversation = started(&[]);
        conversation.begin(0, b"\x82", 9);
        conversation.cancel(0);
        conversation.out.clear();
        let mut data = Vec::new();
        push_frame(&mut data, kind::DATA, 0, 1, &[0; FRAME_MAX]);
        // Half of the window, and one frame more.
        for _ in 0..=(1 << 30) / FRAME_MAX {
            assert_eq!(conversation.take(&data), Ok(&[][..]));
        }
        let mut update = Vec::new();
        push_window_update(&mut update, 0, 1 << 30);
        assert_eq!(conversation.out, update);
    }
}
