//! How requests are answered: which listener serves which targets, and which counters change.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::access_log::AccessLog;
use super::endpoint::Endpoint;
use super::message::{Mailbox, Message};
use super::play::{Asked, Play};
use super::request::{Method, Refusal, Request, RequestTarget};
use super::response::{Content, Response, Then};
use super::script;
use super::served::ServedScenario;
use super::tally::Tally;
use super::visit::Visit;
use crate::server::witness::Witness;

/// The responses of one loop, and its counters.
#[derive(Debug)]
pub(super) struct Service {
    pub served: Arc<ServedScenario>,
    pub tally: Tally,
    pub log: Option<AccessLog>,
    /// The other loops of the server; set only in the loop that serves the control channel.
    pub colleagues: Vec<Mailbox>,
    /// The visit that was refused last by a fault that occurs once, until it is repeated.
    pub refused: Option<Visit>,
    /// Whether the server ends: connections close as soon as no response is open.
    pub is_ending: bool,
}

impl Service {
    /// Returns the response to a request, and how long it must wait.
    pub fn respond(&mut self, endpoint: Endpoint, request: Request) -> (Response, Duration) {
        let response = match (endpoint, request.method, request.target) {
            (_, Method::Other, _) | (Endpoint::Control, Method::Head, _) => {
                self.refuse(endpoint, Refusal::Method)
            }
            (Endpoint::Origin(origin), _, RequestTarget::Visit(visit))
                if self.served.lives_on(visit.site, origin) =>
            {
                return self.visit(request, visit);
            }
            (Endpoint::Control, _, RequestTarget::Witness) => witness(self.witness(false)),
            (Endpoint::Control, _, RequestTarget::Take) => witness(self.witness(true)),
            _ => self.refuse(endpoint, Refusal::NotFound),
        };
        (response, Duration::ZERO)
    }

    /// Returns the response to a refused request.
    pub fn refuse(&mut self, endpoint: Endpoint, refusal: Refusal) -> Response {
        if endpoint != Endpoint::Control {
            self.tally.refused();
        }
        Response::new(Content::Refusal(refusal), Then::Read)
    }

    /// Returns the counts of all loops. If `anew`, they are reset.
    fn witness(&mut self, anew: bool) -> Witness {
        let (sender, reports) = mpsc::channel();
        for colleague in &self.colleagues {
            colleague.send(Message::Report { anew, sender: sender.clone() });
        }
        drop(sender);
        let mut counts = self.tally.report(anew);
        // The other loops never wait for this one, and report once their current work is done. The
        // mailbox of a loop that has ended drops its sender.
        reports.iter().for_each(|other| counts.add(&other));
        counts.into_witness(self.tally.peak(anew))
    }

    /// Logs the response to a visit, which has just ended, if there is an access log.
    pub fn note(&mut self, visit: Visit, body_bytes: u64, since: Instant) {
        if let Some(log) = &mut self.log {
            log.note(visit, self.served.reply(visit.site).status, body_bytes, since);
        }
    }

    fn visit(&mut self, request: Request, visit: Visit) -> (Response, Duration) {
        self.tally.began();
        let (seed, reply) = (self.served.scenario.seed, self.served.reply(visit.site));
        let delay = reply.delay(seed, visit.site, visit.visit);
        let fault = reply.fault(visit.visit);
        if let Some((fault, script)) = fault.and_then(|fault| Some((fault, fault.script()?)))
            && !(fault.occurs_once() && is_repeated(&mut self.refused, visit))
        {
            let asked = Asked { visit, stream: request.stream };
            let (response, wait) = script::next(Play::new(script, asked), &self.served);
            return (response, delay + wait);
        }
        let mut response = Response {
            is_timed: request.is_timed,
            answers: Some(visit),
            ..Response::new(Content::ReplyHead(visit), Then::Read)
        };
        if request.method == Method::Get {
            response.content = Content::Reply(visit);
            response.body_time = reply.body_time(seed, visit.site, visit.visit);
        }
        (response, delay)
    }
}

/// Returns whether the last refusal was that of this visit, and otherwise remembers this one.
fn is_repeated(refused: &mut Option<Visit>, visit: Visit) -> bool {
    let is_repeated = *refused == Some(visit);
    *refused = (!is_repeated).then_some(visit);
    is_repeated
}

fn witness(witness: Witness) -> Response {
    Response::new(Content::Witness(Box::new(witness)), Then::Read)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::scenario::site::{Delay, Reply};
    use crate::server::served::tests::{reply, served};

    const VISIT: Visit = Visit { site: 0, visit: 3 };
    const DELAY: Duration = Duration::from_millis(7);

    /// Returns the service of a server without a log.
    pub fn service(replies: Vec<Reply>) -> Service {
        Service {
            served: Arc::new(served(replies)),
            tally: Tally::new(Arc::default()),
            log: None,
            colleagues: Vec::new(),
            refused: None,
            is_ending: false,
        }
    }

    fn respond(endpoint: Endpoint, method: Method, target: RequestTarget) -> (Response, Service) {
        let slow = Delay::Fixed(DELAY);
        let replies = vec![Reply { delay: slow, body_time: slow, ..reply(200, 9) }];
        let mut service = service(replies);
        let (response, wait) =
            service.respond(endpoint, Request { method, target, is_timed: false, stream: 0 });
        assert_eq!(wait, response.answers.map_or(Duration::ZERO, |_| DELAY));
        (response, service)
    }

    #[test]
    fn visits_get_the_sites_reply() {
        let origin = Endpoint::Origin(0);
        let (response, mut service) = respond(origin, Method::Get, RequestTarget::Visit(VISIT));
        assert!(matches!(response.content, Content::Reply(VISIT)));
        assert_eq!((response.body_time, response.answers), (DELAY, Some(VISIT)));
        assert_eq!(service.witness(false).requests, 1);
        let (response, _) = respond(origin, Method::Head, RequestTarget::Visit(VISIT));
        assert!(matches!(response.content, Content::ReplyHead(VISIT)));
        assert_eq!((response.body_time, response.answers), (Duration::ZERO, Some(VISIT)));
    }

    #[test]
    fn endpoints_have_their_targets() {
        let (origin, control) = (Endpoint::Origin(0), Endpoint::Control);
        let visit = RequestTarget::Visit(VISIT);
        let unknown = RequestTarget::Visit(Visit { site: 1, visit: 0 });
        for (endpoint, method, target, refusal) in [
            (origin, Method::Get, unknown, Refusal::NotFound),
            (Endpoint::Origin(1), Method::Get, visit, Refusal::NotFound),
            (origin, Method::Get, RequestTarget::Take, Refusal::NotFound),
            (origin, Method::Other, visit, Refusal::Method),
            (control, Method::Get, visit, Refusal::NotFound),
            (control, Method::Head, RequestTarget::Witness, Refusal::Method),
        ] {
            let (response, mut service) = respond(endpoint, method, target);
            assert!(matches!(response.content, Content::Refusal(given) if given == refusal));
            assert_eq!(response.answers, None);
            assert_eq!(service.witness(false).refused, u64::from(endpoint != control));
        }
        let (response, _) = respond(control, Method::Get, RequestTarget::Witness);
        assert!(matches!(response.content, Content::Witness(_)));
    }
}
