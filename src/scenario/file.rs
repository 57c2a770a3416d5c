//! The TOML file of a scenario.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::bail;
use serde::Deserialize;
use toml::Spanned;

use super::file_site::WireSite;
use super::{Scenario, toml_values};
use crate::fetch::{Connections, Limits};
use crate::scenario::fault::Listening;
use crate::scenario::network::Network;
use crate::scenario::site::Site;
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

/// Maximum total length of the labels, headers and beginnings of all sites, in bytes. Each repeated
/// site counts.
const MAX_TEXT_BYTES: usize = 1 << 30;

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

fn unscaled() -> f64 {
    1.0
}

impl WireScenario {
    fn into_scenario(self, name: &str, text: &str) -> anyhow::Result<Scenario> {
        let limits = self.limits()?;
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

    fn limits(&self) -> anyhow::Result<Limits> {
        let usual = Limits::new(self.concurrency);
        Ok(Limits {
            connections: self.connections()?,
            deadline: self.deadline.unwrap_or(usual.deadline),
            max_body: self.max_body.unwrap_or(usual.max_body),
            ..usual
        })
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
