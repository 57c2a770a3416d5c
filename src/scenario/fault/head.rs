//! Faults of the head: the status line and the headers.

use std::time::Duration;

use super::{ANSWER_OR_PROTOCOL, BLANK, End, Fault, PROTOCOL, RIGHT_ANSWER, Right, Step, reply};
use crate::fetch::error::ErrorClass;

/// The pause between two bursts of an endless head.
const REST: Duration = Duration::from_millis(2);

/// An endless head may be refused for its size, or end with the deadline.
const PROTOCOL_OR_TIMEOUT: Right = Right::Fail(&[ErrorClass::Protocol, ErrorClass::Timeout]);

const OK: Step = Step::Bytes(b"HTTP/1.1 200 OK\r\n");
const LENGTH: Step = Step::Bytes(b"content-length: ");
const END_OF_LENGTH: Step = Step::Bytes(b"\r\n\r\n");

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "garbage",
        what: "responds with a line that is not HTTP",
        made: reply(&[Step::Bytes(b"this is not HTTP\r\n\r\n")], End::Close),
        right: PROTOCOL,
        why: "RFC 9112, section 4: a response begins with HTTP-version SP status-code",
    },
    Fault {
        name: "garbage-status",
        what: "sends a status that is not a number",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 2x0 OK\r\n"),
                LENGTH,
                Step::Length(0),
                END_OF_LENGTH,
                Step::Body,
            ],
            End::Keep,
        ),
        right: PROTOCOL,
        why: "RFC 9112, section 4: status-code = 3DIGIT",
    },
    Fault {
        name: "http-1.0",
        what: "responds correctly in HTTP/1.0, then closes",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.0 200 OK\r\n"),
                LENGTH,
                Step::Length(0),
                END_OF_LENGTH,
                Step::Body,
            ],
            End::Close,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9110, section 6.2: a server may respond in a lower minor version of the same \
              major version",
    },
    Fault {
        name: "bare-lf",
        what: "ends the lines of the head with a bare LF",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 200 OK\n"),
                LENGTH,
                Step::Length(0),
                Step::Bytes(b"\n\n"),
                Step::Body,
            ],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9112, section 2.2: a recipient may recognise a single LF as the end of a line",
    },
    Fault {
        name: "nul-in-header",
        what: "sends a header value that contains a NUL",
        made: reply(&[Step::Head, Step::Bytes(b"x-a: b\0c\r\n"), BLANK, Step::Body], End::Keep),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9110, section 5.5: reject it or replace it with a space; the server cannot see \
              which",
    },
    Fault {
        name: "utf8-in-header",
        what: "sends a header value in UTF-8 with a non-ASCII letter",
        made: reply(
            &[Step::Head, Step::Bytes(b"x-a: caf\xc3\xa9\r\n"), BLANK, Step::Body],
            End::Keep,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9110, section 5.5: other octets in a field value should be treated as opaque \
              data",
    },
    Fault {
        name: "latin1-in-header",
        what: "sends a header value in Latin-1 with a non-ASCII letter",
        made: reply(&[Step::Head, Step::Bytes(b"x-a: caf\xe9\r\n"), BLANK, Step::Body], End::Keep),
        right: RIGHT_ANSWER,
        why: "RFC 9110, section 5.5: other octets in a field value should be treated as opaque \
              data",
    },
    Fault {
        name: "long-header",
        what: "sends one header of 100 KB",
        made: reply(
            &[
                Step::Head,
                Step::Bytes(b"x-a: "),
                Step::Times(100_000, b"b"),
                BLANK,
                BLANK,
                Step::Body,
            ],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9110, section 5.4: no limit is defined; a client may reject headers larger than \
              it wants to process",
    },
    Fault {
        name: "many-headers",
        what: "sends 10,000 headers",
        made: reply(
            &[Step::Head, Step::Times(10_000, b"x-a: b\r\n"), BLANK, Step::Body],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9110, section 5.4: no limit is defined; a client may reject headers larger than \
              it wants to process",
    },
    Fault {
        name: "endless-headers",
        what: "sends headers without end",
        made: reply(&[OK], End::Forever(&[Step::Bytes(b"x-a: b\r\n")], 4096, REST)),
        right: PROTOCOL_OR_TIMEOUT,
        why: "RFC 9110, section 17.5: a recipient should limit how much it reads",
    },
    Fault {
        name: "endless-line",
        what: "sends a header line without end",
        made: reply(
            &[OK, Step::Bytes(b"x-a: ")],
            End::Forever(&[Step::Bytes(b"bbbbbbbb")], 4096, REST),
        ),
        right: PROTOCOL_OR_TIMEOUT,
        why: "RFC 9110, section 17.5: a recipient should limit how much it reads",
    },
    Fault {
        name: "interim",
        what: "sends 100 and 103 before the final response",
        made: reply(
            &[
                Step::Bytes(
                    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
                ),
                Step::Head,
                BLANK,
                Step::Body,
            ],
            End::Keep,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9110, section 15.2: a client must be able to parse interim responses, even if \
              it expects none",
    },
    Fault {
        name: "endless-interims",
        what: "sends 103 responses without end",
        made: reply(
            &[],
            End::Forever(&[Step::Bytes(b"HTTP/1.1 103 Early Hints\r\n\r\n")], 64, REST),
        ),
        right: PROTOCOL_OR_TIMEOUT,
        why: "RFC 9110, section 15.2: interim responses precede a final one; here only the \
              deadline ends the wait",
    },
];
