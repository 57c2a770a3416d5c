//! Errors of fetches, in classes that all backends share.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::public::public_text;

/// Why a fetch failed: a class that all backends share, and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// The class.
    pub class: ErrorClass,
    /// The message, for people, without secrets. It may hold foreign text: escape it in output.
    pub message: Box<str>,
    /// The system's error number, if a system call failed.
    pub os: Option<i32>,
    /// Whether the client accepted the answer and only a check of the harness rejected it.
    pub accepted: bool,
}

impl FetchError {
    /// Creates an error that the client found, or that a limit of the harness caused.
    pub fn new(class: ErrorClass, message: impl Into<Box<str>>) -> Self {
        // Clients repeat urls and heads.
        let message = public_text(&message.into());
        Self { class, message: cut(&message, MESSAGE_MAX).into(), os: None, accepted: false }
    }

    /// Creates an error for an answer that the client accepted but a check of the harness rejected.
    /// Without the check, a wrong page would pass.
    pub fn objection(class: ErrorClass, message: impl Into<Box<str>>) -> Self {
        Self { accepted: true, ..Self::new(class, message) }
    }

    /// Converts a system error. Its class is `otherwise` if the error alone does not determine one.
    pub fn io(error: &io::Error, otherwise: ErrorClass) -> Self {
        let class = ErrorClass::of_io(error).unwrap_or(otherwise);
        Self { os: os_number(error), ..Self::new(class, error.to_string()) }
    }

    /// Returns whether no port was left for one more connection.
    pub fn is_out_of_ports(&self) -> bool {
        let kind = self.os.map(|number| io::Error::from_raw_os_error(number).kind());
        kind == Some(io::ErrorKind::AddrNotAvailable)
    }

    /// Creates the error of a client that panicked. The panic message is on standard error.
    pub fn crashed() -> Self {
        Self::new(ErrorClass::Crashed, "the client panicked")
    }

    /// Creates the error of a fetch that missed its deadline.
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

/// Returns the number of a system error, possibly wrapped in other errors.
pub fn os_number(error: &io::Error) -> Option<i32> {
    error.raw_os_error().or_else(|| os_number(error.get_ref()?.downcast_ref()?))
}

/// Returns the number that ends the text of a system error in Rust.
pub fn os_number_in(text: &str) -> Option<i32> {
    let (_, number) = text.rsplit_once("(os error ")?;
    number.strip_suffix(')')?.parse().ok()
}

/// The longest message that is kept, in characters.
const MESSAGE_MAX: usize = 500;

/// The longest foreign text that a message of the harness repeats, in characters.
const EXCERPT_MAX: usize = 120;

/// Shortens foreign text for a message.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    cut(text, EXCERPT_MAX)
}

/// Returns the first `most` characters, and the length of the text if it has more.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()).into(),
        None => text.into(),
    }
}

/// The classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The answer is not HTTP, or exceeds a limit of the client, such as that of its head.
    Protocol,
    /// The body ended before its declared length, or before its last chunk.
    BodyShort,
    /// The body is longer than the `max_body` of the limits.
    BodyTooLarge,
    /// More redirects than the `redirects` of the limits.
    RedirectLoop,
    /// The backend does not support the url or the answer, such as https in a client without TLS.
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

    /// Returns the name, as printed and as written in JSON.
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

    /// Returns the class of a system error, if the error alone determines one.
    pub fn of_io(error: &io::Error) -> Option<Self> {
        use libc::{EADDRNOTAVAIL, EMFILE, ENFILE, ENOBUFS, ENOMEM};
        let exhausted = [EMFILE, ENFILE, EADDRNOTAVAIL, ENOBUFS, ENOMEM];
        if error.raw_os_error().is_some_and(|number| exhausted.contains(&number)) {
            return Some(Self::LocalLimit);
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
    fn names_match_json() {
        for class in ErrorClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}
