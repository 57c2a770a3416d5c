//! Frames without end.

use std::time::Duration;

use super::super::script::End;
use super::super::script::FrameStream::{Asked, Connection};
use super::super::script::Step::{self, Bytes, Field, Frame, Times};
use super::super::{Fault, Right};
use super::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, HEAD, HEADERS, PING, PING_BYTES, RST_STREAM, SETTINGS,
    STATUS, fault, http2,
};
use crate::fetch::error::ErrorClass;

/// Frames of a burst, and the pause between two: 20,000 frames per second are a flood, and little
/// work for a server.
const BURST: usize = 100;
const REST: Duration = Duration::from_millis(5);

/// A flood ends with the deadline, unless the client objects.
const FLOOD: Right = Right::Fail(&[ErrorClass::Timeout, ErrorClass::Protocol]);

const CALM: &str = "RFC 9113, section 10.5: a client may treat excessive use of a feature as an \
                    error; here, until the deadline";

/// Returns a flood of these frames.
const fn flood(
    name: &'static str,
    what: &'static str,
    first: &'static [Step],
    frames: &'static [Step],
) -> Fault {
    let made = http2(first, End::Forever(frames, BURST, REST));
    Fault { made, ..fault(name, what, &[], FLOOD, CALM) }
}

pub(in super::super) const FAULTS: &[Fault] = &[
    flood(
        "h2-ping-flood",
        "sends PING without end",
        &[],
        &[Frame(PING, 0, Connection, &[PING_BYTES])],
    ),
    flood(
        "h2-settings-flood",
        "sends SETTINGS without end",
        &[],
        &[Frame(SETTINGS, 0, Connection, &[])],
    ),
    flood(
        "h2-empty-data-flood",
        "sends empty DATA frames without end",
        &[HEAD],
        &[Frame(DATA, 0, Asked, &[])],
    ),
    Fault {
        right: Right::Fail(&[ErrorClass::Reset, ErrorClass::Protocol]),
        ..flood(
            "h2-rst-flood",
            "resets the stream again and again without end",
            &[],
            &[Frame(RST_STREAM, 0, Asked, &[CANCEL])],
        )
    },
    flood(
        "h2-endless-fields",
        "sends CONTINUATION frames without end",
        &[Frame(HEADERS, 0, Asked, &[STATUS])],
        &[Frame(CONTINUATION, 0, Asked, &[Field("x-a", "b")])],
    ),
    flood(
        "h2-endless-nothing",
        "sends empty CONTINUATION frames without end",
        &[Frame(HEADERS, 0, Asked, &[STATUS])],
        &[Frame(CONTINUATION, 0, Asked, &[])],
    ),
    flood(
        "h2-endless-interims",
        "sends 103 responses without end",
        &[],
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x08\x03103")])],
    ),
    Fault {
        right: Right::Fail(&[ErrorClass::BodyTooLarge, ErrorClass::Protocol]),
        why: "RFC 9110, section 17.5: a recipient should limit how much it reads; here, to the \
              maximum body",
        ..flood(
            "h2-endless-body",
            "sends DATA without end, whatever the client's windows",
            &[HEAD],
            &[Frame(DATA, 0, Asked, &[Times(1024, b"x")])],
        )
    },
];
