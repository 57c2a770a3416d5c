//! Lengths: RFC 9112, sections 6.2 and 6.3; RFC 9110, section 8.6.

use super::Outcome::{Closed, Kept};
use super::differences::{LARGE, LAST_LENGTH, MEMBER, NUMBER};
use super::{BODY_SHORT, Case, LAST_PAGE, Outcome, PAGE, PROTOCOL, case, fields};

/// A case with this value of `content-length`.
fn length(section: &'static str, name: &'static str, value: &str, right: Outcome) -> Case {
    fields(section, name, format!("Content-Length: {value}\r\n"), right)
}

pub fn cases() -> Vec<Case> {
    [numbers(), lists(), bodies()].into_iter().flatten().collect()
}

fn numbers() -> Vec<Case> {
    vec![
        length("9110 8.6", "length-with-leading-zeros", "0005", PAGE),
        length("9110 8.6", "length-with-a-hundred-zeros", &format!("{:0>101}", 5), PAGE),
        length("9110 8.6", "length-with-plus", "+5", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-with-minus", "-5", PROTOCOL),
        length("9110 8.6", "length-with-fraction", "5.0", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-with-exponent", "5e0", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-in-hex", "0x5", PROTOCOL).old_curl(Kept(200, ""), NUMBER),
        length("9110 8.6", "length-with-underscore", "0_5", PROTOCOL)
            .old_curl(Kept(200, ""), NUMBER),
        length("9110 8.6", "length-in-quotes", "\"5\"", PROTOCOL),
        length("9110 8.6", "length-with-parameter", "5;q=1", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-with-unit", "5 bytes", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-in-letters", "five", PROTOCOL),
        length("9110 8.6", "length-in-other-digits", "\u{665}", PROTOCOL),
        length("9112 6.3", "length-empty", "", PROTOCOL),
        length("9112 6.3", "two-lengths-without-comma", "5 5", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9110 8.6", "length-beyond-64-bits", "18446744073709551616", PROTOCOL)
            .end()
            .any_curl(LAST_PAGE, LARGE),
        length("9110 8.6", "length-of-64-bits", "18446744073709551615", BODY_SHORT)
            .end()
            .old_curl(LAST_PAGE, LARGE),
        length("9110 8.6", "length-beyond-63-bits", "9223372036854775808", BODY_SHORT)
            .end()
            .old_curl(LAST_PAGE, LARGE),
        length("9110 8.6", "length-of-63-bits", "9223372036854775807", BODY_SHORT).end(),
        length("9110 8.6", "length-beyond-32-bits", "4294967301", BODY_SHORT).end(),
    ]
}

fn lists() -> Vec<Case> {
    vec![
        length("9112 6.3", "same-length-in-list", "5, 5", PAGE),
        length("9112 6.3", "same-length-with-zeros", "5, 05", PAGE),
        length("9110 5.6.1", "empty-member-between-lengths", "5,,5", PAGE)
            .new_curl(PROTOCOL, MEMBER),
        length("9110 5.6.1", "empty-member-before-length", ", 5", PAGE).any_curl(PROTOCOL, MEMBER),
        length("9110 5.6.1", "empty-member-behind-length", "5,", PAGE).new_curl(PROTOCOL, MEMBER),
        length("9110 5.6.1", "empty-members-alone", ",", PROTOCOL),
        length("9112 6.3", "other-length-in-list", "5, 3", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9112 6.3", "invalid-length-in-list", "5, x", PROTOCOL).old_curl(PAGE, NUMBER),
        length("9112 6.3", "same-length-in-lines", "5\r\nContent-Length: 5", PAGE),
        length("9112 6.3", "other-length-in-lines", "5\r\nContent-Length: 3", PROTOCOL)
            .old_curl(Closed(200, "abc"), LAST_LENGTH),
        length("9112 6.3", "longer-length-in-lines", "3\r\nContent-Length: 5", PROTOCOL)
            .old_curl(PAGE, LAST_LENGTH),
        length("9112 6.3", "invalid-length-behind-length", "5\r\nContent-Length: x", PROTOCOL),
    ]
}

fn bodies() -> Vec<Case> {
    vec![
        case(
            "9112 6.3",
            "length-zero",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            Kept(200, ""),
        ),
        case("9112 6.3", "no-length", "HTTP/1.1 200 OK\r\nServer: a\r\n\r\nabcde", LAST_PAGE).end(),
        case(
            "9112 6.3",
            "no-length-and-no-body",
            "HTTP/1.1 200 OK\r\nServer: a\r\n\r\n",
            Closed(200, ""),
        )
        .end(),
        length("9112 6.3", "body-behind-length", "3", Closed(200, "abc")),
        length("9112 6.3", "body-shorter-than-length", "9", BODY_SHORT).end(),
    ]
}
