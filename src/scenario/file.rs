//! A scenario's file: what may be written there, and what it means.

use std::collections::HashMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use anyhow::bail;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::Scenario;
use crate::fetch::{Connections, Limits};
use crate::scenario::fault::{Certificate, Fault, Listening};
use crate::scenario::site::{Delay, Occurring, Reply, Site};
use crate::scenario::units::{MAX_DEADLINE, parse_bytes, parse_duration};

/// Reads a scenario from its TOML text.
///
/// # Errors
///
/// Begins with the line at fault.
pub(super) fn parse(name: &str, text: &str) -> anyhow::Result<Scenario> {
    let wire: WireScenario = toml::from_str(text).map_err(|error| {
        let line = line(text, error.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{line}: {}", error.message().replace('\n', ", "))
    })?;
    wire.into_scenario(name, text)
}

/// The line of the text in which a byte stands, counted from 1.
fn line(text: &str, byte: usize) -> usize {
    text[..byte].matches('\n').count() + 1
}

/// More sites than this are a mistake, and more than memory holds.
const MAX_SITES: usize = 1_000_000;

/// The most that labels, headers and beginnings of all sites may take together, in bytes, each site
/// having its own.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// Longer bodies are mistakes.
const MAX_BODY_BYTES: u64 = 1 << 40;

/// Faulty answers are made in memory, whole.
const MAX_FAULTY_BYTES: u64 = 16 << 20;

/// Longer delays are mistakes.
const MAX_DELAY: Duration = Duration::from_secs(3600);

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
    /// Whether sites are of https that do not say otherwise.
    #[serde(default)]
    tls: bool,
    #[serde(rename = "site", default)]
    sites: Vec<Spanned<WireSite>>,
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
    #[serde(default = "no_delay", deserialize_with = "delay")]
    body_time: Delay,
    /// Whether it is of https.
    tls: Option<bool>,
    /// What is wrong with its answers.
    fault: Option<String>,
    /// On which visits: each that is a multiple of this, counted from 1.
    every: Option<NonZeroU64>,
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
    expecting = "expected a delay: \"50ms\", { uniform = [\"10ms\", \"90ms\"] } or { lognormal = \
                 { median = \"50ms\", sigma = 0.8 } }"
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
    let duration = |text: &str| match parse_duration(text).map_err(de::Error::custom)? {
        delay if delay > MAX_DELAY => {
            Err(de::Error::custom(format!("bad delay {text:?}: {MAX_DELAY:?} at most")))
        }
        delay => Ok(delay),
    };
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
                return Err(de::Error::custom(format!(
                    "bad sigma {sigma}: it lies between 0 and 5"
                )));
            }
            Ok(Delay::LogNormal { median: duration(&median)?, sigma })
        }
    }
}

fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let duration =
        parse_duration(&String::deserialize(deserializer)?).map_err(de::Error::custom)?;
    if duration.is_zero() || duration > MAX_DEADLINE {
        return Err(de::Error::custom("bad deadline: it lies between nothing and a day"));
    }
    Ok(Some(duration))
}

/// A size as written in TOML: `1000` or `"64kB"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a size such as 1000 or \"64kB\"")]
enum WireBytes {
    Number(u64),
    Text(String),
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match WireBytes::deserialize(deserializer)? {
        WireBytes::Number(bytes) => Ok(bytes),
        WireBytes::Text(text) => parse_bytes(&text).map_err(de::Error::custom),
    }
}

fn optional_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

impl WireScenario {
    fn into_scenario(self, name: &str, text: &str) -> anyhow::Result<Scenario> {
        let mut limits = Limits::new(self.concurrency);
        limits.connections = self.connections;
        limits.deadline = self.deadline.unwrap_or(limits.deadline);
        limits.max_body = self.max_body.unwrap_or(limits.max_body);

        let (mut origins, mut of_word) = (Vec::new(), HashMap::new());
        let (mut sites, mut text_bytes) = (Vec::new(), 0_usize);
        for wire in self.sites {
            let start = wire.span().start;
            let wire = wire.into_inner();
            let located = |error| anyhow::anyhow!("{}: {error}", line(text, start));
            text_bytes = text_bytes.saturating_add(wire.text_bytes());
            if text_bytes > MAX_TEXT_BYTES {
                return Err(located(anyhow::anyhow!(
                    "labels, headers and beginnings have {MAX_TEXT_BYTES} bytes at most"
                )));
            }
            let fault = wire.fault(sites.is_empty()).map_err(located)?;
            let listening = wire.listening(fault, self.tls);
            let origin = *of_word.entry((wire.origin.clone(), listening)).or_insert_with(|| {
                origins.push(listening);
                origins.len() - 1
            });
            wire.push_sites(origin, fault, &mut sites).map_err(located)?;
        }
        if sites.is_empty() {
            bail!("1: the list of sites is empty: add a [[site]]");
        }
        Ok(Scenario {
            name: name.to_owned(),
            description: self.description,
            seed: self.seed,
            limits,
            sites,
            origins,
        })
    }
}

impl WireSite {
    /// What its label, headers and beginning take, as often as it is repeated.
    fn text_bytes(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + size_of::<[HeaderValue; 2]>());
        let each = self.label.len() + self.begins.len() + headers.sum::<usize>();
        each.saturating_mul(self.repeat.get())
    }

    /// What is wrong with its answers.
    fn fault(&self, is_first: bool) -> anyhow::Result<Option<Occurring>> {
        let refuse = |why: &str| anyhow::anyhow!("site {:?}: {why}", self.label);
        let Some(name) = &self.fault else {
            return match self.every {
                None => Ok(None),
                Some(_) => Err(refuse("every says how often a fault occurs: name one")),
            };
        };
        let fault = Fault::named(name).map_err(|why| refuse(&why))?;
        if is_first && fault.needs_site_before() {
            return Err(refuse("its fault redirects to the site before it, and there is none"));
        }
        if self.every.is_some() && fault.script().is_none() {
            return Err(refuse(
                "its fault is the listener's, and so occurs always: leave out every",
            ));
        }
        if self.bytes > MAX_FAULTY_BYTES {
            return Err(refuse(&format!(
                "a body with a fault has {MAX_FAULTY_BYTES} bytes at most"
            )));
        }
        Ok(Some(Occurring { fault, every: self.every.unwrap_or(NonZeroU64::MIN) }))
    }

    /// How its origin listens. Its fault knows best; sites that listen alike may share an origin.
    fn listening(&self, fault: Option<Occurring>, tls: bool) -> Listening {
        let plainly = match self.tls.unwrap_or(tls) {
            true => Listening::Tls(Certificate::Valid),
            false => Listening::Plain,
        };
        fault.and_then(|occurring| occurring.fault.listening()).unwrap_or(plainly)
    }

    fn push_sites(
        self,
        origin: usize,
        fault: Option<Occurring>,
        sites: &mut Vec<Site>,
    ) -> anyhow::Result<()> {
        if !(200..=599).contains(&self.status) {
            bail!("site {:?}: bad status {}: it lies between 200 and 599", self.label, self.status);
        }
        if matches!(self.status, 204 | 304) && self.bytes > 0 {
            bail!(
                "site {:?}: an answer of status {} has no body: say bytes = \"0\"",
                self.label,
                self.status
            );
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let refuse =
                |why: String| anyhow::anyhow!("site {:?}: bad header {name:?}: {why}", self.label);
            let name: HeaderName = name.parse().map_err(|error| refuse(format!("{error}")))?;
            let value: HeaderValue = value.parse().map_err(|error| refuse(format!("{error}")))?;
            if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
                return Err(refuse("the server sets it itself".to_owned()));
            }
            headers.push((name, value));
        }
        headers.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        if self.bytes > MAX_BODY_BYTES {
            bail!("site {:?}: a body has {MAX_BODY_BYTES} bytes at most", self.label);
        }
        if self.repeat.get() > MAX_SITES - sites.len() {
            bail!("site {:?}: there are {MAX_SITES} sites at most", self.label);
        }
        if self.bytes == 0 && !self.body_time.is_none() {
            bail!(
                "site {:?}: a body of no bytes takes no time: leave out body_time, or say bytes",
                self.label
            );
        }
        let reply = Reply {
            status: self.status,
            headers,
            begins: self.begins.into(),
            bytes: self.bytes,
            delay: self.delay,
            body_time: self.body_time,
            fault,
        };
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
        super::parse("test", &format!("{HEAD}{sites}"))
    }

    #[test]
    fn sites_are_repeated_and_share_origins_by_name() {
        let sites = "[[site]]\nlabel = 'a'\nbytes = '1'\nrepeat = 3\n[[site]]\nlabel = \
                     'b'\norigin = 'o'\nbytes = '1'\n";
        let scenario = parse(sites).unwrap();
        let labels: Vec<_> =
            scenario.sites.iter().map(|site| (&*site.label, site.origin)).collect();
        assert_eq!(labels, [("a 1", 0), ("a 2", 0), ("a 3", 0), ("b", 1)]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let error = |sites| parse(sites).unwrap_err().to_string();
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = '1'\ndealy = '1ms'")
                .starts_with("6: unknown field `dealy`")
        );
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '10'")
                .starts_with("6: bad duration \"10\"")
        );
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = 10")
                .starts_with("6: expected a delay")
        );
        assert!(error("[[site]\n").starts_with("3: "));
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = '1'\ndelay = '2h'").starts_with("6: bad delay")
        );
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = 0\nbody_time = '1ms'").contains("takes no time")
        );
        assert!(error("").contains("list of sites is empty"));
        let long =
            format!("[[site]]\nlabel = '{}'\nbytes = '1'\nrepeat = 1000000", "a".repeat(2000));
        assert!(
            error(&long)
                .starts_with("3: labels, headers and beginnings have 1073741824 bytes at most")
        );
        let second =
            "[[site]]\nlabel = 'a'\nbytes = '1'\n[[site]]\nlabel = 'b'\nbytes = '1'\nstatus = 99";
        assert!(error(second).starts_with("6: site \"b\": bad status 99"), "{}", error(second));
        assert!(
            error("[[site]]\nlabel = 'a'\nbytes = '1'\nheaders = { X = \"a\\nb\" }")
                .contains("bad header \"X\"")
        );
    }
}
