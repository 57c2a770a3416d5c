//! What came back: the head of an answer, its body while it arrives, and the page that is kept of
//! it.

use std::borrow::Cow;
use std::fmt;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION, TRANSFER_ENCODING};
use url::Url;

use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::redirect::Location;

/// The head of an answer, as far as the harness needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The length that `content-length` promises.
    pub declared: Option<u64>,
    /// The `location` lines of the answer.
    pub location: Option<Location>,
}

impl Head {
    /// What the headers of an answer say.
    pub fn of(status: u16, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            status,
            // A coding overrides a length (RFC 9112, section 6.3).
            declared: match headers.contains_key(TRANSFER_ENCODING) {
                true => None,
                false => text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            },
            location: Location::from_lines(
                headers.get_all(LOCATION).iter().map(HeaderValue::as_bytes),
            ),
        }
    }

    /// Returns where a redirect leads, and `None` for any other answer.
    ///
    /// Any status of 3xx with a location is a redirect (RFC 9110, section 15.4), as it is to curl.
    /// Without one it is the answer.
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

/// A body while it arrives: counted, checksummed and held to its cap, but not kept.
#[derive(Debug, Clone)]
pub struct Received {
    bytes: u64,
    hasher: crc32fast::Hasher,
    beginning: Beginning,
    max_body: u64,
}

impl Received {
    /// Nothing yet, and at most `max_body` bytes.
    pub fn new(max_body: u64) -> Self {
        Self {
            bytes: 0,
            hasher: crc32fast::Hasher::new(),
            beginning: Beginning::default(),
            max_body,
        }
    }

    /// How many bytes have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// The body is longer than the cap. The client must then give up the connection.
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

    /// The page, once the client says that the body has ended.
    ///
    /// # Errors
    ///
    /// The body is shorter than its head declared: some clients do not notice.
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

/// What is kept of an answer; bodies are not.
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
    /// Whether both tell of the same status and body, as far as length and checksum tell.
    pub fn agrees_with(&self, other: &Self) -> bool {
        (self.status, self.bytes, self.crc32) == (other.status, other.bytes, other.crc32)
    }
}

/// The first bytes of a body: enough for ten characters of four bytes each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    bytes: [u8; 40],
    length: u8,
}

impl Beginning {
    /// Appends as much of `more` as there is room for.
    pub fn extend(&mut self, more: &[u8]) {
        let length = usize::from(self.length);
        let taken = more.len().min(self.bytes.len() - length);
        self.bytes[length..length + taken].copy_from_slice(&more[..taken]);
        self.length += taken as u8;
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The text, with U+FFFD in place of what is not UTF-8. Foreign text: escape it where it is
    /// printed.
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
    fn a_beginning_keeps_ten_characters_of_any_width() {
        let mut beginning = Beginning::default();
        for piece in "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀".as_bytes().chunks(3) {
            beginning.extend(piece);
        }
        assert_eq!(beginning.text(), "🦀".repeat(10));
    }

    #[test]
    fn a_body_is_held_to_its_cap_to_the_byte() {
        let mut received = Received::new(5);
        received.push(b"abc").unwrap();
        received.push(b"de").unwrap();
        assert_eq!(received.push(b"f").unwrap_err().class, ErrorClass::BodyTooLarge);
    }

    #[test]
    fn a_body_shorter_than_declared_is_no_page() {
        let mut received = Received::new(5);
        received.push(b"abc").unwrap();
        let head = Head { status: 200, declared: Some(4), location: None };
        assert_eq!(received.clone().finish(&head).unwrap_err().class, ErrorClass::BodyShort);
        let page = received.finish(&Head { declared: Some(3), ..head }).unwrap();
        assert_eq!((page.bytes, page.crc32), (3, 0x3524_41C2));
    }

    #[test]
    fn redirects_are_resolved_against_the_url_and_keep_to_http() {
        let from: Url = "http://a.example/x/y#here".parse().unwrap();
        let target =
            |location| head(302, location).redirect(&from).map(|url| url.unwrap().to_string());
        assert_eq!(target("z").unwrap(), "http://a.example/x/z#here");
        assert_eq!(target("https://b.example/#there").unwrap(), "https://b.example/#there");
        assert_eq!(target("http://joe:secret@b.example/").unwrap(), "http://b.example/#here");
        assert_eq!(target("file:///etc/passwd").unwrap_err().class, ErrorClass::Unsupported);
        assert_eq!(target("http://[").unwrap_err().class, ErrorClass::Protocol);
        assert_eq!(head(200, "z").redirect(&from), Ok(None));
        assert_eq!(Head { location: None, ..head(302, "") }.redirect(&from), Ok(None));
    }
}
