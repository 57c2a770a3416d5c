//! Scenarios: named lists of sites with limits, read from TOML. The built-in ones are embedded in
//! the program.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use url::Url;

use crate::fetch::answer::{Beginning, Page};
use crate::fetch::files::read_at_most;
use crate::fetch::origin::Origin;
use crate::fetch::{Limits, Pass, Script};
use crate::scenario::fault::{Certificate, Listening};
use crate::scenario::site::Site;

pub mod fault;
pub mod schedule;
pub mod site;
pub mod site_list;
pub mod units;
mod examine;
mod faults;
mod file;

#[doc(hidden)]
pub use self::examine::examine;
pub use self::faults::{Case, faults};

/// The longest file of a scenario that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The built-in scenarios: their names and texts.
const BUILT_IN: [(&str, &str); 9] = [
    ("article", include_str!("../../benches/scenarios/article.toml")),
    ("fan-out", include_str!("../../benches/scenarios/fan-out.toml")),
    ("crowd", include_str!("../../benches/scenarios/crowd.toml")),
    ("keepalive", include_str!("../../benches/scenarios/keepalive.toml")),
    ("connect", include_str!("../../benches/scenarios/connect.toml")),
    ("bulk", include_str!("../../benches/scenarios/bulk.toml")),
    ("long-tail", include_str!("../../benches/scenarios/long-tail.toml")),
    ("tls", include_str!("../../benches/scenarios/tls.toml")),
    ("tls-cold", include_str!("../../benches/scenarios/tls-cold.toml")),
];

/// A named list of sites and the limits to fetch them with.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called: the name of its file.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Where all delays and bodies are drawn from.
    pub seed: u64,
    /// What sessions must keep to.
    pub limits: Limits,
    /// The sites, in the order in which they are fetched. Never empty.
    pub sites: Vec<Site>,
    /// The origins that the sites live on, and how each listens: [`Site::origin`] is an index.
    pub origins: Vec<Listening>,
}

impl Scenario {
    /// The names of the built-in scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// All built-in scenarios.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|(name, text)| {
            file::parse(name, text).expect("the tests read every built-in scenario")
        })
    }

    /// The built-in scenario of that name, or else the scenario in the TOML file of that path.
    ///
    /// # Errors
    ///
    /// Neither exists, or the file is no scenario: then its name and line are told.
    pub fn load(name_or_path: &str) -> anyhow::Result<Self> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return file::parse(name, text);
        }
        if name_or_path == faults::NAME {
            return Ok(faults().0);
        }
        let path = Path::new(name_or_path);
        if path.extension().is_none() && !path.exists() {
            let names = Self::names().collect::<Vec<_>>().join(", ");
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

    /// The same with every delay multiplied by `factor`.
    #[must_use]
    pub fn time_scaled(mut self, factor: f64) -> Self {
        self.sites = self
            .sites
            .into_iter()
            .map(|site| Site { reply: site.reply.time_scaled(factor), ..site })
            .collect();
        self
    }

    /// The same with every site over https that is not by its own fault.
    #[must_use]
    pub fn over_tls(mut self) -> Self {
        for listening in &mut self.origins {
            if *listening == Listening::Plain {
                *listening = Listening::Tls(Certificate::Valid);
            }
        }
        self
    }

    /// Whether a client must speak https to fetch every site.
    pub fn needs_https(&self) -> bool {
        self.origins.iter().any(|listening| listening.scheme() == "https")
    }

    /// The same at another concurrency.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.limits.concurrency = concurrency;
        self
    }

    /// Where `visit` of every site is found, given the address of each origin.
    ///
    /// # Panics
    ///
    /// Fewer origins than [`Scenario::origins`].
    pub fn urls(&self, origins: &[Origin], visit: u64) -> Vec<Url> {
        let url = |(index, site): (usize, &Site)| {
            format!("{}/{index}/{visit}", origins[site.origin])
                .parse()
                .expect("an origin and digits are a url")
        };
        self.sites.iter().enumerate().map(url).collect()
    }

    /// How long the server is to take over each answer of `visit`, in the order of the sites.
    pub fn times(&self, visit: u64) -> impl Iterator<Item = Duration> {
        self.sites
            .iter()
            .enumerate()
            .map(move |(index, site)| site.reply.time(self.seed, index, visit))
    }

    /// The makespan of `visit` at `concurrency` with the programmed delays and body times and
    /// nothing else.
    pub fn ideal(&self, visit: u64, concurrency: NonZeroUsize) -> Duration {
        schedule::makespan(self.times(visit), concurrency)
    }

    /// Whether any site makes its visitors wait, so that there is an ideal to measure against.
    pub fn has_delays(&self) -> bool {
        self.sites.iter().any(|site| !site.reply.is_immediate())
    }

    /// What `visit` of a site must be answered with, if nothing is wrong with it.
    pub fn page(&self, site: usize, visit: u64) -> Page {
        let reply = &self.sites[site].reply;
        let body = reply.body(self.seed, site, visit);
        let mut beginning = Beginning::default();
        body.pieces(0).take(2).for_each(|piece| beginning.extend(piece));
        Page { status: reply.status, bytes: body.len(), crc32: body.crc32(), beginning }
    }

    /// Compares what a pass over the first `urls` of [`Scenario::urls`] of `visit` answered with
    /// what was programmed.
    ///
    /// # Errors
    ///
    /// The first site whose answer is wrong, or that failed.
    pub fn verify(&self, visit: u64, urls: usize, pass: &Pass) -> anyhow::Result<()> {
        if pass.fetched.len() != urls {
            bail!("{} results for {urls} urls", pass.fetched.len());
        }
        for (index, fetched) in pass.fetched.iter().enumerate() {
            let label = &self.sites[index].label;
            let page = fetched
                .result
                .as_ref()
                .map_err(|error| anyhow::anyhow!("site {index} ({label}): {error}"))?;
            let expected = self.page(index, visit);
            if *page != expected {
                bail!("site {index} ({label}): wrong answer: expected {expected:?}, got {page:?}");
            }
        }
        Ok(())
    }

    /// What the fake backend makes up: for every url of this scenario, its programmed delay and
    /// answer.
    pub fn script(self: &Arc<Self>) -> Script {
        let scenario = Arc::clone(self);
        Arc::new(move |url| {
            let mut numbers =
                url.path_segments().into_iter().flatten().map(|segment| segment.parse::<u64>());
            let (Some(Ok(site)), Some(Ok(visit))) = (numbers.next(), numbers.next()) else {
                panic!("{url} is no url of scenario {}", scenario.name);
            };
            let site = site as usize;
            let time = scenario.sites[site].reply.time(scenario.seed, site, visit);
            (time, Ok(scenario.page(site, visit)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_is_read() {
        for scenario in Scenario::built_in() {
            assert!(!scenario.description.is_empty());
            assert!(!scenario.origins.is_empty());
        }
    }

    #[test]
    fn an_unknown_scenario_is_named_with_those_that_there_are() {
        let error = Scenario::load("nope").unwrap_err().to_string();
        assert!(
            error.starts_with("unknown scenario \"nope\": take one of article, fan-out"),
            "{error}"
        );
    }

    #[test]
    fn the_article_adds_up_as_its_table_does() {
        let article = Scenario::load("article").unwrap();
        let ms = |slots| article.ideal(0, NonZeroUsize::new(slots).unwrap()).as_micros();
        assert_eq!((article.sites.len(), article.origins.len()), (7, 7));
        assert_eq!((ms(1), ms(7)), (5_956_646, 1_479_646));
    }

    #[test]
    fn the_ideal_counts_the_time_of_bodies_and_scales_it() {
        let site = "[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '20ms'\nbody_time = '100ms'";
        let scenario =
            file::parse("test", &format!("description = 'd'\nconcurrency = 1\n{site}")).unwrap();
        assert_eq!(scenario.ideal(0, NonZeroUsize::MIN), Duration::from_millis(120));
        assert_eq!(
            scenario.time_scaled(0.5).ideal(0, NonZeroUsize::MIN),
            Duration::from_millis(60)
        );
    }

    #[test]
    fn a_wrong_answer_is_told_from_a_right_one() {
        use crate::fetch::Fetched;
        let scenario = file::parse(
            "test",
            "description = 'd'\nconcurrency = 1\n[[site]]\nlabel = 'a'\nbytes = '100'",
        )
        .unwrap();
        let answered = |page| Pass {
            elapsed: Duration::ZERO,
            fetched: vec![Fetched {
                started: Duration::ZERO,
                elapsed: Duration::ZERO,
                final_url: None,
                result: Ok(page),
            }],
        };
        assert!(scenario.verify(7, 1, &answered(scenario.page(0, 7))).is_ok());
        assert!(
            scenario.verify(7, 1, &answered(scenario.page(0, 6))).is_err(),
            "the answer of the pass before"
        );
    }
}
