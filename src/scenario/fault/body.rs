//! Faults of the body, and of the bytes that follow it.

use std::time::Duration;

use super::{
    AllowedAnswer, AllowedContent, BLANK, End, Fault, PROGRAMMED, RIGHT_ANSWER, Right, Step,
    answer, reply,
};
use crate::fetch::error::ErrorClass;

/// The pause between two bursts of an endless body. 30 MB per second is above the caps, and little
/// work for a server.
const REST: Duration = Duration::from_millis(2);

/// 1 KiB of a body.
const KIBIBYTE: &[u8] = &[b'x'; 1024];
/// [`KIBIBYTE`] as a chunk.
const CHUNK: &[u8] = &{
    let mut chunk = [b'x'; 5 + 1024 + 2];
    let (size, mut at) = (b"400\r\n", 0);
    while at < size.len() {
        chunk[at] = size[at];
        at += 1;
    }
    chunk[5 + 1024] = b'\r';
    chunk[5 + 1024 + 1] = b'\n';
    chunk
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "endless-body",
        what: "sends a body of one terabyte",
        made: reply(
            &[Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n")],
            End::Forever(&[Step::Bytes(KIBIBYTE)], 64, REST),
        ),
        right: Right::Fail(&[ErrorClass::BodyTooLarge]),
        why: "RFC 9110, section 17.5: a recipient should limit how much it reads; here, to the \
              maximum body",
    },
    Fault {
        name: "endless-chunks",
        what: "sends chunks without end",
        made: reply(
            &[Step::Bytes(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")],
            End::Forever(&[Step::Bytes(CHUNK)], 64, REST),
        ),
        right: Right::Fail(&[ErrorClass::BodyTooLarge]),
        why: "RFC 9110, section 17.5: a recipient should limit how much it reads; here, to the \
              maximum body",
    },
    Fault {
        name: "surplus",
        what: "sends five extra bytes and keeps the connection open",
        made: reply(&[Step::Head, BLANK, Step::Body, Step::Bytes(b"junk\n")], End::Keep),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 6.3: a user agent must not process the rest as a separate response",
    },
    Fault {
        name: "surplus-answer",
        what: "sends a second response without a request",
        made: reply(
            &[
                Step::Head,
                BLANK,
                Step::Body,
                Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"),
            ],
            End::Keep,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 6.3: a user agent must not process the rest as a separate response",
    },
    Fault {
        name: "other-visit",
        what: "sends the body of another visit",
        made: reply(&[Step::Head, BLANK, Step::OtherBody], End::Keep),
        right: answer(200, AllowedContent::OfNext),
        why: "RFC 9112, section 9.2: only their order identifies responses; a client cannot notice",
    },
    Fault {
        name: "gzip-bomb",
        what: "sends ten million zeros in gzip to a request for identity",
        made: reply(
            &[Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n"), Step::Zeros],
            End::Keep,
        ),
        right: Right::Either(
            AllowedAnswer { status: 200, content: AllowedContent::Zeros },
            &[ErrorClass::BodyTooLarge, ErrorClass::Protocol],
        ),
        why: "RFC 9110, section 12.5.3: the request was for identity; a client that decodes anyway \
              should limit it (17.5)",
    },
    Fault {
        name: "gzip-corrupt",
        what: "labels a plain body as gzip in response to a request for identity",
        made: reply(
            &[Step::Head, Step::Bytes(b"content-encoding: gzip\r\n"), BLANK, Step::Body],
            End::Keep,
        ),
        right: Right::Either(PROGRAMMED, &[ErrorClass::Protocol]),
        why: "RFC 9110, section 12.5.3: the request was for identity; a client that decodes anyway \
              must report the error",
    },
];
