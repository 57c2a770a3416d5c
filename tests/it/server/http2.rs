//! The mock server over HTTP/2, frame by frame and against other programs' clients.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::Running;

mod answers;
mod bounds;
mod deadlines;
mod faults;
mod heads;
mod leaving;
mod peers;
mod versions;
mod violations;
mod windows;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

// Flags.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const WHOLE: u8 = END_STREAM | END_HEADERS;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    /// The error code of a RST_STREAM or GOAWAY frame.
    fn code(&self) -> u32 {
        let from = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[from..from + 4].try_into().unwrap())
    }
}

/// Renders a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = (payload.len() as u32).to_be_bytes();
    let mut bytes = vec![a, b, c, kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Encodes headers without compression.
fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.extend([0, name.len() as u8]);
        bytes.extend(name.as_bytes());
        assert!(value.len() < 127, "longer values need more bytes");
        bytes.push(value.len() as u8);
        bytes.extend(value.as_bytes());
    }
    bytes
}

/// Encodes a request.
fn request(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let fixed = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")];
    block(&[&fixed, more].concat())
}

/// Renders a whole GET.
fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, WHOLE, stream, &request("GET", path, &[]))
}

/// Renders a SETTINGS frame with one setting.
fn setting(name: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

/// A client that sends what it is given.
struct RawClient {
    stream: TcpStream,
    decoder: hpack_patched::Decoder<'static>,
    /// Frames read while others were waited for.
    read: Vec<Frame>,
}

impl RawClient {
    /// Connects, and exchanges empty settings.
    fn new(server: &Running) -> Self {
        Self::with_settings(server, &frame(SETTINGS, 0, 0, &[]))
    }

    /// Connects, and sends these settings.
    fn with_settings(server: &Running, settings: &[u8]) -> Self {
        let stream = server.connect();
        let decoder = hpack_patched::Decoder::new();
        let mut client = Self { stream, decoder, read: Vec::new() };
        client.send(&[PREFACE, settings].concat());
        let first = client.next().unwrap();
        assert_eq!((first.kind, first.flags), (SETTINGS, 0), "the server's settings come first");
        let ack = client.next().unwrap();
        assert_eq!((ack.kind, ack.flags), (SETTINGS, 1));
        client
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Reads the next frame; `None` at the end.
    fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, d, e, f, g] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).unwrap();
        Some(Frame { kind, flags, stream: u32::from_be_bytes([d, e, f, g]), payload })
    }

    /// Reads frames until one of these kinds, which must come.
    fn wait_for(&mut self, kinds: &[u8]) -> Frame {
        loop {
            let frame = self.next().expect("the connection stays open");
            if kinds.contains(&frame.kind) {
                return frame;
            }
            self.read.push(frame);
        }
    }

    /// Reads the whole answer to a stream, while others may be answered between.
    fn answer(&mut self, stream: u32) -> Answer {
        self.answers(&[stream]).remove(&stream).unwrap()
    }

    /// Reads the whole answers to these streams, which need no window.
    fn answers(&mut self, streams: &[u32]) -> HashMap<u32, Answer> {
        let mut answers: HashMap<u32, Answer> = HashMap::new();
        let is_whole = |answers: &HashMap<u32, Answer>| {
            streams.iter().all(|id| answers.get(id).is_some_and(|answer| answer.is_whole))
        };
        while !is_whole(&answers) {
            let frame = self.wait_for(&[HEADERS, DATA, RST_STREAM, GOAWAY]);
            assert!(matches!(frame.kind, HEADERS | DATA), "{frame:?}");
            let answer = answers.entry(frame.stream).or_default();
            answer.is_whole = frame.flags & END_STREAM != 0;
            if frame.kind == HEADERS {
                let fields = self.decoder.decode(&frame.payload).unwrap();
                let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
                answer.headers =
                    fields.into_iter().map(|(name, value)| (text(name), text(value))).collect();
            } else {
                answer.body.extend(frame.payload);
            }
        }
        answers
    }

    /// Makes sure that the connection still works.
    fn ping(&mut self) {
        self.send(&frame(PING, 0, 0, b"pingpong"));
        let pong = self.wait_for(&[PING, GOAWAY]);
        assert_eq!(pong, Frame { kind: PING, flags: 1, stream: 0, payload: b"pingpong".into() });
    }
}

/// An answer.
#[derive(Debug, Default, Clone, PartialEq)]
struct Answer {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_whole: bool,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    fn status(&self) -> &str {
        self.header(":status").unwrap()
    }
}
