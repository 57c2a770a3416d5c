//! The script of a fault, played to one client: what is said next, after which wait, and what becomes of the connection.
//!
//! A script is cut into responses of bytes, one for each wait in it, so that a connection plays it as it answers anything
//! else: it waits, it writes, and then it asks what follows.

use std::io::Write;
use std::time::Duration;

use super::request::KeepAlive;
use super::response::{Head, Response, Then, Visit};
use super::service::Service;
use crate::scenario::fault::{self, End, Script, Step};

/// A script that is being played.
#[derive(Debug)]
pub(super) struct Play {
    script: &'static Script,
    /// How many of its steps have been played.
    played: usize,
    visit: Visit,
    keep_alive: KeepAlive,
}

impl Play {
    /// A script that answers a visit, from its beginning.
    pub fn new(script: &'static Script, visit: Visit, keep_alive: KeepAlive) -> Self {
        Self { script, played: 0, visit, keep_alive }
    }

    /// What is said next, and after which wait.
    pub fn next(mut self, service: &Service) -> (Response, Duration) {
        let mut wait = Duration::ZERO;
        let mut bytes = Vec::new();
        while let Some(step) = self.script.steps.get(self.played) {
            match step {
                Step::Wait(_) if !bytes.is_empty() => return (self.response(bytes, Then::Read, true), wait),
                Step::Wait(duration) => wait += *duration,
                step => say(step, self.visit, service, &mut bytes),
            }
            self.played += 1;
        }
        if let End::Forever(piece, times, pause) = self.script.end {
            // The steps come first, and then nothing but this.
            if bytes.is_empty() {
                (bytes, wait) = (piece.repeat(times), wait + pause);
            }
            return (self.response(bytes, Then::Read, true), wait);
        }
        let then = match self.keep_alive {
            KeepAlive::No if self.script.end == End::Keep => Then::Close,
            _ => then(self.script.end),
        };
        (self.response(bytes, then, false), wait)
    }

    fn response(self, bytes: Vec<u8>, then: Then, goes_on: bool) -> Response {
        let answers = Some(self.visit);
        let rest = goes_on.then(|| Box::new(self));
        Response { rest, answers, ..Response::of(Head::Rendered(bytes.into()), then) }
    }
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
fn say(step: &Step, visit: Visit, service: &Service, bytes: &mut Vec<u8>) {
    let body = service.body(visit);
    let write = |bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>| bytes.write_fmt(text).expect("vectors grow");
    match step {
        Step::Bytes(piece) => bytes.extend_from_slice(piece),
        Step::Times(times, piece) => bytes.extend_from_slice(&piece.repeat(*times)),
        Step::Head => bytes.extend_from_slice(service.head(visit.site)),
        Step::Length(more) => write(bytes, format_args!("{}", body.len().saturating_add_signed(*more))),
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
            say(&Step::Body, visit, service, bytes);
            bytes.extend_from_slice(b"\r\n");
        }
        Step::OtherBody => say(&Step::Body, Visit { visit: visit.visit.wrapping_add(1), ..visit }, service, bytes),
        Step::Zeros => {
            let zeros = fault::zeros();
            write(bytes, format_args!("content-length: {}\r\n\r\n", zeros.len()));
            bytes.extend_from_slice(zeros);
        }
        Step::Itself => write(bytes, format_args!("{}", service.url(visit))),
        Step::SiteBefore => {
            write(bytes, format_args!("{}", service.url(Visit { site: visit.site.saturating_sub(1), ..visit })));
        }
        Step::Wait(_) => {}
    }
}
