//! Header blocks that cannot be decoded, are too large, or come in pieces.

use super::super::script::End;
use super::super::script::FrameStream::{Asked, Connection};
use super::super::script::Step::{self, Bytes, Field, Frame, Times};
use super::super::{ANSWER_OR_PROTOCOL, Fault};
use super::{
    BODY, CONTINUATION, END_HEADERS, HEADERS, PING, PING_BYTES, STATUS, broken, fault, http2, legal,
};

/// The first part of a head.
const BEGUN: Step = Frame(HEADERS, 0, Asked, &[STATUS]);
/// The rest of a head.
const REST: Step = Frame(CONTINUATION, END_HEADERS, Asked, &[Field("x-a", "b")]);
/// 3,000 times `x: y`.
const FIELDS: Step = Times(3_000, b"\0\x01x\x01y");

pub(in super::super) const FAULTS: &[Fault] = &[
    broken(
        "h2-index-zero",
        "sends a field with index 0",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x88\x80")]), BODY],
        "RFC 7541, section 6.1: index 0 is a decoding error",
    ),
    broken(
        "h2-index-too-high",
        "sends a field with index 200, beyond both tables",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x88\xff\x49")]), BODY],
        "RFC 7541, section 2.3.3: an index beyond both tables is a decoding error",
    ),
    broken(
        "h2-block-cut",
        "sends a field name of 3 bytes, but announces 10",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x88\0\x0aabc")]), BODY],
        "RFC 9113, section 4.3: a block that cannot be decoded is a COMPRESSION_ERROR",
    ),
    broken(
        "h2-table-too-large",
        "sets the dynamic table to 1 MiB",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x3f\xe1\xff\x3f\x88")]), BODY],
        "RFC 7541, section 6.3: a size above the decoder's limit is a decoding error",
    ),
    broken(
        "h2-huffman-end",
        "sends a Huffman string that contains the end symbol",
        &[Frame(HEADERS, END_HEADERS, Asked, &[Bytes(b"\x88\0\x01x\x84\xff\xff\xff\xff")]), BODY],
        "RFC 7541, section 5.2: a string with the EOS symbol is a decoding error",
    ),
    Fault {
        made: http2(
            // An entry of 3,900 bytes, which is then repeated 12,000 times. It spoils the server's
            // own encoding, so the connection closes.
            &[
                Frame(
                    HEADERS,
                    END_HEADERS,
                    Asked,
                    &[
                        Bytes(b"\x88\x40\x01x\x7f\xbd\x1d"),
                        Times(3_900, b"a"),
                        Times(12_000, b"\xbe"),
                    ],
                ),
                BODY,
            ],
            End::Close,
        ),
        ..fault(
            "h2-bomb",
            "compresses 47 MB of fields to 16 KB, responds and closes",
            &[],
            ANSWER_OR_PROTOCOL,
            "RFC 9113, section 10.5.1: a client may limit the size of a field section",
        )
    },
    fault(
        "h2-many-fields",
        "sends 12,000 fields in four frames",
        &[
            Frame(HEADERS, 0, Asked, &[STATUS, FIELDS]),
            Frame(CONTINUATION, 0, Asked, &[FIELDS]),
            Frame(CONTINUATION, 0, Asked, &[FIELDS]),
            Frame(CONTINUATION, END_HEADERS, Asked, &[FIELDS]),
            BODY,
        ],
        ANSWER_OR_PROTOCOL,
        "RFC 9113, section 10.5.1: a client may limit the size of a field section",
    ),
    legal(
        "h2-continued",
        "sends a head in three frames, the first of them empty",
        &[
            Frame(HEADERS, 0, Asked, &[]),
            Frame(CONTINUATION, 0, Asked, &[STATUS, Bytes(b"\0\x03x")]),
            Frame(CONTINUATION, END_HEADERS, Asked, &[Bytes(b"-a\x01b")]),
            BODY,
        ],
        "RFC 9113, section 6.10: any number of CONTINUATION frames continue a block",
    ),
    broken(
        "h2-continuation-alone",
        "sends CONTINUATION after a complete head",
        &[Frame(HEADERS, END_HEADERS, Asked, &[STATUS]), REST, BODY],
        "RFC 9113, section 6.10: CONTINUATION without an open block is a connection error",
    ),
    broken(
        "h2-continuation-late",
        "sends PING within a head",
        &[BEGUN, Frame(PING, 0, Connection, &[PING_BYTES]), REST, BODY],
        "RFC 9113, section 6.2: any other frame within a block is a connection error",
    ),
];
