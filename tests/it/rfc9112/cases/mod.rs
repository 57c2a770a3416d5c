//! The cases. The unit tests of the floor's parser include this directory, so it names no crate.

use std::fmt;

use self::Outcome::{Closed, Failed, Kept};
use super::ErrorClass;

mod chunks;
mod codings;
mod connection;
mod differences;
mod fields;
mod folds;
mod interim;
mod lengths;
mod status_line;
mod truncated;

/// What a client makes of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// A page of this status and body, after which the connection is used again.
    Kept(u16, &'static str),
    /// A page of this status and body, after which the connection is not used again.
    Closed(u16, &'static str),
    /// No page.
    Failed(ErrorClass),
}

/// Most answers are right, and keep the connection.
const PAGE: Outcome = Kept(200, "abcde");
const LAST_PAGE: Outcome = Closed(200, "abcde");
const PROTOCOL: Outcome = Failed(ErrorClass::Protocol);
const BODY_SHORT: Outcome = Failed(ErrorClass::BodyShort);
const CLOSED_EARLY: Outcome = Failed(ErrorClass::ClosedEarly);

/// An answer, and what is right to make of it.
pub struct Case {
    /// The RFC and its section.
    pub section: &'static str,
    /// Also the path that the answer is served at.
    pub name: &'static str,
    pub answer: Vec<u8>,
    /// Whether the server closes the connection behind the answer.
    pub closes: bool,
    pub right: Outcome,
    /// What curl 7.88 makes of it, if that is something else, and why.
    pub curl: Option<(Outcome, &'static str)>,
    /// The same for the backend `curl-multi`, which has a newer curl.
    pub curl_multi: Option<(Outcome, &'static str)>,
}

/// A case in which the server keeps the connection open.
fn case(
    section: &'static str,
    name: &'static str,
    answer: impl AsRef<[u8]>,
    right: Outcome,
) -> Case {
    let answer = answer.as_ref().to_vec();
    Case { section, name, answer, closes: false, right, curl: None, curl_multi: None }
}

/// A case with `lines` between a plain status line and a body of five bytes.
fn fields(
    section: &'static str,
    name: &'static str,
    lines: impl AsRef<[u8]>,
    right: Outcome,
) -> Case {
    case(section, name, [b"HTTP/1.1 200 OK\r\n", lines.as_ref(), b"\r\nabcde"].concat(), right)
}

impl Case {
    /// The server closes the connection behind the answer.
    fn end(self) -> Self {
        Self { closes: true, ..self }
    }

    /// curl 7.88 differs.
    fn old_curl(self, outcome: Outcome, why: &'static str) -> Self {
        assert!(self.curl.is_none());
        Self { curl: Some((outcome, why)), ..self }
    }

    /// The curl of the backend `curl-multi` differs.
    fn new_curl(self, outcome: Outcome, why: &'static str) -> Self {
        assert!(self.curl_multi.is_none());
        Self { curl_multi: Some((outcome, why)), ..self }
    }

    /// Both differ.
    fn any_curl(self, outcome: Outcome, why: &'static str) -> Self {
        self.old_curl(outcome, why).new_curl(outcome, why)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RFC {}, {}", self.section, self.name)
    }
}

pub fn cases() -> Vec<Case> {
    let tables = [
        status_line::cases(),
        fields::cases(),
        folds::cases(),
        lengths::cases(),
        codings::cases(),
        chunks::cases(),
        connection::cases(),
        interim::cases(),
        truncated::cases(),
    ];
    tables.into_iter().flatten().collect()
}
