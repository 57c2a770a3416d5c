//! The TOML file of a scenario.

use std::collections::HashMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use anyhow::bail;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use toml::Spanned;

use super::{Scenario, toml_values};
use crate::fetch::{Connections, Limits};
use crate::scenario::fault::{Certificate, Fault, Listening};
use crate::scenario::network::Network;
use crate::scenario::site::{Delay, Occurring, Reply, Site};
use crate::scenario::versions::{HttpSettings, HttpVersions};

/// Parses the TOML text of a scenario.
///
/// # Errors
///
/// The text is not a valid scenario. The message begins with the line number.
pub(super) fn parse(name: &str, text: &str) -> anyhow::Result<Scenario> {
    let wire: WireScenario = toml::from_str(text).map_err(|error| {
        let line = line(text, error.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{line}: {}", error.message().replace('\n', ", "))
    })?;
    wire.into_scenario(name, text)
}

/// Returns the number of the line that holds a byte, counted from 1.
fn line(text: &str, byte: usize) -> usize {
    text[..byte].matches('\n').count() + 1
}

/// Maximum number of sites. More are a mistake and do not fit into memory.
const MAX_SITES: usize = 1_000_000;

/// Maximum total length of the labels, headers and beginnings of all sites, in bytes. Each repeated
/// site counts.
const MAX_TEXT_BYTES: usize = 1 << 30;

/// Maximum length of a body in bytes. Longer bodies are mistakes.
const MAX_BODY_BYTES: u64 = 1 << 40;

/// Maximum length of a body with a fault, in bytes. Faulty answers are built in memory.
const MAX_FAULTY_BYTES: u64 = 16 << 20;

/// A scenario as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireScenario {
    description: String,
    #[serde(default)]
    seed: u64,
    concurrency: NonZeroUsize,
    #[serde(default, deserialize_with = "toml_values::optional_duration")]
    deadline: Option<Duration>,
    #[serde(default, deserialize_with = "toml_values::optional_bytes")]
    max_body: Option<u64>,
    #[serde(default)]
    connections: Connections,
    #[serde(default = "unscaled", deserialize_with = "toml_values::time_scale")]
    compare_time_scale: f64,
    /// Whether sites use https by default.
    #[serde(default)]
    tls: bool,
    /// Whether the server issues TLS tickets.
    #[serde(default)]
    tickets: bool,
    /// Whether each pass opens a fresh session.
    #[serde(default)]
    fresh_session: bool,
    #[serde(default, deserialize_with = "toml_values::network")]
    network: Option<Network>,
    #[serde(default, deserialize_with = "toml_values::http")]
    http: Option<HttpVersions>,
    max_concurrent_streams: Option<u32>,
    #[serde(default, deserialize_with = "toml_values::optional_bytes")]
    initial_window: Option<u64>,
    #[serde(rename = "site", default)]
    sites: Vec<Spanned<WireSite>>,
}

/// A site, or several copies of it, as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSite {
    label: String,
    /// Sites with the same word here share a listener; sites without a word share the nameless one.
    #[serde(default)]
    origin: String,
    /// Number of copies of this site. Their labels are numbered from 1.
    #[serde(default = "one")]
    repeat: NonZeroUsize,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    begins: String,
    #[serde(deserialize_with = "toml_values::bytes")]
    bytes: u64,
    #[serde(default = "no_delay", deserialize_with = "toml_values::delay")]
    delay: Delay,
    #[serde(default = "no_delay", deserialize_with = "toml_values::delay")]
    body_time: Delay,
    /// Whether it uses https.
    tls: Option<bool>,
    /// The name of the fault in its answers.
    fault: Option<String>,
    /// The fault occurs on every visit that is a multiple of this, counted from 1.
    every: Option<NonZeroU64>,
}

fn unscaled() -> f64 {
    1.0
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

impl WireScenario {
    fn into_scenario(self, name: &str, text: &str) -> anyhow::Result<Scenario> {
        let mut limits = Limits::new(self.concurrency);
        limits.connections = self.connections()?;
        limits.deadline = self.deadline.unwrap_or(limits.deadline);
        limits.max_body = self.max_body.unwrap_or(limits.max_body);
        let http = HttpSettings::new(self.http, self.max_concurrent_streams, self.initial_window)?;

        let mut list = SiteBuilder::default();
        for wire in self.sites {
            let start = wire.span().start;
            list.push(wire.into_inner(), self.tls)
                .map_err(|error| anyhow::anyhow!("{}: {error}", line(text, start)))?;
        }
        if list.sites.is_empty() {
            bail!("1: the list of sites is empty: add a [[site]]");
        }
        if self.tickets && list.origins.iter().all(|origin| origin.scheme() != "https") {
            bail!("1: tickets need TLS: add tls = true, or leave out tickets");
        }
        let scenario = Scenario {
            name: name.to_owned(),
            description: self.description,
            seed: self.seed,
            limits,
            sites: list.sites,
            origins: list.origins,
            compare_time_scale: self.compare_time_scale,
            tickets: self.tickets,
            fresh_session: self.fresh_session,
            network: self.network,
            http,
        };
        scenario.speaking(self.http).map_err(|error| anyhow::anyhow!("1: {error}"))
    }

    /// Returns how long connections are kept. A fresh session has none.
    fn connections(&self) -> anyhow::Result<Connections> {
        match (self.fresh_session, self.connections) {
            (false, connections) => Ok(connections),
            (true, Connections::Warm | Connections::Cold) => Ok(Connections::Cold),
            (true, Connections::PerFetch) => {
                bail!("1: a fresh session starts without connections: leave out connections")
            }
        }
    }
}

/// Collects the sites of a file and their origins.
#[derive(Default)]
struct SiteBuilder {
    sites: Vec<Site>,
    origins: Vec<Listening>,
    /// The index of each origin, by its word and how it listens.
    indices: HashMap<(String, Listening), usize>,
    text_bytes: usize,
}

impl SiteBuilder {
    fn push(&mut self, wire: WireSite, tls: bool) -> anyhow::Result<()> {
        self.text_bytes = self.text_bytes.saturating_add(wire.text_bytes());
        if self.text_bytes > MAX_TEXT_BYTES {
            bail!("labels, headers and beginnings may have at most {MAX_TEXT_BYTES} bytes");
        }
        let fault = wire.fault(self.sites.is_empty())?;
        let listening = wire.listening(fault, tls);
        let origin = *self.indices.entry((wire.origin.clone(), listening)).or_insert_with(|| {
            self.origins.push(listening);
            self.origins.len() - 1
        });
        wire.push_sites(origin, fault, &mut self.sites)
    }
}

impl WireSite {
    /// Returns the length of its label, headers and beginning, times the number of its copies.
    fn text_bytes(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + size_of::<[HeaderValue; 2]>());
        let each = self.label.len() + self.begins.len() + headers.sum::<usize>();
        each.saturating_mul(self.repeat.get())
    }

    fn refusal(&self, why: &str) -> anyhow::Error {
        anyhow::anyhow!("site {:?}: {why}", self.label)
    }

    fn fault(&self, is_first: bool) -> anyhow::Result<Option<Occurring>> {
        let Some(name) = &self.fault else {
            return match self.every {
                None => Ok(None),
                Some(_) => Err(self.refusal("`every` needs a fault: add one, or leave out every")),
            };
        };
        let fault = Fault::named(name).map_err(|why| self.refusal(&why))?;
        if is_first && fault.needs_site_before() {
            return Err(
                self.refusal("its fault redirects to the previous site: put a site before it")
            );
        }
        if self.every.is_some() && fault.script().is_none() {
            let why = "its fault affects the whole listener and always occurs: leave out every";
            return Err(self.refusal(why));
        }
        if self.bytes > MAX_FAULTY_BYTES {
            let why = format!("a body with a fault may have at most {MAX_FAULTY_BYTES} bytes");
            return Err(self.refusal(&why));
        }
        Ok(Some(Occurring { fault, every: self.every.unwrap_or(NonZeroU64::MIN) }))
    }

    /// Returns how its origin listens: as its fault requires, or else as `tls` requires.
    fn listening(&self, fault: Option<Occurring>, tls: bool) -> Listening {
        let default = match self.tls.unwrap_or(tls) {
            true => Listening::Tls(Certificate::Valid),
            false => Listening::Plain,
        };
        fault.and_then(|occurring| occurring.fault.listening()).unwrap_or(default)
    }

    fn parse_headers(&self) -> anyhow::Result<Vec<(HeaderName, HeaderValue)>> {
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            headers.push(
                parse_header(name, value)
                    .map_err(|why| self.refusal(&format!("bad header {name:?}: {why}")))?,
            );
        }
        headers.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        Ok(headers)
    }

    fn push_sites(
        self,
        origin: usize,
        fault: Option<Occurring>,
        sites: &mut Vec<Site>,
    ) -> anyhow::Result<()> {
        if !(200..=599).contains(&self.status) {
            bail!(
                "site {:?}: bad status {}: it must be between 200 and 599",
                self.label,
                self.status
            );
        }
        if matches!(self.status, 204 | 304) && self.bytes > 0 {
            bail!(
                "site {:?}: a response with status {} has no body: set bytes = \"0\"",
                self.label,
                self.status
            );
        }
        let headers = self.parse_headers()?;
        if self.bytes > MAX_BODY_BYTES {
            bail!("site {:?}: a body may have at most {MAX_BODY_BYTES} bytes", self.label);
        }
        if self.repeat.get() > MAX_SITES - sites.len() {
            bail!("site {:?}: a scenario may have at most {MAX_SITES} sites", self.label);
        }
        if self.bytes == 0 && !self.body_time.is_none() {
            bail!(
                "site {:?}: an empty body takes no time: leave out body_time, or set bytes",
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

fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name: HeaderName = name.parse().map_err(|error| format!("{error}"))?;
    let value: HeaderValue = value.parse().map_err(|error| format!("{error}"))?;
    if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
        return Err("the server sets it itself".to_owned());
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "description = 'd'\nconcurrency = 2\n";

    fn parse(sites: &str) -> anyhow::Result<Scenario> {
        super::parse("test", &format!("{HEAD}{sites}"))
    }

    #[test]
    fn sites_repeat_and_share_origins() {
        let sites = "[[site]]\nlabel = 'a'\nbytes = '1'\nrepeat = 3\n[[site]]\nlabel = \
                     'b'\norigin = 'o'\nbytes = '1'\n";
        let scenario = parse(sites).unwrap();
        let labels: Vec<_> =
            scenario.sites.iter().map(|site| (&*site.label, site.origin)).collect();
        assert_eq!(labels, [("a 1", 0), ("a 2", 0), ("a 3", 0), ("b", 1)]);
    }

    #[test]
    fn time_scales_have_a_range() {
        let scale = |line: &str| {
            let text = format!("{HEAD}{line}\n[[site]]\nlabel = 'a'\nbytes = 1");
            super::parse("test", &text).map(|scenario| scenario.compare_time_scale)
        };
        assert_eq!(scale("").unwrap(), 1.0);
        assert_eq!(scale("compare_time_scale = 2").unwrap(), 2.0);
        for bad in ["-0.1", "1001", "nan"] {
            let error = scale(&format!("compare_time_scale = {bad}")).unwrap_err().to_string();
            assert!(error.starts_with("3: bad time scale"), "{error}");
        }
    }

    #[test]
    fn errors_name_their_line() {
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
                .starts_with("3: labels, headers and beginnings may have at most 1073741824 bytes")
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
