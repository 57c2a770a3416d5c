//! Faults of TLS.

use super::{BLANK, Certificate, End, Fault, Listening, Made, Right, Script, Step};
use crate::fetch::error::ErrorClass;

const TLS: Right = Right::Fail(&[ErrorClass::Tls]);

const fn shows(certificate: Certificate) -> Made {
    Made::Listener(Listening::Tls(certificate))
}

const fn greets(says: &'static [u8], end: End) -> Made {
    Made::Listener(Listening::Greets(says, end))
}

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "tls-expired",
        what: "shows a certificate that has expired",
        made: shows(Certificate::Expired),
        right: TLS,
        why: "RFC 5280, section 6.1.3: a certificate must be within its validity period",
    },
    Fault {
        name: "tls-wrong-name",
        what: "shows a certificate of another host",
        made: shows(Certificate::WrongName),
        right: TLS,
        why: "RFC 9110, section 4.3.4: a client must verify that the certificate is that of the \
              origin",
    },
    Fault {
        name: "tls-unknown-root",
        what: "shows a certificate of an issuer that nobody trusts",
        made: shows(Certificate::UnknownRoot),
        right: TLS,
        why: "RFC 9110, section 4.3.4: a certificate is verified by the trust anchors that the \
              client has",
    },
    Fault {
        name: "tls-abort",
        what: "closes the connection in the handshake",
        made: greets(b"", End::Close),
        right: Right::Fail(&[ErrorClass::Tls, ErrorClass::ClosedEarly]),
        why: "RFC 8446, section 6.1: what ends without a close_notify was cut off",
    },
    Fault {
        name: "tls-reset",
        what: "resets the connection in the handshake",
        made: greets(b"", End::Reset),
        right: Right::Fail(&[ErrorClass::Tls, ErrorClass::Reset]),
        why: "RFC 8446, section 6.1: what ends without a close_notify was cut off",
    },
    Fault {
        name: "tls-silence",
        what: "accepts the connection and never answers the handshake",
        made: greets(b"", End::Stay),
        right: Right::Fail(&[ErrorClass::Timeout]),
        why: "RFC 9112, section 9.5: how long to wait is the client's to say; here it is the \
              deadline",
    },
    Fault {
        name: "tls-plain",
        what: "answers the handshake in plain HTTP",
        made: greets(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", End::Close),
        right: TLS,
        why: "RFC 9110, section 4.2.2: a client must accept secured answers only to what it asks \
              of https",
    },
    Fault {
        name: "tls-cut",
        what: "cuts a body of no length in half, without the goodbye of TLS",
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
        why: "RFC 9112, section 9.8: a body that ends with a TLS connection cut short must be \
              told as incomplete",
    },
];
