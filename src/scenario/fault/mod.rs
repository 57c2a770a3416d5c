//! Faults: answers that are wrong, late or endless, or valid but difficult for clients.
//!
//! Each fault is an entry of a table: its construction, the correct reaction of a client, and the
//! reason. The mock server plays it, the conformance grid judges by it, and
//! `fetchbench list faults` prints it.

use std::fmt;
use std::time::Duration;

use crate::fetch::error::ErrorClass;
use crate::fetch::similar;
use crate::scenario::versions::HttpVersions;

mod body;
mod connection;
mod elsewhere;
mod encrypted;
mod framing;
mod head;
mod http2;
mod script;
mod zeros;

pub use self::script::{End, FrameStream, Script, Step};
pub use self::zeros::zeros;

/// A fault.
#[derive(Debug)]
pub struct Fault {
    /// Its name in scenarios.
    pub name: &'static str,
    /// The server's behaviour.
    pub what: &'static str,
    /// Its construction.
    pub made: Made,
    /// The correct reaction of a client.
    pub right: Right,
    /// The standard that requires this reaction, and its wording.
    pub why: &'static str,
}

/// The construction of a fault.
#[derive(Debug)]
pub enum Made {
    /// The answer to a request.
    Reply(Script),
    /// The answer to a request, for faults that exist only over TLS.
    ReplyOverTls(Script),
    /// The answer to a request over HTTP/2.
    Http2Reply(Script),
    /// The refusal of a request over HTTP/2. If the next request of the server is for the same
    /// visit, it gets the correct answer.
    Http2Refusal(Script),
    /// The listener: it never reads a request, so all sites of an origin share the fault.
    Listener(Listening),
}

/// How an origin of the mock server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listening {
    /// For HTTP.
    Plain,
    /// For HTTP over TLS with this certificate.
    Tls(Certificate),
    /// Not at all. The port is bound, so that no other program can take it, but the system refuses
    /// connections to it.
    Refuses,
    /// Seemingly for TLS. Answers the first bytes of a client with these bytes, then ends like a
    /// script.
    Greets(&'static [u8], End),
    /// Seemingly for HTTP/2 without TLS. Answers like [`Self::Greets`].
    Starts(&'static [u8], End),
    /// For TLS that agrees on one of these protocols, with a server that speaks this version of
    /// HTTP in any case.
    Disagrees(&'static [&'static [u8]], HttpVersions),
}

impl Listening {
    /// Returns the scheme of its urls.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Plain | Self::Refuses | Self::Starts(..) => "http",
            Self::Tls(_) | Self::Greets(..) | Self::Disagrees(..) => "https",
        }
    }
}

/// The certificate of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// A valid certificate.
    Valid,
    /// A certificate that expired in 2020.
    Expired,
    /// A certificate of another host.
    WrongName,
    /// A certificate of an issuer that clients are not configured to trust.
    UnknownRoot,
}

/// The correct reaction of a client to a fault.
#[derive(Debug)]
pub enum Right {
    /// Return this answer.
    Answer(AllowedAnswer),
    /// Fail with one of these classes.
    Fail(&'static [ErrorClass]),
    /// Return this answer, or fail with one of these classes.
    Either(AllowedAnswer, &'static [ErrorClass]),
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) => write!(f, "{answer}"),
            Self::Fail(failures) => f.write_str(&class_names(failures)),
            Self::Either(answer, failures) => write!(f, "{answer}, or {}", class_names(failures)),
        }
    }
}

fn class_names(classes: &[ErrorClass]) -> String {
    classes.iter().map(|class| class.name()).collect::<Vec<_>>().join(" or ")
}

/// An answer that a client may return.
#[derive(Debug, Clone, Copy)]
pub struct AllowedAnswer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub content: AllowedContent,
}

/// The body of an answer that a client may return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedContent {
    /// The programmed body of the visit.
    Programmed,
    /// The programmed body of the same visit of the site at the end of the redirects.
    OfAnotherSite,
    /// No body.
    Nothing,
    /// The programmed body, short by this number of bytes, with a matching content-length:
    /// undetectable by the client.
    Without(u64),
    /// The body of the next visit: undetectable by the client.
    OfNext,
    /// The [zeros](Step::Zeros), still compressed.
    Zeros,
}

impl fmt::Display for AllowedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match self.content {
            AllowedContent::Programmed if status == 200 => f.write_str("the correct response"),
            AllowedContent::Programmed => write!(f, "status {status} with the body"),
            AllowedContent::OfAnotherSite => f.write_str("the response of the target"),
            AllowedContent::Nothing => write!(f, "status {status} without a body"),
            AllowedContent::Without(bytes) => write!(f, "a body without its last {bytes} bytes"),
            AllowedContent::OfNext => f.write_str("the wrong body, unnoticed"),
            AllowedContent::Zeros => f.write_str("the body as sent"),
        }
    }
}

impl AllowedContent {
    /// Returns whether it is wrong, which only a check against the programmed page can detect.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Without(_) | Self::OfNext)
    }
}

/// Related faults.
#[derive(Debug)]
pub struct FaultGroup {
    /// Their subject.
    pub title: &'static str,
    /// The faults.
    pub faults: &'static [Fault],
}

/// All faults, in groups.
pub static ALL: [FaultGroup; 12] = [
    FaultGroup { title: "the connection", faults: connection::FAULTS },
    FaultGroup { title: "the head", faults: head::FAULTS },
    FaultGroup { title: "the framing of the body", faults: framing::FAULTS },
    FaultGroup { title: "the body", faults: body::FAULTS },
    FaultGroup { title: "redirects", faults: elsewhere::FAULTS },
    FaultGroup { title: "TLS", faults: encrypted::FAULTS },
    FaultGroup { title: "HTTP/2 frames", faults: http2::FRAMES },
    FaultGroup { title: "HTTP/2 header blocks", faults: http2::BLOCKS },
    FaultGroup { title: "HTTP/2 streams", faults: http2::STREAMS },
    FaultGroup { title: "HTTP/2 connections", faults: http2::CONNECTIONS },
    FaultGroup { title: "HTTP/2 responses", faults: http2::RESPONSES },
    FaultGroup { title: "HTTP/2 floods", faults: http2::FLOODS },
];

/// Returns all faults.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    ALL.iter().flat_map(|group| group.faults)
}

impl Fault {
    /// Returns the fault with this name.
    ///
    /// # Errors
    ///
    /// No fault has this name. The message refers to the list of faults.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        all().find(|fault| fault.name == name).ok_or_else(|| {
            let hint = similar(name, all().map(|fault| fault.name))
                .map_or_else(|| ":".to_owned(), |similar| format!("; did you mean {similar:?}?"));
            format!("unknown fault {name:?}{hint} `fetchbench list faults` shows all")
        })
    }

    /// Returns whether the answer holds the [`zeros()`].
    pub fn sends_zeros(&self) -> bool {
        self.has_step(|step| matches!(step, Step::Zeros))
    }

    /// Returns the answer to a request; `None` if the fault is the listener's.
    pub fn script(&self) -> Option<&Script> {
        match &self.made {
            Made::Reply(script)
            | Made::ReplyOverTls(script)
            | Made::Http2Reply(script)
            | Made::Http2Refusal(script) => Some(script),
            Made::Listener(_) => None,
        }
    }

    /// Returns how the origin of a site with this fault must listen; `None` if any origin will do.
    pub fn listening(&self) -> Option<Listening> {
        match self.made {
            Made::Reply(_) | Made::Http2Reply(_) | Made::Http2Refusal(_) => None,
            Made::ReplyOverTls(_) => Some(Listening::Tls(Certificate::Valid)),
            Made::Listener(listening) => Some(listening),
        }
    }

    /// Returns whether it is a fault of HTTP/2.
    pub fn is_http2(&self) -> bool {
        matches!(
            self.made,
            Made::Http2Reply(_)
                | Made::Http2Refusal(_)
                | Made::Listener(Listening::Starts(..) | Listening::Disagrees(..))
        )
    }

    /// Returns whether a repeated request gets the correct answer.
    pub fn occurs_once(&self) -> bool {
        matches!(self.made, Made::Http2Refusal(_))
    }

    /// Returns the versions of HTTP that the origin of a site with this fault speaks.
    pub(crate) fn versions(&self) -> HttpVersions {
        match self.made {
            Made::Http2Reply(_) | Made::Http2Refusal(_) => HttpVersions::Http2,
            Made::Listener(Listening::Disagrees(_, versions)) => versions,
            _ => HttpVersions::Http1,
        }
    }

    /// Returns whether it redirects to the previous site.
    pub fn needs_site_before(&self) -> bool {
        self.has_step(|step| matches!(step, Step::SiteBefore))
    }

    /// Returns whether it redirects to itself.
    pub fn leads_to_itself(&self) -> bool {
        self.has_step(|step| matches!(step, Step::Itself))
    }

    fn has_step(&self, is_wanted: fn(&Step) -> bool) -> bool {
        self.script().is_some_and(|script| script.steps.iter().any(is_wanted))
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Gives a client time to read the bytes sent before: a RST discards unread ones.
const PAUSE: Step = Step::Wait(Duration::from_millis(40));

/// The end of a head.
const BLANK: Step = Step::Bytes(b"\r\n");

const fn reply(steps: &'static [Step], end: End) -> Made {
    Made::Reply(Script { steps, end })
}

const PROGRAMMED: AllowedAnswer =
    AllowedAnswer { status: 200, content: AllowedContent::Programmed };

const RIGHT_ANSWER: Right = Right::Answer(PROGRAMMED);

const fn answer(status: u16, content: AllowedContent) -> Right {
    Right::Answer(AllowedAnswer { status, content })
}

/// The standards leave the choice to the client, as long as it reports an error.
const ANSWER_OR_PROTOCOL: Right = Right::Either(PROGRAMMED, &[ErrorClass::Protocol]);

const PROTOCOL: Right = Right::Fail(&[ErrorClass::Protocol]);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn faults_have_distinct_names() {
        let names: HashSet<&str> = all().map(|fault| fault.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 30, "{}", names.len());
        assert!(names.iter().all(|name| Fault::named(name).is_ok_and(|fault| fault.name == *name)));
        assert!(Fault::named("nope").unwrap_err().contains("list faults"));
    }

    #[test]
    fn faults_cite_a_standard() {
        for fault in all() {
            assert!(fault.why.starts_with("RFC "), "{}", fault.name);
            assert!(!fault.what.ends_with('.') && fault.what.len() <= 74, "{}", fault.name);
        }
    }
}
