//! Scenarios: named lists of sites with limits, read from TOML. The built-in ones are embedded in the program.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::answer::{Beginning, Page};
use crate::fetch::{Connections, Limits, Pass, Script};
use crate::schedule;
use crate::site::{Delay, Origin, Reply, Site};
use crate::units::{parse_bytes, parse_duration};

/// The built-in scenarios: their names and texts.
const BUILT_IN: [(&str, &str); 6] = [
    ("article", include_str!("../benches/scenarios/article.toml")),
    ("fan-out", include_str!("../benches/scenarios/fan-out.toml")),
    ("keepalive", include_str!("../benches/scenarios/keepalive.toml")),
    ("connect", include_str!("../benches/scenarios/connect.toml")),
    ("bulk", include_str!("../benches/scenarios/bulk.toml")),
    ("long-tail", include_str!("../benches/scenarios/long-tail.toml")),
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
    /// How many origins the sites live on: [`Site::origin`] is always below.
    pub origins: usize,
}

impl Scenario {
    /// The names of the built-in scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// All built-in scenarios.
    pub fn built_in() -> impl Iterator<Item = Self> {
        BUILT_IN.iter().map(|(name, text)| Self::parse(name, text).expect("the tests read every built-in scenario"))
    }

    /// The built-in scenario of that name, or else the scenario in the TOML file of that path.
    ///
    /// # Errors
    ///
    /// Neither exists, or the file is no scenario: then its name and line are told.
    pub fn load(name_or_path: &str) -> anyhow::Result<Self> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return Self::parse(name, text);
        }
        let path = Path::new(name_or_path);
        if path.extension().is_none() && !path.exists() {
            let names = Self::names().collect::<Vec<_>>().join(", ");
            bail!("unknown scenario {name_or_path:?}: take one of {names}, or the path of a TOML file");
        }
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read scenario {name_or_path}"))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&name, &text).map_err(|error| anyhow::anyhow!("{name_or_path}:{error}"))
    }

    /// Reads a scenario from its TOML text.
    ///
    /// # Errors
    ///
    /// Begins with the line at fault.
    fn parse(name: &str, text: &str) -> anyhow::Result<Self> {
        let wire: WireScenario = toml::from_str(text).map_err(|error| {
            let before = error.span().map_or("", |span| &text[..span.start]);
            anyhow::anyhow!("{}: {}", before.matches('\n').count() + 1, error.message().replace('\n', ", "))
        })?;
        wire.into_scenario(name).map_err(|error| anyhow::anyhow!("1: {error}"))
    }

    /// The same with every delay multiplied by `factor`.
    #[must_use]
    pub fn time_scaled(mut self, factor: f64) -> Self {
        for site in &mut self.sites {
            site.reply.delay = site.reply.delay.scaled(factor);
        }
        self
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
            format!("{}/{index}/{visit}", origins[site.origin]).parse().expect("an origin and digits are a url")
        };
        self.sites.iter().enumerate().map(url).collect()
    }

    /// The delays that the server is to make on `visit`, in the order of the sites.
    pub fn delays(&self, visit: u64) -> impl Iterator<Item = Duration> {
        self.sites.iter().enumerate().map(move |(index, site)| site.reply.delay(self.seed, index, visit))
    }

    /// The makespan of `visit` at `concurrency` with the programmed delays and nothing else.
    pub fn ideal(&self, visit: u64, concurrency: NonZeroUsize) -> Duration {
        schedule::makespan(self.delays(visit), concurrency)
    }

    /// Whether any site makes its visitors wait, so that there is an ideal to measure against.
    pub fn has_delays(&self) -> bool {
        self.sites.iter().any(|site| !site.reply.delay.is_none())
    }

    /// What `visit` of a site must be answered with.
    pub fn page(&self, site: usize, visit: u64) -> Page {
        let reply = &self.sites[site].reply;
        let body = reply.body(self.seed, site, visit);
        let mut beginning = Beginning::default();
        body.pieces(0).take(2).for_each(|piece| beginning.extend(piece));
        Page { status: reply.status, bytes: body.len(), crc32: body.crc32(), beginning }
    }

    /// Compares what a pass over [`Scenario::urls`] of `visit` answered with what was programmed. A pass over the first
    /// sites alone is compared with those.
    ///
    /// # Errors
    ///
    /// The first site whose answer is wrong, or that failed.
    pub fn verify(&self, visit: u64, pass: &Pass) -> anyhow::Result<()> {
        for (index, fetched) in pass.fetched.iter().enumerate() {
            let label = &self.sites[index].label;
            let page = fetched.result.as_ref().map_err(|error| anyhow::anyhow!("site {index} ({label}): {error}"))?;
            let expected = self.page(index, visit);
            if *page != expected {
                bail!("site {index} ({label}): wrong answer: expected {expected:?}, got {page:?}");
            }
        }
        Ok(())
    }

    /// What the fake backend makes up: for every url of this scenario, its programmed delay and answer.
    pub fn script(self: &Arc<Self>) -> Script {
        let scenario = Arc::clone(self);
        Arc::new(move |url| {
            let mut numbers = url.path_segments().into_iter().flatten().map(|segment| segment.parse::<u64>());
            let (Some(Ok(site)), Some(Ok(visit))) = (numbers.next(), numbers.next()) else {
                panic!("{url} is no url of scenario {}", scenario.name);
            };
            let site = site as usize;
            let delay = scenario.sites[site].reply.delay(scenario.seed, site, visit);
            (delay, Ok(scenario.page(site, visit)))
        })
    }
}

/// A scenario as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireScenario {
    description: String,
    #[serde(default)]
    seed: u64,
    concurrency: NonZeroUsize,
    #[serde(default, deserialize_with = "optional_duration")]
    deadline: Option<Duration>,
    #[serde(default, deserialize_with = "optional_bytes")]
    max_body: Option<u64>,
    #[serde(default)]
    connections: Connections,
    #[serde(rename = "site", default)]
    sites: Vec<WireSite>,
}

/// A site, or many alike, as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSite {
    label: String,
    /// Sites with the same word here share a listener; without a word they share the nameless one.
    #[serde(default)]
    origin: String,
    /// That many sites of this kind, numbered from 1 behind their label.
    #[serde(default = "one")]
    repeat: NonZeroUsize,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    begins: String,
    #[serde(deserialize_with = "bytes")]
    bytes: u64,
    #[serde(default = "no_delay", deserialize_with = "delay")]
    delay: Delay,
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

fn ok() -> u16 {
    200
}

fn no_delay() -> Delay {
    Delay::NONE
}

/// A delay as written in TOML: `"50ms"`, `{ uniform = ["10ms", "90ms"] }` or
/// `{ lognormal = { median = "50ms", sigma = 0.8 } }`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a delay: \"50ms\", { uniform = [\"10ms\", \"90ms\"] } or { lognormal = { median = \"50ms\", sigma = 0.8 } }"
)]
enum WireDelay {
    Fixed(String),
    Uniform { uniform: (String, String) },
    LogNormal { lognormal: WireLogNormal },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLogNormal {
    median: String,
    sigma: f64,
}

fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Delay, D::Error> {
    let duration = |text: &str| parse_duration(text).map_err(de::Error::custom);
    match WireDelay::deserialize(deserializer)? {
        WireDelay::Fixed(text) => Ok(Delay::Fixed(duration(&text)?)),
        WireDelay::Uniform { uniform: (min, max) } => {
            let (min, max) = (duration(&min)?, duration(&max)?);
            if min > max {
                return Err(de::Error::custom(format!("bad delay: {min:?} is more than {max:?}")));
            }
            Ok(Delay::Uniform { min, max })
        }
        WireDelay::LogNormal { lognormal: WireLogNormal { median, sigma } } => {
            if !(0.0..=5.0).contains(&sigma) {
                return Err(de::Error::custom(format!("bad sigma {sigma}: it lies between 0 and 5")));
            }
            Ok(Delay::LogNormal { median: duration(&median)?, sigma })
        }
    }
}

fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let duration = parse_duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)?;
    if duration.is_zero() {
        return Err(de::Error::custom("bad deadline: it must be longer than nothing"));
    }
    Ok(Some(duration))
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    parse_bytes(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn optional_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

impl WireScenario {
    fn into_scenario(self, name: &str) -> anyhow::Result<Scenario> {
        let mut limits = Limits::new(self.concurrency);
        limits.connections = self.connections;
        limits.deadline = self.deadline.unwrap_or(limits.deadline);
        limits.max_body = self.max_body.unwrap_or(limits.max_body);

        let mut origins = HashMap::new();
        let mut sites = Vec::new();
        for wire in self.sites {
            let next = origins.len();
            let origin = *origins.entry(wire.origin.clone()).or_insert(next);
            wire.push_sites(origin, &mut sites)?;
        }
        if sites.is_empty() {
            bail!("the list of sites is empty: add a [[site]]");
        }
        Ok(Scenario {
            name: name.to_owned(),
            description: self.description,
            seed: self.seed,
            limits,
            sites,
            origins: origins.len(),
        })
    }
}

impl WireSite {
    fn push_sites(self, origin: usize, sites: &mut Vec<Site>) -> anyhow::Result<()> {
        if !(200..=599).contains(&self.status) {
            bail!("site {:?}: bad status {}: it lies between 200 and 599", self.label, self.status);
        }
        if matches!(self.status, 204 | 304) && self.bytes > 0 {
            bail!("site {:?}: an answer of status {} has no body: say bytes = \"0\"", self.label, self.status);
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let refuse = |why: String| anyhow::anyhow!("site {:?}: bad header {name:?}: {why}", self.label);
            let name: HeaderName = name.parse().map_err(|error| refuse(format!("{error}")))?;
            let value: HeaderValue = value.parse().map_err(|error| refuse(format!("{error}")))?;
            if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
                return Err(refuse("the server sets it itself".to_owned()));
            }
            headers.push((name, value));
        }
        headers.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        let reply =
            Reply { status: self.status, headers, begins: self.begins.into(), bytes: self.bytes, delay: self.delay };
        let numbered = self.repeat.get() > 1;
        sites.extend((1..=self.repeat.get()).map(|number| Site {
            label: if numbered { format!("{} {number}", self.label) } else { self.label.clone() },
            origin,
            reply: reply.clone(),
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "description = 'd'\nconcurrency = 2\n";

    fn parse(sites: &str) -> anyhow::Result<Scenario> {
        Scenario::parse("test", &format!("{HEAD}{sites}"))
    }

    #[test]
    fn every_built_in_scenario_is_read() {
        for scenario in Scenario::built_in() {
            assert!(!scenario.description.is_empty());
            assert!(scenario.origins >= 1);
        }
    }

    #[test]
    fn the_article_adds_up_as_its_table_does() {
        let article = Scenario::load("article").unwrap();
        let ms = |slots| article.ideal(0, NonZeroUsize::new(slots).unwrap()).as_micros();
        assert_eq!((article.sites.len(), article.origins), (7, 7));
        assert_eq!((ms(1), ms(7)), (5_956_646, 1_479_646));
    }

    #[test]
    fn sites_are_repeated_and_share_origins_by_name() {
        let sites =
            "[[site]]\nlabel = 'a'\nbytes = '1'\nrepeat = 3\n[[site]]\nlabel = 'b'\norigin = 'o'\nbytes = '1'\n";
        let scenario = parse(sites).unwrap();
        let labels: Vec<_> = scenario.sites.iter().map(|site| (&*site.label, site.origin)).collect();
        assert_eq!(labels, [("a 1", 0), ("a 2", 0), ("a 3", 0), ("b", 1)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let error = |sites| parse(sites).unwrap_err().to_string();
        assert!(error("[[site]]\nlabel = 'a'\nbytes = '1'\ndealy = '1ms'").starts_with("6: unknown field `dealy`"));
        assert!(error("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '10'").starts_with("6: bad duration \"10\""));
        assert!(error("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = 10").starts_with("6: expected a delay"));
        assert!(error("[[site]\n").starts_with("3: "));
        assert!(error("").contains("list of sites is empty"));
        assert!(error("[[site]]\nlabel = 'a'\nbytes = '1'\nstatus = 99").contains("bad status 99"));
        assert!(error("[[site]]\nlabel = 'a'\nbytes = '1'\nheaders = { X = \"a\\nb\" }").contains("bad header \"X\""));
        assert!(Scenario::load("nope").unwrap_err().to_string().contains("unknown scenario \"nope\""));
    }

    #[test]
    fn a_wrong_answer_is_told_from_a_right_one() {
        use crate::fetch::Fetched;
        let scenario = parse("[[site]]\nlabel = 'a'\nbytes = '100'\n").unwrap();
        let answered = |page| Pass {
            elapsed: Duration::ZERO,
            fetched: vec![Fetched {
                started: Duration::ZERO,
                elapsed: Duration::ZERO,
                final_url: None,
                result: Ok(page),
            }],
        };
        assert!(scenario.verify(7, &answered(scenario.page(0, 7))).is_ok());
        assert!(scenario.verify(7, &answered(scenario.page(0, 6))).is_err(), "the answer of the pass before");
    }
}
