//! A response as bytes: a head, a body that is nowhere stored, and what happens when both have been
//! sent.

use std::borrow::Cow;
use std::io::IoSlice;
use std::time::Duration;

use super::play::Play;
use super::request::KeepAlive;
use super::visit::Visit;
use crate::scenario::site::Body;

/// The most pieces handed to the system at once. A head has two, a small body at most three; a body
/// that is longer than the shared random buffer is many, and goes out over several calls anyway.
const MAX_SLICES: usize = 16;

/// A response on its way. It need not be HTTP: a head is bytes, and what follows it is up to `body`
/// and `then`.
#[derive(Debug)]
pub(super) struct Response {
    pub head: Head,
    /// The end of the head, which says what becomes of the connection.
    pub tail: Cow<'static, [u8]>,
    /// Whether the client wants to be told the delay, planned and actual.
    pub is_timed: bool,
    pub body: Option<Visit>,
    /// How long the body takes from the head to its last byte.
    pub body_time: Duration,
    pub then: Then,
    /// What of a fault's script is still to be played: it comes before what `then` says.
    pub rest: Option<Box<Play>>,
    /// The request for a site that it answers, which is in work until the last byte of the
    /// response.
    pub answers: Option<Visit>,
}

impl Response {
    /// Nothing but these bytes, which answer no site.
    pub fn of(head: Head, then: Then) -> Self {
        let (tail, body_time) = (Cow::Borrowed(&b""[..]), Duration::ZERO);
        Self { head, tail, is_timed: false, body: None, body_time, then, rest: None, answers: None }
    }

    /// Tells the client, in the head, what delay was planned and what became of it.
    pub fn tell_timing(&mut self, planned: Duration, actual: Duration) {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let line = format!(
            "server-timing: planned;dur={:.3}, actual;dur={:.3}\r\n",
            ms(planned),
            ms(actual)
        );
        self.tail = [line.as_bytes(), &self.tail].concat().into();
    }
}

/// The beginning of a response, all that does not depend on the connection.
#[derive(Debug)]
pub(super) enum Head {
    /// The prepared head of that number.
    Prepared(u32),
    Fixed(&'static [u8]),
    /// Head and body in one, made for this response alone.
    Rendered(Box<[u8]>),
}

/// What happens once the last byte is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// The next request is read.
    Read,
    /// The connection is closed at once.
    Close,
    /// The connection is closed, but only after the client has: it may still be sending, and
    /// closing on bytes that were not read would reset the connection and lose the response.
    Linger,
    /// The connection is closed without the goodbye of TLS.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing: the connection stays until the client goes, and its request is in work until then.
    Stay,
}

/// The end of a head: the empty line, and before it what an old or a leaving client must be told.
pub(super) fn tail(keep_alive: KeepAlive) -> &'static [u8] {
    match keep_alive {
        KeepAlive::Yes => b"\r\n",
        KeepAlive::Told => b"connection: keep-alive\r\n\r\n",
        KeepAlive::No => b"connection: close\r\n\r\n",
    }
}

/// The bytes of a response from some byte on, ready for one call of the system.
pub(super) struct Slices<'a> {
    slices: [IoSlice<'a>; MAX_SLICES],
    count: usize,
    /// How many bytes the slices hold together.
    pub offered: u64,
}

impl<'a> Slices<'a> {
    /// Gathers what follows the first `sent` bytes of head, tail and body.
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

    /// The slices. None is empty.
    pub fn as_slice(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::site::{Delay, Reply};

    fn reply(status: u16, bytes: u64) -> Reply {
        let headers = vec![("x-a".parse().unwrap(), "b c".parse().unwrap())];
        let (delay, body_time) = (Delay::NONE, Delay::NONE);
        Reply { status, headers, begins: b"abc".to_vec(), bytes, delay, body_time, fault: None }
    }

    #[test]
    fn a_response_can_be_taken_up_at_any_byte() {
        let reply = reply(200, 9);
        let from = |sent| {
            let slices = Slices::gather(b"head", b"tail", Some(reply.body(1, 2, 3)), sent);
            let bytes: Vec<u8> =
                slices.as_slice().iter().flat_map(|slice| slice.to_vec()).collect();
            assert_eq!(slices.offered, bytes.len() as u64);
            bytes
        };
        let all = from(0);
        assert!(all.starts_with(b"headtailabc") && all.len() == 17);
        for sent in 0..=17 {
            assert_eq!(from(sent), all[sent as usize..], "from {sent}");
        }
    }
}
