//! The response of one stream, from its fields and pieces of its body.

use super::hpack::{BadBlock, Field, FieldBlock, Strings};
use crate::client::floor::head::HEAD_LIMIT;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::redirect::Location;

/// A response while it arrives.
#[derive(Debug)]
pub(super) struct StreamResponse {
    /// The head, once it is complete.
    head: Option<Head>,
    body: Received,
    /// Bytes of heads that may still arrive, interim heads included.
    limit: usize,
}

/// Why a response failed.
#[derive(Debug)]
pub(super) enum Bad {
    /// The connection cannot go on.
    Block,
    /// Only this response is malformed or too long.
    Response(FetchError),
}

impl From<BadBlock> for Bad {
    fn from(_: BadBlock) -> Self {
        Self::Block
    }
}

impl StreamResponse {
    pub fn new(max_body: u64) -> Self {
        Self { head: None, body: Received::new(max_body), limit: HEAD_LIMIT }
    }

    /// Returns the class of a connection that ends now.
    pub fn incomplete(&self) -> ErrorClass {
        if self.head.is_some() { ErrorClass::BodyShort } else { ErrorClass::ClosedEarly }
    }

    /// Takes a block: an interim head, the head, or trailers.
    pub fn take_block(
        &mut self,
        block: &[u8],
        is_last: bool,
        strings: &mut Strings,
    ) -> Result<(), Bad> {
        self.limit = self
            .limit
            .checked_sub(block.len())
            .ok_or_else(|| malformed(format!("the head is longer than {HEAD_LIMIT} bytes")))?;
        let mut fields = Fields::default();
        let mut first_fault = None;
        let mut block = FieldBlock::new(block, strings);
        // Decoded to its end, because a block that cannot be decoded ends the connection.
        while let Some(field) = block.next()? {
            if first_fault.is_none() {
                first_fault = fields.take(&field).err();
            }
        }
        if let Some(fault) = first_fault {
            return Err(malformed(fault));
        }
        match (fields.status, &self.head) {
            (None, Some(_)) if is_last => Ok(()),
            (Some(100 | 102..=199), None) if !is_last => Ok(()),
            (Some(status @ 200..), None) => {
                self.head = Some(Head {
                    status,
                    declared: fields.length,
                    location: Location::from_lines(fields.locations.iter().map(|line| &**line)),
                });
                Ok(())
            }
            (Some(status), None) => Err(malformed(format!("unexpected status {status}"))),
            (None, None) => Err(malformed("a head without a status")),
            (_, Some(_)) => Err(malformed("a second head, or trailers before the end")),
        }
    }

    /// Takes a piece of the body.
    pub fn take_data(&mut self, piece: &[u8]) -> Result<(), Bad> {
        let Some(head) = &self.head else { return Err(malformed("a body before its head")) };
        let length = self.body.bytes() + piece.len() as u64;
        if let Some(declared) = head.declared.filter(|declared| length > *declared) {
            return Err(malformed(format!("the body is longer than its {declared} bytes")));
        }
        self.body.push(piece).map_err(Bad::Response)
    }

    /// Ends the response.
    pub fn end(self) -> Result<(Head, Received), FetchError> {
        let Some(head) = self.head else {
            let message = "the stream ended without a response";
            return Err(FetchError::new(ErrorClass::Protocol, message));
        };
        let (received, has_body) = (self.body.bytes(), !matches!(head.status, 204 | 304));
        match head.declared.filter(|declared| has_body && received < *declared) {
            None => Ok((head, self.body)),
            Some(declared) => {
                let message = format!("the body ended after {received} of {declared} bytes");
                Err(FetchError::new(ErrorClass::BodyShort, message))
            }
        }
    }
}

fn malformed(why: impl Into<Box<str>>) -> Bad {
    Bad::Response(FetchError::new(ErrorClass::Protocol, why))
}

/// The fields that matter of a block.
#[derive(Debug, Default)]
struct Fields {
    status: Option<u16>,
    has_regular: bool,
    length: Option<u64>,
    locations: Vec<Box<[u8]>>,
}

impl Fields {
    /// Takes a field, or returns what is wrong with it (RFC 9113, sections 8.2 and 8.3).
    fn take(&mut self, field: &Field<'_>) -> Result<(), &'static str> {
        let value = field.value;
        if value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
            || value.trim_ascii().len() < value.len()
        {
            return Err("a malformed value");
        }
        if let [b':', ..] = field.name {
            return self.take_status(field);
        }
        self.has_regular = true;
        match field.name {
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding"
            | b"upgrade" => return Err("a header of the connection"),
            b"content-length" => {
                let length = digits(value).ok_or("a malformed content-length")?;
                if self.length.replace(length).is_some_and(|other| other != length) {
                    return Err("two lengths");
                }
            }
            b"location" => self.locations.push(value.into()),
            name if name.is_empty() || name.iter().any(|byte| !is_lower_token(*byte)) => {
                return Err("a malformed name");
            }
            _ => {}
        }
        Ok(())
    }

    fn take_status(&mut self, field: &Field<'_>) -> Result<(), &'static str> {
        if field.name != b":status" || self.has_regular {
            return Err("an unexpected pseudo-header");
        }
        let status = digits(field.value).filter(|_| field.value.len() == 3);
        let status = status.and_then(|status| u16::try_from(status).ok());
        match self.status.replace(status.ok_or("a malformed status")?) {
            None => Ok(()),
            Some(_) => Err("two statuses"),
        }
    }
}

fn digits(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    str::from_utf8(value).ok().filter(|_| is_number)?.parse().ok()
}

/// Returns whether a name of a field may contain a byte.
fn is_lower_token(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::hpack::push_field;
    use super::*;

    fn block(fields: &[(&str, &str)]) -> Vec<u8> {
        let mut block = Vec::new();
        for (name, value) in fields {
            push_field(&mut block, name, value.as_bytes());
        }
        block
    }

    /// Takes blocks, the last of which ends the stream.
    fn status(blocks: &[&[(&str, &str)]]) -> Option<u16> {
        let mut response = StreamResponse::new(10);
        for (index, fields) in blocks.iter().enumerate() {
            let is_last = index + 1 == blocks.len();
            let taken = response.take_block(&block(fields), is_last, &mut Strings::default());
            taken.ok()?;
        }
        response.end().ok().map(|(head, _)| head.status)
    }

    #[test]
    fn heads_may_be_interim() {
        let ok = &[(":status", "200"), ("x", "y")][..];
        assert_eq!(status(&[ok]), Some(200));
        assert_eq!(status(&[&[(":status", "103")], ok]), Some(200));
        assert_eq!(status(&[ok, &[("trailer", "x")]]), Some(200));
    }

    #[test]
    fn malformed_heads_are_refused() {
        let ok = (":status", "200");
        for blocks in [
            &[&[("x", "y")][..]][..],
            &[&[ok, ok]],
            &[&[("x", "y"), ok]],
            &[&[ok, (":path", "/")]],
            &[&[(":status", "20")]],
            &[&[(":status", "101")], &[ok]],
            &[&[(":status", "103")]],
            &[&[ok, ("Upper", "x")]],
            &[&[ok, ("connection", "close")]],
            &[&[ok, ("x", "a\nb")]],
            &[&[ok, ("x", " y")]],
            &[&[ok, ("content-length", "+1")]],
            &[&[ok, ("content-length", "1"), ("content-length", "2")]],
            &[&[ok], &[ok], &[("trailer", "x")]],
        ] {
            assert_eq!(status(blocks), None, "{blocks:?}");
        }
    }

    #[test]
    fn bodies_keep_their_length() {
        let mut response = StreamResponse::new(10);
        let head = block(&[(":status", "200"), ("content-length", "3")]);
        assert!(response.take_data(b"a").is_err(), "before the head");
        response.take_block(&head, false, &mut Strings::default()).unwrap();
        response.take_data(b"abc").unwrap();
        assert!(response.take_data(b"d").is_err());
        assert!(response.end().is_ok());
        let mut short = StreamResponse::new(10);
        short.take_block(&head, false, &mut Strings::default()).unwrap();
        short.take_data(b"ab").unwrap();
        assert_eq!(short.end().unwrap_err().class, ErrorClass::BodyShort);
    }

    #[test]
    fn interim_heads_are_bounded() {
        let mut response = StreamResponse::new(10);
        let interim = block(&[(":status", "103"), ("x", &"y".repeat(1_000))]);
        let mut take = || response.take_block(&interim, false, &mut Strings::default()).is_ok();
        let taken = (0..1_000).take_while(|_| take()).count();
        assert_eq!(taken, HEAD_LIMIT / interim.len());
    }

    #[test]
    fn some_lengths_have_no_body() {
        for (text, found) in [("204", Some(204)), ("304", Some(304)), ("200", None)] {
            let head = &[(":status", text), ("content-length", "3")][..];
            assert_eq!(status(&[head]), found);
        }
    }
}
