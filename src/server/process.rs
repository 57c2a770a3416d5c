//! The mock server as a child process, seen from its parent.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;

use super::announcement::{AnnouncedSite, Announcement};
use crate::fetch::lock;
use crate::fetch::origin::Origin;
use crate::fetch::roots::Roots;
use crate::link::{Link, LinkEnd};
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
    child: Mutex<Child>,
    /// The link between it and its clients, if any.
    link: Option<Arc<Link>>,
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
        let ip = ip.to_string();
        let words = serving(program, &["--listen", &ip], scenario, time_scale);
        Self::start_as(&words, None)
    }

    /// Starts it at the server's end of a link, without scaling. It does not busy-poll there: the
    /// relay does, on the same core.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_across(link: Arc<Link>, program: &Path, scenario: &str) -> anyhow::Result<Self> {
        let ip = LinkEnd::Server.ip().to_string();
        let congestion = link.network().congestion.name();
        let flags =
            ["--listen", &ip, "--allow-remote", "--spin", "off", "--congestion", congestion];
        let words = link.command_at(LinkEnd::Server, &serving(program, &flags, scenario, 1.0));
        Self::start_as(&words, Some(link))
    }

    fn start_as(words: &[OsString], link: Option<Arc<Link>>) -> anyhow::Result<Self> {
        let (program, arguments) = words.split_first().context("no command to start")?;
        let child = Child::start(Command::new(program).args(arguments), ANNOUNCEMENT_LIMIT);
        let shown = || Path::new(program).display();
        let mut child = child.with_context(|| format!("cannot start {}", shown()))?;
        let line = child
            .hear(TIMEOUT)
            .with_context(|| format!("cannot start the mock server {}", shown()))?;
        let announcement: Announcement =
            serde_json::from_slice(&line).context("invalid announcement")?;
        let origins = announcement.origins()?;
        Ok(Self { announcement, origins, child: Mutex::new(child), link })
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Returns the link between it and its clients, if any.
    pub fn link(&self) -> Option<&Link> {
        self.link.as_deref()
    }

    /// Returns the command line that starts a client where it reaches the server.
    pub fn client_command(&self, command: &[OsString]) -> Vec<OsString> {
        match &self.link {
            Some(link) => link.command_at(LinkEnd::Client, command),
            None => command.to_vec(),
        }
    }

    /// Returns its announcement.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
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
        self.announcement.roots()
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
        let Some(link) = &self.link else { return self.announcement.take_witness() };
        link.check()?;
        let mut child = lock(&self.child);
        let taken = child.say(b"take\n", TIMEOUT).and_then(|()| child.hear(TIMEOUT));
        let line = taken.context("cannot read the counts of the mock server")?;
        serde_json::from_slice(&line).context("invalid counts of the mock server")
    }
}

/// Returns the command line of a server with these flags.
fn serving(program: &Path, flags: &[&str], scenario: &str, time_scale: f64) -> Vec<OsString> {
    let scale = time_scale.to_string();
    let (before, after) = (["serve", "--end-with-stdin", "--time-scale", &scale], ["--", scenario]);
    let words = before.iter().chain(flags).chain(&after).map(OsString::from);
    std::iter::once(program.as_os_str().to_owned()).chain(words).collect()
}
