//! Encodes responses: a prepared head, a tail that depends on the connection, and a body that is
//! stored nowhere.

use std::borrow::Cow;
use std::io::IoSlice;
use std::time::Duration;

use super::heads::{ResponseHead, status_line};
use super::parse::KeepAlive;
use crate::scenario::site::Body;
use crate::server::request::Refusal;
use crate::server::response::{Content, Response, Then, server_timing};
use crate::server::served::ServedScenario;
use crate::server::visit::Visit;
use crate::server::witness::Witness;

/// The most slices per write. A head has two, a small body at most three. A body longer than the
/// shared random buffer has many, and takes several writes anyway.
const MAX_SLICES: usize = 16;

/// The tail of a response after its complete head.
const NO_TAIL: &[u8] = &[];

/// A response as it is sent.
#[derive(Debug)]
pub(super) struct Encoded {
    head: ResponseHead,
    /// The end of the head, which announces whether the connection stays open.
    tail: Cow<'static, [u8]>,
    body: Option<Visit>,
    pub then: Then,
    /// See [`Response::answers`].
    pub answers: Option<Visit>,
}

impl Encoded {
    /// Encodes the response to a request that asks for `keep_alive`.
    pub fn new(response: Response, keep_alive: KeepAlive, served: &ServedScenario) -> Self {
        let then = match response.then {
            Then::Read if keep_alive == KeepAlive::No => then_close(&response.content),
            then => then,
        };
        let end = tail(keep_alive);
        let (head, tail, body) = match response.content {
            Content::Reply(visit) => (served.heads.prepared(visit.site), end, Some(visit)),
            Content::ReplyHead(visit) => (served.heads.prepared(visit.site), end, None),
            Content::Refusal(refusal) | Content::RefusalHead(refusal) => {
                (ResponseHead::Bytes(refusal_head(refusal).into()), end, None)
            }
            Content::Witness(witness) => {
                (ResponseHead::Bytes(render(&witness, end).into()), NO_TAIL, None)
            }
            Content::Bytes(bytes) => (ResponseHead::Bytes(bytes), NO_TAIL, None),
        };
        Self { head, tail: tail.into(), body, then, answers: response.answers }
    }

    /// Adds the planned and actual delay to the head.
    pub fn add_timing(&mut self, planned: Duration, actual: Duration) {
        let line = format!("server-timing: {}\r\n", server_timing(planned, actual));
        self.tail = [line.as_bytes(), &self.tail].concat().into();
    }

    /// Returns the length of everything before the body.
    pub fn head_length(&self, served: &ServedScenario) -> u64 {
        (served.heads.bytes(&self.head).len() + self.tail.len()) as u64
    }

    pub fn body_length(&self, served: &ServedScenario) -> u64 {
        self.body.map_or(0, |visit| served.reply(visit.site).bytes)
    }

    /// Returns the bytes after the first `sent`, with at most `allowed` bytes of the body.
    pub fn slices<'a>(&'a self, served: &'a ServedScenario, sent: u64, allowed: u64) -> Slices<'a> {
        let body = self.body.map(|visit| served.body(visit).first(allowed));
        Slices::gather(served.heads.bytes(&self.head), &self.tail, body, sent)
    }
}

/// Returns the action after the response to a request that asks to close the connection.
fn then_close(content: &Content) -> Then {
    match content {
        // The client may still be sending a body.
        Content::Refusal(_) | Content::RefusalHead(_) => Then::Linger,
        _ => Then::Close,
    }
}

/// Returns the end of a head: a `connection` header, if HTTP/1.0 or closing requires one, and the
/// empty line.
fn tail(keep_alive: KeepAlive) -> &'static [u8] {
    match keep_alive {
        KeepAlive::Yes => b"\r\n",
        KeepAlive::Announced => b"connection: keep-alive\r\n\r\n",
        KeepAlive::No => b"connection: close\r\n\r\n",
    }
}

/// Renders the head of a refusal without its empty line.
fn refusal_head(refusal: Refusal) -> Vec<u8> {
    let allow = refusal.allow().map_or_else(String::new, |methods| format!("allow: {methods}\r\n"));
    format!("{}{allow}content-length: 0\r\n", status_line(refusal.status())).into_bytes()
}

/// Renders a response of the control channel, head and body in one. `tail` ends the head.
fn render(witness: &Witness, tail: &[u8]) -> Vec<u8> {
    let body = serde_json::to_vec(witness).expect("numbers are JSON");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    [head.as_bytes(), tail, &body].concat()
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
    use crate::server::served::tests::{reply, served};

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

    const VISIT: Visit = Visit { site: 0, visit: 5 };

    /// Returns the encoded bytes, and the action after them.
    fn encode(content: Content, keep_alive: KeepAlive) -> (String, Then) {
        let served = served(vec![reply(200, 9)]);
        let response = Encoded::new(Response::new(content, Then::Read), keep_alive, &served);
        let length = response.head_length(&served) + response.body_length(&served);
        let slices = response.slices(&served, 0, u64::MAX);
        let bytes = slices.as_slice().iter().flat_map(|slice| slice.to_vec()).collect();
        assert_eq!(slices.offered, length);
        (String::from_utf8(bytes).unwrap(), response.then)
    }

    #[test]
    fn responses_are_encoded() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nx-a: b c\r\n";
        let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n";
        let (close, keep) = ("connection: close\r\n\r\n", "connection: keep-alive\r\n\r\n");
        let cases = [
            (Content::ReplyHead(VISIT), KeepAlive::Yes, format!("{head}\r\n")),
            (Content::ReplyHead(VISIT), KeepAlive::Announced, format!("{head}{keep}")),
            (Content::ReplyHead(VISIT), KeepAlive::No, format!("{head}{close}")),
            (Content::Refusal(Refusal::NotFound), KeepAlive::Yes, format!("{missing}\r\n")),
            (Content::Refusal(Refusal::NotFound), KeepAlive::No, format!("{missing}{close}")),
            (Content::Bytes(b"raw".into()), KeepAlive::No, "raw".to_owned()),
        ];
        for (content, keep_alive, expected) in cases {
            assert_eq!(encode(content, keep_alive).0, expected);
        }
        let (bytes, _) = encode(Content::Reply(VISIT), KeepAlive::Yes);
        let body = bytes.strip_prefix(&format!("{head}\r\n")).unwrap();
        assert_eq!(body.as_bytes(), reply(200, 9).body(1, 0, 5).to_vec());
    }

    #[test]
    fn witnesses_are_json() {
        let witness = Witness { requests: 3, ..Witness::default() };
        let (bytes, _) = encode(Content::Witness(Box::new(witness.clone())), KeepAlive::No);
        let (head, body) = bytes.split_once("\r\n\r\n").unwrap();
        let length = body.len();
        assert_eq!(
            head,
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\nconnection: close"
            )
        );
        assert_eq!(serde_json::from_str::<Witness>(body).unwrap(), witness);
    }

    #[test]
    fn requests_may_close_connections() {
        assert!(matches!(encode(Content::Reply(VISIT), KeepAlive::Announced).1, Then::Read));
        assert!(matches!(encode(Content::Reply(VISIT), KeepAlive::No).1, Then::Close));
        assert!(matches!(encode(Content::Refusal(Refusal::Method), KeepAlive::Yes).1, Then::Read));
        assert!(matches!(encode(Content::Refusal(Refusal::Method), KeepAlive::No).1, Then::Linger));
    }

    #[test]
    fn heads_report_delays() {
        let served = served(vec![reply(204, 0)]);
        let response = Response::new(Content::Reply(VISIT), Then::Stay);
        let mut response = Encoded::new(response, KeepAlive::No, &served);
        response.add_timing(Duration::from_millis(2), Duration::from_micros(2_500));
        assert_eq!(
            String::from_utf8_lossy(&response.tail),
            "server-timing: planned;dur=2.000, actual;dur=2.500\r\nconnection: close\r\n\r\n"
        );
        assert!(matches!(response.then, Then::Stay), "a fault ends in its way");
    }
}
