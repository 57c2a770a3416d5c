//! The chunked coding: RFC 9112, sections 7.1, 7.1.1 and 7.1.2; RFC 9110, section 6.5.1.

use super::Outcome::{Closed, Kept};
use super::differences::{BEHIND_SIZE, COLON, DISCARDS, LF, TRAILER_FOLD, ZEROS};
use super::{BODY_SHORT, Case, Outcome, PAGE, PROTOCOL, case};

/// A case with this body.
fn body(section: &'static str, name: &'static str, body: impl AsRef<[u8]>, right: Outcome) -> Case {
    case(
        section,
        name,
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body.as_ref()].concat(),
        right,
    )
}

pub fn cases() -> Vec<Case> {
    [sizes(), line_ends(), extensions(), trailers()].into_iter().flatten().collect()
}

fn sizes() -> Vec<Case> {
    vec![
        body("9112 7.1", "two-chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1", "no-chunks", "0\r\n\r\n", Kept(200, "")),
        body(
            "9112 7.1",
            "size-in-upper-case",
            "A\r\nabcdefghij\r\n0\r\n\r\n",
            Kept(200, "abcdefghij"),
        ),
        body(
            "9112 7.1",
            "size-in-lower-case",
            "a\r\nabcdefghij\r\n0\r\n\r\n",
            Kept(200, "abcdefghij"),
        ),
        body("9112 7.1", "size-with-zeros", "0005\r\nabcde\r\n0\r\n\r\n", PAGE),
        body(
            "9112 7.1",
            "size-with-forty-zeros",
            format!("{:0>41}\r\nabcde\r\n0\r\n\r\n", 5),
            PAGE,
        )
        .any_curl(PROTOCOL, ZEROS),
        body("9112 7.1", "last-size-with-zeros", "5\r\nabcde\r\n000\r\n\r\n", PAGE),
        body(
            "9112 7.1",
            "data-like-a-last-chunk",
            "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
            Kept(200, "\r\n0\r\n\r\n"),
        ),
        body("9112 7.1", "size-empty", "\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "size-with-prefix", "0x5\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "size-with-plus", "+5\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "size-with-minus", "-5\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "size-no-number", "g\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "size-with-letter-behind", "5g\r\nabcde\r\n0\r\n\r\n", PROTOCOL)
            .any_curl(PAGE, BEHIND_SIZE),
        body("9112 7.1", "size-with-space-before", " 5\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1.1", "size-with-space-behind", "5 \r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1.1", "size-with-tab-behind", "5\t\r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1", "two-sizes-in-a-line", "5 5\r\nabcde\r\n0\r\n\r\n", PROTOCOL)
            .any_curl(PAGE, BEHIND_SIZE),
        body(
            "9112 7.1",
            "size-beyond-64-bits",
            "10000000000000005\r\nabcde\r\n0\r\n\r\n",
            PROTOCOL,
        ),
        body("9112 7.1", "size-of-64-bits", "ffffffffffffffff\r\nabcde\r\n0\r\n\r\n", BODY_SHORT)
            .end(),
        body("9112 7.1", "size-of-63-bits", "7fffffffffffffff\r\nabcde\r\n0\r\n\r\n", BODY_SHORT)
            .end(),
        body("9112 7.1", "data-longer-than-size", "3\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "data-shorter-than-size", "7\r\nabcde\r\n0\r\n\r\n", PROTOCOL),
        body(
            "9112 9.2",
            "bytes-behind-last-chunk",
            "5\r\nabcde\r\n0\r\n\r\nmore",
            Closed(200, "abcde"),
        )
        .any_curl(PAGE, DISCARDS),
    ]
}

fn line_ends() -> Vec<Case> {
    vec![
        body("9112 7.1", "lf-behind-size", "5\nabcde\r\n0\r\n\r\n", PROTOCOL).any_curl(PAGE, LF),
        body("9112 7.1", "cr-behind-size", "5\rabcde\r\n0\r\n\r\n", PROTOCOL).end(),
        body("9112 7.1", "lf-behind-data", "5\r\nabcde\n0\r\n\r\n", PROTOCOL).any_curl(PAGE, LF),
        body("9112 7.1", "cr-behind-data", "5\r\nabcde\r0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "nothing-behind-data", "5\r\nabcde0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "empty-line-behind-data", "5\r\nabcde\r\n\r\n0\r\n\r\n", PROTOCOL),
        body("9112 7.1", "lf-behind-last-size", "5\r\nabcde\r\n0\n\r\n", PROTOCOL)
            .any_curl(PAGE, LF),
        body("9112 7.1", "lf-behind-last-chunk", "5\r\nabcde\r\n0\r\n\n", PROTOCOL)
            .any_curl(PAGE, LF),
        body("9112 7.1", "cr-behind-last-chunk", "5\r\nabcde\r\n0\r\n\rx", PROTOCOL),
    ]
}

fn extensions() -> Vec<Case> {
    let long = |count: usize| format!("5;a={}\r\nabcde\r\n0\r\n\r\n", "b".repeat(count));
    vec![
        body("9112 7.1.1", "extension", "5;a\r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1.1", "extension-with-value", "5;a=b;c=d\r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1.1", "extension-with-spaces", "5 ; a = b\r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1.1", "extension-in-quotes", "5;a=\"b;c\\\"\"\r\nabcde\r\n0\r\n\r\n", PAGE),
        body("9112 7.1.1", "extension-of-last-chunk", "5\r\nabcde\r\n0;a=b\r\n\r\n", PAGE),
        body("9112 7.1.1", "extension-with-lf", "5;a\nabcde\r\n0\r\n\r\n", PROTOCOL)
            .any_curl(PAGE, LF),
        body(
            "9112 7.1.1",
            "extension-with-lf-in-quotes",
            "5;a=\"\n\"\r\nabcde\r\n0\r\n\r\n",
            PROTOCOL,
        ),
        body("9112 7.1.1", "extension-with-bare-cr", "5;a\rb\r\nabcde\r\n0\r\n\r\n", PROTOCOL)
            .any_curl(PAGE, BEHIND_SIZE),
        body("9112 7.1.1", "extension-of-10-kb", long(10_000), PAGE),
        body("9112 7.1.1", "extension-of-70-kb", long(70_000), PROTOCOL)
            .any_curl(PAGE, BEHIND_SIZE),
    ]
}

/// A case with these trailers.
fn trailer(
    section: &'static str,
    name: &'static str,
    lines: impl AsRef<[u8]>,
    right: Outcome,
) -> Case {
    body(section, name, [b"5\r\nabcde\r\n0\r\n", lines.as_ref(), b"\r\n\r\n"].concat(), right)
}

fn trailers() -> Vec<Case> {
    vec![
        trailer("9112 7.1.2", "trailer", "X-A: b", PAGE),
        trailer("9112 7.1.2", "two-trailers", "X-A: b\r\nX-B: c", PAGE),
        trailer("9112 5.2", "trailer-with-fold", "X-A: b\r\n c", PAGE)
            .new_curl(PROTOCOL, TRAILER_FOLD),
        trailer("9112 2.2", "trailer-with-lf", "X-A: b\nX-B: c", PAGE),
        trailer("9110 6.5.1", "trailer-with-length", "Content-Length: 3", PAGE),
        trailer("9110 6.5.1", "trailer-with-invalid-length", "Content-Length: x", PAGE),
        trailer("9110 6.5.1", "trailer-with-coding", "Transfer-Encoding: gzip", PAGE),
        trailer("9110 6.5.1", "trailer-with-location", "Location: /elsewhere", PAGE),
        trailer("9110 6.5.1", "trailer-with-close", "Connection: close", PAGE),
        trailer("9110 6.5.1", "trailer-like-a-status", "HTTP: /1.1 404 Not Found", PAGE),
        trailer("9112 5", "trailer-with-status-line", "HTTP/1.1 404 Not Found", PROTOCOL),
        trailer(
            "9112 5",
            "trailer-with-status-line-and-colon",
            "HTTP/1.1 404 Not: Found",
            PROTOCOL,
        )
        .any_curl(PAGE, COLON),
        trailer("9112 5", "trailer-without-colon", "X-A", PROTOCOL),
        trailer("9112 5.1", "trailer-with-space-before-colon", "X-A : b", PROTOCOL)
            .any_curl(PAGE, COLON),
        trailer("9112 2.2", "trailer-with-space-first", " X-A: b", PROTOCOL).any_curl(PAGE, COLON),
        trailer("9110 5.5", "trailer-with-nul", "X-A: b\0c", PROTOCOL),
        trailer("9110 5.5", "trailer-with-bare-cr", "X-A: b\rc", PROTOCOL),
        trailer("9112 7.1.2", "120-trailers", "X-A: b\r\n".repeat(120).trim_end(), PAGE),
        trailer("9112 7.1.2", "trailer-of-70-kb", format!("X-A: {}", "b".repeat(70_000)), PROTOCOL),
    ]
}
