//! Frames of HTTP/2 (RFC 9113, section 4), as far as a client without bodies sends and reads them.

/// Length of the head of a frame in bytes.
pub(super) const FRAME_HEAD: usize = 9;

/// The longest payload that either side sends: the default of SETTINGS_MAX_FRAME_SIZE.
pub(super) const FRAME_MAX: usize = 16_384;

/// The most bytes that a peer may send before it needs a WINDOW_UPDATE.
pub(super) const WINDOW: u32 = (1 << 31) - 1;

/// The window of a connection at its beginning.
pub(super) const FIRST_WINDOW: u32 = 65_535;

/// The first bytes of a client's connection (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames.
pub(super) mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags of frames.
pub(super) mod flag {
    pub const ACK: u8 = 1;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    pub const PADDED: u8 = 8;
    pub const PRIORITY: u8 = 0x20;
}

/// Settings (RFC 9113, section 6.5.2).
pub(super) mod setting {
    pub const HEADER_TABLE_SIZE: u16 = 1;
    pub const ENABLE_PUSH: u16 = 2;
    pub const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub const INITIAL_WINDOW_SIZE: u16 = 4;
    pub const MAX_FRAME_SIZE: u16 = 5;
}

/// Error codes (RFC 9113, section 7).
pub(super) mod code {
    pub const PROTOCOL_ERROR: u32 = 1;
    pub const FLOW_CONTROL_ERROR: u32 = 3;
    pub const STREAM_CLOSED: u32 = 5;
    pub const FRAME_SIZE_ERROR: u32 = 6;
    pub const REFUSED_STREAM: u32 = 7;
    pub const CANCEL: u32 = 8;
    pub const COMPRESSION_ERROR: u32 = 9;
    pub const ENHANCE_YOUR_CALM: u32 = 11;
}

/// A frame that has arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct WireFrame<'a> {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: &'a [u8],
}

impl<'a> WireFrame<'a> {
    /// Splits the first frame from bytes. Returns `None` if it is incomplete.
    ///
    /// # Errors
    ///
    /// It is longer than [`FRAME_MAX`].
    pub fn split(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, TooLong> {
        let Some((head, rest)) = bytes.split_first_chunk::<FRAME_HEAD>() else { return Ok(None) };
        let [a, b, c, kind, flags, stream @ ..] = *head;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > FRAME_MAX {
            return Err(TooLong);
        }
        let Some((payload, rest)) = rest.split_at_checked(length) else { return Ok(None) };
        let stream = u32::from_be_bytes(stream) & WINDOW;
        Ok(Some((Self { kind, flags, stream, payload }, rest)))
    }

    /// Returns whether it has a flag.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Returns the payload without padding, or `None` if the padding is longer than the rest.
    pub fn unpadded(&self) -> Option<&'a [u8]> {
        if !self.has(flag::PADDED) {
            return Some(self.payload);
        }
        let (padding, rest) = self.payload.split_first()?;
        rest.get(..rest.len().checked_sub(usize::from(*padding))?)
    }
}

/// A frame is longer than allowed.
#[derive(Debug)]
pub(super) struct TooLong;

/// Reads a number of four bytes at a position in a payload; missing bytes count as 0.
pub(super) fn number(payload: &[u8], position: usize) -> u32 {
    payload
        .get(position..position + 4)
        .map_or(0, |four| four.try_into().map_or(0, u32::from_be_bytes))
}

/// Appends a frame.
pub(super) fn push_frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, length @ ..] = (payload.len() as u32).to_be_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// Appends the start of a connection: no dynamic table, no pushes, and windows that are always
/// open.
pub(super) fn push_start(out: &mut Vec<u8>) {
    out.extend_from_slice(PREFACE);
    let mut settings = Vec::new();
    for (name, value) in [
        (setting::HEADER_TABLE_SIZE, 0),
        (setting::ENABLE_PUSH, 0),
        (setting::INITIAL_WINDOW_SIZE, WINDOW),
    ] {
        settings.extend_from_slice(&name.to_be_bytes());
        settings.extend_from_slice(&value.to_be_bytes());
    }
    push_frame(out, kind::SETTINGS, 0, 0, &settings);
    push_window_update(out, 0, WINDOW - FIRST_WINDOW);
}

pub(super) fn push_window_update(out: &mut Vec<u8>, stream: u32, increment: u32) {
    push_frame(out, kind::WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
}

/// Appends a request without a body. Its block may be longer than a frame.
pub(super) fn push_request(out: &mut Vec<u8>, stream: u32, block: &[u8]) {
    let mut pieces = block.chunks(FRAME_MAX).peekable();
    let mut flags = flag::END_STREAM;
    let mut kind = kind::HEADERS;
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            flags |= flag::END_HEADERS;
        }
        push_frame(out, kind, flags, stream, piece);
        (kind, flags) = (kind::CONTINUATION, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_requests_are_continued() {
        let mut out = Vec::new();
        push_request(&mut out, 5, &[7; 2 * FRAME_MAX + 1]);
        let mut rest = &out[..];
        let mut seen = Vec::new();
        while let Some((frame, after)) = WireFrame::split(rest).unwrap() {
            seen.push((frame.kind, frame.flags, frame.stream, frame.payload.len()));
            rest = after;
        }
        assert_eq!(seen, [(1, 1, 5, FRAME_MAX), (9, 0, 5, FRAME_MAX), (9, 4, 5, 1)]);
        assert!(rest.is_empty());
    }

    #[test]
    fn padding_is_removed() {
        let frame = |payload| WireFrame { kind: 0, flags: flag::PADDED, stream: 1, payload };
        assert_eq!(frame(b"\x02abc\0\0").unpadded(), Some(&b"abc"[..]));
        assert_eq!(frame(b"\x02\0\0").unpadded(), Some(&b""[..]));
        assert_eq!(frame(b"\x03\0\0").unpadded(), None);
        assert_eq!(frame(b"").unpadded(), None);
    }

    #[test]
    fn long_frames_are_refused() {
        assert!(WireFrame::split(&[0, 0x40, 1, 0, 0, 0, 0, 0, 1]).is_err());
        assert!(WireFrame::split(&[0, 0x40, 0, 0, 0, 0, 0, 0, 1]).unwrap().is_none());
    }
}
