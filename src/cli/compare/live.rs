//! A comparison on the user's live sites.

use crate::cli::run::live::{REDIRECTS, limits};
use crate::compare::{Source, Workload};
use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::scenario::fault::{Certificate, Listening};
use crate::scenario::site::{Delay, Reply, Site};
use crate::scenario::site_list::ListedSite;

/// Returns the sites of a list as a workload. Their answers are unknown, so they are not verified.
pub(super) fn workload(list: &[ListedSite]) -> Workload {
    let mut origins: Vec<Option<Origin>> = Vec::new();
    let mut listening = Vec::new();
    let mut sites = Vec::new();
    for listed in list {
        let origin = Origin::of(&listed.url);
        let index = origins.iter().position(|other| *other == origin).unwrap_or_else(|| {
            origins.push(origin);
            listening.push(match listed.url.scheme() {
                "https" => Listening::Tls(Certificate::Valid),
                _ => Listening::Plain,
            });
            origins.len() - 1
        });
        sites.push(Site { label: listed.public_name(), origin: index, reply: unknown() });
    }
    let scenario = Scenario {
        name: "live".to_owned(),
        description: "sites of the user's own, over the network".to_owned(),
        seed: 0,
        limits: limits(list.len(), REDIRECTS),
        sites,
        origins: listening,
    };
    let source = Source::Live(list.iter().map(|site| site.url.clone()).collect());
    Workload { source, time_scale: 1.0, scenario, probe: None }
}

fn unknown() -> Reply {
    let none = Delay::Fixed(std::time::Duration::ZERO);
    Reply {
        status: 200,
        headers: Vec::new(),
        begins: Vec::new(),
        bytes: 0,
        delay: none,
        body_time: none,
        fault: None,
    }
}
