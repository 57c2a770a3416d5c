//! Persistence: RFC 9112, sections 9.3, 9.6 and C.2.2; RFC 9110, section 7.6.1. Answers without
//! content: RFC 9112, section 6.3; RFC 9110, section 15.

use super::Outcome::{Closed, Kept};
use super::differences::{ANYWHERE, DISCARDS, EMPTY_OPTION, OLD_KEEP};
use super::{Case, LAST_PAGE, Outcome, PAGE, case};

/// A case with these field lines.
fn with(section: &'static str, name: &'static str, lines: &str, right: Outcome) -> Case {
    case(
        section,
        name,
        format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n{lines}\r\n\r\nabcde"),
        right,
    )
}

/// The same in HTTP/1.0.
fn old(section: &'static str, name: &'static str, lines: &str, right: Outcome) -> Case {
    case(
        section,
        name,
        format!("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n{lines}\r\n\r\nabcde"),
        right,
    )
}

pub fn cases() -> Vec<Case> {
    [options(), versions(), without_content(), surplus()].into_iter().flatten().collect()
}

fn options() -> Vec<Case> {
    vec![
        with("9112 9.6", "close", "Connection: close", LAST_PAGE),
        with("9112 9.6", "close-in-mixed-case", "Connection: Close", LAST_PAGE),
        with("9110 7.6.1", "close-last-in-list", "Connection: te, close", LAST_PAGE),
        with("9110 7.6.1", "close-first-in-list", "Connection: close, te", LAST_PAGE),
        with(
            "9110 7.6.1",
            "close-in-second-line",
            "Connection: te\r\nConnection: close",
            LAST_PAGE,
        ),
        with("9110 7.6.1", "close-in-first-line", "Connection: close\r\nConnection: te", LAST_PAGE),
        with("9110 5.6.1", "close-with-empty-members", "Connection: ,close,", LAST_PAGE)
            .new_curl(PAGE, EMPTY_OPTION),
        with("9112 9.3", "close-and-keep-alive", "Connection: keep-alive, close", LAST_PAGE),
        with("9112 9.3", "close-and-then-keep-alive", "Connection: close, keep-alive", LAST_PAGE),
        with("9112 9.3", "keep-alive", "Connection: keep-alive", PAGE),
        with("9112 9.3", "connection-empty", "Connection:", PAGE),
        with("9110 7.6.1", "option-like-close", "Connection: closed", PAGE)
            .old_curl(LAST_PAGE, ANYWHERE),
        with("9110 7.6.1", "option-that-ends-in-close", "Connection: not-close", PAGE)
            .old_curl(LAST_PAGE, ANYWHERE),
        with("9110 7.6.1", "option-upgrade", "Connection: upgrade\r\nUpgrade: h2c", PAGE),
        with("9112 9.6", "field-named-close", "Close: close", PAGE),
        with("9112 C.2.2", "proxy-connection", "Proxy-Connection: close", PAGE),
        with("9112 C.2.2", "keep-alive-field", "Keep-Alive: timeout=5, max=100", PAGE),
    ]
}

fn versions() -> Vec<Case> {
    vec![
        old("9112 9.3", "old-without-connection", "Server: a", LAST_PAGE),
        old("9112 9.3", "old-with-keep-alive", "Connection: keep-alive", PAGE),
        old("9112 9.3", "old-with-keep-alive-in-list", "Connection: te, Keep-Alive", PAGE),
        old(
            "9112 9.3",
            "old-with-keep-alive-and-close",
            "Connection: keep-alive, close",
            LAST_PAGE,
        )
        .old_curl(PAGE, OLD_KEEP),
        old("9112 9.3", "old-with-close", "Connection: close", LAST_PAGE),
        case("9112 6.3", "old-without-length", "HTTP/1.0 200 OK\r\n\r\nabcde", LAST_PAGE).end(),
        case(
            "9112 9.3",
            "old-without-length-with-keep-alive",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabcde",
            LAST_PAGE,
        )
        .end(),
    ]
}

fn without_content() -> Vec<Case> {
    let head = |section, name, status: u16, lines: &str, right| {
        case(section, name, format!("HTTP/1.1 {status} A\r\n{lines}\r\n"), right)
    };
    vec![
        head("9112 6.3", "204", 204, "", Kept(204, "")),
        head("9112 6.3", "204-with-length", 204, "Content-Length: 5\r\n", Kept(204, "")),
        head("9112 6.3", "204-with-invalid-length", 204, "Content-Length: x\r\n", Kept(204, "")),
        head(
            "9112 6.3",
            "204-with-two-lengths",
            204,
            "Content-Length: 3\r\nContent-Length: 5\r\n",
            Kept(204, ""),
        ),
        head("9112 6.3", "204-with-gzip", 204, "Transfer-Encoding: gzip\r\n", Kept(204, "")),
        head("9112 6.3", "204-with-chunked", 204, "Transfer-Encoding: chunked\r\n", Kept(204, "")),
        head("9112 9.6", "204-with-close", 204, "Connection: close\r\n", Closed(204, "")),
        head("9112 6.3", "304", 304, "", Kept(304, "")),
        head("9110 8.6", "304-with-length", 304, "Content-Length: 5\r\n", Kept(304, "")),
        head("9112 6.1", "304-with-chunked", 304, "Transfer-Encoding: chunked\r\n", Kept(304, "")),
        head("9112 6.3", "304-with-invalid-length", 304, "Content-Length: -1\r\n", Kept(304, "")),
        head("9110 15.3.6", "205-with-length-zero", 205, "Content-Length: 0\r\n", Kept(205, "")),
        case(
            "9112 6.3",
            "205-with-body",
            "HTTP/1.1 205 A\r\nContent-Length: 5\r\n\r\nabcde",
            Kept(205, "abcde"),
        ),
        case(
            "9112 6.3",
            "204-with-body",
            "HTTP/1.1 204 A\r\nContent-Length: 5\r\n\r\nabcde",
            Closed(204, ""),
        )
        .old_curl(Kept(204, ""), DISCARDS),
        case(
            "9112 6.3",
            "304-with-body",
            "HTTP/1.1 304 A\r\nContent-Length: 5\r\n\r\nabcde",
            Closed(304, ""),
        )
        .old_curl(Kept(304, ""), DISCARDS),
    ]
}

fn surplus() -> Vec<Case> {
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde".repeat(2);
    vec![
        case("9112 6.3", "second-answer", twice, LAST_PAGE),
        case(
            "9112 9.2",
            "empty-line-behind",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde\r\n",
            LAST_PAGE,
        ),
        case(
            "9112 6.3",
            "chunks-behind-length",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde0\r\n\r\n",
            LAST_PAGE,
        ),
    ]
}
