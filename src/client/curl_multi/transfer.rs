//! The callbacks by which curl hands over a response.

use curl::easy::{Handler, WriteError};
use http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};

use super::super::Credentials;
use crate::fetch::answer::Received;
use crate::fetch::error::{ErrorClass, FetchError};

/// The part of a response that curl's callbacks have read so far.
#[derive(Debug)]
pub struct Transfer {
    pub(super) part: Part,
    pub(super) headers: HeaderMap,
    /// Raw bytes, because [`HeaderMap`] does not accept every value of a location.
    pub(super) locations: Vec<Box<[u8]>>,
    pub(super) body: Received,
    /// The error that made a callback abort the transfer.
    pub(super) refused: Option<FetchError>,
    /// The kind of headers that the handle sends.
    pub(super) sent: Option<Credentials>,
}

/// The part of a response that the next line belongs to. The line alone does not show it, because a
/// field may look like a status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    StatusLine,
    Fields {
        /// Whether another head follows.
        interim: bool,
    },
    /// After the final head. Further lines are trailers, not headers (RFC 9110, section 6.5.1).
    Body,
}

impl Transfer {
    pub(super) fn new(max_body: u64) -> Self {
        Self {
            part: Part::StatusLine,
            headers: HeaderMap::new(),
            locations: Vec::new(),
            body: Received::new(max_body),
            refused: None,
            sent: None,
        }
    }

    /// Keeps a field if its name and value are valid. Returns whether the transfer goes on.
    fn keep_field(&mut self, line: &[u8]) -> bool {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return true };
        let Ok(name) = HeaderName::from_bytes(&line[..colon]) else { return true };
        let value = line[colon + 1..].trim_ascii();
        if name == LOCATION {
            self.locations.push(value.into());
        } else if let Ok(value) = HeaderValue::from_bytes(value)
            && self.headers.try_append(name, value).is_err()
        {
            self.refused =
                Some(FetchError::new(ErrorClass::Protocol, "more headers than can be kept"));
        }
        self.refused.is_none()
    }
}

impl Handler for Transfer {
    fn header(&mut self, line: &[u8]) -> bool {
        match self.part {
            Part::StatusLine => {
                // curl reads any other line as status 200.
                let interim = line.starts_with(b"HTTP/1.") && line.get(9) == Some(&b'1')
                    || line.starts_with(b"HTTP/2 1");
                self.part = Part::Fields { interim };
                self.headers.clear();
                self.locations.clear();
            }
            // A truncated head lacks this line, though curl accepts it as complete.
            Part::Fields { interim } if matches!(line, b"\r\n" | b"\n") => {
                self.part = if interim { Part::StatusLine } else { Part::Body };
            }
            Part::Fields { .. } => return self.keep_field(line),
            Part::Body => {}
        }
        true
    }

    fn write(&mut self, piece: &[u8]) -> Result<usize, WriteError> {
        match self.body.push(piece) {
            Ok(()) => Ok(piece.len()),
            Err(error) => {
                self.refused = Some(error);
                // A count below the length of the piece aborts the transfer.
                Ok(0)
            }
        }
    }
}
