//! The mock server as a child process, as seen by its parent.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::announcement::{AnnouncedSite, Announcement};
use crate::fetch::origin::Origin;
use crate::fetch::roots::{self, Roots};
use crate::server::witness::Witness;
use crate::worker::child::Child;

/// How long the server may take to say where it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest announcement that is read, in bytes: the most sites that a scenario may have take
/// half of it.
const ANNOUNCEMENT_LIMIT: u64 = 512 << 20;

/// A mock server in a process of its own, which ends when this is dropped, or its parent dies
/// however it may.
#[derive(Debug)]
pub struct ServerProcess {
    announcement: Announcement,
    origins: Vec<Origin>,
    child: Child,
}

impl ServerProcess {
    /// Starts `program serve SCENARIO` and waits until it is ready. A scenario is a built-in name
    /// or the path of a file.
    ///
    /// # Errors
    ///
    /// The program cannot be started, ends early or does not say where it is: how it ended is told.
    pub fn start(program: &Path, scenario: &str, time_scale: f64) -> anyhow::Result<Self> {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), program, scenario, time_scale)
    }

    /// Starts it on another address of this machine.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_on(
        ip: IpAddr,
        program: &Path,
        scenario: &str,
        time_scale: f64,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--end-with-stdin", "--listen", &ip.to_string()]);
        command.args(["--time-scale", &time_scale.to_string(), "--", scenario]);
        let child = Child::start(&mut command, ANNOUNCEMENT_LIMIT);
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let line = child.hear(PATIENCE).with_context(|| {
            format!("cannot start the mock server {} serve {scenario}", program.display())
        })?;
        let announcement: Announcement =
            serde_json::from_slice(&line).context("what it said is no announcement")?;
        let origins = announcement.origins()?;
        Ok(Self { announcement, origins, child })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address of each origin, indexed by
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The certificate to trust, where any origin speaks TLS.
    ///
    /// # Errors
    ///
    /// What was announced is no certificate.
    pub fn roots(&self) -> anyhow::Result<Option<Roots>> {
        let read = |pem: &str| {
            roots::read(pem.as_bytes()).context("the mock server announced a bad certificate")
        };
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
        self.announcement.take_witness()
    }
}
