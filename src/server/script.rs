//! The script of a fault, played to one client: what is said next, after which wait, and what
//! becomes of the connection.
//!
//! A script is cut into responses of bytes, one for each wait in it, so that a connection plays it
//! as it answers anything else: it waits, it writes, and then it asks what follows.

use std::io::Write;
use std::time::Duration;

use super::play::Play;
use super::request::KeepAlive;
use super::response::{Head, Response, Then};
use super::served::ServedScenario;
use super::visit::Visit;
use crate::scenario::fault::{self, End, Step};

/// Returns what is sent next, and after which wait.
pub(super) fn next(mut play: Play, served: &ServedScenario) -> (Response, Duration) {
    let mut wait = Duration::ZERO;
    let mut bytes = Vec::new();
    while let Some(step) = play.script.steps.get(play.played) {
        match step {
            Step::Wait(_) if !bytes.is_empty() => {
                return (response(play, bytes, Then::Read, true), wait);
            }
            Step::Wait(duration) => wait += *duration,
            step => say(step, play.visit, served, &mut bytes),
        }
        play.played += 1;
    }
    if let End::Forever(piece, times, pause) = play.script.end {
        // The steps come first, and then nothing but this.
        if bytes.is_empty() {
            (bytes, wait) = (piece.repeat(times), wait + pause);
        }
        return (response(play, bytes, Then::Read, true), wait);
    }
    let then = match play.keep_alive {
        KeepAlive::No if play.script.end == End::Keep => Then::Close,
        _ => then(play.script.end),
    };
    (response(play, bytes, then, false), wait)
}

fn response(play: Play, bytes: Vec<u8>, then: Then, goes_on: bool) -> Response {
    let answers = Some(play.visit);
    let rest = goes_on.then(|| Box::new(play));
    Response { rest, answers, ..Response::of(Head::Rendered(bytes.into()), then) }
}

/// What becomes of the connection at the end of a script.
pub(super) fn then(end: End) -> Then {
    match end {
        // What goes on for ever has no end to come to.
        End::Keep | End::Forever(..) => Then::Read,
        End::Close => Then::Close,
        End::Cut => Then::Cut,
        End::Reset => Then::Reset,
        End::Stay => Then::Stay,
    }
}

/// Appends what a step says.
fn say(step: &Step, visit: Visit, served: &ServedScenario, bytes: &mut Vec<u8>) {
    let body = served.body(visit);
    let write = |bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>| {
        bytes.write_fmt(text).expect("vectors grow")
    };
    match step {
        Step::Bytes(piece) => bytes.extend_from_slice(piece),
        Step::Times(times, piece) => bytes.extend_from_slice(&piece.repeat(*times)),
        Step::Head => bytes.extend_from_slice(served.head(visit.site)),
        Step::Length(more) => {
            write(bytes, format_args!("{}", body.len().saturating_add_signed(*more)))
        }
        Step::Body => body.pieces(0).for_each(|piece| bytes.extend_from_slice(piece)),
        Step::FirstHalf => {
            let end = bytes.len() + body.len() as usize / 2;
            body.pieces(0).for_each(|piece| bytes.extend_from_slice(piece));
            bytes.truncate(end);
        }
        Step::Chunk(extension) => {
            write(bytes, format_args!("{:x}", body.len()));
            bytes.extend_from_slice(extension);
            bytes.extend_from_slice(b"\r\n");
            say(&Step::Body, visit, served, bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        Step::OtherBody => {
            say(&Step::Body, Visit { visit: visit.visit.wrapping_add(1), ..visit }, served, bytes)
        }
        Step::Zeros => {
            let zeros = fault::zeros();
            write(bytes, format_args!("content-length: {}\r\n\r\n", zeros.len()));
            bytes.extend_from_slice(zeros);
        }
        Step::Itself => write(bytes, format_args!("{}", served.url(visit))),
        Step::SiteBefore => {
            write(
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
