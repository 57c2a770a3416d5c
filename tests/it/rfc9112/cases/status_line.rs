//! Status lines: RFC 9112, sections 2.2, 2.3 and 4; RFC 9110, sections 6.2 and 15.

use super::Outcome::{Closed, Kept};
use super::differences::{
    BARE_CR, BLANK, CONTROL, CUT_HEAD, DIGITS, EMPTY_LINE, HTTP_2, MINOR, PREFIX, STATUS,
};
use super::{CLOSED_EARLY, Case, LAST_PAGE, Outcome, PAGE, PROTOCOL, case};

/// A case with this status line, line end included.
fn line(section: &'static str, name: &'static str, line: impl AsRef<[u8]>, right: Outcome) -> Case {
    case(section, name, [line.as_ref(), b"Content-Length: 5\r\n\r\nabcde"].concat(), right)
}

pub fn cases() -> Vec<Case> {
    [versions(), codes(), reasons(), line_ends()].into_iter().flatten().collect()
}

fn versions() -> Vec<Case> {
    vec![
        line("9112 4", "plain", "HTTP/1.1 200 OK\r\n", PAGE),
        line("9112 2.3", "version-1.0", "HTTP/1.0 200 OK\r\n", LAST_PAGE),
        line("9110 6.2", "version-1.2", "HTTP/1.2 200 OK\r\n", PAGE).any_curl(PROTOCOL, MINOR),
        line("9110 6.2", "version-1.9", "HTTP/1.9 200 OK\r\n", PAGE).any_curl(PROTOCOL, MINOR),
        line("9112 2.3", "version-1.10", "HTTP/1.10 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "version-01.1", "HTTP/01.1 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "version-1", "HTTP/1 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "version-1.", "HTTP/1. 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "version-1.x", "HTTP/1.x 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "version-1-1", "HTTP/1-1 200 OK\r\n", PROTOCOL),
        line("9110 6.2", "version-0.9", "HTTP/0.9 200 OK\r\n", PROTOCOL),
        line("9110 6.2", "version-2", "HTTP/2 200 OK\r\n", PROTOCOL).old_curl(PAGE, HTTP_2),
        line("9110 6.2", "version-2.0", "HTTP/2.0 200 OK\r\n", PROTOCOL)
            .old_curl(PAGE, HTTP_2)
            .new_curl(LAST_PAGE, PREFIX),
        line("9110 6.2", "version-3", "HTTP/3 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "lower-case", "http/1.1 200 OK\r\n", PROTOCOL).any_curl(LAST_PAGE, PREFIX),
        line("9112 2.3", "lower-case-404", "http/1.1 404 Not Found\r\n", PROTOCOL)
            .any_curl(LAST_PAGE, PREFIX),
        line("9112 2.3", "mixed-case", "Http/1.1 200 OK\r\n", PROTOCOL).any_curl(LAST_PAGE, PREFIX),
        line("9112 2.3", "other-name", "HTTPS/1.1 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "icy", "ICY 200 OK\r\n", PROTOCOL),
        line("9112 2.3", "space-in-version", "HTTP /1.1 200 OK\r\n", PROTOCOL),
        line("9112 4", "space-before-version", " HTTP/1.1 200 OK\r\n", PROTOCOL),
        line("9112 2.2", "byte-order-mark", b"\xef\xbb\xbfHTTP/1.1 200 OK\r\n", PROTOCOL),
        line("9112 2.1", "request-line", "GET / HTTP/1.1\r\n", PROTOCOL),
        line("9112 2.1", "no-status-line", "Server: a\r\n", PROTOCOL),
        case("9112 2.1", "body-alone", "<html>abcde</html>", PROTOCOL).end(),
    ]
}

fn codes() -> Vec<Case> {
    vec![
        line("9110 15", "unknown-2xx", "HTTP/1.1 299 A\r\n", Kept(299, "abcde")),
        line("9110 15", "unknown-3xx", "HTTP/1.1 399 A\r\n", Kept(399, "abcde")),
        line("9110 15", "unknown-4xx", "HTTP/1.1 471 A\r\n", Kept(471, "abcde")),
        line("9110 15", "unknown-5xx", "HTTP/1.1 599 A\r\n", Kept(599, "abcde")),
        line("9110 15", "status-600", "HTTP/1.1 600 A\r\n", Kept(600, "abcde")),
        line("9110 15", "status-999", "HTTP/1.1 999 A\r\n", Kept(999, "abcde")),
        line("9110 15", "status-099", "HTTP/1.1 099 A\r\n", Kept(99, "abcde"))
            .any_curl(PROTOCOL, STATUS),
        line("9110 15", "status-000", "HTTP/1.1 000 A\r\n", Kept(0, "abcde"))
            .any_curl(PROTOCOL, STATUS),
        line("9112 4", "status-of-one-digit", "HTTP/1.1 2 OK\r\n", PROTOCOL),
        line("9112 4", "status-of-two-digits", "HTTP/1.1 99 OK\r\n", PROTOCOL),
        line("9112 4", "status-of-four-digits", "HTTP/1.1 2000 OK\r\n", PROTOCOL)
            .new_curl(PAGE, DIGITS),
        line("9112 4", "status-with-leading-zero", "HTTP/1.1 0200 OK\r\n", PROTOCOL),
        line("9112 4", "status-with-plus", "HTTP/1.1 +20 OK\r\n", PROTOCOL),
        line("9112 4", "status-with-minus", "HTTP/1.1 -20 OK\r\n", PROTOCOL),
        line("9112 4", "status-in-hex", "HTTP/1.1 0xc OK\r\n", PROTOCOL),
        line("9112 4", "status-with-fraction", "HTTP/1.1 200.1 OK\r\n", PROTOCOL)
            .any_curl(PAGE, DIGITS),
        line("9112 4", "status-in-letters", "HTTP/1.1 two OK\r\n", PROTOCOL),
        line("9112 4", "status-in-other-digits", "HTTP/1.1 \u{662}\u{660}\u{660} OK\r\n", PROTOCOL),
        line("9112 4", "status-and-reason-joined", "HTTP/1.1 200OK\r\n", PROTOCOL)
            .any_curl(PAGE, DIGITS),
        line("9112 4", "status-empty", "HTTP/1.1 \r\n", PROTOCOL),
        line("9112 4", "status-missing", "HTTP/1.1\r\n", PROTOCOL),
    ]
}

fn reasons() -> Vec<Case> {
    vec![
        line("9112 4", "no-reason", "HTTP/1.1 200 \r\n", PAGE),
        line("9112 4", "no-reason-and-no-space", "HTTP/1.1 200\r\n", PAGE),
        line("9112 4", "two-spaces-before-reason", "HTTP/1.1 200  OK\r\n", PAGE),
        line("9112 4", "space-behind-reason", "HTTP/1.1 200 OK \r\n", PAGE),
        line("9112 4", "other-reason", "HTTP/1.1 200 Not Found\r\n", PAGE),
        line("9112 4", "reason-like-a-status-line", "HTTP/1.1 200 HTTP/1.1 404\r\n", PAGE),
        line("9112 4", "reason-in-utf-8", "HTTP/1.1 200 Déjà vu\r\n", PAGE),
        line("9112 4", "reason-in-latin-1", b"HTTP/1.1 200 D\xe9j\xe0 vu\r\n", PAGE),
        line("9112 4", "reason-with-tab", "HTTP/1.1 200 O\tK\r\n", PAGE),
        line("9112 4", "long-reason", format!("HTTP/1.1 200 {}\r\n", "x".repeat(10_000)), PAGE),
        line("9112 4", "reason-with-nul", "HTTP/1.1 200 O\0K\r\n", PROTOCOL),
        line("9112 4", "reason-with-control", "HTTP/1.1 200 O\x01K\r\n", PROTOCOL)
            .any_curl(PAGE, CONTROL),
        line("9112 2.2", "reason-with-bare-cr", "HTTP/1.1 200 O\rK\r\n", PROTOCOL)
            .old_curl(PAGE, BARE_CR),
        line("9112 4", "two-spaces-before-status", "HTTP/1.1  200 OK\r\n", PROTOCOL)
            .old_curl(PAGE, BLANK),
        line("9112 4", "tab-before-status", "HTTP/1.1\t200 OK\r\n", PROTOCOL).new_curl(PAGE, BLANK),
        line("9112 4", "tab-before-reason", "HTTP/1.1 200\tOK\r\n", PROTOCOL).any_curl(PAGE, BLANK),
        line("9112 4", "form-feed-before-status", "HTTP/1.1\x0c200 OK\r\n", PROTOCOL),
    ]
}

fn line_ends() -> Vec<Case> {
    vec![
        line("9112 2.2", "status-line-with-lf", "HTTP/1.1 200 OK\n", PAGE),
        line("9112 2.2", "no-reason-with-lf", "HTTP/1.1 200\n", PAGE),
        line("9112 2.2", "status-line-with-cr", "HTTP/1.1 200 OK\r", PROTOCOL)
            .end()
            .old_curl(LAST_PAGE, BARE_CR),
        line("9112 2.2", "status-line-with-cr-cr-lf", "HTTP/1.1 200 OK\r\r\n", PROTOCOL)
            .old_curl(PAGE, BARE_CR),
        line("9112 9.2", "empty-line-before", "\r\nHTTP/1.1 200 OK\r\n", PAGE)
            .any_curl(PROTOCOL, EMPTY_LINE),
        line("9112 9.2", "empty-lines-before", "\r\n\r\n\r\nHTTP/1.1 200 OK\r\n", PAGE)
            .any_curl(PROTOCOL, EMPTY_LINE),
        line("9112 9.2", "empty-line-with-lf-before", "\nHTTP/1.1 200 OK\r\n", PAGE)
            .any_curl(PROTOCOL, EMPTY_LINE),
        line("9112 9.2", "bare-cr-before", "\rHTTP/1.1 200 OK\r\n", PROTOCOL),
        case("9112 9.2", "empty-lines-alone", "\r\n\r\n", CLOSED_EARLY).end(),
        case("9112 2.1", "status-line-alone", "HTTP/1.1 200 OK\r\n", CLOSED_EARLY)
            .end()
            .old_curl(Closed(200, ""), CUT_HEAD),
        case("9112 2.1", "no-fields", "HTTP/1.1 200 OK\r\n\r\nabcde", LAST_PAGE).end(),
    ]
}
