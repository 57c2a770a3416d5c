//! What is answered to a request: which listener knows which targets, and what is counted.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::access_log::AccessLog;
use super::mail::{Mail, Mailbox};
use super::request::{KeepAlive, Method, Refusal, Request, Target};
use super::response::{Head, Heads, Response, Slices, Then, Visit, tail};
use super::script::Play;
use super::tally::Tally;
use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::scenario::fault::{self, End, Fault};
use crate::scenario::site::Body;
use crate::server::witness::Witness;

/// Whom a listener, and so each of its connections, speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The origin of that number.
    Origin(usize),
    /// The control channel, of which nothing is counted.
    Control,
}

/// What awaits a client behind a door.
#[derive(Debug)]
pub(super) enum Entrance {
    Plain,
    Tls(Arc<ServerConfig>),
    /// Told this whatever it says, and then.
    Greets(&'static [u8], End),
}

/// A scenario ready to be served, by all loops of a server.
#[derive(Debug)]
pub(super) struct Programme {
    scenario: Arc<Scenario>,
    /// Where each origin is found, since redirects name them, and what awaits its clients.
    origins: Vec<(Origin, Entrance)>,
    heads: Heads,
    /// Whether anybody is made to wait, so that it matters when requests arrive.
    pub has_delays: bool,
}

/// What one loop answers, and the counts of how it did.
#[derive(Debug)]
pub(super) struct Service {
    pub programme: Arc<Programme>,
    pub tally: Tally,
    pub log: Option<AccessLog>,
    /// The other loops of the server, where this one speaks for all.
    pub colleagues: Vec<Mailbox>,
}

impl Programme {
    /// Makes a scenario ready whose origins are found there.
    pub fn new(scenario: Arc<Scenario>, origins: Vec<(Origin, Entrance)>) -> Self {
        let heads = Heads::prepare(&scenario);
        let has_delays = scenario.has_delays();
        let mut faults = scenario.sites.iter().filter_map(|site| site.reply.fault);
        if faults.any(|occurring| occurring.fault.sends_zeros()) {
            // Made before a client waits for them.
            fault::zeros();
        }
        Self { scenario, origins, heads, has_delays }
    }
}

impl Service {
    /// What awaits those who come to a door.
    pub fn entrance(&self, door: Door) -> &Entrance {
        match door {
            Door::Origin(number) => &self.programme.origins[number].1,
            Door::Control => &Entrance::Plain,
        }
    }

    /// The response to a request, and how long it is to wait.
    pub fn respond(&mut self, door: Door, request: Request) -> (Response, Duration) {
        let response = match (door, request.method, request.target) {
            (_, Method::Other, _) | (Door::Control, Method::Head, _) => self.refuse(door, 405, request.keep_alive),
            (Door::Origin(origin), _, Target::Visit { site, visit }) if self.lives_on(site, origin) => {
                return self.visit(request, Visit { site, visit });
            }
            (Door::Control, _, Target::Witness) => witness(self.witness(false), request.keep_alive),
            (Door::Control, _, Target::Take) => witness(self.witness(true), request.keep_alive),
            _ => self.refuse(door, 404, request.keep_alive),
        };
        (response, Duration::ZERO)
    }

    /// The response to what is no request, or none that can be answered.
    pub fn respond_to_refused(&mut self, door: Door, refusal: Refusal) -> Response {
        let status = match refusal {
            Refusal::Malformed => 400,
            Refusal::TooLarge => 431,
            Refusal::Version => 505,
        };
        self.refuse(door, status, KeepAlive::No)
    }

    /// What all loops have seen. If `anew`, their counts start anew.
    fn witness(&mut self, anew: bool) -> Witness {
        let (to, told) = mpsc::channel();
        for colleague in &self.colleagues {
            colleague.send(Mail::Tell { anew, to: to.clone() });
        }
        drop(to);
        let mut seen = self.tally.tell(anew);
        // They never wait for this loop, and tell at the end of what they are at. One that has ended tells nothing.
        told.iter().for_each(|other| seen.add(&other));
        seen.into_witness(self.tally.peak(anew))
    }

    /// Writes an answer down that has ended now, if anybody wants to know.
    pub fn note(&mut self, response: &Response, body_bytes: u64, since: Instant) {
        if let (Some(log), Some(visit)) = (&mut self.log, response.answers) {
            log.note(visit, self.programme.scenario.sites[visit.site].reply.status, body_bytes, since);
        }
    }

    /// The bytes of a response after the first `sent`, with no more than the first `allowed` of its body.
    pub fn slices<'a>(&'a self, response: &'a Response, sent: u64, allowed: u64) -> Slices<'a> {
        let body = response.body.map(|visit| self.body(visit).first(allowed));
        Slices::gather(self.programme.heads.bytes(&response.head), &response.tail, body, sent)
    }

    /// The length of a response's head and of the whole.
    pub fn lengths(&self, response: &Response) -> (u64, u64) {
        let head = (self.programme.heads.bytes(&response.head).len() + response.tail.len()) as u64;
        (head, head + response.body.map_or(0, |visit| self.reply(visit.site).bytes))
    }

    /// The head of a site's faultless reply, without its empty line.
    pub fn head(&self, site: usize) -> &[u8] {
        self.programme.heads.faultless(site)
    }

    /// The body of a visit.
    pub fn body(&self, Visit { site, visit }: Visit) -> Body<'_> {
        self.reply(site).body(self.programme.scenario.seed, site, visit)
    }

    /// Where a visit is found.
    pub fn url(&self, Visit { site, visit }: Visit) -> String {
        format!("{}/{site}/{visit}", self.programme.origins[self.programme.scenario.sites[site].origin].0)
    }

    fn reply(&self, site: usize) -> &crate::scenario::site::Reply {
        &self.programme.scenario.sites[site].reply
    }

    fn lives_on(&self, site: usize, origin: usize) -> bool {
        self.programme.scenario.sites.get(site).is_some_and(|site| site.origin == origin)
    }

    fn visit(&mut self, request: Request, visit: Visit) -> (Response, Duration) {
        self.tally.began();
        let (seed, reply) = (self.programme.scenario.seed, self.reply(visit.site));
        let delay = reply.delay(seed, visit.site, visit.visit);
        if let Some(script) = reply.fault(visit.visit).and_then(Fault::script) {
            let (response, wait) = Play::new(script, visit, request.keep_alive).next(self);
            return (response, delay + wait);
        }
        let body = (request.method == Method::Get).then_some(visit);
        let response = Response {
            head: self.programme.heads.of_site(visit.site),
            tail: tail(request.keep_alive).into(),
            is_timed: request.is_timed,
            body,
            body_time: body.map_or(Duration::ZERO, |_| reply.body_time(seed, visit.site, visit.visit)),
            then: then(request.keep_alive),
            rest: None,
            answers: Some(visit),
        };
        (response, delay)
    }

    fn refuse(&mut self, door: Door, status: u16, keep_alive: KeepAlive) -> Response {
        if door != Door::Control {
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
        Response { tail: tail(keep_alive).into(), ..Response::of(Head::Fixed(head), then) }
    }
}

fn then(keep_alive: KeepAlive) -> Then {
    if keep_alive == KeepAlive::No { Then::Close } else { Then::Read }
}

/// The response of the control channel: head and body in one.
fn witness(witness: Witness, keep_alive: KeepAlive) -> Response {
    let body = serde_json::to_string(&witness).expect("numbers are JSON");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let tail = String::from_utf8_lossy(tail(keep_alive));
    let rendered = Head::Rendered(format!("{head}{tail}{body}").into_bytes().into());
    Response::of(rendered, then(keep_alive))
}
