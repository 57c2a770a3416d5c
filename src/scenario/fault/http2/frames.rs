//! Frames of a wrong length, and unusual frames.

use super::super::Fault;
use super::super::script::FrameStream::{Asked, Connection, Idle};
use super::super::script::Step::{Body, ByteFrames, Bytes, Frame, Times};
use super::{
    ACK, BODY, DATA, END_HEADERS, END_STREAM, HEAD, HEADERS, PADDED, PING, PRIORITIZED, PRIORITY,
    RST_STREAM, SETTINGS, STATUS, WINDOW_UPDATE, broken, legal,
};

pub(in super::super) const FAULTS: &[Fault] = &[
    broken(
        "h2-data-too-long",
        "sends a DATA frame of 16,385 bytes",
        &[HEAD, Frame(DATA, END_STREAM, Asked, &[Times(16_385, b"x")])],
        "RFC 9113, section 4.2: a frame longer than SETTINGS_MAX_FRAME_SIZE is an error",
    ),
    broken(
        "h2-headers-too-long",
        "sends a HEADERS frame of more than 16,384 bytes",
        // A field with a value of 16,400 bytes.
        &[
            Frame(
                HEADERS,
                END_HEADERS,
                Asked,
                &[STATUS, Bytes(b"\0\x01x\x7f\x91\x7f"), Times(16_400, b"a")],
            ),
            BODY,
        ],
        "RFC 9113, section 4.2: a frame longer than SETTINGS_MAX_FRAME_SIZE is an error",
    ),
    broken(
        "h2-rst-too-short",
        "sends RST_STREAM with 3 bytes, then responds",
        &[Frame(RST_STREAM, 0, Asked, &[Bytes(b"\0\0\0")]), HEAD, BODY],
        "RFC 9113, section 6.4: any length but 4 is a connection error",
    ),
    broken(
        "h2-priority-too-short",
        "sends PRIORITY with 4 bytes, then responds",
        &[Frame(PRIORITY, 0, Asked, &[Bytes(b"\0\0\0\0")]), HEAD, BODY],
        "RFC 9113, section 6.3: any length but 5 is a stream error",
    ),
    broken(
        "h2-ping-too-short",
        "sends PING with 6 bytes, then responds",
        &[Frame(PING, 0, Connection, &[Bytes(b"sixbyt")]), HEAD, BODY],
        "RFC 9113, section 6.7: any length but 8 is a connection error",
    ),
    broken(
        "h2-window-too-short",
        "sends WINDOW_UPDATE with 3 bytes, then responds",
        &[Frame(WINDOW_UPDATE, 0, Connection, &[Bytes(b"\0\0\x01")]), HEAD, BODY],
        "RFC 9113, section 6.9: any length but 4 is a connection error",
    ),
    broken(
        "h2-settings-odd-length",
        "sends SETTINGS with 5 bytes, then responds",
        &[Frame(SETTINGS, 0, Connection, &[Bytes(b"\0\x03\0\0\x01")]), HEAD, BODY],
        "RFC 9113, section 6.5: a length that is no multiple of 6 is a connection error",
    ),
    broken(
        "h2-settings-ack-long",
        "acknowledges SETTINGS with 6 bytes, then responds",
        &[Frame(SETTINGS, ACK, Connection, &[Bytes(b"\0\x03\0\0\x01\0")]), HEAD, BODY],
        "RFC 9113, section 6.5: an acknowledgement with a payload is a connection error",
    ),
    broken(
        "h2-padding-too-long",
        "announces 255 bytes of padding in a DATA frame of 11 bytes",
        &[HEAD, Frame(DATA, PADDED, Asked, &[Bytes(b"\xff0123456789")]), BODY],
        "RFC 9113, section 6.1: padding as long as the payload or longer is a connection error",
    ),
    legal(
        "h2-padding",
        "pads HEADERS and DATA",
        &[
            Frame(HEADERS, END_HEADERS | PADDED, Asked, &[Bytes(b"\x05\x88\0\0\0\0\0")]),
            Frame(DATA, END_STREAM | PADDED, Asked, &[Bytes(b"\xff"), Body, Times(255, b"\0")]),
        ],
        "RFC 9113, section 6.1: padding has no meaning",
    ),
    legal(
        "h2-unknown-frames",
        "sends frames of unknown types",
        &[
            Frame(0xfa, 0xff, Connection, &[Bytes(b"?")]),
            Frame(0xfb, 0, Asked, &[]),
            HEAD,
            Frame(0xfc, 1, Asked, &[Bytes(b"?")]),
            BODY,
        ],
        "RFC 9113, section 4.1: frames of unknown types are ignored",
    ),
    legal(
        "h2-priority",
        "sends PRIORITY frames, and a head with a priority",
        &[
            Frame(PRIORITY, 0, Asked, &[Bytes(b"\0\0\0\0\x0f")]),
            Frame(PRIORITY, 0, Idle, &[Bytes(b"\0\0\0\0\x0f")]),
            Frame(HEADERS, END_HEADERS | PRIORITIZED, Asked, &[Bytes(b"\0\0\0\0\x0f"), STATUS]),
            BODY,
        ],
        "RFC 9113, section 6.3: PRIORITY can be sent in any stream state, also on an idle stream",
    ),
    legal(
        "h2-byte-frames",
        "sends the body in DATA frames of one byte, as for a window of one byte",
        &[HEAD, ByteFrames],
        "RFC 9113, section 6.9.1: a sender sends what the window allows, in frames of any length",
    ),
];
