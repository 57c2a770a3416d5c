//! Folded lines: RFC 9112, section 5.2. A user agent replaces each fold by spaces.

use super::Outcome::{Closed, Kept};
use super::differences::{BARE_CR, FOLD};
use super::{Case, LAST_PAGE, PAGE, PROTOCOL, case, fields};

pub fn cases() -> Vec<Case> {
    vec![
        fields("9112 5.2", "fold", "X-A: b\r\n c\r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-with-tab", "X-A: b\r\n\tc\r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-with-spaces", "X-A: b  \r\n   c\r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-twice", "X-A: b\r\n c\r\n d\r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-with-lf", "X-A: b\n c\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-of-last-field", "Content-Length: 5\r\nX-A: b\r\n c\r\n", PAGE),
        fields("9112 5.2", "fold-of-empty-value", "X-A:\r\n b\r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-to-spaces", "X-A: b\r\n  \r\nContent-Length: 5\r\n", PAGE),
        fields("9112 5.2", "fold-of-length", "Content-Length:\r\n 5\r\n", PAGE)
            .old_curl(PROTOCOL, FOLD),
        fields("9112 5.2", "fold-behind-length", "Content-Length: 5\r\n \r\n", PAGE),
        fields("9112 5.2", "fold-in-length", "Content-Length: 0\r\n 5\r\n", PROTOCOL)
            .old_curl(Kept(200, ""), FOLD),
        fields("9112 5.2", "fold-in-list-of-lengths", "Content-Length: 5,\r\n 5\r\n", PAGE),
        fields(
            "9112 5.2",
            "fold-like-a-length",
            "X-A: b\r\n Content-Length: 3\r\nContent-Length: \
            5\r\n",
            PAGE,
        ),
        fields(
            "9112 5.2",
            "fold-like-a-status-line",
            "X-A: b\r\n HTTP/1.1 404 \
            A\r\nContent-Length: 5\r\n",
            PAGE,
        ),
        fields(
            "9112 5.2",
            "fold-in-connection",
            "Content-Length: 5\r\nConnection: te,\r\n \
            close\r\n",
            LAST_PAGE,
        )
        .old_curl(PAGE, FOLD),
        fields(
            "9112 5.2",
            "fold-in-close",
            "Content-Length: 5\r\nConnection: cl\r\n ose\r\n",
            PAGE,
        ),
        fields("9112 5.2", "fold-with-nul", "X-A: b\r\n c\0\r\nContent-Length: 5\r\n", PROTOCOL),
        fields(
            "9112 5.2",
            "fold-with-bare-cr",
            "X-A: b\r\n c\rd\r\nContent-Length: 5\r\n",
            PROTOCOL,
        )
        .old_curl(PAGE, BARE_CR),
        case(
            "9112 5.2",
            "fold-of-coding",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding:\r\n \
             chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
            LAST_PAGE,
        )
        .end()
        .old_curl(Closed(200, "5\r\nabcde\r\n0\r\n\r\n"), FOLD),
        case(
            "9112 5.2",
            "fold-in-list-of-codings",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: \
             identity,\r\n\tchunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
            LAST_PAGE,
        )
        .end()
        .old_curl(Closed(200, "5\r\nabcde\r\n0\r\n\r\n"), FOLD),
        case(
            "9112 5.2",
            "fold-of-status-line",
            "HTTP/1.1 200\r\n OK\r\nContent-Length: \
            5\r\n\r\nabcde",
            PROTOCOL,
        ),
    ]
}
