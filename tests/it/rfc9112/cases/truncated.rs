//! Answers that are cut off: RFC 9112, section 8.

use super::Outcome::Closed;
use super::differences::{CUT_CHUNKS, CUT_HEAD};
use super::{BODY_SHORT, CLOSED_EARLY, Case, LAST_PAGE, Outcome, case};

/// A case that ends here with the connection.
fn cut(name: &'static str, answer: &str, right: Outcome) -> Case {
    case("9112 8", name, answer, right).end()
}

/// The same with a body in chunks.
fn cut_chunks(name: &'static str, body: &str) -> Case {
    cut(name, &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"), BODY_SHORT)
}

pub fn cases() -> Vec<Case> {
    vec![
        cut("nothing", "", CLOSED_EARLY),
        cut("cut-in-version", "HTTP/1.", CLOSED_EARLY),
        cut("cut-in-status", "HTTP/1.1 20", CLOSED_EARLY),
        cut("cut-in-reason", "HTTP/1.1 200 O", CLOSED_EARLY),
        cut("cut-in-name", "HTTP/1.1 200 OK\r\nContent-Le", CLOSED_EARLY)
            .old_curl(Closed(200, ""), CUT_HEAD),
        cut("cut-in-value", "HTTP/1.1 200 OK\r\nContent-Length: 0", CLOSED_EARLY)
            .old_curl(Closed(200, ""), CUT_HEAD),
        cut("cut-behind-a-field", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", CLOSED_EARLY)
            .old_curl(Closed(200, ""), CUT_HEAD),
        cut("cut-in-the-last-line", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r", CLOSED_EARLY)
            .old_curl(Closed(200, ""), CUT_HEAD),
        cut("cut-in-a-fold", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b\r\n c", CLOSED_EARLY)
            .old_curl(Closed(200, ""), CUT_HEAD),
        cut("cut-in-a-later-version", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n", CLOSED_EARLY),
        cut("cut-before-the-body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", BODY_SHORT),
        cut("cut-in-the-body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", BODY_SHORT),
        cut("cut-in-a-body-without-length", "HTTP/1.1 200 OK\r\n\r\nabc", Closed(200, "abc")),
        cut_chunks("cut-before-chunks", ""),
        cut_chunks("cut-in-size", "5"),
        cut_chunks("cut-behind-size", "5\r\n"),
        cut_chunks("cut-in-extension", "5;a"),
        cut_chunks("cut-in-data", "5\r\nabc"),
        cut_chunks("cut-behind-data", "5\r\nabcde"),
        cut_chunks("cut-before-last-chunk", "5\r\nabcde\r\n"),
        cut_chunks("cut-in-last-size", "5\r\nabcde\r\n0"),
        cut_chunks("cut-behind-last-size", "5\r\nabcde\r\n0\r\n"),
        cut_chunks("cut-in-last-line", "5\r\nabcde\r\n0\r\n\r").old_curl(LAST_PAGE, CUT_CHUNKS),
        cut_chunks("cut-in-trailer", "5\r\nabcde\r\n0\r\nX-A: b"),
        cut_chunks("cut-behind-trailer", "5\r\nabcde\r\n0\r\nX-A: b\r\n"),
    ]
}
