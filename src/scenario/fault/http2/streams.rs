//! Frames on streams that do not allow them, and streams that are refused or reset.

use super::super::script::FrameStream::{Asked, Connection, Even, Idle};
use super::super::script::Step::{Body, Bytes, Frame, Stream};
use super::super::script::{End, Script};
use super::super::{ANSWER_OR_PROTOCOL, Fault, Made, PROGRAMMED, Right};
use super::{
    BODY, CANCEL, DATA, END_HEADERS, HALF, HEAD, HEADERS, INTERNAL_ERROR, NO_ERROR, PING,
    PING_BYTES, PUSH_PROMISE, REFUSED_STREAM, RST_STREAM, SETTINGS, STATUS, broken, fault, legal,
};
use crate::fetch::error::ErrorClass;

const RESET: Right = Right::Fail(&[ErrorClass::Reset]);

pub(in super::super) const FAULTS: &[Fault] = &[
    broken(
        "h2-data-idle",
        "sends DATA on a stream that was never opened, then responds",
        &[Frame(DATA, 0, Idle, &[Body]), HEAD, BODY],
        "RFC 9113, section 5.1: DATA on an idle stream is a connection error",
    ),
    broken(
        "h2-headers-even",
        "opens stream 2 with HEADERS, then responds",
        &[Frame(HEADERS, END_HEADERS, Even, &[STATUS]), HEAD, BODY],
        "RFC 9113, section 5.1.1: an unexpected stream identifier is a connection error",
    ),
    broken(
        "h2-data-stream-0",
        "sends DATA on stream 0, then responds",
        &[Frame(DATA, 0, Connection, &[Body]), HEAD, BODY],
        "RFC 9113, section 6.1: DATA on stream 0 is a connection error",
    ),
    broken(
        "h2-settings-on-stream",
        "sends SETTINGS on the stream, then responds",
        &[Frame(SETTINGS, 0, Asked, &[]), HEAD, BODY],
        "RFC 9113, section 6.5: SETTINGS on any other stream than 0 is a connection error",
    ),
    broken(
        "h2-ping-on-stream",
        "sends PING on the stream, then responds",
        &[Frame(PING, 0, Asked, &[PING_BYTES]), HEAD, BODY],
        "RFC 9113, section 6.7: PING on any other stream than 0 is a connection error",
    ),
    broken(
        "h2-push",
        "promises a push, which the client has disabled, then responds",
        // A GET of http://a/.
        &[
            Frame(
                PUSH_PROMISE,
                END_HEADERS,
                Asked,
                &[Stream(Even), Bytes(b"\x82\x86\x84\x01\x01a")],
            ),
            HEAD,
            BODY,
        ],
        "RFC 9113, section 8.4: PUSH_PROMISE is a connection error if push is disabled",
    ),
    fault(
        "h2-data-after-end",
        "responds, then sends DATA on the ended stream",
        &[HEAD, BODY, Frame(DATA, 0, Asked, &[Bytes(b"surplus")])],
        ANSWER_OR_PROTOCOL,
        "RFC 9113, section 5.1: frames after END_STREAM are an error, which comes too late for \
         the response",
    ),
    legal(
        "h2-rst-after-end",
        "responds, then resets the stream without an error",
        &[HEAD, BODY, Frame(RST_STREAM, 0, Asked, &[NO_ERROR])],
        "RFC 9113, section 8.1: a client must not discard a response because of such a reset",
    ),
    fault(
        "h2-rst-before-head",
        "resets the stream instead of responding",
        &[Frame(RST_STREAM, 0, Asked, &[INTERNAL_ERROR])],
        RESET,
        "RFC 9113, section 5.4.2: RST_STREAM ends the stream in error",
    ),
    fault(
        "h2-rst-in-body",
        "resets the stream after half the body",
        &[HEAD, HALF, Frame(RST_STREAM, 0, Asked, &[CANCEL])],
        RESET,
        "RFC 9113, section 8.1: a response is complete only with END_STREAM",
    ),
    fault(
        "h2-rst-no-error",
        "resets the stream after half the body, without an error",
        &[HEAD, HALF, Frame(RST_STREAM, 0, Asked, &[NO_ERROR])],
        RESET,
        "RFC 9113, section 8.1: only a complete response can be followed by such a reset",
    ),
    Fault {
        made: Made::Http2Refusal(Script {
            steps: &[Frame(RST_STREAM, 0, Asked, &[REFUSED_STREAM])],
            end: End::Keep,
        }),
        ..fault(
            "h2-refused",
            "refuses the stream; a repeated request is answered",
            &[],
            Right::Either(PROGRAMMED, &[ErrorClass::Reset]),
            "RFC 9113, section 8.7: a refused request was not processed and may be repeated",
        )
    },
    fault(
        "h2-always-refused",
        "refuses the stream, however often the request is repeated",
        &[Frame(RST_STREAM, 0, Asked, &[REFUSED_STREAM])],
        RESET,
        "RFC 9113, section 8.7: a refused request may be repeated, but not without end",
    ),
    broken(
        "h2-data-before-head",
        "sends DATA before the head",
        &[Frame(DATA, 0, Asked, &[Bytes(b"early")]), HEAD, BODY],
        "RFC 9113, section 8.1: a response begins with HEADERS; any other order is malformed",
    ),
];
