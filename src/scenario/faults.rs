//! The scenarios of all faults of a version of HTTP: a healthy site and a faulty one for each.

use std::num::{NonZeroU64, NonZeroUsize};

use super::Scenario;
use crate::fetch::Limits;
use crate::fetch::answer::{Beginning, Page};
use crate::scenario::fault::{
    self, AllowedAnswer, AllowedContent, Certificate, Fault, Listening, Made,
};
use crate::scenario::site::{Delay, Occurring, Reply, Site};
use crate::scenario::versions::{Http2Limits, HttpSettings, HttpVersions};

/// The names to load them by. They are not among the built-in scenarios because they are not meant
/// for comparing speeds.
pub(super) const NAME: &str = "faults";
pub(super) const HTTP2_NAME: &str = "faults-h2";

/// Length of each body: longer than any fault cuts off, and short enough for a single packet.
const BODY_BYTES: u64 = 1000;

/// Number of redirects in the chain.
const CHAIN: usize = 3;

/// Maximum number of redirects: more than the chain has, and fewer than a loop.
const REDIRECTS: u32 = 5;

/// Maximum length of a body: less than an endless body reaches within a deadline.
const MAX_BODY: u64 = 1 << 20;

/// A fault and its sites in a scenario of all faults.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The fault.
    pub fault: &'static Fault,
    /// The index of a site without fault, on the same origin if possible.
    pub healthy: usize,
    /// The index of the site with the fault.
    pub faulty: usize,
}

/// Returns the scenario of all faults of HTTP/1, and the sites of each.
pub fn faults() -> (Scenario, Vec<Case>) {
    faults_of(NAME, HttpVersions::Http1)
}

/// Returns the scenario of all faults of HTTP/2, and the sites of each.
pub fn http2_faults() -> (Scenario, Vec<Case>) {
    faults_of(HTTP2_NAME, HttpVersions::Http2)
}

fn faults_of(name: &str, versions: HttpVersions) -> (Scenario, Vec<Case>) {
    let limits =
        Limits { max_body: MAX_BODY, redirects: REDIRECTS, ..Limits::new(NonZeroUsize::MIN) };
    let mut scenario = Scenario {
        name: name.to_owned(),
        description: "every fault beside a site without one".to_owned(),
        seed: 0,
        limits,
        sites: Vec::new(),
        origins: Vec::new(),
        compare_time_scale: 1.0,
        tickets: false,
        fresh_session: false,
        network: None,
        http: HttpSettings { versions, limits: Http2Limits::default() },
    };
    let is_http2 = versions == HttpVersions::Http2;
    let faults = fault::all().filter(|fault| fault.is_http2() == is_http2);
    let cases = faults.map(|fault| scenario.add_case(fault)).collect();
    (scenario, cases)
}

impl Case {
    /// Returns the maximum number of requests of a pass over both sites, if the client repeats only
    /// what was refused.
    pub fn requests(&self, redirects: u32) -> u64 {
        let hops = match self.fault {
            fault if fault.leads_to_itself() => u64::from(redirects),
            fault if fault.occurs_once() => 1,
            fault if fault.needs_site_before() => (self.faulty - self.healthy) as u64,
            _ => 0,
        };
        2 + hops
    }
}

impl Scenario {
    fn add_case(&mut self, fault: &'static Fault) -> Case {
        let listening = fault.listening();
        let healthy_listening = match listening.map(Listening::scheme) {
            Some("https") => Listening::Tls(Certificate::Valid),
            _ => Listening::Plain,
        };
        let healthy = self.add_site(format!("{}: healthy", fault.name), healthy_listening, None);
        // A listener with a fault cannot serve a healthy site, and a redirect to another origin
        // must come from another origin.
        let apart = matches!(fault.made, Made::Listener(_)) || fault.name == "redirect-elsewhere";
        if apart {
            self.origins.push(listening.unwrap_or(healthy_listening));
        }
        let sites = if fault.name == "redirect-chain" { CHAIN } else { 1 };
        for _ in 0..sites {
            let origin = self.origins.len() - 1;
            self.sites.push(site(fault.name.to_owned(), origin, Some(fault)));
        }
        Case { fault, healthy, faulty: self.sites.len() - 1 }
    }

    /// Adds a site on a new origin, and returns its index.
    fn add_site(
        &mut self,
        label: String,
        listening: Listening,
        fault: Option<&'static Fault>,
    ) -> usize {
        self.origins.push(listening);
        self.sites.push(site(label, self.origins.len() - 1, fault));
        self.sites.len() - 1
    }

    /// Returns the page of a client that returns `answer` for `visit` of a faulty site.
    pub fn page_of(&self, case: &Case, answer: AllowedAnswer, visit: u64) -> Page {
        let programmed = self.body(case.faulty, visit);
        let body: Vec<u8> = match answer.content {
            AllowedContent::Nothing => Vec::new(),
            AllowedContent::Zeros => fault::zeros().to_vec(),
            AllowedContent::Programmed => programmed.to_vec(),
            AllowedContent::OfAnotherSite => self.body(case.healthy, visit).to_vec(),
            AllowedContent::OfNext => self.body(case.faulty, visit.wrapping_add(1)).to_vec(),
            AllowedContent::Without(bytes) => programmed.first(BODY_BYTES - bytes).to_vec(),
        };
        let mut beginning = Beginning::default();
        beginning.extend(&body);
        Page {
            status: answer.status,
            bytes: body.len() as u64,
            crc32: crc32fast::hash(&body),
            beginning,
        }
    }
}

fn site(label: String, origin: usize, fault: Option<&'static Fault>) -> Site {
    let fault = fault.map(|fault| Occurring { fault, every: NonZeroU64::MIN });
    let (delay, body_time) = (Delay::NONE, Delay::NONE);
    let reply = Reply {
        status: 200,
        headers: Vec::new(),
        begins: Vec::new(),
        bytes: BODY_BYTES,
        delay,
        body_time,
        fault,
    };
    Site { label, origin, reply }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_follow_a_healthy_site() {
        let (first, second) = (faults(), http2_faults());
        assert_eq!(first.1.len() + second.1.len(), fault::all().count());
        assert_eq!(second.0.http.versions, HttpVersions::Http2);
        for (scenario, case) in [&first, &second]
            .into_iter()
            .flat_map(|(scenario, cases)| cases.iter().map(move |case| (scenario, *case)))
        {
            let (healthy, faulty) = (&scenario.sites[case.healthy], &scenario.sites[case.faulty]);
            assert!(
                healthy.reply.fault.is_none()
                    && faulty.reply.fault.is_some_and(|it| it.fault == case.fault)
            );
            assert_eq!(
                scenario.origins[faulty.origin].scheme(),
                scenario.origins[healthy.origin].scheme()
            );
            // Redirects end at the healthy site.
            assert_eq!(
                case.faulty - case.healthy,
                if case.fault.name == "redirect-chain" { CHAIN } else { 1 }
            );
        }
    }

    #[test]
    fn redirects_take_requests() {
        let (_, cases) = faults();
        let requests =
            |name: &str| cases.iter().find(|case| case.fault.name == name).unwrap().requests(5);
        let refused = http2_faults().1;
        let refused = refused.iter().find(|case| case.fault.name == "h2-refused").unwrap();
        assert_eq!(refused.requests(5), 3);
        let expected = [
            ("surplus", 2),
            ("redirect-elsewhere", 3),
            ("redirect-chain", 5),
            ("redirect-loop", 7),
        ];
        assert_eq!(expected.map(|(name, _)| (name, requests(name))), expected);
    }

    #[test]
    fn right_pages_follow_the_fault() {
        let (scenario, cases) = faults();
        let case = |name: &str| *cases.iter().find(|case| case.fault.name == name).unwrap();
        let page = |name, content| {
            scenario.page_of(&case(name), AllowedAnswer { status: 200, content }, 3)
        };
        assert_eq!(
            page("surplus", AllowedContent::Programmed),
            scenario.page(case("surplus").faulty, 3)
        );
        assert_eq!(
            page("other-visit", AllowedContent::OfNext),
            scenario.page(case("other-visit").faulty, 4)
        );
        assert_eq!(
            page("redirect-chain", AllowedContent::OfAnotherSite),
            scenario.page(case("redirect-chain").healthy, 3)
        );
        assert_eq!(page("length-too-small", AllowedContent::Without(10)).bytes, BODY_BYTES - 10);
        assert_eq!(page("no-content-with-body", AllowedContent::Nothing).bytes, 0);
    }
}
