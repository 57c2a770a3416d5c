//! Scenarios: named lists of sites with limits, read from TOML. The program embeds the built-in
//! ones.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use url::Url;

use crate::fetch::answer::{Beginning, Page};
use crate::fetch::error::FetchError;
use crate::fetch::files::read_at_most;
use crate::fetch::origin::Origin;
use crate::fetch::{Connections, Limits, similar};
use crate::scenario::fault::{Certificate, Listening};
use crate::scenario::network::Network;
use crate::scenario::site::{Body, Site};
use crate::scenario::versions::HttpSettings;

pub mod fault;
pub mod network;
pub mod schedule;
pub mod site;
pub mod site_list;
pub mod units;
pub mod versions;
#[cfg(any(test, fuzzing))]
mod examine;
mod faults;
mod file_site;
mod file;
mod judge;
mod round_trips;
mod speaking;
mod toml_values;

#[cfg(any(test, fuzzing))]
pub use self::examine::examine;
pub use self::faults::{Case, faults, http2_faults};
pub use self::judge::Wrong;

/// Maximum length of a scenario's file in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The built-in scenarios: their names and texts.
const BUILT_IN: [(&str, &str); 16] = [
    ("article", include_str!("../../benches/scenarios/article.toml")),
    ("fan-out", include_str!("../../benches/scenarios/fan-out.toml")),
    ("crowd", include_str!("../../benches/scenarios/crowd.toml")),
    ("keepalive", include_str!("../../benches/scenarios/keepalive.toml")),
    ("connect", include_str!("../../benches/scenarios/connect.toml")),
    ("bulk", include_str!("../../benches/scenarios/bulk.toml")),
    ("long-tail", include_str!("../../benches/scenarios/long-tail.toml")),
    ("tls", include_str!("../../benches/scenarios/tls.toml")),
    ("tls-cold", include_str!("../../benches/scenarios/tls-cold.toml")),
    ("tls-resumed", include_str!("../../benches/scenarios/tls-resumed.toml")),
    ("first-request", include_str!("../../benches/scenarios/first-request.toml")),
    ("h2c", include_str!("../../benches/scenarios/h2c.toml")),
    ("h2", include_str!("../../benches/scenarios/h2.toml")),
    ("h2-fan-out", include_str!("../../benches/scenarios/h2-fan-out.toml")),
    ("h2-bulk", include_str!("../../benches/scenarios/h2-bulk.toml")),
    ("h2-limit", include_str!("../../benches/scenarios/h2-limit.toml")),
];

/// A named list of sites and the limits to fetch them with.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name, which is that of its file.
    pub name: String,
    /// Its purpose, in a sentence.
    pub description: String,
    /// The seed of all delays and bodies.
    pub seed: u64,
    /// The limits of sessions.
    pub limits: Limits,
    /// The sites, in the order in which they are fetched. Never empty.
    pub sites: Vec<Site>,
    /// How each origin of the sites listens. [`Site::origin`] is an index into this list.
    pub origins: Vec<Listening>,
    /// The factor on all delays in a comparison, unless the user gives another.
    pub compare_time_scale: f64,
    /// Whether the server issues tickets, so that clients can resume TLS sessions.
    pub tickets: bool,
    /// Whether each pass of a comparison opens a fresh session, and takes the time of opening it.
    pub fresh_session: bool,
    /// The network between server and clients; `None` for this machine's loopback.
    pub network: Option<Network>,
    /// How its server speaks HTTP.
    pub http: HttpSettings,
}

impl Scenario {
    /// Returns the names of the built-in scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Returns all built-in scenarios.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|(name, text)| {
            file::parse(name, text).expect("the tests read every built-in scenario")
        })
    }

    /// Loads the built-in scenario with this name, or else the TOML file at this path.
    ///
    /// # Errors
    ///
    /// Neither exists, or the file is not a valid scenario. The message then names file and line.
    pub fn load(name_or_path: &str) -> anyhow::Result<Self> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return file::parse(name, text);
        }
        match name_or_path {
            faults::NAME => return Ok(faults().0),
            faults::HTTP2_NAME => return Ok(http2_faults().0),
            _ => {}
        }
        let path = Path::new(name_or_path);
        if path.extension().is_none() && !path.exists() {
            let names = Self::names().collect::<Vec<_>>().join(", ");
            if let Some(name) = similar(name_or_path, Self::names()) {
                bail!("unknown scenario {name_or_path:?}; did you mean {name:?}?");
            }
            bail!(
                "unknown scenario {name_or_path:?}: take one of {names}, or the path of a TOML file"
            );
        }
        let bytes = read_at_most(path, MAX_FILE_BYTES)
            .with_context(|| format!("cannot read scenario {name_or_path}"))?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("cannot read scenario {name_or_path}"))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        file::parse(&name, &text).map_err(|error| anyhow::anyhow!("{name_or_path}:{error}"))
    }

    /// Multiplies all delays by `factor`.
    #[must_use]
    pub fn time_scaled(mut self, factor: f64) -> Self {
        self.sites = self
            .sites
            .into_iter()
            .map(|site| Site { reply: site.reply.time_scaled(factor), ..site })
            .collect();
        self
    }

    /// Puts a network between server and clients; `None` keeps the scenario's own.
    #[must_use]
    pub fn over(self, network: Option<Network>) -> Self {
        Self { network: network.or(self.network), ..self }
    }

    /// Returns the factor on its delays: `given`, or else `usual`. A network is never scaled, and
    /// delays beside it neither.
    ///
    /// # Errors
    ///
    /// A factor is given and there is a network.
    pub fn time_scale(&self, given: Option<f64>, usual: f64) -> anyhow::Result<f64> {
        match (&self.network, given) {
            (None, _) => Ok(given.unwrap_or(usual)),
            (Some(_), None | Some(1.0)) => Ok(1.0),
            (Some(network), Some(_)) => bail!(
                "round trips do not scale, and delays beside them neither: leave out --time-scale, \
                 or the network {}",
                network.label()
            ),
        }
    }

    /// Moves all sites on plain origins to https.
    #[must_use]
    pub fn over_tls(mut self) -> Self {
        for listening in &mut self.origins {
            if *listening == Listening::Plain {
                *listening = Listening::Tls(Certificate::Valid);
            }
        }
        self
    }

    /// Returns whether any site needs https.
    pub fn needs_https(&self) -> bool {
        self.origins.iter().any(|listening| listening.scheme() == "https")
    }

    /// Sets the concurrency.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.limits = self.limits.with_concurrency(concurrency);
        self
    }

    /// Returns the urls of `visit` of all sites, given the address of each origin.
    ///
    /// # Panics
    ///
    /// Panics if `origins` is shorter than [`Scenario::origins`].
    pub fn urls(&self, origins: &[Origin], visit: u64) -> Vec<Url> {
        let urls = (0..self.sites.len()).map(|site| {
            let url = format!("{}/{visit}", self.site_url(origins, site));
            url.parse().expect("an origin and digits are a url")
        });
        urls.collect()
    }

    /// Returns the url of a site without its end, the visit.
    pub(crate) fn site_url(&self, origins: &[Origin], site: usize) -> String {
        format!("{}/{site}", origins[self.sites[site].origin])
    }

    /// Returns the programmed time of each answer of `visit`, in the order of the sites.
    pub fn times(&self, visit: u64) -> impl Iterator<Item = Duration> {
        self.sites
            .iter()
            .enumerate()
            .map(move |(index, site)| site.reply.time(self.seed, index, visit))
    }

    /// Returns the ideal of `visit` at `concurrency`: its makespan if only the programmed delays,
    /// body times and the network take time.
    pub fn ideal(&self, visit: u64, concurrency: NonZeroUsize) -> Duration {
        match &self.network {
            Some(network) => self.ideal_over(network, visit, concurrency, self.limits.connections),
            None => schedule::makespan(self.times(visit), concurrency),
        }
    }

    /// Returns the ideal of the first pass of a session, which has no connections yet.
    pub fn first_ideal(&self, visit: u64, concurrency: NonZeroUsize) -> Duration {
        match (&self.network, self.limits.connections) {
            (Some(network), Connections::Warm) => {
                self.ideal_over(network, visit, concurrency, Connections::Cold)
            }
            _ => self.ideal(visit, concurrency),
        }
    }

    /// Returns whether any site has a delay or body time.
    pub fn has_delays(&self) -> bool {
        self.sites.iter().any(|site| !site.reply.is_immediate())
    }

    /// Returns whether there are delays or a network, so that the ideal is not zero.
    pub fn has_ideal(&self) -> bool {
        self.has_delays() || self.network.is_some()
    }

    /// Returns the programmed answer to `visit` of a site, without its fault.
    pub fn page(&self, site: usize, visit: u64) -> Page {
        let body = self.body(site, visit);
        let mut beginning = Beginning::default();
        body.pieces(0).take(2).for_each(|piece| beginning.extend(piece));
        let status = self.sites[site].reply.status;
        Page { status, bytes: body.len(), crc32: body.crc32(), beginning }
    }

    fn body(&self, site: usize, visit: u64) -> Body<'_> {
        self.sites[site].reply.body(self.seed, site, visit)
    }

    /// Returns the programmed time of a url, and its page.
    ///
    /// # Panics
    ///
    /// The url is not of this scenario.
    pub fn programmed(&self, url: &Url) -> (Duration, Result<Page, FetchError>) {
        let mut numbers =
            url.path_segments().into_iter().flatten().map(|segment| segment.parse::<u64>());
        let (Some(Ok(site)), Some(Ok(visit))) = (numbers.next(), numbers.next()) else {
            panic!("{url} is no url of scenario {}", self.name);
        };
        let site = site as usize;
        (self.sites[site].reply.time(self.seed, site, visit), Ok(self.page(site, visit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_load() {
        for scenario in Scenario::built_in() {
            assert!(!scenario.description.is_empty());
            assert!(!scenario.origins.is_empty());
        }
    }

    #[test]
    fn unknown_scenarios_are_refused() {
        let error = Scenario::load("nope").unwrap_err().to_string();
        assert!(
            error.starts_with("unknown scenario \"nope\": take one of article, fan-out"),
            "{error}"
        );
    }

    #[test]
    fn the_article_has_known_ideals() {
        let article = Scenario::load("article").unwrap();
        let micros = |slots| article.ideal(0, NonZeroUsize::new(slots).unwrap()).as_micros();
        assert_eq!((article.sites.len(), article.origins.len()), (7, 7));
        assert_eq!((micros(1), micros(7)), (5_956_646, 1_479_646));
    }

    #[test]
    fn sessions_and_tickets_are_read() {
        let load = |lines: &str| {
            file::parse(
                "test",
                &format!(
                    "description = 'd'\nconcurrency = 2\n{lines}\n[[site]]\nlabel = 'a'\nbytes = 1"
                ),
            )
        };
        let fresh = load("fresh_session = true").unwrap();
        assert_eq!((fresh.fresh_session, fresh.limits.connections), (true, Connections::Cold));
        assert!(load("tickets = true\ntls = true").unwrap().tickets);
        let error = |lines| load(lines).unwrap_err().to_string();
        assert!(error("tickets = true").contains("add tls = true"));
        let kept = error("fresh_session = true\nconnections = 'per-fetch'");
        assert!(kept.contains("leave out connections"), "{kept}");
    }

    #[test]
    fn ideals_include_body_times() {
        let site = "[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '20ms'\nbody_time = '100ms'";
        let scenario =
            file::parse("test", &format!("description = 'd'\nconcurrency = 1\n{site}")).unwrap();
        assert_eq!(scenario.ideal(0, NonZeroUsize::MIN), Duration::from_millis(120));
        assert_eq!(
            scenario.time_scaled(0.5).ideal(0, NonZeroUsize::MIN),
            Duration::from_millis(60)
        );
    }
}
