//! Parses the head of a request, and refuses invalid ones.

use std::mem::MaybeUninit;

use crate::server::request::{Method, Refusal, Request, RequestTarget, decimal};

/// The longest accepted head, in bytes.
pub(in crate::server) const HEAD_LIMIT: usize = 16 << 10;

/// The most header lines of a head; browsers send about twenty.
const HEADERS_LIMIT: usize = 64;

/// Whether the connection stays open after the response (RFC 9112, section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeepAlive {
    /// It stays open, the default in HTTP/1.1.
    Yes,
    /// It stays open, and the response must announce it to an HTTP/1.0 client.
    Announced,
    /// It is closed.
    No,
}

/// The result of parsing the start of a stream of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParsedRequest {
    Complete(RequestHead),
    /// The start of a head.
    Partial,
    /// A head after which no other request can follow.
    Refused(Refusal),
}

/// A complete head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub request: Request,
    pub keep_alive: KeepAlive,
    /// Its length in bytes.
    pub length: usize,
}

/// Parses the head at the start of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> ParsedRequest {
    // Two of three calls: before a request is read, and after it is answered.
    if bytes.is_empty() {
        return ParsedRequest::Partial;
    }
    let head = &bytes[..bytes.len().min(HEAD_LIMIT)];
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_LIMIT];
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut headers) {
        Ok(httparse::Status::Complete(length)) => understand(&request, length)
            .map_or(ParsedRequest::Refused(Refusal::Malformed), ParsedRequest::Complete),
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_LIMIT => ParsedRequest::Partial,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            ParsedRequest::Refused(Refusal::TooLarge)
        }
        Err(httparse::Error::Version) => {
            let (method, path) =
                (request.method.unwrap_or_default(), request.path.unwrap_or_default());
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            other_version(bytes, blank + method.len() + path.len() + 2)
        }
        Err(_) => ParsedRequest::Refused(Refusal::Malformed),
    }
}

/// Parses a head whose version starts at byte `start` and is neither 1.0 nor 1.1.
///
/// Reads a higher minor version as 1.1 (RFC 9110, section 2.5). A version is a name in capitals and
/// two digits with a dot between them (RFC 9112, section 2.3).
#[cold]
fn other_version(bytes: &[u8], start: usize) -> ParsedRequest {
    const PATTERN: &[u8] = b"HTTP/0.0";
    let (version, rest) = bytes[start..].split_at(PATTERN.len().min(bytes.len() - start));
    let is_version = version.iter().zip(PATTERN).all(|(byte, pattern)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    });
    if !is_version {
        return ParsedRequest::Refused(Refusal::Malformed);
    }
    match rest {
        [] | [b'\r'] if bytes.len() < HEAD_LIMIT => ParsedRequest::Partial,
        [] | [b'\r'] => ParsedRequest::Refused(Refusal::TooLarge),
        [b'\n', ..] | [b'\r', b'\n', ..] if version.starts_with(b"HTTP/1.") => {
            parse(&[&bytes[..start], b"HTTP/1.1", rest].concat())
        }
        [b'\n', ..] | [b'\r', b'\n', ..] => ParsedRequest::Refused(Refusal::Version),
        _ => ParsedRequest::Refused(Refusal::Malformed),
    }
}

/// Interprets a head whose lines are well-formed; `None` if they contradict each other.
fn understand(head: &httparse::Request<'_, '_>, length: usize) -> Option<RequestHead> {
    let method = match head.method? {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => Method::Other,
    };
    let is_1_1 = head.version? == 1;
    let (mut hosts, mut has_body, mut close, mut keep, mut is_timed) =
        (0, false, false, false, false);
    for header in head.headers.iter() {
        if header.name.eq_ignore_ascii_case("host") {
            hosts += 1;
        } else if header.name.eq_ignore_ascii_case("connection") {
            close |= has_token(header.value, b"close");
            keep |= has_token(header.value, b"keep-alive");
        } else if header.name.eq_ignore_ascii_case("content-length") {
            // Some clients declare the empty body of a GET.
            has_body |= decimal(header.value.trim_ascii())? > 0;
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            has_body = true;
        } else if header.name.eq_ignore_ascii_case("server-timing") {
            is_timed = true;
        }
    }
    // RFC 9112, section 3.2: exactly one host, which HTTP/1.0 may omit.
    let hosts_are_right = hosts == 1 || (hosts == 0 && !is_1_1);
    if !hosts_are_right || (has_body && method != Method::Other) {
        return None;
    }
    let keep_alive = match is_1_1 {
        // If a body follows, the next head cannot be found without reading it.
        _ if close || has_body => KeepAlive::No,
        true => KeepAlive::Yes,
        false if keep => KeepAlive::Announced,
        false => KeepAlive::No,
    };
    let target = RequestTarget::parse(head.path?.as_bytes());
    let request = Request { method, target, is_timed, stream: 0 };
    Some(RequestHead { request, keep_alive, length })
}

/// Whether a list of tokens, such as `close, te`, holds `token`.
fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|&byte| byte == b',').any(|entry| entry.trim_ascii().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::visit::Visit;

    fn target_of(target: &str) -> RequestTarget {
        match parse(format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()) {
            ParsedRequest::Complete(head) => head.request.target,
            other => panic!("{target}: {other:?}"),
        }
    }

    fn visit_target(site: usize, visit: u64) -> RequestTarget {
        RequestTarget::Visit(Visit { site, visit })
    }

    fn keep_alive(version: u8, header: &str) -> KeepAlive {
        let head = format!("GET /0/0 HTTP/1.{version}\r\nHost: a\r\n{header}\r\n");
        match parse(head.as_bytes()) {
            ParsedRequest::Complete(head) => head.keep_alive,
            other => panic!("{header}: {other:?}"),
        }
    }

    fn parse_with(lines: &str) -> ParsedRequest {
        parse(format!("GET /0/0 HTTP/1.1\r\nhost: a\r\n{lines}\r\n").as_bytes())
    }

    fn head_of_length(length: usize) -> String {
        let frame = "GET /0/0 HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n".len();
        format!("GET /0/0 HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(length - frame))
    }

    #[test]
    fn targets_are_parsed() {
        assert_eq!(target_of("/0/0"), visit_target(0, 0));
        assert_eq!(target_of("/12/18446744073709551615"), visit_target(12, u64::MAX));
        assert_eq!(target_of("http://127.0.0.1:80/3/4"), visit_target(3, 4));
        assert_eq!(target_of("HTTP://a/3/4"), visit_target(3, 4));
        assert_eq!(target_of("/witness"), RequestTarget::Witness);
        let unknown = [
            "/",
            "/1",
            "/1/",
            "//1",
            "/1/2/",
            "/1/2/3",
            "/+1/2",
            "/-1/2",
            "/1/2?",
            "/a/b",
            "*",
            "http://a",
            "ftp://a/1/2",
            "/1/18446744073709551616",
            "/99999999999999999999999/1",
        ];
        for unknown in unknown {
            assert_eq!(target_of(unknown), RequestTarget::Unknown, "{unknown}");
        }
    }

    #[test]
    fn versions_set_keep_alive() {
        assert_eq!(keep_alive(1, ""), KeepAlive::Yes);
        assert_eq!(keep_alive(1, "Connection: keep-alive\r\n"), KeepAlive::Yes);
        assert_eq!(keep_alive(1, "CONNECTION: te ,  Close\r\n"), KeepAlive::No);
        assert_eq!(keep_alive(0, ""), KeepAlive::No);
        assert_eq!(keep_alive(0, "connection: Keep-Alive\r\n"), KeepAlive::Announced);
        assert_eq!(keep_alive(0, "connection: keep-alive, close\r\n"), KeepAlive::No);
    }

    #[test]
    fn get_requests_have_no_body() {
        assert!(matches!(parse_with("content-length: 0\r\n"), ParsedRequest::Complete(..)));
        let bodies = [
            "content-length: 1",
            "content-length: -1",
            "content-length: 0, 0",
            "transfer-encoding: chunked",
            "host: b",
        ];
        for lines in bodies {
            assert_eq!(
                parse_with(&format!("{lines}\r\n")),
                ParsedRequest::Refused(Refusal::Malformed),
                "{lines}"
            );
        }
        assert_eq!(
            parse(b"GET /0/0 HTTP/1.1\r\n\r\n"),
            ParsedRequest::Refused(Refusal::Malformed),
            "no host"
        );
    }

    #[test]
    fn heads_are_limited() {
        assert!(matches!(
            parse(head_of_length(HEAD_LIMIT).as_bytes()),
            ParsedRequest::Complete(RequestHead { length: HEAD_LIMIT, .. })
        ));
        assert_eq!(
            parse(head_of_length(HEAD_LIMIT + 1).as_bytes()),
            ParsedRequest::Refused(Refusal::TooLarge)
        );
        assert_eq!(
            parse(&head_of_length(HEAD_LIMIT).as_bytes()[..HEAD_LIMIT - 1]),
            ParsedRequest::Partial
        );
    }
}
