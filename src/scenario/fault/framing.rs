//! Faults of the framing, which determines the end of a body.

use super::{
    ANSWER_OR_PROTOCOL, AllowedAnswer, AllowedContent, BLANK, End, Fault, PROTOCOL, RIGHT_ANSWER,
    Right, Step, answer, reply,
};
use crate::fetch::error::ErrorClass;

const OK: Step = Step::Bytes(b"HTTP/1.1 200 OK\r\n");
const LENGTH: Step = Step::Bytes(b"content-length: ");
const NEXT_LINE: Step = Step::Bytes(b"\r\n");
const CHUNKED: Step = Step::Bytes(b"transfer-encoding: chunked\r\n\r\n");
const CHUNK: Step = Step::Chunk(b"");
const LAST_CHUNK: Step = Step::Bytes(b"0\r\n\r\n");

const BODY_SHORT: Right = Right::Fail(&[ErrorClass::BodyShort]);

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "length-too-small",
        what: "sends a content-length 10 bytes shorter than the body",
        made: reply(&[OK, LENGTH, Step::Length(-10), NEXT_LINE, BLANK, Step::Body], End::Keep),
        right: Right::Either(
            AllowedAnswer { status: 200, content: AllowedContent::Without(10) },
            &[ErrorClass::Protocol],
        ),
        why: "RFC 9112, section 6.3: the length ends the body; the rest is not another response",
    },
    Fault {
        name: "length-too-large",
        what: "sends a content-length 10 bytes longer than the body, then closes",
        made: reply(&[OK, LENGTH, Step::Length(10), NEXT_LINE, BLANK, Step::Body], End::Close),
        right: BODY_SHORT,
        why: "RFC 9112, section 6.3: a message that ends before its length is incomplete",
    },
    Fault {
        name: "two-lengths",
        what: "sends two different content-lengths; the first is correct",
        made: reply(
            &[
                OK,
                LENGTH,
                Step::Length(0),
                NEXT_LINE,
                LENGTH,
                Step::Length(-10),
                NEXT_LINE,
                BLANK,
                Step::Body,
            ],
            End::Keep,
        ),
        right: PROTOCOL,
        why: "RFC 9112, section 6.3: an invalid length is unrecoverable: close the connection and \
              discard the response",
    },
    Fault {
        name: "same-length-twice",
        what: "sends the correct content-length twice",
        made: reply(
            &[Step::Head, LENGTH, Step::Length(0), NEXT_LINE, BLANK, Step::Body],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9110, section 8.6: reject it, or use the repeated value once",
    },
    Fault {
        name: "negative-length",
        what: "sends content-length: -1",
        made: reply(&[OK, Step::Bytes(b"content-length: -1\r\n\r\n"), Step::Body], End::Close),
        right: PROTOCOL,
        why: "RFC 9110, section 8.6: Content-Length = 1*DIGIT; RFC 9112, section 6.3: an invalid \
              length is unrecoverable",
    },
    Fault {
        name: "signed-length",
        what: "sends the correct content-length with a plus sign",
        made: reply(
            &[OK, Step::Bytes(b"content-length: +"), Step::Length(0), NEXT_LINE, BLANK, Step::Body],
            End::Close,
        ),
        right: PROTOCOL,
        why: "RFC 9110, section 8.6: Content-Length = 1*DIGIT; RFC 9112, section 6.3: an invalid \
              length is unrecoverable",
    },
    Fault {
        name: "length-and-chunks",
        what: "sends a content-length 10 bytes too short, and a chunked body",
        made: reply(
            &[OK, LENGTH, Step::Length(-10), NEXT_LINE, CHUNKED, CHUNK, LAST_CHUNK],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9112, section 6.3: the coding overrides the length, and should be treated as an \
              error",
    },
    Fault {
        name: "odd-coding",
        what: "spells the transfer coding `Chunked`",
        made: reply(
            &[OK, Step::Bytes(b"Transfer-Encoding: Chunked\r\n\r\n"), CHUNK, LAST_CHUNK],
            End::Keep,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 7: the names of transfer codings are case-insensitive",
    },
    Fault {
        name: "unknown-coding",
        what: "sends chunks with the transfer coding `rot13, chunked`",
        made: reply(
            &[OK, Step::Bytes(b"transfer-encoding: rot13, chunked\r\n\r\n"), CHUNK, LAST_CHUNK],
            End::Keep,
        ),
        right: ANSWER_OR_PROTOCOL,
        why: "RFC 9112, section 7.4: only chunked was acceptable; the end of the body is clear, \
              the rest is undefined",
    },
    Fault {
        name: "chunk-extension",
        what: "sends a chunk extension and a trailer",
        made: reply(
            &[OK, CHUNKED, Step::Chunk(b";a=b"), Step::Bytes(b"0;c\r\nx-a: b\r\n\r\n")],
            End::Keep,
        ),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 7.1.1: a recipient must ignore unknown chunk extensions",
    },
    Fault {
        name: "bad-chunk-size",
        what: "sends a chunk size that is not a number",
        made: reply(
            &[OK, CHUNKED, Step::Bytes(b"xyz\r\n"), Step::Body, NEXT_LINE, LAST_CHUNK],
            End::Keep,
        ),
        right: PROTOCOL,
        why: "RFC 9112, section 7.1: chunk-size = 1*HEXDIG",
    },
    Fault {
        name: "huge-chunk-size",
        what: "sends a chunk size of 20 digits, then closes after the body",
        made: reply(
            &[OK, CHUNKED, Step::Bytes(b"10000000000000000100\r\n"), Step::Body],
            End::Close,
        ),
        right: Right::Fail(&[
            ErrorClass::Protocol,
            ErrorClass::BodyShort,
            ErrorClass::BodyTooLarge,
        ]),
        why: "RFC 9112, section 7.1: recipients must anticipate large numerals and prevent \
              overflow",
    },
    Fault {
        name: "cut-chunk",
        what: "closes the connection within a chunk",
        made: reply(&[OK, CHUNKED, Step::Bytes(b"ffff\r\n"), Step::Body], End::Close),
        right: BODY_SHORT,
        why: "RFC 9112, section 8: a chunked body without its last chunk is incomplete",
    },
    Fault {
        name: "no-last-chunk",
        what: "closes the connection after the body, without a last chunk of size 0",
        made: reply(&[OK, CHUNKED, CHUNK], End::Close),
        right: BODY_SHORT,
        why: "RFC 9112, section 8: a chunked body without its last chunk is incomplete",
    },
    Fault {
        name: "until-close",
        what: "sends a body without a length, then closes",
        made: reply(&[OK, BLANK, Step::Body], End::Close),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 6.3: without a length or a coding, the body ends when the \
              connection closes",
    },
    Fault {
        name: "until-reset",
        what: "sends half of a body without a length, then resets the connection",
        made: reply(&[OK, BLANK, Step::FirstHalf, super::PAUSE], End::Reset),
        right: Right::Fail(&[ErrorClass::Reset, ErrorClass::BodyShort]),
        why: "RFC 9112, section 8: a close ends the body unless the connection indicated an error",
    },
    Fault {
        name: "no-content-with-body",
        what: "sends a 204 with a length and a body",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 204 No Content\r\n"),
                LENGTH,
                Step::Length(0),
                NEXT_LINE,
                BLANK,
                Step::Body,
            ],
            End::Keep,
        ),
        right: answer(204, AllowedContent::Nothing),
        why: "RFC 9112, section 6.3: a 204 ends with its head, regardless of its headers",
    },
    Fault {
        name: "not-modified-with-length",
        what: "sends a 304 with a length and, correctly, without a body",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 304 Not Modified\r\n"),
                LENGTH,
                Step::Length(0),
                NEXT_LINE,
                BLANK,
            ],
            End::Keep,
        ),
        right: answer(304, AllowedContent::Nothing),
        why: "RFC 9112, section 6.3: a 304 ends with its head; its length is the page's (section \
              6.2)",
    },
    Fault {
        name: "not-modified-with-body",
        what: "sends a 304 with a length and a body",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 304 Not Modified\r\n"),
                LENGTH,
                Step::Length(0),
                NEXT_LINE,
                BLANK,
                Step::Body,
            ],
            End::Keep,
        ),
        right: answer(304, AllowedContent::Nothing),
        why: "RFC 9112, section 6.3: a 304 ends with its head, regardless of its headers",
    },
];
