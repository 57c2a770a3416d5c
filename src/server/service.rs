//! How requests are answered: which listener serves which targets, and which counters change.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::access_log::AccessLog;
use super::endpoint::Endpoint;
use super::message::{Mailbox, Message};
use super::play::Play;
use super::request::{KeepAlive, Method, Refusal, Request, Target};
use super::response::{Head, Response, Then, tail};
use super::script;
use super::served::ServedScenario;
use super::tally::Tally;
use super::visit::Visit;
use crate::scenario::fault::Fault;
use crate::server::witness::Witness;

/// The responses of one loop, and its counters.
#[derive(Debug)]
pub(super) struct Service {
    pub served: Arc<ServedScenario>,
    pub tally: Tally,
    pub log: Option<AccessLog>,
    /// The other loops of the server; set only in the loop that serves the control channel.
    pub colleagues: Vec<Mailbox>,
}

impl Service {
    /// Returns the response to a request, and how long it must wait.
    pub fn respond(&mut self, endpoint: Endpoint, request: Request) -> (Response, Duration) {
        let response = match (endpoint, request.method, request.target) {
            (_, Method::Other, _) | (Endpoint::Control, Method::Head, _) => {
                self.refuse(endpoint, 405, request.keep_alive)
            }
            (Endpoint::Origin(origin), _, Target::Visit { site, visit })
                if self.served.lives_on(site, origin) =>
            {
                return self.visit(request, Visit { site, visit });
            }
            (Endpoint::Control, _, Target::Witness) => {
                witness(self.witness(false), request.keep_alive)
            }
            (Endpoint::Control, _, Target::Take) => witness(self.witness(true), request.keep_alive),
            _ => self.refuse(endpoint, 404, request.keep_alive),
        };
        (response, Duration::ZERO)
    }

    /// Returns the response to an invalid request.
    pub fn respond_to_refused(&mut self, endpoint: Endpoint, refusal: Refusal) -> Response {
        let status = match refusal {
            Refusal::Malformed => 400,
            Refusal::TooLarge => 431,
            Refusal::Version => 505,
        };
        self.refuse(endpoint, status, KeepAlive::No)
    }

    /// Returns the counts of all loops. If `anew`, they are reset.
    fn witness(&mut self, anew: bool) -> Witness {
        let (sender, reports) = mpsc::channel();
        for colleague in &self.colleagues {
            colleague.send(Message::Report { anew, sender: sender.clone() });
        }
        drop(sender);
        let mut seen = self.tally.report(anew);
        // The other loops never wait for this one, and report once their current work is done. A
        // loop that has ended drops its sender.
        reports.iter().for_each(|other| seen.add(&other));
        seen.into_witness(self.tally.peak(anew))
    }

    /// Logs a response that has just ended, if there is an access log.
    pub fn note(&mut self, response: &Response, body_bytes: u64, since: Instant) {
        if let (Some(log), Some(visit)) = (&mut self.log, response.answers) {
            log.note(visit, self.served.scenario.sites[visit.site].reply.status, body_bytes, since);
        }
    }

    fn visit(&mut self, request: Request, visit: Visit) -> (Response, Duration) {
        self.tally.began();
        let (seed, reply) = (self.served.scenario.seed, self.served.reply(visit.site));
        let delay = reply.delay(seed, visit.site, visit.visit);
        if let Some(script) = reply.fault(visit.visit).and_then(Fault::script) {
            let (response, wait) =
                script::next(Play::new(script, visit, request.keep_alive), &self.served);
            return (response, delay + wait);
        }
        let body = (request.method == Method::Get).then_some(visit);
        let response = Response {
            head: self.served.heads.prepared(visit.site),
            tail: tail(request.keep_alive).into(),
            is_timed: request.is_timed,
            body,
            body_time: body
                .map_or(Duration::ZERO, |_| reply.body_time(seed, visit.site, visit.visit)),
            then: then(request.keep_alive),
            rest: None,
            answers: Some(visit),
        };
        (response, delay)
    }

    fn refuse(&mut self, endpoint: Endpoint, status: u16, keep_alive: KeepAlive) -> Response {
        if endpoint != Endpoint::Control {
            self.tally.refused();
        }
        let head: &[u8] = match status {
            404 => b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n",
            405 => b"HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\ncontent-length: 0\r\n",
            431 => b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n",
            505 => b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-length: 0\r\n",
            _ => b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
        };
        let then = if keep_alive == KeepAlive::No { Then::Linger } else { Then::Read };
        Response { tail: tail(keep_alive).into(), ..Response::raw(Head::Fixed(head), then) }
    }
}

fn then(keep_alive: KeepAlive) -> Then {
    if keep_alive == KeepAlive::No { Then::Close } else { Then::Read }
}

/// Renders a response of the control channel, head and body in one.
fn witness(witness: Witness, keep_alive: KeepAlive) -> Response {
    let body = serde_json::to_string(&witness).expect("numbers are JSON");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let tail = String::from_utf8_lossy(tail(keep_alive));
    let rendered = Head::Rendered(format!("{head}{tail}{body}").into_bytes().into());
    Response::raw(rendered, then(keep_alive))
}
