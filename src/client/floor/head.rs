//! Parses the head of a response, and finds where its body ends.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{EMPTY_HEADER, Header, ParserConfig, Response, Status};

use crate::fetch::answer::Head;
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::redirect::Location;

/// Maximum total length of the heads of a response in bytes, interim heads included.
pub(super) const HEAD_LIMIT: usize = 64 << 10;

/// Number of header lines that are parsed without an allocation.
const USUAL_HEADERS: usize = 100;

/// Where the body ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// After the chunk of length 0 and its trailers.
    Chunks,
    /// When the connection closes.
    UntilClose,
}

/// A complete head.
#[derive(Debug, PartialEq)]
pub(super) struct ParsedHead {
    pub head: Head,
    pub framing: Framing,
    /// Whether the connection may be reused after the body.
    pub keep: bool,
    /// Length of the head in bytes.
    pub length: usize,
}

/// Parses the head at the start of `bytes`, at most `limit` bytes long. Returns `None` if it is
/// incomplete.
pub(super) fn parse(bytes: &[u8], limit: usize) -> Result<Option<ParsedHead>, FetchError> {
    let head = &bytes[..bytes.len().min(limit)];
    let mut headers = [const { MaybeUninit::uninit() }; USUAL_HEADERS];
    let mut response = Response::new(&mut []);
    let config = ParserConfig::default();
    let parsed = match config.parse_response_with_uninit_headers(&mut response, head, &mut headers)
    {
        Ok(Status::Complete(length)) => return understand(&response, length).map(Some),
        Ok(Status::Partial) => None,
        Err(_) => parse_unusual(head)?,
    };
    match parsed {
        None if bytes.len() > limit => {
            Err(protocol(format!("the head is longer than {HEAD_LIMIT} bytes")))
        }
        parsed => Ok(parsed),
    }
}

/// Parses a head that the fast path refuses. It may still be valid: it may have folded lines (RFC
/// 9112, section 5.2), many headers, or a minor version above 1.1 (RFC 9110, section 6.2).
#[cold]
#[inline(never)]
fn parse_unusual(head: &[u8]) -> Result<Option<ParsedHead>, FetchError> {
    let head = as_version_1_1(head);
    let lines = head.iter().filter(|byte| **byte == b'\n').count();
    let mut headers = vec![EMPTY_HEADER; lines];
    let mut response = Response::new(&mut headers);
    let mut config = ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, &head) {
        Ok(Status::Complete(length)) => understand(&response, length).map(Some),
        Ok(Status::Partial) => Ok(None),
        Err(error) => Err(protocol(format!("the head: {error}"))),
    }
}

/// Replaces a minor version above 1.1 with 1.1.
fn as_version_1_1(head: &[u8]) -> Cow<'_, [u8]> {
    const MAJOR: &[u8] = b"HTTP/1.";
    let start = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let minor = start + MAJOR.len();
    if !head[start..].starts_with(MAJOR) || !matches!(head.get(minor), Some(b'2'..=b'9')) {
        return Cow::Borrowed(head);
    }
    let mut head = head.to_vec();
    head[minor] = b'1';
    Cow::Owned(head)
}

/// Interprets a head with well-formed lines.
fn understand(response: &Response<'_, '_>, length: usize) -> Result<ParsedHead, FetchError> {
    let status = response.code.unwrap_or_default();
    let (mut declared, mut locations) = (Declared::Nothing, Vec::new());
    let (mut coding, mut close, mut keep_alive) = (Coding::Absent, false, false);
    for header in response.headers.iter() {
        if is_named(header, "content-length") {
            declared = declared.with_line(header.value);
        } else if is_named(header, "transfer-encoding") {
            coding = coding.with_line(header.value);
        } else if is_named(header, "connection") {
            close |= tokens(header.value).any(|token| token.eq_ignore_ascii_case(b"close"));
            keep_alive |=
                tokens(header.value).any(|token| token.eq_ignore_ascii_case(b"keep-alive"));
        } else if is_named(header, "location") {
            locations.push(unfolded(header.value));
        }
    }
    let location = Location::from_lines(locations.iter().map(|line| &**line));
    // The first rule that applies overrides the rest, malformed or not (RFC 9112, section 6.3).
    let framing = match (coding, declared) {
        _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        (Coding::Chunked, _) => Framing::Chunks,
        (Coding::Identity, _) => Framing::UntilClose,
        (Coding::Unacceptable, _) => {
            return Err(protocol("transfer-encoding: only chunked is acceptable".to_owned()));
        }
        (Coding::Absent, Declared::Nothing) => Framing::UntilClose,
        (Coding::Absent, Declared::Length(length)) => Framing::Length(length),
        (Coding::Absent, Declared::Invalid) => {
            return Err(protocol(
                "content-length is not a number, or not the same one everywhere".to_owned(),
            ));
        }
    };
    let is_1_1 = response.version == Some(1);
    let coded = coding != Coding::Absent;
    // A coding together with a length may be an attempt at smuggling, and HTTP/1.0 has no codings
    // (RFC 9112, section 6.1).
    let ambiguous = coded && (declared != Declared::Nothing || !is_1_1);
    let persistent = !close && (is_1_1 || keep_alive);
    Ok(ParsedHead {
        head: Head { status, declared: declared.length().filter(|_| !coded), location },
        framing,
        keep: persistent && !ambiguous && framing != Framing::UntilClose,
        length,
    })
}

fn is_named(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

/// The `content-length` lines of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Nothing,
    /// The length that all lines declare.
    Length(u64),
    /// Not one number.
    Invalid,
}

impl Declared {
    /// Adds a line. A list is valid if its members are equal (RFC 9112, section 6.3).
    fn with_line(self, value: &[u8]) -> Self {
        let members = tokens(value).filter(|member| !member.is_empty());
        let declared = members.fold(self, |declared, member| match (declared, number(member)) {
            (Self::Nothing, Some(length)) => Self::Length(length),
            (Self::Length(other), Some(length)) if other == length => declared,
            _ => Self::Invalid,
        });
        if declared == Self::Nothing { Self::Invalid } else { declared }
    }

    fn length(self) -> Option<u64> {
        match self {
            Self::Length(length) => Some(length),
            Self::Nothing | Self::Invalid => None,
        }
    }
}

/// The `transfer-encoding` lines of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Absent,
    /// Only `identity`, which changes no bytes.
    Identity,
    Chunked,
    /// Any other coding. The request has no `te`, so only `chunked` is acceptable (RFC 9112,
    /// section 7.4). A body that stays coded is not the content.
    Unacceptable,
}

impl Coding {
    /// Adds a line. `chunked` comes last and once (RFC 9112, section 6.1), without parameters
    /// (7.1).
    fn with_line(self, value: &[u8]) -> Self {
        tokens(value).fold(self, |coding, name| match coding {
            Self::Chunked if name.is_empty() => Self::Chunked,
            Self::Chunked | Self::Unacceptable => Self::Unacceptable,
            _ if name.is_empty() || name.eq_ignore_ascii_case(b"identity") => Self::Identity,
            _ if name.eq_ignore_ascii_case(b"chunked") => Self::Chunked,
            _ => Self::Unacceptable,
        })
    }
}

/// Parses digits. Returns `None` if the number exceeds 64 bits.
fn number(digits: &[u8]) -> Option<u64> {
    let digits = digits.iter().all(u8::is_ascii_digit).then_some(digits)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Splits a list such as `close, te` into its members, which may be empty.
fn tokens(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// Replaces each fold of a value with a space (RFC 9112, section 5.2).
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.contains(&b'\n') {
        return Cow::Borrowed(value);
    }
    let lines: Vec<&[u8]> = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    Cow::Owned(lines.join(&b' '))
}

pub(super) fn protocol(message: String) -> FetchError {
    FetchError::new(ErrorClass::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(head: &str) -> Result<(Framing, bool), ErrorClass> {
        let parsed = parse(head.as_bytes(), HEAD_LIMIT).map_err(|error| error.class)?;
        let parsed = parsed.expect("it is whole");
        assert_eq!(parsed.length, head.len());
        Ok((parsed.framing, parsed.keep))
    }

    #[test]
    fn framing_follows_the_rfc() {
        for (head, framing, keep) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), true),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\nCONTENT-LENGTH: 5\r\n\r\n",
                Framing::Length(5),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: te, Close\r\n\r\n",
                Framing::Length(5),
                false,
            ),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Framing::Length(0), true),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, Chunked\r\n\r\n",
                Framing::Chunks,
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                Framing::Chunks,
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n",
                Framing::UntilClose,
                false,
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Framing::Length(5), false),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
                Framing::Length(5),
                true,
            ),
            (
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n",
                Framing::Chunks,
                false,
            ),
        ] {
            assert_eq!(parsed(head), Ok((framing, keep)), "{head}");
        }
    }

    #[test]
    fn bad_lengths_are_refused() {
        for length in
            ["3\r\nContent-Length: 5", "3, 5", "+3", "-1", "", "3 5", "99999999999999999999"]
        {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            assert_eq!(parsed(&head), Err(ErrorClass::Protocol), "{length:?}");
        }
    }

    #[test]
    fn heads_end_within_the_limit() {
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\nContent-Le", HEAD_LIMIT), Ok(None));
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_LIMIT));
        assert_eq!(parse(endless.as_bytes(), HEAD_LIMIT).unwrap_err().class, ErrorClass::Protocol);
    }
}
