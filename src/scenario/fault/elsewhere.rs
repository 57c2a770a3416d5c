//! Faults of redirects.

use super::{AllowedContent, End, Fault, Right, Step, answer, reply};
use crate::fetch::error::ErrorClass;

/// The head of a redirect up to its url.
const FOUND: Step = Step::Bytes(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ");

const END_OF_URL: Step = Step::Bytes(b"\r\n\r\n");

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "redirect-loop",
        what: "redirects to itself",
        made: reply(&[FOUND, Step::Itself, END_OF_URL], End::Keep),
        right: Right::Fail(&[ErrorClass::RedirectLoop]),
        why: "RFC 9110, section 15.4: a client should detect and intervene in cyclical \
              redirections",
    },
    Fault {
        name: "redirect-chain",
        what: "redirects to the previous site; several of them form a chain",
        made: reply(&[FOUND, Step::SiteBefore, END_OF_URL], End::Keep),
        right: answer(200, AllowedContent::OfAnotherSite),
        why: "RFC 9110, section 15.4: a client may follow redirects, here up to the requested \
              limit",
    },
    Fault {
        name: "redirect-elsewhere",
        what: "redirects to the previous site on another origin, then closes",
        made: reply(&[FOUND, Step::SiteBefore, END_OF_URL], End::Close),
        right: answer(200, AllowedContent::OfAnotherSite),
        why: "RFC 9110, section 10.2.2: a location may be any URI, on any origin",
    },
    Fault {
        name: "redirect-to-file",
        what: "redirects to file:///etc/hostname",
        made: reply(&[FOUND, Step::Bytes(b"file:///etc/hostname"), END_OF_URL], End::Keep),
        right: Right::Fail(&[ErrorClass::Unsupported]),
        why: "RFC 9110, section 15.4: following is optional, and a local file is not a web page",
    },
    Fault {
        name: "redirect-nowhere",
        what: "sends a 302 without a location",
        made: reply(
            &[
                Step::Bytes(b"HTTP/1.1 302 Found\r\ncontent-length: "),
                Step::Length(0),
                END_OF_URL,
                Step::Body,
            ],
            End::Keep,
        ),
        right: answer(302, AllowedContent::Programmed),
        why: "RFC 9110, section 15.4: without a location, there is nothing to follow: return the \
              response",
    },
    Fault {
        name: "redirect-to-garbage",
        what: "redirects to http://[",
        made: reply(&[FOUND, Step::Bytes(b"http://["), END_OF_URL], End::Keep),
        right: Right::Fail(&[ErrorClass::Protocol]),
        why: "RFC 9110, section 10.2.2: Location = URI-reference; repairing it is optional",
    },
];
