//! Responses that are malformed, and heads in unusual places.

use super::super::script::FrameStream::Asked;
use super::super::script::Step::{self, Bytes, Field, Frame, LengthField};
use super::super::{Fault, Right};
use super::{
    BODY, END_HEADERS, END_STREAM, HEAD, HEADERS, OPEN_BODY, STATUS, broken, fault, legal,
};
use crate::fetch::error::ErrorClass;

/// Status 103.
const EARLY_HINTS: Step = Bytes(b"\x08\x03103");

pub(in super::super) const FAULTS: &[Fault] = &[
    broken(
        "h2-upper-case",
        "sends a field name with an upper-case letter",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, Field("X-a", "b")]), BODY],
        "RFC 9113, section 8.2.1: a name with upper-case letters is malformed",
    ),
    broken(
        "h2-connection-header",
        "sends connection: keep-alive",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, Field("connection", "keep-alive")]), BODY],
        "RFC 9113, section 8.2.2: connection-specific fields are malformed",
    ),
    broken(
        "h2-nul-in-value",
        "sends a field value that contains a NUL",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, Field("x-a", "b\0c")]), BODY],
        "RFC 9113, section 8.2.1: a value with NUL, LF or CR is malformed",
    ),
    broken(
        "h2-no-status",
        "sends a head without :status",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Field("x-a", "b")]), BODY],
        "RFC 9113, section 8.3.2: a response without :status is malformed",
    ),
    broken(
        "h2-two-statuses",
        "sends :status twice, 200 and 204",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, Bytes(b"\x89")]), BODY],
        "RFC 9113, section 8.3: the same pseudo-header twice is malformed",
    ),
    legal(
        "h2-interim",
        "sends 100 and 103 before the final response",
        &[
            Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x08\x03100")]),
            Frame(HEADERS, END_HEADERS, Asked, &[EARLY_HINTS, Field("link", "</a>")]),
            HEAD,
            BODY,
        ],
        "RFC 9113, section 8.1: interim responses precede the final one",
    ),
    broken(
        "h2-interim-ends",
        "ends the stream with 103",
        &[Frame(HEADERS, END_HEADERS | END_STREAM, Asked, &[EARLY_HINTS])],
        "RFC 9113, section 8.1: an interim response that ends the stream is malformed",
    ),
    legal(
        "h2-trailers",
        "sends trailers after the body",
        &[HEAD, OPEN_BODY, Frame(HEADERS, END_HEADERS | END_STREAM, Asked, &[Field("x-a", "b")])],
        "RFC 9113, section 8.1: trailers may end a response",
    ),
    broken(
        "h2-status-in-trailers",
        "sends :status in trailers",
        &[HEAD, OPEN_BODY, Frame(HEADERS, END_HEADERS | END_STREAM, Asked, &[STATUS])],
        "RFC 9113, section 8.1: trailers with pseudo-headers are malformed",
    ),
    broken(
        "h2-length-too-small",
        "sends a content-length 10 bytes shorter than the body",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, LengthField(-10)]), BODY],
        "RFC 9113, section 8.1.1: a length that is not the sum of the DATA is malformed",
    ),
    fault(
        "h2-length-too-large",
        "sends a content-length 10 bytes longer than the body",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS, LengthField(10)]), BODY],
        Right::Fail(&[ErrorClass::Protocol, ErrorClass::BodyShort]),
        "RFC 9113, section 8.1.1: a length that is not the sum of the DATA is malformed",
    ),
];
