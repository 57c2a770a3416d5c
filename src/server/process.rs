//! The mock server as a child process, seen from its parent.

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

/// The longest time to wait for the announcement.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest accepted announcement, in bytes. The largest possible scenario needs half of it.
const ANNOUNCEMENT_LIMIT: u64 = 512 << 20;

/// A mock server in a separate process. The process ends when this is dropped, or when its parent
/// dies in any way.
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
    /// The program cannot be started, ends early or announces no address. The error describes how
    /// it ended.
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
        let line = child.hear(TIMEOUT).with_context(|| {
            format!("cannot start the mock server {} serve {scenario}", program.display())
        })?;
        let announcement: Announcement =
            serde_json::from_slice(&line).context("invalid announcement")?;
        let origins = announcement.origins()?;
        Ok(Self { announcement, origins, child })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the address of each origin, indexed by
    /// [`Site::origin`](crate::scenario::site::Site::origin).
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Returns the certificate to trust, if any origin speaks TLS.
    ///
    /// # Errors
    ///
    /// The announced certificate is invalid.
    pub fn roots(&self) -> anyhow::Result<Option<Roots>> {
        let Some(pem) = self.cacert() else { return Ok(None) };
        let roots = roots::read(pem.as_bytes());
        roots.map(Some).context("the mock server announced a bad certificate")
    }

    /// Returns the certificate to trust as PEM text, if any origin speaks TLS.
    pub fn cacert(&self) -> Option<&str> {
        self.announcement.cacert.as_deref()
    }

    /// Returns the sites, in the order in which they are fetched.
    pub fn sites(&self) -> &[AnnouncedSite] {
        &self.announcement.sites
    }

    /// Returns the counts of the server since they were last taken, and resets them.
    ///
    /// # Errors
    ///
    /// The server has died or hangs.
    pub fn take_witness(&self) -> anyhow::Result<Witness> {
        self.announcement.take_witness()
    }
}
