//! The mock server as a child process, as seen by its parent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use url::Url;

use super::announcement::{AnnouncedSite, Announcement};
use crate::child::Child;
use crate::roots::{self, Roots};
use crate::site::Origin;
use crate::witness::Witness;

/// How long the server may take to say where it is, and to answer on its control channel.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest announcement that is read, in bytes: the most sites that a scenario may have take half of it.
const ANNOUNCEMENT_LIMIT: u64 = 512 << 20;

/// A mock server in a process of its own, which ends when this is dropped, or its parent dies however it may.
#[derive(Debug)]
pub struct ServerProcess {
    announcement: Announcement,
    origins: Vec<Origin>,
    child: Child,
}

impl ServerProcess {
    /// Starts `program serve SCENARIO` and waits until it is ready. A scenario is a built-in name or the path of a file.
    ///
    /// # Errors
    ///
    /// The program cannot be started, ends early or does not say where it is: how it ended is told.
    pub fn start(program: &Path, scenario: &str, time_scale: f64) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--end-with-stdin", "--time-scale", &time_scale.to_string(), "--", scenario]);
        let child = Child::start(&mut command, ANNOUNCEMENT_LIMIT);
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let line = child
            .hear(PATIENCE)
            .with_context(|| format!("cannot start the mock server {} serve {scenario}", program.display()))?;
        let announcement: Announcement = serde_json::from_slice(&line).context("what it said is no announcement")?;
        let origins = announcement.origins.iter().map(|origin| read_origin(origin)).collect::<anyhow::Result<_>>()?;
        Ok(Self { announcement, origins, child })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address of each origin, indexed by [`Site::origin`](crate::site::Site::origin).
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The certificate to trust, where any origin speaks TLS.
    ///
    /// # Errors
    ///
    /// What was announced is no certificate.
    pub fn roots(&self) -> anyhow::Result<Option<Roots>> {
        let read = |pem: &str| roots::read(pem.as_bytes()).context("the mock server announced a bad certificate");
        self.cacert().map(read).transpose()
    }

    /// The same as PEM text.
    pub fn cacert(&self) -> Option<&str> {
        self.announcement.cacert.as_deref()
    }

    /// The sites, in the order in which they are fetched.
    pub fn sites(&self) -> &[AnnouncedSite] {
        &self.announcement.sites
    }

    /// What the server saw since this was last asked, and has it start anew.
    ///
    /// # Errors
    ///
    /// The server has died or hangs.
    pub fn take_witness(&self) -> anyhow::Result<Witness> {
        let control = &self.announcement.control;
        read_witness(control).with_context(|| format!("cannot ask the mock server at {control}/take what it saw"))
    }
}

fn read_origin(text: &str) -> anyhow::Result<Origin> {
    let url: Url = text.parse().with_context(|| format!("the mock server announced {text:?}, which is no url"))?;
    Origin::of(&url).ok_or_else(|| anyhow!("the mock server announced {text:?}, which has no host"))
}

/// Asks a control channel for its counts by hand: every client that we have is under test.
fn read_witness(control: &str) -> anyhow::Result<Witness> {
    let authority = control.strip_prefix("http://").context("it is no http url")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /take HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of head")?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "the answer is {:?}", head.lines().next().unwrap_or_default());
    serde_json::from_str(body).context("the answer is no witness")
}
