//! Answers: the head, the body while it arrives, and the page that is kept.

use std::borrow::Cow;
use std::fmt;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION, TRANSFER_ENCODING};
use url::Url;

use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::redirect::Location;

/// The parts of an answer's head that the harness needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The length from `content-length`, unless a transfer coding overrides it.
    pub declared: Option<u64>,
    /// The `location` lines of the answer.
    pub location: Option<Location>,
}

impl Head {
    /// Reads the head from a status and headers.
    pub fn of(status: u16, headers: &HeaderMap) -> Self {
        Self {
            status,
            // A coding overrides a length (RFC 9112, section 6.3).
            declared: match headers.contains_key(TRANSFER_ENCODING) {
                true => None,
                false => headers
                    .get(CONTENT_LENGTH)
                    .and_then(|length| length.to_str().ok()?.parse().ok()),
            },
            location: Location::from_lines(
                headers.get_all(LOCATION).iter().map(HeaderValue::as_bytes),
            ),
        }
    }

    /// Returns the target of a redirect, or `None` for any other answer.
    ///
    /// Any 3xx status with a location is a redirect (RFC 9110, section 15.4), as in curl. Without a
    /// location it is the answer.
    ///
    /// # Errors
    ///
    /// The location cannot be followed: see [`Location::target`].
    pub fn redirect(&self, from: &Url) -> Result<Option<Url>, FetchError> {
        match (self.status, &self.location) {
            (300..=399, Some(location)) => location.target(from).map(Some),
            _ => Ok(None),
        }
    }
}

/// A body while it arrives: counted, checksummed and limited in size, but not kept.
#[derive(Debug, Clone)]
pub struct Received {
    bytes: u64,
    hasher: crc32fast::Hasher,
    beginning: Beginning,
    max_body: u64,
}

impl Received {
    /// Creates an empty body that may grow to `max_body` bytes.
    pub fn new(max_body: u64) -> Self {
        Self {
            bytes: 0,
            hasher: crc32fast::Hasher::new(),
            beginning: Beginning::default(),
            max_body,
        }
    }

    /// Returns the number of bytes that have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds the next piece.
    ///
    /// # Errors
    ///
    /// The body is longer than its cap. The client must then close the connection.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.max_body {
            let message = format!("the body is longer than {} bytes", self.max_body);
            return Err(FetchError::new(ErrorClass::BodyTooLarge, message));
        }
        self.hasher.update(piece);
        self.beginning.extend(piece);
        Ok(())
    }

    /// Returns the page, once the client has reported the end of the body.
    ///
    /// # Errors
    ///
    /// The body is shorter than its head declares. Some clients do not notice.
    pub fn finish(self, head: &Head) -> Result<Page, FetchError> {
        if let Some(declared) = head.declared
            && self.bytes < declared
            && !matches!(head.status, 204 | 304)
        {
            let message = format!("the body ended after {} of {declared} bytes", self.bytes);
            return Err(FetchError::objection(ErrorClass::BodyShort, message));
        }
        Ok(Page {
            status: head.status,
            bytes: self.bytes,
            crc32: self.hasher.finalize(),
            beginning: self.beginning,
        })
    }
}

/// The part of an answer that is kept: everything but the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The status code. Any status is an answer.
    pub status: u16,
    /// The length of the body.
    pub bytes: u64,
    /// CRC-32 (IEEE 802.3) of the body.
    pub crc32: u32,
    /// The first bytes of the body.
    pub beginning: Beginning,
}

impl Page {
    /// Returns whether both have the same status and body, judging by length and checksum.
    pub fn agrees_with(&self, other: &Self) -> bool {
        (self.status, self.bytes, self.crc32) == (other.status, other.bytes, other.crc32)
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, bytes, crc32, .. } = self;
        write!(f, "status {status}, {bytes} bytes, crc32 {crc32:08x}")
    }
}

/// The first bytes of a body: enough for ten characters of four bytes each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    bytes: [u8; 40],
    length: u8,
}

impl Beginning {
    /// Appends as much of `more` as fits.
    pub fn extend(&mut self, more: &[u8]) {
        let length = usize::from(self.length);
        let taken = more.len().min(self.bytes.len() - length);
        self.bytes[length..length + taken].copy_from_slice(&more[..taken]);
        self.length += taken as u8;
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Returns the text, with U+FFFD for invalid UTF-8. It is foreign text: escape it in output.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl Default for Beginning {
    fn default() -> Self {
        Self { bytes: [0; 40], length: 0 }
    }
}

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, location: &str) -> Head {
        Head { status, declared: None, location: Location::from_lines([location.as_bytes()]) }
    }

    #[test]
    fn beginnings_keep_ten_characters() {
        let mut beginning = Beginning::default();
        for piece in "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀".as_bytes().chunks(3) {
            beginning.extend(piece);
        }
        assert_eq!(beginning.text(), "🦀".repeat(10));
    }

    #[test]
    fn bodies_are_capped() {
        let mut received = Received::new(5);
        received.push(b"abc").unwrap();
        received.push(b"de").unwrap();
        assert_eq!(received.push(b"f").unwrap_err().class, ErrorClass::BodyTooLarge);
    }

    #[test]
    fn short_bodies_fail() {
        let mut received = Received::new(5);
        received.push(b"abc").unwrap();
        let head = Head { status: 200, declared: Some(4), location: None };
        assert_eq!(received.clone().finish(&head).unwrap_err().class, ErrorClass::BodyShort);
        let page = received.finish(&Head { declared: Some(3), ..head }).unwrap();
        assert_eq!((page.bytes, page.crc32), (3, 0x3524_41C2));
    }

    fn target(location: &str) -> Result<String, FetchError> {
        let from: Url = "http://a.example/x/y#here".parse().unwrap();
        head(302, location).redirect(&from).map(|url| url.unwrap().to_string())
    }

    #[test]
    fn redirects_resolve_to_http() {
        let from: Url = "http://a.example/x/y#here".parse().unwrap();
        assert_eq!(target("z").unwrap(), "http://a.example/x/z#here");
        assert_eq!(target("https://b.example/#there").unwrap(), "https://b.example/#there");
        assert_eq!(target("http://joe:secret@b.example/").unwrap(), "http://b.example/#here");
        assert_eq!(target("file:///etc/passwd").unwrap_err().class, ErrorClass::Unsupported);
        assert_eq!(target("http://[").unwrap_err().class, ErrorClass::Protocol);
        assert_eq!(head(200, "z").redirect(&from), Ok(None));
        assert_eq!(Head { location: None, ..head(302, "") }.redirect(&from), Ok(None));
    }
}
