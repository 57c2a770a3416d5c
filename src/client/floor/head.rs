//! The head of an answer, and what it says of the bytes that follow.

use std::mem::MaybeUninit;

use crate::answer::Head;
use crate::error::{ErrorClass, FetchError};
use crate::redirect::Location;

/// The longest head that is read, in bytes.
pub(super) const HEAD_LIMIT: usize = 64 << 10;

/// The most header lines of a head.
const HEADERS_LIMIT: usize = 100;

/// Where the body ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With the chunk of length 0 and its trailers.
    Chunks,
    /// With the connection.
    UntilClose,
}

/// A whole head.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    pub head: Head,
    pub framing: Framing,
    /// Whether the connection may be used again after the body.
    pub keep: bool,
    /// How many bytes it took.
    pub length: usize,
}

/// Reads the head that `bytes` begin with; `None` is the beginning of one.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Parsed>, FetchError> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_LIMIT];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut response, bytes, &mut headers) {
        Ok(httparse::Status::Complete(length)) => understand(&response, length).map(Some),
        Ok(httparse::Status::Partial) if bytes.len() <= HEAD_LIMIT => Ok(None),
        Ok(httparse::Status::Partial) => Err(protocol(format!("the head is longer than {HEAD_LIMIT} bytes"))),
        Err(error) => Err(protocol(format!("the head: {error}"))),
    }
}

/// What a head that is well-formed line by line says as a whole.
fn understand(response: &httparse::Response<'_, '_>, length: usize) -> Result<Parsed, FetchError> {
    let status = response.code.unwrap_or_default();
    let mut declared = None;
    let (mut coded, mut chunked, mut close, mut keep_alive) = (false, false, false, false);
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            declared = Some(agreed_length(declared, header.value)?);
        } else if is("transfer-encoding") {
            coded = true;
            // Only the last coding tells where the body ends.
            chunked = tokens(header.value).last().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
        } else if is("connection") {
            close |= tokens(header.value).any(|token| token.eq_ignore_ascii_case(b"close"));
            keep_alive |= tokens(header.value).any(|token| token.eq_ignore_ascii_case(b"keep-alive"));
        }
    }
    let locations = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("location"));
    let location = Location::from_lines(locations.map(|header| header.value));
    let framing = match declared {
        _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        _ if chunked => Framing::Chunks,
        Some(length) if !coded => Framing::Length(length),
        _ => Framing::UntilClose,
    };
    let is_1_1 = response.version == Some(1);
    // Both a coding and a length may be an attempt at smuggling, and HTTP/1.0 knows no codings (RFC 9112, section 6.1).
    let ambiguous = coded && (declared.is_some() || !is_1_1);
    let persistent = !close && (is_1_1 || keep_alive);
    Ok(Parsed {
        head: Head { status, declared: declared.filter(|_| !coded), location },
        framing,
        keep: persistent && !ambiguous && framing != Framing::UntilClose,
        length,
    })
}

/// The length that a header line gives, which must be that of all others.
fn agreed_length(before: Option<u64>, value: &[u8]) -> Result<u64, FetchError> {
    let mut agreed = before;
    for token in tokens(value) {
        let digits = token.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(token).ok()).flatten();
        let length: Option<u64> = digits.and_then(|digits| digits.parse().ok());
        let length = length.ok_or_else(|| protocol("content-length is no number".to_owned()))?;
        if agreed.is_some_and(|other| other != length) {
            return Err(protocol("two lengths that differ".to_owned()));
        }
        agreed = Some(length);
    }
    agreed.ok_or_else(|| protocol("content-length is empty".to_owned()))
}

/// The tokens of a list such as `close, te`.
fn tokens(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

pub(super) fn protocol(message: String) -> FetchError {
    FetchError::new(ErrorClass::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(head: &str) -> Result<(Framing, bool), ErrorClass> {
        let parsed = parse(head.as_bytes()).map_err(|error| error.class)?;
        let parsed = parsed.expect("it is whole");
        assert_eq!(parsed.length, head.len());
        Ok((parsed.framing, parsed.keep))
    }

    #[test]
    fn the_end_of_a_body_is_where_the_rules_put_it() {
        for (head, framing, keep) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\nCONTENT-LENGTH: 5\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: te, Close\r\n\r\n", Framing::Length(5), false),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Framing::Length(0), true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n", Framing::Chunks, true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", Framing::Chunks, false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", Framing::Length(5), true),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", Framing::Chunks, false),
        ] {
            assert_eq!(parsed(head), Ok((framing, keep)), "{head}");
        }
    }

    #[test]
    fn lengths_that_are_none_or_differ_are_refused() {
        for length in ["3\r\nContent-Length: 5", "3, 5", "+3", "-1", "", "3 5", "99999999999999999999"] {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            assert_eq!(parsed(&head), Err(ErrorClass::Protocol), "{length:?}");
        }
    }

    #[test]
    fn a_head_is_waited_for_up_to_its_limit() {
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nContent-Le"), Ok(None));
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_LIMIT));
        assert_eq!(parse(endless.as_bytes()).unwrap_err().class, ErrorClass::Protocol);
    }
}
