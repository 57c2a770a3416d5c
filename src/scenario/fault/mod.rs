//! Faults: answers that are wrong, late or endless, or right in a way that clients stumble over.
//!
//! Each is an entry of a table: how it is made, what a client should make of it, and why. The mock
//! server plays it, the conformance grid judges by it, and `fetchbench list faults` prints it.

use std::fmt;
use std::time::Duration;

use crate::fetch::error::ErrorClass;

mod body;
mod connection;
mod elsewhere;
mod encrypted;
mod framing;
mod head;
mod zeros;

pub use self::zeros::zeros;

/// A fault.
#[derive(Debug)]
pub struct Fault {
    /// What a scenario calls it.
    pub name: &'static str,
    /// What the server does.
    pub what: &'static str,
    /// How it is made.
    pub made: Made,
    /// What a client should make of it.
    pub right: Right,
    /// Where that is written, and in which words.
    pub why: &'static str,
}

/// How a fault is made.
#[derive(Debug)]
pub enum Made {
    /// By what is sent in answer to a request.
    Reply(Script),
    /// The same, where it only makes sense over TLS.
    ReplyOverTls(Script),
    /// By the listener: no request is ever read, so all sites of an origin share it.
    Listener(Listening),
}

/// How an origin of the mock server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listening {
    /// For HTTP.
    Plain,
    /// For HTTP over TLS, showing that certificate.
    Tls(Certificate),
    /// Not at all: the port is bound, so that nobody else has it, but a connection to it is refused
    /// by the system.
    Refuses,
    /// For TLS, or so it seems: whoever says anything there is told this, and then.
    Greets(&'static [u8], End),
}

impl Listening {
    /// The scheme of its urls.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Plain | Self::Refuses => "http",
            Self::Tls(_) | Self::Greets(..) => "https",
        }
    }
}

/// Which certificate an origin shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// One that holds.
    Valid,
    /// One that held until the year 2020.
    Expired,
    /// One of another host.
    WrongName,
    /// One that nobody was told to trust the issuer of.
    UnknownRoot,
}

/// What is sent, and what becomes of the connection then.
#[derive(Debug)]
pub struct Script {
    /// What is sent, in order.
    pub steps: &'static [Step],
    /// What becomes of the connection.
    pub end: End,
}

/// A step of a script.
#[derive(Debug)]
pub enum Step {
    /// These bytes.
    Bytes(&'static [u8]),
    /// These bytes so many times over.
    Times(usize, &'static [u8]),
    /// The head that a faultless reply would have, without the empty line that ends it.
    Head,
    /// The length of the body and so many more bytes, in digits.
    Length(i64),
    /// The body.
    Body,
    /// The first half of the body.
    FirstHalf,
    /// The body as one chunk of a chunked one, with this behind its size.
    Chunk(&'static [u8]),
    /// The body of the next visit.
    OtherBody,
    /// The end of a head, and the body that it announces: ten million zeros as gzip has them.
    Zeros,
    /// The url of this visit.
    Itself,
    /// The url of the same visit of the site before this one in the scenario.
    SiteBefore,
    /// Nothing, for that long.
    Wait(Duration),
}

/// What becomes of a connection when a script has been played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The next request is read.
    Keep,
    /// It is closed, with a FIN.
    Close,
    /// It is closed without the goodbye that TLS asks for.
    Cut,
    /// It is reset, with a RST.
    Reset,
    /// It stays, and nothing more is said.
    Stay,
    /// These bytes so many times over, then a pause, and so on until the client goes. The pause
    /// keeps it from eating up a core, however fast the client reads.
    Forever(&'static [u8], usize, Duration),
}

/// What a client should make of a fault.
#[derive(Debug)]
pub enum Right {
    /// Hand on this answer.
    Answer(Answer),
    /// Fail, with one of these classes.
    Fail(&'static [ErrorClass]),
    /// Either of the two.
    Either(Answer, &'static [ErrorClass]),
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = |classes: &[ErrorClass]| {
            classes.iter().map(|class| class.name()).collect::<Vec<_>>().join(" or ")
        };
        match self {
            Self::Answer(answer) => write!(f, "{answer}"),
            Self::Fail(failures) => f.write_str(&classes(failures)),
            Self::Either(answer, failures) => write!(f, "{answer}, or {}", classes(failures)),
        }
    }
}

/// An answer that a client may hand on.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub content: Content,
}

/// The body of an answer that a client may hand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The one that is programmed for the visit.
    Programmed,
    /// The one that is programmed for the same visit of the site that the redirects lead to.
    OfAnotherSite,
    /// None.
    Nothing,
    /// The programmed one without so many of its last bytes, as its head says: no client can know
    /// better.
    Without(u64),
    /// That of the next visit: no client can know better.
    OfNext,
    /// The [zeros](Step::Zeros), still compressed.
    Zeros,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        match self.content {
            Content::Programmed if status == 200 => f.write_str("the right answer"),
            Content::Programmed => write!(f, "status {status} and the body"),
            Content::OfAnotherSite => f.write_str("the answer that it leads to"),
            Content::Nothing => write!(f, "status {status} and no body"),
            Content::Without(bytes) => write!(f, "a body without its last {bytes} bytes"),
            Content::OfNext => f.write_str("the wrong body, unknowingly"),
            Content::Zeros => f.write_str("the body as it was sent"),
        }
    }
}

impl Content {
    /// Whether only who knows the page can tell that it is wrong.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Without(_) | Self::OfNext)
    }
}

/// Faults that belong together.
#[derive(Debug)]
pub struct Group {
    /// What they concern.
    pub title: &'static str,
    /// The faults.
    pub faults: &'static [Fault],
}

/// Every fault, in groups.
pub static ALL: [Group; 6] = [
    Group { title: "the connection", faults: connection::FAULTS },
    Group { title: "the head", faults: head::FAULTS },
    Group { title: "the framing of the body", faults: framing::FAULTS },
    Group { title: "the body", faults: body::FAULTS },
    Group { title: "redirects", faults: elsewhere::FAULTS },
    Group { title: "TLS", faults: encrypted::FAULTS },
];

/// Every fault.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    ALL.iter().flat_map(|group| group.faults)
}

impl Fault {
    /// The fault of a name.
    ///
    /// # Errors
    ///
    /// There is none: says where they are listed.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        let unknown = || format!("unknown fault {name:?}: `fetchbench list faults` shows all");
        all().find(|fault| fault.name == name).ok_or_else(unknown)
    }

    /// Returns whether the answer holds the [`zeros()`].
    pub fn sends_zeros(&self) -> bool {
        self.script()
            .is_some_and(|script| script.steps.iter().any(|step| matches!(step, Step::Zeros)))
    }

    /// What is sent in answer to a request, if that is where the fault lies.
    pub fn script(&self) -> Option<&Script> {
        match &self.made {
            Made::Reply(script) | Made::ReplyOverTls(script) => Some(script),
            Made::Listener(_) => None,
        }
    }

    /// How the origin of a site with this fault must listen, if it matters.
    pub fn listening(&self) -> Option<Listening> {
        match self.made {
            Made::Reply(_) => None,
            Made::ReplyOverTls(_) => Some(Listening::Tls(Certificate::Valid)),
            Made::Listener(listening) => Some(listening),
        }
    }

    /// Whether it sends its client to the site before its own.
    pub fn needs_site_before(&self) -> bool {
        self.says(|step| matches!(step, Step::SiteBefore))
    }

    /// Whether it sends its client to where it is.
    pub fn leads_to_itself(&self) -> bool {
        self.says(|step| matches!(step, Step::Itself))
    }

    fn says(&self, is_wanted: fn(&Step) -> bool) -> bool {
        self.script().is_some_and(|script| script.steps.iter().any(is_wanted))
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Long enough for a client to have read what was sent before: a RST takes back what was not.
const PAUSE: Step = Step::Wait(Duration::from_millis(40));

/// The end of a head.
const BLANK: Step = Step::Bytes(b"\r\n");

const fn reply(steps: &'static [Step], end: End) -> Made {
    Made::Reply(Script { steps, end })
}

const PROGRAMMED: Answer = Answer { status: 200, content: Content::Programmed };

const RIGHT_ANSWER: Right = Right::Answer(PROGRAMMED);

const fn answer(status: u16, content: Content) -> Right {
    Right::Answer(Answer { status, content })
}

/// The rules leave it to the client, as long as it says so.
const ANSWER_OR_PROTOCOL: Right = Right::Either(PROGRAMMED, &[ErrorClass::Protocol]);

const PROTOCOL: Right = Right::Fail(&[ErrorClass::Protocol]);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_enough_faults_and_no_name_twice() {
        let names: HashSet<&str> = all().map(|fault| fault.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 30, "{}", names.len());
        assert!(names.iter().all(|name| Fault::named(name).is_ok_and(|fault| fault.name == *name)));
        assert!(Fault::named("nope").unwrap_err().contains("list faults"));
    }

    #[test]
    fn every_fault_says_where_what_is_right_is_written() {
        for fault in all() {
            assert!(fault.why.starts_with("RFC "), "{}", fault.name);
            assert!(!fault.what.ends_with('.') && fault.what.len() <= 74, "{}", fault.name);
        }
    }
}
