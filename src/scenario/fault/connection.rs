//! Faults of the connection.

use std::time::Duration;

use super::{BLANK, End, Fault, Listening, Made, PAUSE, RIGHT_ANSWER, Right, Step, reply};
use crate::fetch::error::ErrorClass;

/// An incomplete head.
const CUT_HEAD: Step = Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-le");

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "refuse",
        what: "refuses the connection",
        made: Made::Listener(Listening::Refuses),
        right: Right::Fail(&[ErrorClass::Refused]),
        why: "RFC 9293, section 3.10.7.1: a closed port answers with a reset",
    },
    Fault {
        // The server reads the request, which a client cannot distinguish from leaving it unread.
        name: "silence",
        what: "accepts the connection, reads the request and never responds",
        made: reply(&[], End::Stay),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 9.5: the client chooses how long to wait; here, until the deadline",
    },
    Fault {
        name: "reset-before-head",
        what: "resets the connection instead of responding",
        made: reply(&[], End::Reset),
        right: Right::Fail(&[ErrorClass::Reset, ErrorClass::ClosedEarly]),
        why: "RFC 9112, section 8: a response that ends within its head is incomplete",
    },
    Fault {
        name: "reset-in-head",
        what: "resets the connection within the head",
        made: reply(&[CUT_HEAD, PAUSE], End::Reset),
        right: Right::Fail(&[ErrorClass::Reset, ErrorClass::ClosedEarly]),
        why: "RFC 9112, section 8: a response that ends within its head is incomplete",
    },
    Fault {
        name: "reset-in-body",
        what: "resets the connection after half the body",
        made: reply(&[Step::Head, BLANK, Step::FirstHalf, PAUSE], End::Reset),
        right: Right::Fail(&[ErrorClass::Reset, ErrorClass::BodyShort]),
        why: "RFC 9112, section 8: a message with fewer bytes than its content-length is \
              incomplete",
    },
    Fault {
        name: "close-before-head",
        what: "closes the connection instead of responding",
        made: reply(&[], End::Close),
        right: Right::Fail(&[ErrorClass::ClosedEarly]),
        why: "RFC 9112, section 8: a response that ends within its head is incomplete",
    },
    Fault {
        name: "close-in-head",
        what: "closes the connection within the head",
        made: reply(&[CUT_HEAD], End::Close),
        right: Right::Fail(&[ErrorClass::ClosedEarly]),
        why: "RFC 9112, section 8: a response that ends within its head is incomplete",
    },
    Fault {
        name: "close-in-body",
        what: "closes the connection after half the body",
        made: reply(&[Step::Head, BLANK, Step::FirstHalf], End::Close),
        right: Right::Fail(&[ErrorClass::BodyShort]),
        why: "RFC 9112, section 8: a message with fewer bytes than its content-length is \
              incomplete",
    },
    Fault {
        name: "stall-in-body",
        what: "sends half the body, then nothing more",
        made: reply(&[Step::Head, BLANK, Step::FirstHalf], End::Stay),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 6.3: a message cut off by a timeout before its full length is \
              incomplete",
    },
    Fault {
        name: "stale",
        what: "responds correctly, then closes the connection without `connection: close`",
        made: reply(&[Step::Head, BLANK, Step::Body], End::Close),
        right: RIGHT_ANSWER,
        why: "RFC 9112, section 9.5: either side may close at any time, and the other should watch \
              for it",
    },
    Fault {
        name: "slow-head",
        what: "sends an endless head, one byte every 20 ms",
        made: reply(
            &[Step::Bytes(b"HTTP/1.1 200 OK\r\nx: ")],
            End::Forever(&[Step::Bytes(b"x")], 1, Duration::from_millis(20)),
        ),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 9.5: the client chooses how long to wait; here, until the deadline",
    },
    Fault {
        name: "dripping-body",
        what: "sends a long body, one byte every 20 ms",
        made: reply(
            &[Step::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")],
            End::Forever(&[Step::Bytes(b"x")], 1, Duration::from_millis(20)),
        ),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 6.3: a message cut off by a timeout before its full length is \
              incomplete",
    },
];
