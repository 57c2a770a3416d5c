//! A response as bytes: a head, a body that is stored nowhere, and the action after the last byte.

use std::borrow::Cow;
use std::io::IoSlice;
use std::time::Duration;

use super::play::Play;
use super::request::KeepAlive;
use super::visit::Visit;
use crate::scenario::site::Body;

/// The most slices per write. A head has two, a small body at most three. A body longer than the
/// shared random buffer has many, and takes several writes anyway.
const MAX_SLICES: usize = 16;

/// A response on its way. It need not be HTTP: a head is any bytes, and `body` and `then` define
/// the rest.
#[derive(Debug)]
pub(super) struct Response {
    pub head: Head,
    /// The end of the head, which announces whether the connection stays open.
    pub tail: Cow<'static, [u8]>,
    /// Whether the response reports its planned and actual delay.
    pub is_timed: bool,
    pub body: Option<Visit>,
    /// The time from the head to the last byte of the body.
    pub body_time: Duration,
    pub then: Then,
    /// The rest of a fault's script, which is played before `then`.
    pub rest: Option<Box<Play>>,
    /// The request for a site that this response answers. It is in flight until the last byte of
    /// the response.
    pub answers: Option<Visit>,
}

impl Response {
    /// Creates a response of these bytes only, which answers no site.
    pub fn raw(head: Head, then: Then) -> Self {
        let (tail, body_time) = (Cow::Borrowed(&b""[..]), Duration::ZERO);
        Self { head, tail, is_timed: false, body: None, body_time, then, rest: None, answers: None }
    }

    /// Adds the planned and actual delay to the head.
    pub fn add_timing(&mut self, planned: Duration, actual: Duration) {
        let line = format!(
            "server-timing: planned;dur={:.3}, actual;dur={:.3}\r\n",
            milliseconds(planned),
            milliseconds(actual)
        );
        self.tail = [line.as_bytes(), &self.tail].concat().into();
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The start of a response, without the parts that depend on the connection.
#[derive(Debug)]
pub(super) enum Head {
    /// The index of a prepared head.
    Prepared(u32),
    Fixed(&'static [u8]),
    /// Head and body in one, rendered for this response alone.
    Rendered(Box<[u8]>),
}

/// The action after the last byte is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Read the next request.
    Read,
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

/// Returns the end of a head: a `connection` header, if HTTP/1.0 or closing requires one, and the
/// empty line.
pub(super) fn tail(keep_alive: KeepAlive) -> &'static [u8] {
    match keep_alive {
        KeepAlive::Yes => b"\r\n",
        KeepAlive::Announced => b"connection: keep-alive\r\n\r\n",
        KeepAlive::No => b"connection: close\r\n\r\n",
    }
}

/// The bytes of a response from some offset on, ready for one write.
pub(super) struct Slices<'a> {
    slices: [IoSlice<'a>; MAX_SLICES],
    count: usize,
    /// The total length of the slices.
    pub offered: u64,
}

impl<'a> Slices<'a> {
    /// Gathers the bytes after the first `sent` bytes of head, tail and body.
    pub fn gather(head: &'a [u8], tail: &'a [u8], body: Option<Body<'a>>, sent: u64) -> Self {
        let mut gathered = Self { slices: [IoSlice::new(&[]); MAX_SLICES], count: 0, offered: 0 };
        let mut skip = sent;
        for part in [head, tail] {
            let skipped = skip.min(part.len() as u64);
            skip -= skipped;
            gathered.push(&part[skipped as usize..]);
        }
        for piece in body.iter().flat_map(|body| body.pieces(skip)).take(MAX_SLICES - 2) {
            gathered.push(piece);
        }
        gathered
    }

    fn push(&mut self, piece: &'a [u8]) {
        if !piece.is_empty() {
            self.slices[self.count] = IoSlice::new(piece);
            self.count += 1;
            self.offered += piece.len() as u64;
        }
    }

    /// Returns the slices; none is empty.
    pub fn as_slice(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::site::Reply;
    use crate::server::heads::tests::reply;

    fn gather_after(sent: u64, reply: &Reply) -> Vec<u8> {
        let slices = Slices::gather(b"head", b"tail", Some(reply.body(1, 2, 3)), sent);
        let bytes: Vec<u8> = slices.as_slice().iter().flat_map(|slice| slice.to_vec()).collect();
        assert_eq!(slices.offered, bytes.len() as u64);
        bytes
    }

    #[test]
    fn responses_resume_anywhere() {
        let reply = reply(200, 9);
        let all = gather_after(0, &reply);
        assert!(all.starts_with(b"headtailabc") && all.len() == 17);
        for sent in 0..=17 {
            assert_eq!(gather_after(sent, &reply), all[sent as usize..], "from {sent}");
        }
    }
}
