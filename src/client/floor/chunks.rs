//! Decodes a chunked body (RFC 9112, section 7.1) while its pieces arrive.

use super::head::{HEAD_LIMIT, parse, protocol};
use crate::fetch::answer::Received;
use crate::fetch::error::FetchError;

/// The position of the next byte in the coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the digits of a length. `digits` is whether the first was read.
    Length {
        value: u64,
        digits: bool,
    },
    /// In whitespace after the digits, before an extension or the CR.
    Space {
        value: u64,
    },
    /// In a chunk's extensions after the digits. They are ignored.
    Extension {
        value: u64,
    },
    /// Before the LF that ends a length line.
    LengthEnd {
        value: u64,
    },
    /// In the data of a chunk, `left` bytes before its end.
    Data {
        left: u64,
    },
    /// Before the CR and before the LF after the data.
    DataCr,
    DataLf,
    /// After the last chunk, before the first trailer or the CRLF that ends the body.
    Last,
    /// Before the LF that ends a body without trailers.
    LastLf,
    Trailers,
    /// After the body.
    End,
}

/// Decodes one body.
#[derive(Debug)]
pub(super) struct Chunks {
    state: State,
    /// Bytes since the last data. It is limited, because extensions and trailers may be endless.
    idle: usize,
    /// The trailers so far, after the status line of `TRAILERS`.
    trailers: Vec<u8>,
}

/// Trailers follow the syntax of headers, but are not merged with them (RFC 9112, section 7.1.2).
/// They are parsed as a head with a status that makes all lengths and codings irrelevant.
const TRAILERS: &[u8] = b"HTTP/1.1 204\r\n";

impl Chunks {
    pub fn new() -> Self {
        Self { state: State::Length { value: 0, digits: false }, idle: 0, trailers: Vec::new() }
    }

    pub fn is_complete(&self) -> bool {
        self.state == State::End
    }

    /// Decodes a piece up to the end of the body. Returns how many of its bytes were used.
    pub fn take(&mut self, piece: &[u8], body: &mut Received) -> Result<usize, FetchError> {
        let mut taken = 0;
        while taken < piece.len() && self.state != State::End {
            if let State::Data { left } = self.state {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len() - taken);
                body.push(&piece[taken..taken + length])?;
                taken += length;
                let left = left - length as u64;
                self.state = if left == 0 { State::DataCr } else { State::Data { left } };
                self.idle = 0;
            } else {
                self.state = self.after(piece[taken])?;
                taken += 1;
                self.idle += 1;
                if self.idle > HEAD_LIMIT {
                    return Err(protocol("a line between chunks that does not end".to_owned()));
                }
            }
        }
        Ok(taken)
    }

    /// Returns the position after this byte, which is outside the data.
    fn after(&mut self, byte: u8) -> Result<State, FetchError> {
        Ok(match (self.state, byte) {
            (State::Length { value, digits: true }, b'\r') => State::LengthEnd { value },
            (State::Length { value, digits: true } | State::Space { value }, b' ' | b'\t') => {
                State::Space { value }
            }
            (State::Length { value, digits: true } | State::Space { value }, b';') => {
                State::Extension { value }
            }
            (State::Length { value, .. }, digit) => {
                State::Length { value: next_digit(value, digit)?, digits: true }
            }
            (State::Space { value } | State::Extension { value }, b'\r') => {
                State::LengthEnd { value }
            }
            (State::Extension { value }, byte) if byte != b'\n' => State::Extension { value },
            (State::LengthEnd { value: 0 }, b'\n') => State::Last,
            (State::LengthEnd { value }, b'\n') => State::Data { left: value },
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Length { value: 0, digits: false },
            (State::Last, b'\r') => State::LastLf,
            (State::LastLf, b'\n') => State::End,
            (State::Last, byte) if byte != b'\n' => {
                self.trailers.extend_from_slice(TRAILERS);
                self.trailers.push(byte);
                State::Trailers
            }
            (State::Trailers, byte) => {
                self.trailers.push(byte);
                let empty_line =
                    self.trailers.ends_with(b"\n\r\n") || self.trailers.ends_with(b"\n\n");
                match empty_line && parse(&self.trailers, usize::MAX)?.is_some() {
                    true => State::End,
                    false => State::Trailers,
                }
            }
            _ => return Err(protocol("the chunks of the body are malformed".to_owned())),
        })
    }
}

fn next_digit(value: u64, digit: u8) -> Result<u64, FetchError> {
    let digit = char::from(digit).to_digit(16).map(u64::from);
    let next = digit.and_then(|digit| value.checked_mul(16)?.checked_add(digit));
    next.ok_or_else(|| protocol("the length of a chunk is no number".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::error::ErrorClass;

    /// Decodes a body in pieces of `piece` bytes. Returns its length and the number of bytes left
    /// over.
    fn decode(coded: &[u8], piece: usize) -> Result<(u64, usize), ErrorClass> {
        let (mut chunks, mut body, mut taken) = (Chunks::new(), Received::new(u64::MAX), 0);
        for piece in coded.chunks(piece) {
            taken += chunks.take(piece, &mut body).map_err(|error| error.class)?;
        }
        assert!(chunks.is_complete());
        Ok((body.bytes(), coded.len() - taken))
    }

    #[test]
    fn chunks_arrive_in_any_pieces() {
        let coded = b"5\r\nabcde\r\n0A;name=value\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nHTTP";
        for piece in 1..=coded.len() {
            assert_eq!(decode(coded, piece), Ok((15, 4)), "{piece}");
        }
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for coded in [
            "\r\n",
            "x\r\n",
            "5 5\r\n",
            "0\r\nX\r\n\r\n",
            "0\r\n A: b\r\n\r\n",
            "5\r\nabcdefgh",
            "5\nabcde",
            "1ffffffffffffffff\r\n",
            "5\r\nabcde\r\r",
            "-1\r\n",
        ] {
            assert_eq!(decode(coded.as_bytes(), 1), Err(ErrorClass::Protocol), "{coded:?}");
        }
        let endless = [b"5;".as_slice(), &[b'x'; HEAD_LIMIT + 1]].concat();
        assert_eq!(decode(&endless, 1000), Err(ErrorClass::Protocol));
    }
}
