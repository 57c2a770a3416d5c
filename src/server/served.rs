//! A scenario as it is served: its heads rendered once, its bodies and URLs by visit.

use std::sync::Arc;

use super::endpoint::{Endpoint, Entrance};
use super::http1::heads::Heads;
use super::visit::Visit;
use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::scenario::fault;
use crate::scenario::site::{Body, Reply};
use crate::scenario::versions::HttpVersions;

/// A scenario ready to be served, shared by all loops of a server.
#[derive(Debug)]
pub(super) struct ServedScenario {
    pub scenario: Arc<Scenario>,
    /// The address of each origin, used in redirects, and its entrance.
    origins: Vec<(Origin, Entrance)>,
    pub heads: Heads,
    /// The versions of HTTP that each origin speaks.
    versions: Vec<HttpVersions>,
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
        let versions = scenario.versions();
        Self { scenario, origins, heads, versions, has_delays }
    }

    pub fn entrance(&self, endpoint: Endpoint) -> &Entrance {
        match endpoint {
            Endpoint::Origin(number) => &self.origins[number].1,
            Endpoint::Control => &Entrance::Plain,
        }
    }

    /// Returns the versions of HTTP that an endpoint speaks.
    pub fn versions(&self, endpoint: Endpoint) -> HttpVersions {
        match endpoint {
            Endpoint::Origin(number) => self.versions[number],
            Endpoint::Control => HttpVersions::Http1,
        }
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

#[cfg(test)]
pub(super) mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::fetch::Limits;
    use crate::scenario::fault::Listening;
    use crate::scenario::site::{Delay, Site};
    use crate::scenario::versions::HttpSettings;

    /// Returns a small reply with one header.
    pub fn reply(status: u16, bytes: u64) -> Reply {
        let headers = vec![("x-a".parse().unwrap(), "b c".parse().unwrap())];
        let (delay, body_time) = (Delay::NONE, Delay::NONE);
        Reply { status, headers, begins: b"abc".to_vec(), bytes, delay, body_time, fault: None }
    }

    /// Returns a scenario with one origin and a site for each of these replies.
    pub fn served(replies: Vec<Reply>) -> ServedScenario {
        let sites = replies
            .into_iter()
            .map(|reply| Site { label: String::new(), origin: 0, reply })
            .collect();
        let scenario = Scenario {
            name: "test".to_owned(),
            description: String::new(),
            seed: 1,
            limits: Limits::new(NonZeroUsize::MIN),
            sites,
            origins: vec![Listening::Plain],
            compare_time_scale: 1.0,
            tickets: false,
            fresh_session: false,
            network: None,
            http: HttpSettings::default(),
        };
        let origin = Origin { scheme: "http".to_owned(), host: "a".to_owned(), port: 80 };
        ServedScenario::new(Arc::new(scenario), vec![(origin, Entrance::Plain)])
    }
}
