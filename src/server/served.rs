//! A scenario as it is served: its heads rendered once, its bodies and URLs by visit.

use std::sync::Arc;

use super::endpoint::{Endpoint, Entrance};
use super::heads::Heads;
use super::response::{Response, Slices};
use super::visit::Visit;
use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::scenario::fault;
use crate::scenario::site::{Body, Reply};

/// A scenario ready to be served, shared by all loops of a server.
#[derive(Debug)]
pub(super) struct ServedScenario {
    pub scenario: Arc<Scenario>,
    /// The address of each origin, used in redirects, and its entrance.
    origins: Vec<(Origin, Entrance)>,
    pub heads: Heads,
    /// Whether any reply is delayed, so that the arrival of requests matters.
    pub has_delays: bool,
}

impl ServedScenario {
    /// Prepares a scenario that is served at `origins`.
    pub fn new(scenario: Arc<Scenario>, origins: Vec<(Origin, Entrance)>) -> Self {
        let heads = Heads::prepare(&scenario);
        let has_delays = scenario.has_delays();
        let mut faults = scenario.sites.iter().filter_map(|site| site.reply.fault);
        if faults.any(|occurring| occurring.fault.sends_zeros()) {
            // Created now, before a client waits for it.
            fault::zeros();
        }
        Self { scenario, origins, heads, has_delays }
    }

    pub fn entrance(&self, endpoint: Endpoint) -> &Entrance {
        match endpoint {
            Endpoint::Origin(number) => &self.origins[number].1,
            Endpoint::Control => &Entrance::Plain,
        }
    }

    /// Returns the bytes of a response after the first `sent`, with at most `allowed` bytes of its
    /// body.
    pub fn slices<'a>(&'a self, response: &'a Response, sent: u64, allowed: u64) -> Slices<'a> {
        let body = response.body.map(|visit| self.body(visit).first(allowed));
        Slices::gather(self.heads.bytes(&response.head), &response.tail, body, sent)
    }

    /// Returns the length of a response's head and of the whole response.
    pub fn lengths(&self, response: &Response) -> (u64, u64) {
        let head = (self.heads.bytes(&response.head).len() + response.tail.len()) as u64;
        (head, head + response.body.map_or(0, |visit| self.reply(visit.site).bytes))
    }

    /// Returns the head of a site's faultless reply, without its empty line.
    pub fn head(&self, site: usize) -> &[u8] {
        self.heads.faultless(site)
    }

    pub fn body(&self, Visit { site, visit }: Visit) -> Body<'_> {
        self.reply(site).body(self.scenario.seed, site, visit)
    }

    pub fn url(&self, Visit { site, visit }: Visit) -> String {
        format!("{}/{site}/{visit}", self.origins[self.scenario.sites[site].origin].0)
    }

    pub fn reply(&self, site: usize) -> &Reply {
        &self.scenario.sites[site].reply
    }

    pub fn lives_on(&self, site: usize, origin: usize) -> bool {
        self.scenario.sites.get(site).is_some_and(|site| site.origin == origin)
    }
}
