//! A response, in terms of no version of HTTP: its content, its times, and what follows it.

use std::borrow::Cow;
use std::time::Duration;

use super::play::Play;
use super::request::Refusal;
use super::visit::Visit;
use super::witness::Witness;

/// A response that waits to be sent. An encoder turns it into bytes when it is due.
#[derive(Debug)]
pub(super) struct Response {
    pub content: Content,
    /// Whether the head reports the planned and actual delay.
    pub is_timed: bool,
    /// The time from the head to the last byte of the body.
    pub body_time: Duration,
    pub then: Then,
    /// The request for a site that this response answers. It is in flight until the last byte of
    /// the response.
    pub answers: Option<Visit>,
}

/// The status, headers and body of a response.
#[derive(Debug)]
pub(super) enum Content {
    /// Those of a site's reply.
    Reply(Visit),
    /// The same without the body: the answer to HEAD.
    ReplyHead(Visit),
    /// The status of a refusal. Over HTTP/2 its reason is the body.
    Refusal(Refusal),
    /// The same without the body: the answer to HEAD.
    RefusalHead(Refusal),
    /// The counts, as JSON.
    Witness(Box<Witness>),
    /// Exactly these bytes, which need not be HTTP: a fault.
    Bytes(Cow<'static, [u8]>),
}

/// The action after the last byte is sent.
#[derive(Debug)]
pub(super) enum Then {
    /// Read the next request, unless this one asked to close the connection.
    Read,
    /// Play the rest of a fault's script.
    Play(Box<Play>),
    /// Close the connection at once.
    Close,
    /// Close the connection after the client has. The client may still be sending, and closing with
    /// unread bytes would reset the connection and lose the response.
    Linger,
    /// Close the connection without TLS's close notification.
    Cut,
    /// Reset the connection.
    Reset,
    /// Keep the connection until the client leaves. Its request is in flight until then.
    Stay,
}

/// Returns the value of the header that reports the planned and actual delay.
pub(super) fn server_timing(planned: Duration, actual: Duration) -> String {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    format!("planned;dur={:.3}, actual;dur={:.3}", milliseconds(planned), milliseconds(actual))
}

impl Response {
    /// Creates a response that answers no site.
    pub fn new(content: Content, then: Then) -> Self {
        Self { content, is_timed: false, body_time: Duration::ZERO, then, answers: None }
    }
}
