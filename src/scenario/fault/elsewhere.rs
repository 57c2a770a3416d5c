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
        what: "redirects to the site before it; several in a row make a chain",
        made: reply(&[FOUND, Step::SiteBefore, END_OF_URL], End::Keep),
        right: answer(200, AllowedContent::OfAnotherSite),
        why: "RFC 9110, section 15.4: a redirect may be followed, as far as the limit that was \
              asked for",
    },
    Fault {
        name: "redirect-elsewhere",
        what: "redirects to the site before it, on another origin, and closes",
        made: reply(&[FOUND, Step::SiteBefore, END_OF_URL], End::Close),
        right: answer(200, AllowedContent::OfAnotherSite),
        why: "RFC 9110, section 10.2.2: a location may be any URI, on whatever origin",
    },
    Fault {
        name: "redirect-to-file",
        what: "redirects to file:///etc/hostname",
        made: reply(&[FOUND, Step::Bytes(b"file:///etc/hostname"), END_OF_URL], End::Keep),
        right: Right::Fail(&[ErrorClass::Unsupported]),
        why: "RFC 9110, section 15.4: following is optional, and nobody asked for files of this \
              machine",
    },
    Fault {
        name: "redirect-nowhere",
        what: "answers 302 without a location",
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
        why: "RFC 9110, section 15.4: without a location there is nothing to follow, and the \
              answer is the answer",
    },
    Fault {
        name: "redirect-to-garbage",
        what: "redirects to http://[",
        made: reply(&[FOUND, Step::Bytes(b"http://["), END_OF_URL], End::Keep),
        right: Right::Fail(&[ErrorClass::Protocol]),
        why: "RFC 9110, section 10.2.2: Location = URI-reference; to guess at another is allowed, \
              not asked for",
    },
];
