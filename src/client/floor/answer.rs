//! A response that is parsed while it arrives, in pieces of any size.

use super::chunks::Chunks;
use super::head::{Framing, HEAD_LIMIT, parse, protocol};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};

/// The state of a response that is arriving.
#[derive(Debug)]
pub(super) struct FloorResponse {
    state: State,
    keep: bool,
}

#[derive(Debug)]
enum State {
    /// In the head or an interim head. A head nearly always arrives in one piece, so `begun` stays
    /// empty. It may have `limit` more bytes: the total includes interim heads.
    Head {
        begun: Vec<u8>,
        limit: usize,
    },
    Body {
        head: Head,
        framing: Framing,
        chunks: Chunks,
    },
}

/// A complete response.
#[derive(Debug)]
pub(super) struct Whole {
    pub head: Head,
    /// Whether the connection may be reused.
    pub keep: bool,
}

impl FloorResponse {
    pub fn new() -> Self {
        Self { state: State::Head { begun: Vec::new(), limit: HEAD_LIMIT }, keep: true }
    }

    /// Parses the next piece. Returns the response once it is complete.
    pub fn take(&mut self, piece: &[u8], body: &mut Received) -> Result<Option<Whole>, FetchError> {
        let mut rest = piece;
        while let State::Head { begun, limit } = &mut self.state {
            let joined = !begun.is_empty();
            if joined {
                begun.extend_from_slice(rest);
            }
            let bytes = if joined { begun.as_slice() } else { rest };
            let Some(parsed) = parse(bytes, *limit)? else {
                if !joined {
                    begun.extend_from_slice(rest);
                }
                return Ok(None);
            };
            // Nothing before this piece belongs to the body.
            let before = bytes.len() - rest.len();
            rest = &rest[parsed.length - before..];
            self.state = match parsed.head.status {
                // Without `upgrade` in the request the server must not switch (RFC 9110, section
                // 7.8).
                101 => return Err(protocol("the server switched protocols, unasked".to_owned())),
                // All others of this class precede another response.
                100..=199 => State::Head { begun: Vec::new(), limit: *limit - parsed.length },
                _ => State::Body {
                    head: parsed.head,
                    framing: parsed.framing,
                    chunks: Chunks::new(),
                },
            };
            // An interim response may also announce a close (RFC 9112, section 9.6).
            self.keep &= parsed.keep;
            if rest.is_empty() && matches!(self.state, State::Head { .. }) {
                return Ok(None);
            }
        }
        self.take_body(rest, body)
    }

    fn take_body(
        &mut self,
        piece: &[u8],
        body: &mut Received,
    ) -> Result<Option<Whole>, FetchError> {
        let State::Body { head, framing, chunks } = &mut self.state else { return Ok(None) };
        let (taken, complete) = match *framing {
            Framing::Length(length) => {
                let left = usize::try_from(length - body.bytes()).unwrap_or(usize::MAX);
                let taken = left.min(piece.len());
                body.push(&piece[..taken])?;
                (taken, taken == left)
            }
            Framing::Chunks => (chunks.take(piece, body)?, chunks.is_complete()),
            Framing::UntilClose => {
                body.push(piece)?;
                (piece.len(), false)
            }
        };
        // Bytes after the response answer no request.
        let keep = self.keep && taken == piece.len();
        Ok(complete.then(|| Whole { head: head.clone(), keep }))
    }

    /// Handles the end of the connection, which ends some bodies.
    pub fn end(self) -> Result<Whole, FetchError> {
        match self.state {
            State::Head { .. } => {
                Err(FetchError::new(ErrorClass::ClosedEarly, "closed before the head was complete"))
            }
            State::Body { head, framing: Framing::UntilClose, .. } => {
                Ok(Whole { head, keep: false })
            }
            State::Body { .. } => {
                Err(FetchError::new(ErrorClass::BodyShort, "closed before the body was complete"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a response in pieces of `piece` bytes. Returns its status, the length of its body, and
    /// whether the connection is kept.
    fn read(bytes: &[u8], piece: usize) -> Option<(u16, u64, bool)> {
        let (mut answer, mut body) = (FloorResponse::new(), Received::new(u64::MAX));
        let mut whole = None;
        for piece in bytes.chunks(piece) {
            assert!(whole.is_none(), "bytes are left over");
            whole = answer.take(piece, &mut body).unwrap();
        }
        whole.map(|whole| (whole.head.status, body.bytes(), whole.keep))
    }

    #[test]
    fn responses_arrive_in_any_pieces() {
        for (bytes, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", (200, 5, true)),
            ("HTTP/1.1 204 No Content\r\n\r\n", (204, 0, true)),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                (200, 3, true),
            ),
            (
                "HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
                (200, 1, true),
            ),
        ] {
            for piece in 1..=bytes.len() {
                assert_eq!(read(bytes.as_bytes(), piece), Some(expected), "{bytes:?} by {piece}");
            }
        }
    }

    #[test]
    fn heads_are_limited() {
        let hints = "HTTP/1.1 103 Early Hints\r\n\r\n";
        let head = format!("{hints}HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \r\n\r\n");
        for (fill, is_read) in
            [(HEAD_LIMIT - head.len(), true), (HEAD_LIMIT - head.len() + 1, false)]
        {
            let bytes = head.replace("X: ", &format!("X: {}", "x".repeat(fill)));
            for piece in [bytes.len(), 30_000, 65_535] {
                let (mut answer, mut body) = (FloorResponse::new(), Received::new(u64::MAX));
                let mut pieces =
                    bytes.as_bytes().chunks(piece).map(|piece| answer.take(piece, &mut body));
                let whole = pieces.find(|taken| !matches!(taken, Ok(None)));
                assert_eq!(whole.unwrap().is_ok(), is_read, "{fill} by {piece}");
            }
        }
    }

    #[test]
    fn extra_bytes_end_the_connection() {
        assert_eq!(
            read(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", 1000),
            Some((200, 1, false))
        );
    }

    fn end(bytes: &[u8]) -> Result<u16, ErrorClass> {
        let (mut answer, mut body) = (FloorResponse::new(), Received::new(u64::MAX));
        assert!(answer.take(bytes, &mut body).unwrap().is_none());
        answer.end().map(|whole| whole.head.status).map_err(|error| error.class)
    }

    #[test]
    fn ends_are_early_short_or_right() {
        assert_eq!(end(b""), Err(ErrorClass::ClosedEarly));
        assert_eq!(end(b"HTTP/1.1 200"), Err(ErrorClass::ClosedEarly));
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"),
            Err(ErrorClass::BodyShort)
        );
        assert_eq!(
            end(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            Err(ErrorClass::BodyShort)
        );
        assert_eq!(end(b"HTTP/1.1 200 OK\r\n\r\nabc"), Ok(200));
    }
}
