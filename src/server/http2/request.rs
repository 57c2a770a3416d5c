//! The header list of a request, and what is malformed in it (RFC 9113, section 8).

use crate::server::http1::parse::HEAD_LIMIT;
use crate::server::request::{Method, Refusal, Request, RequestTarget, decimal};

/// What a header adds to the length of its name and value (RFC 9113, section 6.5.2).
const FIELD_OVERHEAD: usize = 32;

/// The headers of a request as they are decoded.
#[derive(Debug)]
pub(super) struct RequestFields<'a> {
    /// The value of `:authority`.
    authority: &'a mut Vec<u8>,
    method: Option<Method>,
    is_connect: bool,
    target: Option<RequestTarget>,
    has_scheme: bool,
    has_authority: bool,
    has_regular: bool,
    is_timed: bool,
    is_malformed: bool,
    length: Option<u64>,
    /// The size of the list.
    size: usize,
}

/// A header list without contradictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestList {
    pub request: Result<Request, Refusal>,
    /// Whether the answer has no body.
    pub is_head: bool,
    /// The announced length of the body.
    pub length: Option<u64>,
}

impl<'a> RequestFields<'a> {
    /// Starts an empty list, which keeps its authority in `authority`.
    pub fn new(authority: &'a mut Vec<u8>) -> Self {
        authority.clear();
        Self {
            authority,
            method: None,
            is_connect: false,
            target: None,
            has_scheme: false,
            has_authority: false,
            has_regular: false,
            is_timed: false,
            is_malformed: false,
            length: None,
            size: 0,
        }
    }

    /// Adds a header.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        self.size = self.size.saturating_add(name.len() + value.len() + FIELD_OVERHEAD);
        // A longer list is refused, whatever else it holds.
        if self.size > HEAD_LIMIT {
            return;
        }
        let is_valid = match name.strip_prefix(b":") {
            Some(pseudo) => !self.has_regular && self.pseudo(pseudo, value).is_some(),
            None => {
                self.has_regular = true;
                is_name(name) && self.regular(name, value).is_some()
            }
        };
        self.is_malformed |= !is_valid || !is_value(value);
    }

    /// Adds a pseudo-header; `None` if it is unknown, repeated, or an empty `:path`.
    fn pseudo(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        let is_repeated = match name {
            b"method" => {
                self.is_connect = value == b"CONNECT";
                self.method.replace(method(value)).is_some()
            }
            b"path" if value.is_empty() => return None,
            b"path" => self.target.replace(RequestTarget::parse(value)).is_some(),
            b"scheme" => std::mem::replace(&mut self.has_scheme, true),
            b"authority" => {
                self.authority.extend_from_slice(value);
                std::mem::replace(&mut self.has_authority, true)
            }
            _ => return None,
        };
        (!is_repeated).then_some(())
    }

    fn regular(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        match name {
            b"content-length" => {
                let length = decimal(value)?;
                let before = self.length.replace(length);
                before.is_none_or(|before| before == length).then_some(())
            }
            // Another host than that of the request (section 8.3.1).
            b"host" if self.has_authority => {
                value.eq_ignore_ascii_case(self.authority).then_some(())
            }
            b"te" => (value == b"trailers").then_some(()),
            b"server-timing" => {
                self.is_timed = true;
                Some(())
            }
            // Connection-specific headers (section 8.2.2).
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding"
            | b"upgrade" => None,
            _ => Some(()),
        }
    }

    /// Returns the request; `None` if it is malformed.
    pub fn into_request(self) -> Option<RequestList> {
        let is_head = self.method == Some(Method::Head);
        if self.size > HEAD_LIMIT {
            return Some(RequestList { request: Err(Refusal::TooLarge), is_head, length: None });
        }
        // A CONNECT has neither a scheme nor a path (section 8.5).
        let is_whole = self.has_scheme != self.is_connect
            && self.target.is_some() != self.is_connect
            && (self.has_authority || !self.is_connect);
        if self.is_malformed || !is_whole {
            return None;
        }
        let target = self.target.unwrap_or(RequestTarget::Unknown);
        let (method, is_timed) = (self.method?, self.is_timed);
        let request = Request { method, target, is_timed, stream: 0 };
        Some(RequestList { request: Ok(request), is_head, length: self.length })
    }

    /// Whether these headers may follow a body (section 8.1).
    pub fn are_trailers(&self) -> bool {
        let has_pseudo =
            self.method.is_some() || self.target.is_some() || self.has_scheme || self.has_authority;
        !has_pseudo && !self.is_malformed
    }
}

fn method(value: &[u8]) -> Method {
    match value {
        b"GET" => Method::Get,
        b"HEAD" => Method::Head,
        _ => Method::Other,
    }
}

/// Whether a name has no capitals, spaces, colons or control characters (section 8.2.1).
fn is_name(name: &[u8]) -> bool {
    let is_bad = |byte: &u8| matches!(byte, 0..=b' ' | b':' | b'A'..=b'Z' | 0x7f..);
    !name.is_empty() && !name.iter().any(is_bad)
}

/// Whether a value has no line ends and no blanks around it (section 8.2.1).
fn is_value(value: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let has_end = value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    !has_end && !is_blank(value.first()) && !is_blank(value.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::visit::Visit;

    const GET: &str = ":method=GET :scheme=http :path=/3/4";

    /// Parses headers written as `name=value`, with blanks between them.
    fn parse(headers: &str) -> Option<RequestList> {
        let mut authority = Vec::new();
        let mut fields = RequestFields::new(&mut authority);
        for header in headers.split(' ') {
            let (name, value) = header.split_once('=').unwrap();
            fields.add(name.as_bytes(), value.replace('_', " ").as_bytes());
        }
        fields.into_request()
    }

    fn parse_get(more: &str) -> Option<RequestList> {
        parse(&format!("{GET} {more}"))
    }

    #[test]
    fn requests_are_understood() {
        let target = RequestTarget::Visit(Visit { site: 3, visit: 4 });
        let request = Ok(Request { method: Method::Get, target, is_timed: false, stream: 0 });
        assert_eq!(parse(GET), Some(RequestList { request, is_head: false, length: None }));
        let whole =
            parse_get(":authority=a host=A server-timing=? content-length=5 te=trailers x-a=")
                .unwrap();
        assert_eq!((whole.length, whole.request.unwrap().is_timed), (Some(5), true));
        let head = parse(":method=HEAD :scheme=https :path=/").unwrap().request.unwrap();
        assert_eq!((head.method, head.target), (Method::Head, RequestTarget::Unknown));
        let connect = parse(":method=CONNECT :authority=a").unwrap().request.unwrap();
        assert_eq!(connect.method, Method::Other);
        assert!(parse_get("content-length=5 content-length=5").is_some());
    }

    #[test]
    fn malformed_requests_are_none() {
        for bad in [
            "x-A=b",
            "x:a=b",
            "=b",
            "x\u{e9}=b",
            ":status=200",
            ":other=b",
            ":method=GET",
            ":path=/",
            ":scheme=http",
            "x=b :authority=a",
            ":authority=a host=b",
            "connection=close",
            "keep-alive=1",
            "proxy-connection=a",
            "transfer-encoding=chunked",
            "upgrade=h2c",
            "te=gzip",
            "content-length=-1",
            "content-length=1 content-length=2",
            "x=_b",
            "x=b_",
            "x=a\rb",
            "x=a\nb",
            "x=a\0b",
        ] {
            assert_eq!(parse_get(bad), None, "{bad:?}");
        }
        for bad in [
            ":scheme=http :path=/",
            ":method=GET :path=/",
            ":method=GET :scheme=http",
            ":method=GET :scheme=http :path=",
            ":method=CONNECT",
            ":method=CONNECT :authority=a :path=/ :scheme=http",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn long_lists_are_refused() {
        let value = "x".repeat(HEAD_LIMIT);
        let refused = parse_get(&format!("x={value}")).unwrap();
        assert_eq!(refused.request, Err(Refusal::TooLarge));
    }
}
