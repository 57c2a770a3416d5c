//! Where a mock server is found, as it says on its standard output.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fetch::origin::Origin;
use crate::scenario::Scenario;
use crate::server::witness::Witness;

/// How long the server may take to answer on its control channel.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a mock server is found: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The name of the scenario.
    pub scenario: String,
    /// The base url of the control channel.
    pub control: String,
    /// The base url of each origin, in the order of
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    pub origins: Vec<String>,
    /// The certificate to trust, as PEM text, where any origin speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacert: Option<String>,
    /// The sites, in the order in which they are fetched.
    pub sites: Vec<AnnouncedSite>,
}

/// A site and where it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedSite {
    /// What to call it. Foreign text: escape it where it is printed.
    pub label: String,
    /// The url of its visit 0; the last segment of the path is the visit.
    pub url: String,
}

impl Announcement {
    /// The announcement of a scenario whose origins are found at those addresses.
    pub(super) fn new(
        scenario: &Scenario,
        origins: &[Origin],
        control: &Origin,
        cacert: Option<String>,
    ) -> Self {
        // As `Scenario::urls` has them, but without parsing 100,000 urls that are printed anyway.
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

    /// The address of each origin, indexed by
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    ///
    /// # Errors
    ///
    /// What was announced is no address.
    pub fn origins(&self) -> anyhow::Result<Vec<Origin>> {
        self.origins.iter().map(|origin| read_origin(origin)).collect()
    }

    /// What the server saw since it was last asked, and has it start anew.
    ///
    /// # Errors
    ///
    /// The server has died or hangs.
    pub fn take_witness(&self) -> anyhow::Result<Witness> {
        let control = &self.control;
        read_witness(control)
            .with_context(|| format!("cannot ask the mock server at {control}/take what it saw"))
    }
}

fn read_origin(text: &str) -> anyhow::Result<Origin> {
    let url: Url = text
        .parse()
        .with_context(|| format!("the mock server announced {text:?}, which is no url"))?;
    Origin::of(&url).ok_or_else(|| anyhow!("the mock server announced {text:?}, which has no host"))
}

/// Asks a control channel for its counts by hand: every client that we have is under test.
fn read_witness(control: &str) -> anyhow::Result<Witness> {
    let authority = control.strip_prefix("http://").context("it is no http url")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // In one piece: `write!` would send each of its parts by itself.
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
