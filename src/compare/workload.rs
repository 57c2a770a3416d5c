//! The workloads of a comparison: mock scenarios and live sites.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use url::Url;

use super::Participant;
use crate::fetch::origin::Origin;
use crate::fetch::{Capability, Connections, Limits};
use crate::record::Probe;
use crate::scenario::Scenario;
use crate::scenario::network::Network;
use crate::scenario::site_list::ListedSite;
use crate::scenario::versions::HttpVersions;
use crate::server::witness::Witness;

/// A mock scenario or live sites to compare on.
#[derive(Debug, Clone)]
pub enum Workload {
    /// A scenario that the mock server serves.
    Mock {
        /// What the server loads: a built-in name or a path.
        name_or_path: String,
        /// The scenario with multiplied delays.
        scenario: Scenario,
        /// The factor on the delays.
        time_scale: f64,
    },
    /// Sites on the network.
    Live(LiveSites),
}

/// Live sites to compare on. Their answers are unknown, so they are not verified.
#[derive(Debug, Clone)]
pub struct LiveSites {
    /// The sites to fetch.
    pub(super) sites: Vec<ListedSite>,
    /// The limits of sessions.
    pub(super) limits: Limits,
    /// The number of origins in the whole list.
    pub(super) origins: usize,
    /// Whether any site of the whole list needs https. Dead sites count, so that the same backends
    /// are measured.
    pub(super) needs_https: bool,
    /// The result of the probe; `None` before.
    pub(super) probe: Option<Probe>,
}

/// The properties that mock and live workloads share.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// The name in the record.
    pub name: &'a str,
    /// Its purpose, in a sentence.
    pub description: &'a str,
    /// The limits of sessions.
    pub limits: &'a Limits,
    /// The number of sites.
    pub sites: usize,
    /// The number of origins.
    pub origins: usize,
    /// Whether any site needs https.
    pub needs_https: bool,
}

/// A backend with a longer ideal pass is left out of a workload: its result is known beforehand.
pub const LONGEST_IDEAL: Duration = Duration::from_secs(1);

impl LiveSites {
    /// Returns the urls to fetch.
    pub(super) fn urls(&self) -> impl Iterator<Item = &Url> {
        self.sites.iter().map(|site| &site.url)
    }
}

impl Workload {
    /// Loads a scenario and multiplies its delays by `time_scale`, or by the scenario's own
    /// [`Scenario::compare_time_scale`], and puts `network` between server and clients, or else the
    /// scenario's own.
    ///
    /// # Errors
    ///
    /// See [`Scenario::load`]; or a factor and a network.
    pub fn mock(
        name_or_path: &str,
        time_scale: Option<f64>,
        network: Option<Network>,
    ) -> anyhow::Result<Self> {
        let scenario = Scenario::load(name_or_path)?.over(network);
        let time_scale = scenario.time_scale(time_scale, scenario.compare_time_scale)?;
        let scenario = scenario.time_scaled(time_scale);
        Ok(Self::Mock { name_or_path: name_or_path.to_owned(), scenario, time_scale })
    }

    /// Returns a workload of live sites that were not probed yet.
    pub fn live(sites: Vec<ListedSite>, limits: Limits) -> Self {
        let origins: HashSet<_> = sites.iter().map(|site| Origin::of(&site.url)).collect();
        let needs_https = sites.iter().any(|site| site.url.scheme() == "https");
        Self::Live(LiveSites { sites, limits, origins: origins.len(), needs_https, probe: None })
    }

    /// Returns the properties that mock and live workloads share.
    pub fn outline(&self) -> Outline<'_> {
        match self {
            Self::Mock { scenario, .. } => Outline {
                name: &scenario.name,
                description: &scenario.description,
                limits: &scenario.limits,
                sites: scenario.sites.len(),
                origins: scenario.origins.len(),
                needs_https: scenario.needs_https(),
            },
            Self::Live(live) => Outline {
                name: "live",
                description: "sites of the user's own, over the network",
                limits: &live.limits,
                sites: live.sites.len(),
                origins: live.origins,
                needs_https: live.needs_https,
            },
        }
    }

    /// Returns the public name of a site.
    pub(super) fn label(&self, site: usize) -> String {
        match self {
            Self::Mock { scenario, .. } => scenario.sites[site].label.clone(),
            Self::Live(live) => live.sites[site].public_name(),
        }
    }

    /// Whether every site failed for every backend when they were probed.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self, Self::Live(LiveSites { probe: Some(probe), .. }) if probe.is_all_dead())
    }

    /// Returns the network between server and clients, if any.
    pub fn network(&self) -> Option<&Network> {
        match self {
            Self::Mock { scenario, .. } => scenario.network.as_ref(),
            Self::Live(_) => None,
        }
    }

    /// Whether each pass opens a fresh session.
    pub(super) fn has_fresh_sessions(&self) -> bool {
        matches!(self, Self::Mock { scenario, .. } if scenario.fresh_session)
    }

    /// Returns the least time of a round: the sum of the ideals of these backends.
    pub(super) fn round_ideal<'a>(
        &self,
        participants: impl Iterator<Item = &'a Participant>,
    ) -> Duration {
        let limits = self.outline().limits;
        let ideals = participants.filter_map(|one| self.ideal(0, one.slots(limits)));
        ideals.sum()
    }

    /// Returns the ideal time of a pass; `None` without programmed delays and network.
    pub(super) fn ideal(&self, visit: u64, slots: NonZeroUsize) -> Option<Duration> {
        match self {
            Self::Mock { scenario, .. } => {
                scenario.has_ideal().then(|| scenario.ideal(visit, slots))
            }
            Self::Live(_) => None,
        }
    }

    /// Returns how many of its slots a backend could fill in a pass, given the streams and
    /// connections that the server saw.
    pub(super) fn seen_slots(
        &self,
        slots: NonZeroUsize,
        witness: Option<&Witness>,
    ) -> NonZeroUsize {
        match (self, witness) {
            (Self::Mock { scenario, .. }, Some(witness)) => {
                let limit = scenario.http.limits.max_concurrent_streams;
                witness.http2.slots(slots, witness.requests, limit)
            }
            _ => slots,
        }
    }

    /// Returns the ideal time of a backend's pass if it exceeds [`LONGEST_IDEAL`]. Over a network
    /// it may: the time is what is asked for.
    pub fn too_long(&self, participant: &Participant) -> Option<Duration> {
        if self.network().is_some() {
            return None;
        }
        let ideal = self.ideal(0, participant.slots(self.outline().limits));
        ideal.filter(|ideal| *ideal > LONGEST_IDEAL)
    }

    /// Whether a backend is measured here: its pass is short enough, and it can fetch every site.
    pub fn admits(&self, participant: &Participant) -> bool {
        self.too_long(participant).is_none() && self.speaks(participant)
    }

    /// Whether a backend can fetch every site.
    pub fn speaks(&self, participant: &Participant) -> bool {
        self.has_scheme(participant) && self.has_version(participant)
    }

    /// Whether a backend can fetch https, if that is needed.
    pub fn has_scheme(&self, participant: &Participant) -> bool {
        participant.can(Capability::Https) || !self.outline().needs_https
    }

    /// Whether a backend speaks a version of HTTP that the server speaks.
    pub fn has_version(&self, participant: &Participant) -> bool {
        match self.versions() {
            HttpVersions::Http1 => !participant.http2,
            HttpVersions::Http2 => participant.can(Capability::Http2),
            HttpVersions::Auto => true,
        }
    }

    /// Returns the versions of HTTP that the server speaks; unknown ones of live sites are both.
    pub fn versions(&self) -> HttpVersions {
        match self {
            Self::Mock { scenario, .. } => scenario.http.versions,
            Self::Live(_) => HttpVersions::Auto,
        }
    }

    /// Returns the time that a pass over `slots` may take before its worker counts as hung.
    pub(super) fn patience(&self, slots: NonZeroUsize, visit: u64) -> Duration {
        let Outline { limits, sites, .. } = self.outline();
        match self {
            Self::Mock { .. } => {
                limits.deadline + 20 * self.ideal(visit, slots).unwrap_or_default()
            }
            // Every site may be so slow that it barely meets its deadline.
            Self::Live(_) => limits.deadline * (sites.div_ceil(slots.get()) as u32 + 1),
        }
    }

    /// Returns the highest number of connections that one process has open, given the backends and
    /// the A/A control.
    pub(super) fn connections<'a>(
        &self,
        participants: impl Iterator<Item = &'a Participant>,
    ) -> usize {
        let Outline { limits, sites, .. } = self.outline();
        let slots = participants
            .filter(|participant| self.admits(participant))
            .map(|participant| participant.slots(limits).get().min(sites));
        match (self, limits.connections) {
            (Self::Live(_), _) => slots.max().unwrap_or(0),
            (Self::Mock { .. }, Connections::PerFetch) => 2 * slots.max().unwrap_or(0),
            (Self::Mock { .. }, Connections::Warm | Connections::Cold) => slots.sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn scenarios_admit_backends() {
        let backend = "hyper@tokio".parse().expect("it is built in");
        let participant = Participant::of_backend(&backend, Path::new("fetchbench"));
        for name in Scenario::names() {
            let workload = Workload::mock(name, None, None).expect("it is built in");
            assert!(workload.admits(&participant), "{name}");
        }
        assert!(!Workload::mock("long-tail", Some(1.0), None).unwrap().admits(&participant));
    }

    #[test]
    fn versions_admit_backends() {
        let mut workload = Workload::mock("h2c", None, None).unwrap();
        for (versions, admitted) in [
            (HttpVersions::Http1, &["hyper@tokio", "ureq@threads"][..]),
            (HttpVersions::Http2, &["hyper@tokio+h2"]),
            (HttpVersions::Auto, &["hyper@tokio", "hyper@tokio+h2", "ureq@threads"]),
        ] {
            let Workload::Mock { scenario, .. } = &mut workload else { panic!("it is mock") };
            scenario.http.versions = versions;
            let mut names = vec!["hyper@tokio", "hyper@tokio+h2", "ureq@threads"];
            names.retain(|name| {
                let backend = name.parse().unwrap();
                workload.admits(&Participant::of_backend(&backend, Path::new("fetchbench")))
            });
            assert_eq!(names, admitted, "{versions:?}");
        }
    }
}
