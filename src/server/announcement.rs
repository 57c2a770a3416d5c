//! The addresses of a mock server, as it prints them on its standard output.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fetch::origin::Origin;
use crate::fetch::roots::{self, Roots};
use crate::scenario::Scenario;
use crate::server::witness::Witness;

/// The longest time to wait for a response on the control channel.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The addresses of a mock server: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The name of the scenario.
    pub scenario: String,
    /// The base URL of the control channel.
    pub control: String,
    /// The base URL of each origin, in the order of
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    pub origins: Vec<String>,
    /// The certificate to trust, as PEM text, if any origin speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacert: Option<String>,
    /// The sites, in the order in which they are fetched.
    pub sites: Vec<AnnouncedSite>,
}

/// A site and its URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedSite {
    /// The name of the site. Untrusted text: escape it before printing.
    pub label: String,
    /// The URL of visit 0; the last segment of the path is the visit.
    pub url: String,
}

impl Announcement {
    /// Announces a scenario with its origins at these addresses.
    pub(super) fn new(
        scenario: &Scenario,
        origins: &[Origin],
        control: &Origin,
        cacert: Option<String>,
    ) -> Self {
        // Like `Scenario::urls`, but without parsing 100,000 URLs that are printed anyway.
        let origins: Vec<String> = origins.iter().map(Origin::to_string).collect();
        let sites = scenario.sites.iter().enumerate().map(|(index, site)| AnnouncedSite {
            label: site.label.clone(),
            url: format!("{}/{index}/0", origins[site.origin]),
        });
        let sites = sites.collect();
        Self {
            scenario: scenario.name.clone(),
            control: control.to_string(),
            origins,
            cacert,
            sites,
        }
    }

    /// Returns the address of each origin, indexed by
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    ///
    /// # Errors
    ///
    /// An announced URL is not valid.
    pub fn origins(&self) -> anyhow::Result<Vec<Origin>> {
        self.origins.iter().map(|origin| read_origin(origin)).collect()
    }

    /// Returns the certificate to trust, if any origin speaks TLS.
    ///
    /// # Errors
    ///
    /// The announced certificate is invalid.
    pub fn roots(&self) -> anyhow::Result<Option<Roots>> {
        let Some(pem) = &self.cacert else { return Ok(None) };
        let roots = roots::read(pem.as_bytes());
        roots.map(Some).context("the mock server announced a bad certificate")
    }

    /// Returns the counts of the server since they were last taken, and resets them.
    ///
    /// # Errors
    ///
    /// The server has died or hangs.
    pub fn take_witness(&self) -> anyhow::Result<Witness> {
        let control = &self.control;
        read_witness(control)
            .with_context(|| format!("cannot read the counts of the mock server at {control}/take"))
    }
}

fn read_origin(text: &str) -> anyhow::Result<Origin> {
    let url: Url = text
        .parse()
        .with_context(|| format!("the mock server announced {text:?}, which is no url"))?;
    Origin::of(&url).ok_or_else(|| anyhow!("the mock server announced {text:?}, which has no host"))
}

/// Takes the counts from a control channel without an HTTP client, because every client here is
/// under test.
fn read_witness(control: &str) -> anyhow::Result<Witness> {
    let authority = control.strip_prefix("http://").context("it is no http url")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    // In one piece: `write!` would send each part separately.
    stream.write_all(
        format!("GET /take HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of head")?;
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "the answer is {:?}",
        head.lines().next().unwrap_or_default()
    );
    serde_json::from_str(body).context("the answer is no witness")
}
