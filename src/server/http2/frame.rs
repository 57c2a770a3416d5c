//! Frames (RFC 9113, sections 4 and 6): their headers, and those that the server sends.

use super::error::{ErrorCode, Violation};

/// The length of a frame's header.
pub(super) const HEADER: usize = 9;

/// The longest payload that the server accepts, which is also the least that a client must accept.
pub(super) const MAX_FRAME: usize = 16 << 10;

pub(super) const END_STREAM: u8 = 0x1;
pub(super) const ACK: u8 = 0x1;
pub(super) const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    Data,
    Headers,
    Priority,
    RstStream,
    Settings,
    PushPromise,
    Ping,
    Goaway,
    WindowUpdate,
    Continuation,
    Unknown,
}

const KINDS: [FrameKind; 10] = [
    FrameKind::Data,
    FrameKind::Headers,
    FrameKind::Priority,
    FrameKind::RstStream,
    FrameKind::Settings,
    FrameKind::PushPromise,
    FrameKind::Ping,
    FrameKind::Goaway,
    FrameKind::WindowUpdate,
    FrameKind::Continuation,
];

/// A frame with its whole payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Http2Frame<'a> {
    pub kind: FrameKind,
    pub flags: u8,
    pub stream: u32,
    pub payload: &'a [u8],
}

impl<'a> Http2Frame<'a> {
    /// Returns the frame at the start of `bytes`, and the rest; `None` if it is not complete.
    ///
    /// # Errors
    ///
    /// It is longer than the server accepts.
    pub fn parse(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, Violation> {
        let Some((&[a, b, c, kind, flags, d, e, f, g], rest)) = bytes.split_first_chunk::<HEADER>()
        else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > MAX_FRAME {
            return Err(Violation::FRAME_SIZE);
        }
        let Some((payload, rest)) = rest.split_at_checked(length) else { return Ok(None) };
        let kind = KINDS.get(usize::from(kind)).copied().unwrap_or(FrameKind::Unknown);
        let stream = u32::from_be_bytes([d, e, f, g]) & 0x7fff_ffff;
        Ok(Some((Self { kind, flags, stream, payload }, rest)))
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Returns the payload of a DATA or HEADERS frame without padding and priority.
    pub fn content(&self) -> Result<&'a [u8], Violation> {
        let (mut content, mut padding) = (self.payload, 0);
        if self.has(PADDED) {
            let (&length, rest) = content.split_first().ok_or(Violation::FRAME_SIZE)?;
            (content, padding) = (rest, usize::from(length));
        }
        if self.kind == FrameKind::Headers && self.has(PRIORITY) {
            // Priorities change nothing, not even if a stream depends on itself.
            (_, content) = content.split_at_checked(5).ok_or(Violation::FRAME_SIZE)?;
        }
        // Padding may not be as long as the payload (section 6.1).
        let length = content.len().checked_sub(padding).ok_or(Violation::PROTOCOL)?;
        Ok(&content[..length])
    }
}

/// Reads the first four bytes as a number.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// Appends the header of a frame.
pub(super) fn write_header(out: &mut Vec<u8>, length: usize, kind: FrameKind, flags: u8, id: u32) {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    let [d, e, f, g] = id.to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind as u8, flags, d, e, f, g]);
}

pub(super) fn write_reset(out: &mut Vec<u8>, stream: u32, code: ErrorCode) {
    write_header(out, 4, FrameKind::RstStream, 0, stream);
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

pub(super) fn write_goaway(out: &mut Vec<u8>, last: u32, code: ErrorCode) {
    write_header(out, 8, FrameKind::Goaway, 0, 0);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&(code as u32).to_be_bytes());
}

pub(super) fn write_window_update(out: &mut Vec<u8>, stream: u32, increment: usize) {
    write_header(out, 4, FrameKind::WindowUpdate, 0, stream);
    out.extend_from_slice(&(increment as u32).to_be_bytes());
}

pub(super) fn write_ping_ack(out: &mut Vec<u8>, payload: &[u8; 8]) {
    write_header(out, 8, FrameKind::Ping, ACK, 0);
    out.extend_from_slice(payload);
}

/// Appends a header block: a HEADERS frame, and CONTINUATION frames if it is long.
pub(super) fn write_headers(out: &mut Vec<u8>, block: &[u8], ends_stream: bool, stream: u32) {
    let pieces = block.len().div_ceil(MAX_FRAME).max(1);
    let (mut kind, mut flags) = (FrameKind::Headers, if ends_stream { END_STREAM } else { 0 });
    for number in 1..=pieces {
        let piece = &block[(number - 1) * MAX_FRAME..block.len().min(number * MAX_FRAME)];
        if number == pieces {
            flags |= END_HEADERS;
        }
        write_header(out, piece.len(), kind, flags, stream);
        out.extend_from_slice(piece);
        (kind, flags) = (FrameKind::Continuation, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: FrameKind, flags: u8, payload: &[u8]) -> Http2Frame<'_> {
        Http2Frame { kind, flags, stream: 3, payload }
    }

    #[test]
    fn frames_are_read_whole() {
        let mut bytes = Vec::new();
        write_header(&mut bytes, 2, FrameKind::Ping, ACK, 5);
        bytes.extend(b"abc");
        for cut in 0..HEADER + 2 {
            assert_eq!(Http2Frame::parse(&bytes[..cut]), Ok(None), "{cut}");
        }
        let expected = Http2Frame { kind: FrameKind::Ping, flags: ACK, stream: 5, payload: b"ab" };
        assert_eq!(Http2Frame::parse(&bytes), Ok(Some((expected, &b"c"[..]))));
        bytes[3] = 10;
        bytes[5] |= 0x80;
        let (read, _) = Http2Frame::parse(&bytes).unwrap().unwrap();
        assert_eq!((read.kind, read.stream), (FrameKind::Unknown, 5), "a reserved bit is ignored");
        let mut long = Vec::new();
        write_header(&mut long, MAX_FRAME + 1, FrameKind::Data, 0, 1);
        assert_eq!(Http2Frame::parse(&long), Err(Violation::FRAME_SIZE));
    }

    #[test]
    fn padding_is_cut_off() {
        let data = |payload| frame(FrameKind::Data, PADDED, payload).content();
        assert_eq!(data(b"\x02abcde"), Ok(&b"abc"[..]));
        assert_eq!(data(b"\x05abcde"), Ok(&b""[..]));
        assert_eq!(data(b"\x06abcde"), Err(Violation::PROTOCOL));
        assert_eq!(data(b""), Err(Violation::FRAME_SIZE));
        let headers = |payload| frame(FrameKind::Headers, PADDED | PRIORITY, payload).content();
        assert_eq!(headers(b"\x01\0\0\0\x01\x10ab"), Ok(&b"a"[..]));
        assert_eq!(headers(b"\x03\0\0\0\x01\x10ab"), Err(Violation::PROTOCOL));
        assert_eq!(headers(b"\0\0\0\0\x01"), Err(Violation::FRAME_SIZE));
        assert_eq!(headers(b"\0\x80\0\0\x03\x10a"), Ok(&b"a"[..]), "it depends on itself");
    }

    #[test]
    fn long_blocks_are_continued() {
        for length in [0, 1, MAX_FRAME, MAX_FRAME + 1, 3 * MAX_FRAME] {
            let (mut out, mut block) = (Vec::new(), Vec::new());
            write_headers(&mut out, &vec![7; length], true, 3);
            let (mut rest, mut kind) = (&out[..], FrameKind::Headers);
            while let Some((frame, after)) = Http2Frame::parse(rest).unwrap() {
                assert_eq!((frame.kind, frame.stream), (kind, 3));
                assert_eq!(frame.has(END_STREAM), kind == FrameKind::Headers);
                assert_eq!(frame.has(END_HEADERS), after.is_empty());
                block.extend_from_slice(frame.payload);
                (rest, kind) = (after, FrameKind::Continuation);
            }
            assert_eq!(block.len(), length);
        }
    }
}
