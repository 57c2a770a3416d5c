//! Plays the script of a fault to one client: the bytes to send, the waits, and how the connection
//! ends.
//!
//! A script is cut into responses of bytes, one for each wait in it. A connection plays it like any
//! other response: it waits, it writes, and then it asks for the next one.

use std::io::Write;
use std::time::Duration;

use super::play::Play;
use super::response::{Content, Response, Then};
use super::served::ServedScenario;
use super::visit::Visit;
use crate::scenario::fault::{self, End, Step};

/// Returns the next response, and how long it must wait.
pub(super) fn next(mut play: Play, served: &ServedScenario) -> (Response, Duration) {
    let mut wait = Duration::ZERO;
    let mut bytes = Vec::new();
    while let Some(step) = play.script.steps.get(play.played) {
        match step {
            Step::Wait(_) if !bytes.is_empty() => return (unfinished(play, bytes), wait),
            Step::Wait(duration) => wait += *duration,
            step => append_step(step, play.visit, served, &mut bytes),
        }
        play.played += 1;
    }
    if let End::Forever(piece, times, pause) = play.script.end {
        // The steps come first, and then only this piece.
        if bytes.is_empty() {
            (bytes, wait) = (piece.repeat(times), wait + pause);
        }
        return (unfinished(play, bytes), wait);
    }
    (response(play.visit, bytes, then(play.script.end)), wait)
}

/// Returns a response of these bytes, after which the script goes on.
fn unfinished(play: Play, bytes: Vec<u8>) -> Response {
    response(play.visit, bytes, Then::Play(Box::new(play)))
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

/// Appends the bytes of a step.
fn append_step(step: &Step, visit: Visit, served: &ServedScenario, bytes: &mut Vec<u8>) {
    let body = served.body(visit);
    match step {
        Step::Bytes(piece) => bytes.extend_from_slice(piece),
        Step::Times(times, piece) => bytes.extend_from_slice(&piece.repeat(*times)),
        Step::Head => bytes.extend_from_slice(served.head(visit.site)),
        Step::Length(more) => {
            append(bytes, format_args!("{}", body.len().saturating_add_signed(*more)))
        }
        Step::Body => body.pieces(0).for_each(|piece| bytes.extend_from_slice(piece)),
        Step::FirstHalf => {
            let end = bytes.len() + body.len() as usize / 2;
            body.pieces(0).for_each(|piece| bytes.extend_from_slice(piece));
            bytes.truncate(end);
        }
        Step::Chunk(extension) => {
            append(bytes, format_args!("{:x}", body.len()));
            bytes.extend_from_slice(extension);
            bytes.extend_from_slice(b"\r\n");
            append_step(&Step::Body, visit, served, bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        Step::OtherBody => append_step(
            &Step::Body,
            Visit { visit: visit.visit.wrapping_add(1), ..visit },
            served,
            bytes,
        ),
        Step::Zeros => {
            let zeros = fault::zeros();
            append(bytes, format_args!("content-length: {}\r\n\r\n", zeros.len()));
            bytes.extend_from_slice(zeros);
        }
        Step::Itself => append(bytes, format_args!("{}", served.url(visit))),
        Step::SiteBefore => {
            append(
                bytes,
                format_args!(
                    "{}",
                    served.url(Visit { site: visit.site.saturating_sub(1), ..visit })
                ),
            );
        }
        Step::Wait(_) => {}
    }
}

fn append(bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    bytes.write_fmt(text).expect("vectors grow");
}
