//! Interim answers: RFC 9110, sections 7.8 and 15.2; RFC 9112, section 9.2.

use super::Outcome::Closed;
use super::differences::{CUT_HEAD, EMPTY_LINE, MINOR, SWITCHED};
use super::{CLOSED_EARLY, Case, LAST_PAGE, Outcome, PAGE, PROTOCOL, case};

/// A case with these bytes before a right answer.
fn before(
    section: &'static str,
    name: &'static str,
    interim: impl AsRef<[u8]>,
    right: Outcome,
) -> Case {
    case(
        section,
        name,
        [interim.as_ref(), b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"].concat(),
        right,
    )
}

pub fn cases() -> Vec<Case> {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    vec![
        before("9110 15.2", "100", "HTTP/1.1 100 Continue\r\n\r\n", PAGE),
        before("9110 15.2", "102", "HTTP/1.1 102 Processing\r\n\r\n", PAGE),
        before("9110 15.2", "103", hints, PAGE),
        before("9110 15.2", "199", "HTTP/1.1 199 A\r\n\r\n", PAGE),
        before("9110 15.2", "100-without-reason", "HTTP/1.1 100\r\n\r\n", PAGE),
        before("9110 15.2", "100-and-103", format!("HTTP/1.1 100 Continue\r\n\r\n{hints}"), PAGE),
        before("9110 15.2", "hundred-of-103", hints.repeat(100), PAGE),
        before("9110 17.5", "too-many-of-103", hints.repeat(10_000), PROTOCOL),
        before(
            "9112 6.3",
            "100-with-length",
            "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n",
            PAGE,
        ),
        before(
            "9112 6.3",
            "100-with-invalid-length",
            "HTTP/1.1 100 Continue\r\nContent-Length: x\r\n\r\n",
            PAGE,
        ),
        before(
            "9112 6.3",
            "100-with-gzip",
            "HTTP/1.1 100 Continue\r\nTransfer-Encoding: gzip\r\n\r\n",
            PAGE,
        ),
        before(
            "9110 15.2",
            "103-with-location",
            "HTTP/1.1 103 Early Hints\r\nLocation: /elsewhere\r\n\r\n",
            PAGE,
        ),
        before(
            "9112 5.2",
            "103-with-fold",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>;\r\n rel=a\r\n\r\n",
            PAGE,
        ),
        before(
            "9112 9.6",
            "100-with-close",
            "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n",
            LAST_PAGE,
        ),
        before("9110 6.2", "100-in-1.2", "HTTP/1.2 100 Continue\r\n\r\n", PAGE)
            .any_curl(PROTOCOL, MINOR),
        before("9112 9.2", "100-and-an-empty-line", "HTTP/1.1 100 Continue\r\n\r\n\r\n", PAGE)
            .any_curl(PROTOCOL, EMPTY_LINE),
        before("9112 2.1", "100-and-garbage", "HTTP/1.1 100 Continue\r\n\r\nabcde\r\n", PROTOCOL),
        case("9110 15.2", "100-alone", "HTTP/1.1 100 Continue\r\n\r\n", CLOSED_EARLY).end(),
        case(
            "9110 15.2",
            "100-and-half-a-head",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
            CLOSED_EARLY,
        )
        .end()
        .old_curl(Closed(200, ""), CUT_HEAD),
        case(
            "9110 15.2",
            "103-and-404",
            format!("{hints}HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nabcde"),
            Closed(404, "abcde"),
        )
        .end(),
        case("9110 7.8", "101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n", PROTOCOL)
            .end(),
        case(
            "9110 7.8",
            "101-without-upgrade",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            PROTOCOL,
        )
        .end(),
        before(
            "9110 7.8",
            "101-and-an-answer",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n",
            PROTOCOL,
        )
        .end()
        .old_curl(Closed(101, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"), SWITCHED),
        before(
            "9110 7.8",
            "100-and-101",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n",
            PROTOCOL,
        )
        .end()
        .old_curl(Closed(101, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"), SWITCHED),
    ]
}
