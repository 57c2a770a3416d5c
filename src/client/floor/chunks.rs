//! A body in chunks (RFC 9112, section 7.1), decoded as its pieces come.

use super::head::{HEAD_LIMIT, parse, protocol};
use crate::fetch::answer::Received;
use crate::fetch::error::FetchError;

/// Where in the coding the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the digits of a length, of which there have been some or none.
    Length {
        value: u64,
        digits: bool,
    },
    /// In whitespace behind the digits, before an extension or the CR.
    Space {
        value: u64,
    },
    /// Behind the digits: a chunk's extensions, which nobody reads.
    Extension {
        value: u64,
    },
    /// Before the LF that ends a line of length.
    LengthEnd {
        value: u64,
    },
    /// In the data of a chunk, of which so much is to come.
    Data {
        left: u64,
    },
    /// Before the CR and before the LF behind the data.
    DataCr,
    DataLf,
    /// Behind the last chunk, before the first trailer or the CRLF that ends the body.
    Last,
    /// Before the LF that ends a body without trailers.
    LastLf,
    /// In the trailers.
    Trailers,
    /// Behind it all.
    End,
}

/// Decodes one body.
#[derive(Debug)]
pub(super) struct Chunks {
    at: At,
    /// Bytes that were not data since there last was some: extensions and trailers without end are
    /// no body.
    idle: usize,
    /// The trailers so far, behind a status line.
    trailers: Vec<u8>,
}

/// Trailers follow the syntax of headers, but are not merged with them (RFC 9112, section 7.1.2).
/// They are parsed as another head, whose status makes all lengths and codings irrelevant.
const TRAILERS: &[u8] = b"HTTP/1.1 204\r\n";

impl Chunks {
    pub fn new() -> Self {
        Self { at: At::Length { value: 0, digits: false }, idle: 0, trailers: Vec::new() }
    }

    /// Whether the body has ended.
    pub fn is_complete(&self) -> bool {
        self.at == At::End
    }

    /// Takes a piece up to the end of the body at most, and says how much of it that was.
    pub fn take(&mut self, piece: &[u8], body: &mut Received) -> Result<usize, FetchError> {
        let mut taken = 0;
        while taken < piece.len() && self.at != At::End {
            if let At::Data { left } = self.at {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len() - taken);
                body.push(&piece[taken..taken + length])?;
                taken += length;
                let left = left - length as u64;
                self.at = if left == 0 { At::DataCr } else { At::Data { left } };
                self.idle = 0;
            } else {
                self.at = self.after(piece[taken])?;
                taken += 1;
                self.idle += 1;
                if self.idle > HEAD_LIMIT {
                    return Err(protocol("a line between chunks that does not end".to_owned()));
                }
            }
        }
        Ok(taken)
    }

    /// Where the next byte stands behind this one, which is none of the data.
    fn after(&mut self, byte: u8) -> Result<At, FetchError> {
        Ok(match (self.at, byte) {
            (At::Length { value, digits: true }, b'\r') => At::LengthEnd { value },
            (At::Length { value, digits: true } | At::Space { value }, b' ' | b'\t') => {
                At::Space { value }
            }
            (At::Length { value, digits: true } | At::Space { value }, b';') => {
                At::Extension { value }
            }
            (At::Length { value, .. }, digit) => {
                At::Length { value: next_digit(value, digit)?, digits: true }
            }
            (At::Space { value } | At::Extension { value }, b'\r') => At::LengthEnd { value },
            (At::Extension { value }, byte) if byte != b'\n' => At::Extension { value },
            (At::LengthEnd { value: 0 }, b'\n') => At::Last,
            (At::LengthEnd { value }, b'\n') => At::Data { left: value },
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::Length { value: 0, digits: false },
            (At::Last, b'\r') => At::LastLf,
            (At::LastLf, b'\n') => At::End,
            (At::Last, byte) if byte != b'\n' => {
                self.trailers.extend_from_slice(TRAILERS);
                self.trailers.push(byte);
                At::Trailers
            }
            (At::Trailers, byte) => {
                self.trailers.push(byte);
                let empty_line =
                    self.trailers.ends_with(b"\n\r\n") || self.trailers.ends_with(b"\n\n");
                match empty_line && parse(&self.trailers, usize::MAX)?.is_some() {
                    true => At::End,
                    false => At::Trailers,
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

    /// What comes of a body that arrives in pieces of a length: how many bytes it has, and how many
    /// were left over.
    fn decode(coded: &[u8], piece: usize) -> Result<(u64, usize), ErrorClass> {
        let (mut chunks, mut body, mut taken) = (Chunks::new(), Received::new(u64::MAX), 0);
        for piece in coded.chunks(piece) {
            taken += chunks.take(piece, &mut body).map_err(|error| error.class)?;
        }
        assert!(chunks.is_complete());
        Ok((body.bytes(), coded.len() - taken))
    }

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let coded = b"5\r\nabcde\r\n0A;name=value\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nHTTP";
        for piece in 1..=coded.len() {
            assert_eq!(decode(coded, piece), Ok((15, 4)), "{piece}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
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
