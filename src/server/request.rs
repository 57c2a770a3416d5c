//! A request, in terms of no version of HTTP.

use http::StatusCode;

use super::visit::Visit;

/// A valid request. It has no body: a request with a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    pub method: Method,
    pub target: RequestTarget,
    /// Whether the response reports its delay.
    pub is_timed: bool,
    /// The stream that it came on over HTTP/2; 0 over HTTP/1.
    pub stream: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// The target of a request. The listener decides which targets it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestTarget {
    Visit(Visit),
    Witness,
    Take,
    Unknown,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not HTTP, or announces a body.
    Malformed,
    /// Its target is not served here.
    NotFound,
    /// Its method is neither GET nor HEAD, or HEAD where only GET is answered.
    Method,
    /// Its head is too long, or has too many lines.
    TooLarge,
    /// Its version of HTTP is not served.
    Version,
}

impl Refusal {
    /// Returns the status that reports it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        }
    }

    /// Returns the value of the `allow` header, which a refused method requires (RFC 9110, section
    /// 15.5.6).
    pub fn allow(self) -> Option<&'static str> {
        (self == Self::Method).then_some("GET, HEAD")
    }
}

impl RequestTarget {
    /// Parses a request target in origin form or absolute form.
    pub fn parse(text: &[u8]) -> Self {
        match path(text) {
            Some(b"witness") => Self::Witness,
            Some(b"take") => Self::Take,
            Some(path) => visit(path).map_or(Self::Unknown, Self::Visit),
            None => Self::Unknown,
        }
    }
}

/// Returns the path after its first slash. Proxies receive the absolute form (RFC 9112, section
/// 3.2.2), which servers must accept.
fn path(text: &[u8]) -> Option<&[u8]> {
    if let Some(path) = text.strip_prefix(b"/") {
        return Some(path);
    }
    let (scheme, rest) = text.split_at_checked(b"http://".len())?;
    let slash = rest.iter().position(|&byte| byte == b'/')?;
    scheme.eq_ignore_ascii_case(b"http://").then_some(&rest[slash + 1..])
}

/// Parses `<site>/<visit>`.
fn visit(path: &[u8]) -> Option<Visit> {
    let slash = path.iter().position(|&byte| byte == b'/')?;
    let site = usize::try_from(decimal(&path[..slash])?).ok()?;
    Some(Visit { site, visit: decimal(&path[slash + 1..])? })
}

/// Parses a decimal number without a sign.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
