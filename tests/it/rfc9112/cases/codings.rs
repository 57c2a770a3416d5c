//! Transfer codings: RFC 9112, sections 6.1, 6.3, 7 and 7.4.

use super::Outcome::Closed;
use super::differences::{AGAIN, IDENTITY, KEEPS, OVERRIDDEN, UNCHUNKED};
use super::{Case, LAST_PAGE, Outcome, PAGE, PROTOCOL, case};

const CHUNKS: &str = "5\r\nabcde\r\n0\r\n\r\n";

/// A case with these field lines and a body in chunks.
fn chunked(section: &'static str, name: &'static str, lines: &str, right: Outcome) -> Case {
    case(section, name, format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{CHUNKS}"), right)
}

/// A case with these field lines and a body that ends with the connection.
fn plain(section: &'static str, name: &'static str, lines: &str, right: Outcome) -> Case {
    case(section, name, format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nabcde"), right).end()
}

pub fn cases() -> Vec<Case> {
    [names(), lists(), unacceptable(), with_length()].into_iter().flatten().collect()
}

fn names() -> Vec<Case> {
    vec![
        chunked("9112 7", "coding-chunked", "Transfer-Encoding: chunked", PAGE),
        chunked("9112 7", "coding-in-mixed-case", "Transfer-Encoding: Chunked", PAGE),
        chunked("9112 7", "coding-in-upper-case", "TRANSFER-ENCODING: CHUNKED", PAGE),
        chunked("9112 7", "coding-in-spaces", "Transfer-Encoding:  chunked  ", PAGE),
        chunked("9112 7.1", "chunked-with-parameter", "Transfer-Encoding: chunked;q=1", PROTOCOL)
            .end(),
        chunked("9112 7", "chunked-in-quotes", "Transfer-Encoding: \"chunked\"", PROTOCOL).end(),
        chunked("9112 7", "chunked-with-prefix", "Transfer-Encoding: xchunked", PROTOCOL).end(),
        chunked("9112 7", "chunked-with-suffix", "Transfer-Encoding: chunkedx", PROTOCOL).end(),
        chunked("9112 7", "chunked-with-space", "Transfer-Encoding: chunked x", PROTOCOL).end(),
        chunked("9112 7", "chunked-with-vertical-tab", "Transfer-Encoding: \x0bchunked", PROTOCOL)
            .end(),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        chunked("9110 5.6.1", "empty-member-before-chunked", "Transfer-Encoding: , chunked", PAGE),
        chunked("9110 5.6.1", "empty-member-behind-chunked", "Transfer-Encoding: chunked,", PAGE),
        chunked(
            "9110 5.6.1",
            "empty-line-before-chunked",
            "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
            PAGE,
        )
        .old_curl(LAST_PAGE, UNCHUNKED),
        chunked(
            "9110 5.6.1",
            "empty-line-behind-chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding:",
            PAGE,
        ),
        chunked(
            "9112 6.1",
            "identity-before-chunked",
            "Transfer-Encoding: identity, chunked",
            PAGE,
        ),
        chunked(
            "9112 6.1",
            "identity-line-before-chunked",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
            PAGE,
        )
        .old_curl(LAST_PAGE, UNCHUNKED),
        chunked(
            "9112 6.3",
            "identity-behind-chunked",
            "Transfer-Encoding: chunked, identity",
            PROTOCOL,
        )
        .end()
        .old_curl(LAST_PAGE, IDENTITY),
        chunked("9112 6.1", "chunked-twice", "Transfer-Encoding: chunked, chunked", PROTOCOL)
            .end()
            .any_curl(LAST_PAGE, AGAIN),
        chunked(
            "9112 6.1",
            "chunked-in-two-lines",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            PROTOCOL,
        )
        .end()
        .any_curl(LAST_PAGE, AGAIN),
        plain("9112 6.3", "coding-identity", "Transfer-Encoding: identity", LAST_PAGE),
        plain("9112 6.3", "coding-empty", "Transfer-Encoding:", LAST_PAGE),
    ]
}

fn unacceptable() -> Vec<Case> {
    vec![
        plain("9112 7.4", "coding-gzip", "Transfer-Encoding: gzip", PROTOCOL),
        plain("9112 7.4", "coding-unknown", "Transfer-Encoding: rot13", PROTOCOL),
        chunked("9112 7.4", "gzip-before-chunked", "Transfer-Encoding: gzip, chunked", PROTOCOL)
            .end(),
        chunked(
            "9112 7.4",
            "unknown-before-chunked",
            "Transfer-Encoding: rot13, chunked",
            PROTOCOL,
        )
        .end(),
        chunked(
            "9112 7.4",
            "gzip-line-before-chunked",
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            PROTOCOL,
        )
        .end(),
        chunked("9112 6.3", "gzip-behind-chunked", "Transfer-Encoding: chunked, gzip", PROTOCOL)
            .end(),
        chunked(
            "9112 6.3",
            "gzip-line-behind-chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
            PROTOCOL,
        )
        .end(),
    ]
}

fn with_length() -> Vec<Case> {
    vec![
        chunked(
            "9112 6.3",
            "length-before-chunked",
            "Content-Length: 3\r\nTransfer-Encoding: \
            chunked",
            LAST_PAGE,
        )
        .any_curl(PAGE, KEEPS),
        chunked(
            "9112 6.3",
            "length-behind-chunked",
            "Transfer-Encoding: \
            chunked\r\nContent-Length: 3",
            LAST_PAGE,
        )
        .any_curl(PAGE, KEEPS),
        chunked(
            "9112 6.3",
            "invalid-length-and-chunked",
            "Content-Length: x\r\nTransfer-Encoding: chunked",
            LAST_PAGE,
        )
        .any_curl(PROTOCOL, OVERRIDDEN),
        chunked(
            "9112 6.3",
            "two-lengths-and-chunked",
            "Content-Length: 3, \
            5\r\nTransfer-Encoding: chunked",
            LAST_PAGE,
        )
        .old_curl(PAGE, KEEPS)
        .new_curl(PROTOCOL, OVERRIDDEN),
        plain(
            "9112 6.3",
            "length-and-identity",
            "Content-Length: 3\r\nTransfer-Encoding: \
            identity",
            LAST_PAGE,
        )
        .new_curl(Closed(200, "abc"), IDENTITY),
        plain(
            "9112 6.3",
            "length-and-gzip",
            "Content-Length: 5\r\nTransfer-Encoding: gzip",
            PROTOCOL,
        ),
        case(
            "9112 6.1",
            "chunked-in-1.0",
            format!("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKS}"),
            LAST_PAGE,
        ),
        case(
            "9112 6.1",
            "chunked-in-1.0-with-keep-alive",
            format!(
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: \
                     keep-alive\r\n\r\n{CHUNKS}"
            ),
            Closed(200, "abcde"),
        )
        .any_curl(PAGE, KEEPS),
    ]
}
