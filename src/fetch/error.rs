//! Why a fetch failed: classes that all rows share.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fetch::tls_error;

/// Why there is no page: a class that all rows share, and what the row itself said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// The class.
    pub class: ErrorClass,
    /// What went wrong, for a person. May hold foreign text: escape it where it is printed.
    pub message: Box<str>,
    /// Whether the client had taken the answer for whole and right, and only a check of ours
    /// objected.
    pub accepted: bool,
}

impl FetchError {
    /// An error of a class, which the client found itself, or which a limit of the harness put an
    /// end to.
    pub fn new(class: ErrorClass, message: impl Into<Box<str>>) -> Self {
        let message = message.into();
        let message =
            if message.len() > MESSAGE_MAX { cut(&message, MESSAGE_MAX).into() } else { message };
        Self { class, message, accepted: false }
    }

    /// What a check of ours has against an answer that the client had accepted: without it, a wrong
    /// page would pass.
    pub fn objection(class: ErrorClass, message: impl Into<Box<str>>) -> Self {
        Self { accepted: true, ..Self::new(class, message) }
    }

    /// The class that an error of the system tells by itself, or else `otherwise`.
    pub fn io(error: &io::Error, otherwise: ErrorClass) -> Self {
        let message = tls_error::find(error).map_or_else(|| error.to_string(), tls_error::sentence);
        Self::new(ErrorClass::of_io(error).unwrap_or(otherwise), message)
    }

    /// The client panicked. What it said then stands on standard error.
    pub fn crashed() -> Self {
        Self::new(ErrorClass::Crashed, "the client panicked")
    }

    /// The deadline has passed.
    pub fn timeout(deadline: Duration) -> Self {
        Self::new(ErrorClass::Timeout, format!("not finished after {deadline:?}"))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}

impl std::error::Error for FetchError {}

/// The longest message that is kept, in characters: clients repeat whole urls and heads in theirs.
const MESSAGE_MAX: usize = 500;

/// The longest foreign text that a message of ours repeats, in characters.
const EXCERPT_MAX: usize = 120;

/// Returns foreign text as a message repeats it: a long text only in part.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    cut(text, EXCERPT_MAX)
}

/// Returns the first `most` characters, and the length of the text if there are more.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()).into(),
        None => text.into(),
    }
}

/// The classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// The host's name has no address.
    Dns,
    /// The host refused the connection.
    Refused,
    /// The connection could not be made for another reason, such as no route.
    Connect,
    /// The TLS handshake failed: a bad certificate, no common version, no TLS at all.
    Tls,
    /// The deadline passed before the last body byte.
    Timeout,
    /// The peer reset the connection.
    Reset,
    /// The peer closed the connection before the head of the answer was complete.
    ClosedEarly,
    /// The answer is not HTTP/1.1, or is more than the client takes of it, such as a head beyond
    /// its limit.
    Protocol,
    /// The body ended before its declared length, or before its last chunk.
    BodyShort,
    /// The body is longer than the `max_body` of the limits.
    BodyTooLarge,
    /// More redirects than the `redirects` of the limits.
    RedirectLoop,
    /// The row cannot do what the url or the answer asks for, such as https in a client without
    /// TLS.
    Unsupported,
    /// This machine ran out of something: file descriptors, ports, buffers.
    LocalLimit,
    /// The client panicked over the answer.
    Crashed,
}

impl ErrorClass {
    /// Every class.
    pub const ALL: [Self; 14] = [
        Self::Dns,
        Self::Refused,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Reset,
        Self::ClosedEarly,
        Self::Protocol,
        Self::BodyShort,
        Self::BodyTooLarge,
        Self::RedirectLoop,
        Self::Unsupported,
        Self::LocalLimit,
        Self::Crashed,
    ];

    /// The name as printed and as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::ClosedEarly => "closed-early",
            Self::Protocol => "protocol",
            Self::BodyShort => "body-short",
            Self::BodyTooLarge => "body-too-large",
            Self::RedirectLoop => "redirect-loop",
            Self::Unsupported => "unsupported",
            Self::LocalLimit => "local-limit",
            Self::Crashed => "crashed",
        }
    }

    /// The class of an error of the system, where its kind alone tells it.
    pub fn of_io(error: &io::Error) -> Option<Self> {
        use rustix::io::Errno;
        let exhausted =
            [Errno::MFILE, Errno::NFILE, Errno::ADDRNOTAVAIL, Errno::NOBUFS, Errno::NOMEM];
        if Errno::from_io_error(error).is_some_and(|errno| exhausted.contains(&errno)) {
            return Some(Self::LocalLimit);
        }
        if tls_error::find(error).is_some() {
            return Some(Self::Tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Some(Self::Reset),
            io::ErrorKind::UnexpectedEof => Some(Self::ClosedEarly),
            io::ErrorKind::TimedOut => Some(Self::Timeout),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some(Self::Connect)
            }
            _ => None,
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut() {
        let message = "é".repeat(66_000);
        let error = FetchError::new(ErrorClass::Protocol, &*message);
        assert_eq!(*error.message, format!("{}… (132000 bytes)", "é".repeat(MESSAGE_MAX)));
        assert_eq!(excerpt("short"), "short");
    }

    #[test]
    fn the_name_of_a_class_is_what_json_says() {
        for class in ErrorClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}
