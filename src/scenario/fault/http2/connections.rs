//! Faults of the connection: its settings, its windows, and its end.

use std::time::Duration;

use super::super::script::FrameStream::{Asked, Before, Connection, Highest};
use super::super::script::Step::{self, Bytes, Frame, Pong, Stream, Wait};
use super::super::script::{End, Script};
use super::super::{ANSWER_OR_PROTOCOL, Fault, Listening, Made, PAUSE, PROGRAMMED, Right};
use super::{
    BODY, GOAWAY, HALF, HEAD, INTERNAL_ERROR, NO_ERROR, PING, PING_BYTES, SETTINGS, WINDOW_UPDATE,
    broken, fault, http2, legal,
};
use crate::fetch::error::ErrorClass;
use crate::scenario::versions::HttpVersions;

/// A window update of the largest size.
const LARGEST: Step = Bytes(b"\x7f\xff\xff\xff");

const ENDED: Right = Right::Fail(&[ErrorClass::ClosedEarly, ErrorClass::Reset]);
const TIMEOUT: Right = Right::Fail(&[ErrorClass::Timeout]);

pub(in super::super) const FAULTS: &[Fault] = &[
    legal(
        "h2-ping",
        "sends PING, and responds once it is acknowledged",
        &[Frame(PING, 0, Connection, &[PING_BYTES]), Pong, HEAD, BODY],
        "RFC 9113, section 6.7: a receiver of PING must acknowledge it",
    ),
    broken(
        "h2-push-enabled",
        "sets SETTINGS_ENABLE_PUSH to 1",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x02\0\0\0\x01")]), HEAD, BODY],
        "RFC 9113, section 6.5.2: a client treats any value but 0 as a connection error",
    ),
    broken(
        "h2-window-too-large",
        "sets SETTINGS_INITIAL_WINDOW_SIZE to 2^31",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x04\x80\0\0\0")]), HEAD, BODY],
        "RFC 9113, section 6.5.2: a value above 2^31-1 is a FLOW_CONTROL_ERROR",
    ),
    broken(
        "h2-frame-size-low",
        "sets SETTINGS_MAX_FRAME_SIZE to 16,383",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x05\0\0\x3f\xff")]), HEAD, BODY],
        "RFC 9113, section 6.5.2: a value below 16,384 is a connection error",
    ),
    legal(
        "h2-no-streams",
        "responds, allows no streams for 100 ms, then allows 100",
        &[
            Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x03\0\0\0\0")]),
            HEAD,
            BODY,
            Wait(Duration::from_millis(100)),
            Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x03\0\0\0\x64")]),
        ],
        "RFC 9113, section 6.5.2: a server may allow no streams for short durations",
    ),
    legal(
        "h2-one-stream",
        "allows one stream",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x03\0\0\0\x01")]), HEAD, BODY],
        "RFC 9113, section 5.1.2: a client opens no more streams than the server allows",
    ),
    legal(
        "h2-zero-window",
        "gives streams a window of 0, for ever",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x04\0\0\0\0")]), HEAD, BODY],
        "RFC 9113, section 6.9: only DATA is subject to flow control, and a GET has none",
    ),
    broken(
        "h2-window-update-zero",
        "enlarges the window of the connection by 0",
        &[Frame(WINDOW_UPDATE, 0, Connection, &[Bytes(&[0; 4])]), HEAD, BODY],
        "RFC 9113, section 6.9: an increment of 0 is a connection error",
    ),
    broken(
        "h2-stream-update-zero",
        "enlarges the window of the stream by 0",
        &[Frame(WINDOW_UPDATE, 0, Asked, &[Bytes(&[0; 4])]), HEAD, BODY],
        "RFC 9113, section 6.9: an increment of 0 is a stream error",
    ),
    broken(
        "h2-window-overflow",
        "enlarges the window of the connection beyond 2^31-1",
        &[Frame(WINDOW_UPDATE, 0, Connection, &[LARGEST]), HEAD, BODY],
        "RFC 9113, section 6.9.1: a larger window must end the connection",
    ),
    fault(
        "h2-stream-overflow",
        "enlarges the window of the stream beyond 2^31-1",
        &[Frame(WINDOW_UPDATE, 0, Asked, &[LARGEST]), HEAD, BODY],
        ANSWER_OR_PROTOCOL,
        "RFC 9113, section 6.9.1: a larger window must end the stream; this one sends no more DATA",
    ),
    legal(
        "h2-goaway-spares",
        "sends GOAWAY that includes the stream, then responds",
        &[Frame(GOAWAY, 0, Connection, &[Stream(Asked), NO_ERROR]), HEAD, BODY],
        "RFC 9113, section 6.8: streams up to the last one are still completed",
    ),
    legal(
        "h2-goaway-twice",
        "sends GOAWAY with 2^31-1, the head, GOAWAY with the stream, and the body",
        &[
            Frame(GOAWAY, 0, Connection, &[Stream(Highest), NO_ERROR]),
            HEAD,
            Frame(GOAWAY, 0, Connection, &[Stream(Asked), NO_ERROR]),
            BODY,
        ],
        "RFC 9113, section 6.8: a graceful shutdown sends GOAWAY with 2^31-1 first",
    ),
    Fault {
        made: Made::Http2Refusal(Script {
            steps: &[Frame(GOAWAY, 0, Connection, &[Stream(Before), NO_ERROR]), PAUSE],
            end: End::Close,
        }),
        ..fault(
            "h2-goaway-refuses",
            "sends GOAWAY that excludes the stream; a repeated request is answered",
            &[],
            Right::Either(PROGRAMMED, &[ErrorClass::ClosedEarly, ErrorClass::Reset]),
            "RFC 9113, section 6.8: streams after the last one were not processed and may be \
             repeated",
        )
    },
    Fault {
        made: http2(
            &[Frame(GOAWAY, 0, Connection, &[Stream(Asked), INTERNAL_ERROR]), PAUSE],
            End::Close,
        ),
        ..fault(
            "h2-goaway-error",
            "sends GOAWAY with INTERNAL_ERROR, then closes",
            &[],
            ENDED,
            "RFC 9113, section 5.4.1: the connection ends after the error; the request may be \
             processed",
        )
    },
    Fault {
        made: http2(&[HEAD, HALF], End::Close),
        ..fault(
            "h2-close-in-body",
            "closes the connection after half the body",
            &[],
            Right::Fail(&[ErrorClass::BodyShort]),
            "RFC 9113, section 8.1: a response is complete only with END_STREAM",
        )
    },
    Fault {
        made: http2(&[HEAD, HALF, PAUSE], End::Reset),
        ..fault(
            "h2-reset-in-body",
            "resets the connection after half the body",
            &[],
            Right::Fail(&[ErrorClass::Reset]),
            "RFC 9113, section 8.1: a response is complete only with END_STREAM",
        )
    },
    Fault {
        made: http2(&[], End::Stay),
        ..fault(
            "h2-silence",
            "never responds, while the connection goes on",
            &[],
            TIMEOUT,
            "RFC 9113, section 8.1: a response is complete only with END_STREAM; here, the client \
             waits until the deadline",
        )
    },
    Fault {
        made: http2(&[HEAD, HALF], End::Stay),
        ..fault(
            "h2-stall-in-body",
            "sends half the body, then nothing, as if its window stayed at zero",
            &[],
            TIMEOUT,
            "RFC 9113, section 5.2.2: without WINDOW_UPDATE, flow control deadlocks; the deadline \
             ends it",
        )
    },
    Fault {
        made: Made::Listener(Listening::Starts(
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            End::Close,
        )),
        ..broken(
            "h2-speaks-http1",
            "responds to the preface in HTTP/1.1, then closes",
            &[],
            "RFC 9113, section 3.4: an invalid connection preface is a connection error",
        )
    },
    Fault {
        made: Made::Listener(Listening::Starts(b"\0\0\x08\x06\0\0\0\0\0fetching", End::Stay)),
        ..broken(
            "h2-no-settings",
            "begins with PING instead of SETTINGS",
            &[],
            "RFC 9113, section 3.4: the server's first frame must be SETTINGS",
        )
    },
    Fault {
        made: Made::Listener(Listening::Disagrees(&[b"h2"], HttpVersions::Http1)),
        ..broken(
            "h2-tls-speaks-http1",
            "agrees on HTTP/2 by ALPN, and speaks HTTP/1.1",
            &[],
            "RFC 9113, section 3.4: an invalid connection preface is a connection error",
        )
    },
    Fault {
        made: Made::Listener(Listening::Disagrees(&[], HttpVersions::Http2)),
        ..fault(
            "h2-tls-without-alpn",
            "speaks HTTP/2 over TLS without ALPN",
            &[],
            Right::Fail(&[ErrorClass::Tls, ErrorClass::Protocol]),
            "RFC 9113, section 3.2: HTTP/2 over TLS must be negotiated by ALPN",
        )
    },
];
