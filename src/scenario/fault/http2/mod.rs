//! Faults of HTTP/2, made of frames. The server sends its SETTINGS and answers other streams as
//! usual; a script begins when the header block of its request has ended.
//!
//! Each violation precedes a correct response, so that a client that ignores it succeeds at once
//! instead of timing out. Header blocks add nothing to the dynamic table, because the server's
//! encoder does not track them.

use super::script::Step::{self, Body, Bytes, FirstHalf, Frame};
use super::script::{End, FrameStream::Asked, Script};
use super::{Fault, Made, PROTOCOL, RIGHT_ANSWER, Right};

mod blocks;
mod connections;
mod floods;
mod frames;
mod responses;
mod streams;

pub(super) use self::blocks::FAULTS as BLOCKS;
pub(super) use self::connections::FAULTS as CONNECTIONS;
pub(super) use self::floods::FAULTS as FLOODS;
pub(super) use self::frames::FAULTS as FRAMES;
pub(super) use self::responses::FAULTS as RESPONSES;
pub(super) use self::streams::FAULTS as STREAMS;

// Types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

// Flags.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITIZED: u8 = 0x20;

// Error codes (section 7), as in RST_STREAM and GOAWAY.
const NO_ERROR: Step = Bytes(&[0; 4]);
const INTERNAL_ERROR: Step = Bytes(&[0, 0, 0, 2]);
const REFUSED_STREAM: Step = Bytes(&[0, 0, 0, 7]);
const CANCEL: Step = Bytes(&[0, 0, 0, 8]);

/// Status 200, which is in the static table.
const STATUS: Step = Bytes(b"\x88");

/// A correct head.
const HEAD: Step = Frame(HEADERS, END_HEADERS, Asked, &[STATUS]);
/// The body, which ends the stream.
const BODY: Step = Frame(DATA, END_STREAM, Asked, &[Body]);
/// The body. The stream goes on.
const OPEN_BODY: Step = Frame(DATA, 0, Asked, &[Body]);
/// Half of the body. The stream goes on.
const HALF: Step = Frame(DATA, 0, Asked, &[FirstHalf]);

/// Eight bytes of a PING.
const PING_BYTES: Step = Bytes(b"fetching");

const fn fault(
    name: &'static str,
    what: &'static str,
    steps: &'static [Step],
    right: Right,
    why: &'static str,
) -> Fault {
    Fault { name, what, made: http2(steps, End::Keep), right, why }
}

/// Returns a violation of the protocol.
const fn broken(
    name: &'static str,
    what: &'static str,
    steps: &'static [Step],
    why: &'static str,
) -> Fault {
    fault(name, what, steps, PROTOCOL, why)
}

/// Returns a response that is unusual, but correct.
const fn legal(
    name: &'static str,
    what: &'static str,
    steps: &'static [Step],
    why: &'static str,
) -> Fault {
    fault(name, what, steps, RIGHT_ANSWER, why)
}

const fn http2(steps: &'static [Step], end: End) -> Made {
    Made::Http2Reply(Script { steps, end })
}
