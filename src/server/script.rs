//! Plays the script of a fault to one client: the bytes to send, the waits, and how the connection
//! ends.
//!
//! A script is cut into responses of bytes, one for each wait in it. A connection plays it like any
//! other response: it waits, it writes, and then it asks for the next one.

use std::io::Write;
use std::time::Duration;

use super::play::{Asked, Play};
use super::response::{Content, Response, Then};
use super::served::ServedScenario;
use super::visit::Visit;
use crate::scenario::fault::{self, End, FrameStream, Step};

/// The length of the header of an HTTP/2 frame.
const FRAME_HEADER: usize = 9;

/// Returns the next response, and how long it must wait.
pub(super) fn next(mut play: Play, served: &ServedScenario) -> (Response, Duration) {
    let mut wait = Duration::ZERO;
    let mut bytes = Vec::new();
    while let Some(step) = play.script.steps.get(play.played) {
        match step {
            Step::Wait(_) | Step::Pong if !bytes.is_empty() => {
                return (unfinished(play, bytes), wait);
            }
            Step::Wait(duration) => wait += *duration,
            step => append_step(step, play.asked, served, &mut bytes),
        }
        play.played += 1;
    }
    if let End::Forever(steps, times, pause) = play.script.end {
        // The steps of the script come first, and then only these.
        if bytes.is_empty() {
            append_all(steps, play.asked, served, &mut bytes);
            (bytes, wait) = (bytes.repeat(times), wait + pause);
        }
        return (unfinished(play, bytes), wait);
    }
    (response(play.asked.visit, bytes, then(play.script.end)), wait)
}

/// Returns a response of these bytes, after which the script goes on.
fn unfinished(play: Play, bytes: Vec<u8>) -> Response {
    response(play.asked.visit, bytes, Then::Play(Box::new(play)))
}

fn response(visit: Visit, bytes: Vec<u8>, then: Then) -> Response {
    Response { answers: Some(visit), ..Response::new(Content::Bytes(bytes.into()), then) }
}

/// Converts the end of a script to the action after its last byte.
pub(super) fn then(end: End) -> Then {
    match end {
        // An endless script never gets here.
        End::Keep | End::Forever(..) => Then::Read,
        End::Close => Then::Close,
        End::Cut => Then::Cut,
        End::Reset => Then::Reset,
        End::Stay => Then::Stay,
    }
}

fn append_all(steps: &[Step], asked: Asked, served: &ServedScenario, bytes: &mut Vec<u8>) {
    steps.iter().for_each(|step| append_step(step, asked, served, bytes));
}

/// Appends the bytes of a step.
fn append_step(step: &Step, asked: Asked, served: &ServedScenario, bytes: &mut Vec<u8>) {
    let visit = asked.visit;
    let body = served.body(visit);
    match *step {
        Step::Bytes(piece) => bytes.extend_from_slice(piece),
        Step::Times(times, piece) => bytes.extend_from_slice(&piece.repeat(times)),
        Step::Head => bytes.extend_from_slice(served.head(visit.site)),
        Step::Length(more) => append(bytes, format_args!("{}", length(asked, served, more))),
        Step::Body => body.pieces(0).for_each(|piece| bytes.extend_from_slice(piece)),
        Step::FirstHalf => {
            let half = body.first(body.len() / 2);
            half.pieces(0).for_each(|piece| bytes.extend_from_slice(piece));
        }
        Step::Chunk(extension) => {
            append(bytes, format_args!("{:x}", body.len()));
            bytes.extend_from_slice(extension);
            bytes.extend_from_slice(b"\r\n");
            append_step(&Step::Body, asked, served, bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        Step::OtherBody => {
            let visit = Visit { visit: visit.visit.wrapping_add(1), ..visit };
            append_step(&Step::Body, Asked { visit, ..asked }, served, bytes);
        }
        Step::Zeros => {
            let zeros = fault::zeros();
            append(bytes, format_args!("content-length: {}\r\n\r\n", zeros.len()));
            bytes.extend_from_slice(zeros);
        }
        Step::Itself => append(bytes, format_args!("{}", served.url(visit))),
        Step::SiteBefore => {
            let visit = Visit { site: visit.site.saturating_sub(1), ..visit };
            append(bytes, format_args!("{}", served.url(visit)));
        }
        Step::Frame(kind, flags, stream, payload) => {
            let start = begin_frame(kind, flags, stream.number(asked.stream), bytes);
            append_all(payload, asked, served, bytes);
            end_frame(start, bytes);
        }
        Step::ByteFrames => append_byte_frames(asked, served, bytes),
        Step::Stream(stream) => bytes.extend_from_slice(&stream.number(asked.stream).to_be_bytes()),
        Step::Field(name, value) => append_field(name, value, bytes),
        Step::LengthField(more) => {
            append_field("content-length", &length(asked, served, more).to_string(), bytes);
        }
        Step::Wait(_) | Step::Pong => {}
    }
}

/// Returns the length of the body plus `more`.
fn length(asked: Asked, served: &ServedScenario, more: i64) -> u64 {
    served.body(asked.visit).len().saturating_add_signed(more)
}

/// Appends the header of an HTTP/2 frame, and returns its position.
fn begin_frame(kind: u8, flags: u8, stream: u32, bytes: &mut Vec<u8>) -> usize {
    let start = bytes.len();
    bytes.extend_from_slice(&[0, 0, 0, kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    start
}

/// Sets the length of the frame at `start`, after its payload is complete.
fn end_frame(start: usize, bytes: &mut [u8]) {
    let [_, length @ ..] = ((bytes.len() - start - FRAME_HEADER) as u32).to_be_bytes();
    bytes[start..start + 3].copy_from_slice(&length);
}

/// Appends the body, each byte in a DATA frame.
fn append_byte_frames(asked: Asked, served: &ServedScenario, bytes: &mut Vec<u8>) {
    let body = served.body(asked.visit).to_vec();
    let stream = FrameStream::Asked.number(asked.stream);
    for (index, byte) in body.iter().enumerate() {
        let flags = u8::from(index + 1 == body.len());
        let start = begin_frame(0, flags, stream, bytes);
        bytes.push(*byte);
        end_frame(start, bytes);
    }
}

fn append_field(name: &str, value: &str, bytes: &mut Vec<u8>) {
    bytes.push(0);
    for text in [name, value] {
        bytes.push(text.len() as u8);
        bytes.extend_from_slice(text.as_bytes());
    }
}

fn append(bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    bytes.write_fmt(text).expect("vectors grow");
}
