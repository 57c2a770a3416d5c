//! Field lines: RFC 9112, sections 2.2, 5 and 5.1; RFC 9110, sections 5.1, 5.4 and 5.5.

use super::differences::{BARE_CR, COLON, CONTROL, COUNT, SIZE};
use super::{Case, LAST_PAGE, Outcome, PAGE, PROTOCOL, case, fields};

pub fn cases() -> Vec<Case> {
    [names(), values(), lines(), sizes()].into_iter().flatten().collect()
}

/// Fields before the length, of which none changes the answer.
fn before(
    section: &'static str,
    name: &'static str,
    line: impl AsRef<[u8]>,
    right: Outcome,
) -> Case {
    fields(section, name, [line.as_ref(), b"\r\nContent-Length: 5\r\n"].concat(), right)
}

fn names() -> Vec<Case> {
    vec![
        before("9110 5.1", "name-of-all-token-bytes", "!#$%&'*+-.^_`|~0aZ: b", PAGE),
        fields("9110 5.1", "name-in-upper-case", "CONTENT-LENGTH: 5\r\n", PAGE),
        fields("9110 5.1", "name-in-lower-case", "content-length: 5\r\n", PAGE),
        before("9110 5.1", "name-longer-than-a-known-one", "Content-Lengths: 3", PAGE),
        before("9112 5", "name-empty", ": b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5", "name-alone", "X-A", PROTOCOL),
        before("9112 5", "name-with-space", "X A: b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5", "name-with-at", "X@A: b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5", "name-with-slash", "HTTP/1.1 404 Not: found", PROTOCOL)
            .any_curl(PAGE, COLON),
        before("9112 5", "name-with-quotes", "\"X\": b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5", "name-with-nul", "X\0A: b", PROTOCOL),
        before("9112 5", "name-with-control", "X\x01A: b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5", "name-in-utf-8", "X-é: b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5.1", "space-before-colon", "X-A : b", PROTOCOL).any_curl(PAGE, COLON),
        before("9112 5.1", "tab-before-colon", "X-A\t: b", PROTOCOL).any_curl(PAGE, COLON),
        fields("9112 5.1", "space-before-colon-of-length", "Content-Length : 5\r\n", PROTOCOL)
            .end()
            .any_curl(LAST_PAGE, COLON),
        fields(
            "9112 5.1",
            "space-before-colon-of-coding",
            "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n",
            PROTOCOL,
        )
        .any_curl(PAGE, COLON),
    ]
}

fn values() -> Vec<Case> {
    vec![
        fields("9112 5.1", "value-without-space", "Content-Length:5\r\n", PAGE),
        fields("9112 5.1", "value-in-spaces", "Content-Length:   5   \r\n", PAGE),
        fields("9112 5.1", "value-in-tabs", "Content-Length:\t5\t\r\n", PAGE),
        before("9110 5.5", "value-empty", "X-A:", PAGE),
        before("9110 5.5", "value-of-spaces", "X-A:   ", PAGE),
        before("9110 5.5", "value-with-colon", "X-A: b: c", PAGE),
        before("9110 5.5", "value-like-a-status-line", "X-A: HTTP/1.1 404 Not Found", PAGE),
        before("9110 5.5", "value-in-utf-8", "X-A: café", PAGE),
        before("9110 5.5", "value-in-latin-1", b"X-A: caf\xe9", PAGE),
        before("9110 5.5", "value-with-tab", "X-A: b\tc", PAGE),
        before("9110 5.5", "value-with-nul", "X-A: b\0c", PROTOCOL),
        before("9110 5.5", "value-with-control", "X-A: b\x01c", PROTOCOL).any_curl(PAGE, CONTROL),
        before("9110 5.5", "value-with-delete", "X-A: b\x7fc", PROTOCOL).any_curl(PAGE, CONTROL),
        before("9110 5.5", "value-with-bare-cr", "X-A: b\rc", PROTOCOL).old_curl(PAGE, BARE_CR),
        fields("9110 5.5", "length-with-bare-cr", "Content-Length: \r5\r\n", PROTOCOL),
        before("9110 5.5", "value-that-ends-in-cr", "X-A: b\r", PROTOCOL).old_curl(PAGE, BARE_CR),
        before("9110 5.3", "name-twice", "X-A: b\r\nX-A: c", PAGE),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        case("9112 2.2", "lf-everywhere", "HTTP/1.1 200 OK\nContent-Length: 5\n\nabcde", PAGE),
        fields("9112 2.2", "lf-behind-a-field", "X-A: b\nContent-Length: 5\r\n", PAGE),
        case(
            "9112 2.2",
            "lf-behind-the-head",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nabcde",
            PAGE,
        ),
        case("9112 2.2", "cr-everywhere", "HTTP/1.1 200 OK\rContent-Length: 5\r\rabcde", PROTOCOL)
            .end(),
        case(
            "9112 2.2",
            "cr-behind-the-head",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\rabcde",
            PROTOCOL,
        )
        .end(),
        before("9112 2.2", "space-before-first-field", " X-A: b", PROTOCOL).new_curl(PAGE, COLON),
        before("9112 2.2", "tab-before-first-field", "\tX-A: b", PROTOCOL).new_curl(PAGE, COLON),
        before("9112 2.2", "space-before-first-field-without-colon", " b", PROTOCOL),
        before("9112 2.2", "line-of-spaces-first", "  ", PROTOCOL),
        fields("9112 2.2", "space-before-first-length", " Content-Length: 5\r\n", PROTOCOL)
            .end()
            .new_curl(LAST_PAGE, COLON),
    ]
}

fn sizes() -> Vec<Case> {
    let cookies: String =
        (0..120).map(|number| format!("Set-Cookie: name{number}=value\r\n")).collect();
    let many: String = (0..4_000).map(|number| format!("A{number}: b\r\n")).collect();
    let names: String = (0..6_000).map(|number| format!("a{number}:\r\n")).collect();
    let large = |count: usize| format!("X-A: {}", "b".repeat(count));
    vec![
        before("9110 5.4", "120-cookies", cookies.trim_end(), PAGE),
        before("9110 5.4", "4000-fields", many.trim_end(), PAGE),
        before("9110 5.4", "6000-fields", names.trim_end(), PAGE).new_curl(PROTOCOL, COUNT),
        before("9110 5.4", "field-of-60-kb", large(60_000), PAGE),
        before("9110 5.4", "field-of-70-kb", large(70_000), PROTOCOL).any_curl(PAGE, SIZE),
        before("9110 5.4", "head-of-400-kb", vec![large(80_000); 5].join("\r\n"), PROTOCOL),
    ]
}
