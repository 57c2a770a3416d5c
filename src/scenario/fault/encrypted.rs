//! Faults of TLS.

use super::{BLANK, Certificate, End, Fault, Listening, Made, Right, Script, Step};
use crate::fetch::error::ErrorClass;

const TLS: Right = Right::Fail(&[ErrorClass::Tls]);

const fn shows(certificate: Certificate) -> Made {
    Made::Listener(Listening::Tls(certificate))
}

const fn greets(bytes: &'static [u8], end: End) -> Made {
    Made::Listener(Listening::Greets(bytes, end))
}

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "tls-expired",
        what: "presents an expired certificate",
        made: shows(Certificate::Expired),
        right: TLS,
        why: "RFC 5280, section 6.1.3: a certificate must be within its validity period",
    },
    Fault {
        name: "tls-wrong-name",
        what: "presents a certificate for another host",
        made: shows(Certificate::WrongName),
        right: TLS,
        why: "RFC 9110, section 4.3.4: a client must verify that the certificate matches the \
              origin",
    },
    Fault {
        name: "tls-unknown-root",
        what: "presents a certificate from an untrusted issuer",
        made: shows(Certificate::UnknownRoot),
        right: TLS,
        why: "RFC 9110, section 4.3.4: a client verifies certificates against its trust anchors",
    },
    Fault {
        name: "tls-abort",
        what: "closes the connection during the handshake",
        made: greets(b"", End::Close),
        right: Right::Fail(&[ErrorClass::Tls, ErrorClass::ClosedEarly]),
        why: "RFC 8446, section 6.1: a connection that ends without close_notify was truncated",
    },
    Fault {
        name: "tls-reset",
        what: "resets the connection during the handshake",
        made: greets(b"", End::Reset),
        right: Right::Fail(&[ErrorClass::Tls, ErrorClass::Reset]),
        why: "RFC 8446, section 6.1: a connection that ends without close_notify was truncated",
    },
    Fault {
        name: "tls-silence",
        what: "accepts the connection and never responds to the handshake",
        made: greets(b"", End::Stay),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 9.5: the client chooses how long to wait; here, until the deadline",
    },
    Fault {
        name: "tls-plain",
        what: "responds to the handshake in plain HTTP",
        made: greets(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", End::Close),
        right: TLS,
        why: "RFC 9110, section 4.2.2: a client must accept only secured responses to https \
              requests",
    },
    Fault {
        name: "tls-cut",
        what: "sends half of a body without a length, then closes without close_notify",
        made: Made::ReplyOverTls(Script {
            steps: &[Step::Bytes(b"HTTP/1.1 200 OK\r\n"), BLANK, Step::FirstHalf],
            end: End::Cut,
        }),
        right: Right::Fail(&[
            ErrorClass::BodyShort,
            ErrorClass::Reset,
            ErrorClass::Tls,
            ErrorClass::ClosedEarly,
        ]),
        why: "RFC 9112, section 9.8: a body that a truncated TLS connection ends is incomplete",
    },
];
