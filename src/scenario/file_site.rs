//! The sites in the TOML file of a scenario.

use std::collections::HashMap;
use std::num::{NonZeroU64, NonZeroUsize};

use anyhow::bail;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::toml_values;
use crate::scenario::fault::{Certificate, Fault, Listening};
use crate::scenario::site::{Delay, Occurring, Reply, Site};

/// Maximum number of sites. More are a mistake and do not fit into memory.
const MAX_SITES: usize = 1_000_000;

/// Maximum length of a body in bytes. Longer bodies are mistakes.
const MAX_BODY_BYTES: u64 = 1 << 40;

/// Maximum length of a body with a fault, in bytes. Faulty answers are built in memory.
const MAX_FAULTY_BYTES: u64 = 16 << 20;

/// Maximum length of a body with a fault of HTTP/2, in bytes: a frame holds it, with its padding.
const MAX_FRAME_BYTES: u64 = 16_000;

/// A site, or several copies of it, as written in TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireSite {
    label: String,
    /// Sites with the same word here share a listener; sites without a word share the nameless one.
    #[serde(default)]
    pub(super) origin: String,
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

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

fn ok() -> u16 {
    200
}

fn no_delay() -> Delay {
    Delay::NONE
}

impl WireSite {
    /// Returns the length of its label, headers and beginning, times the number of its copies.
    pub(super) fn text_bytes(&self) -> usize {
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

    /// Returns its fault; `is_first` is whether no site stands before it.
    pub(super) fn fault(&self, is_first: bool) -> anyhow::Result<Option<Occurring>> {
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
        let most = if fault.is_http2() { MAX_FRAME_BYTES } else { MAX_FAULTY_BYTES };
        if self.bytes > most {
            let why = format!("a body with this fault may have at most {most} bytes");
            return Err(self.refusal(&why));
        }
        Ok(Some(Occurring { fault, every: self.every.unwrap_or(NonZeroU64::MIN) }))
    }

    /// Returns how its origin listens: as its fault requires, or else as `tls` requires.
    pub(super) fn listening(&self, fault: Option<Occurring>, tls: bool) -> Listening {
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

    /// Adds its copies to the sites of the scenario.
    pub(super) fn push_sites(
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
