//! The process of a link: made by [`Relay`], and seen from its parent as a [`Link`].

use std::ffi::OsString;
use std::fs::File;
use std::io::BufRead;
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, process, thread};

use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::inside::use_first_core;
use super::phases::WirePhases;
use super::watch::PhaseWatch;
use super::{LinkEnd, namespace, relay, remedy, tun};
use crate::fetch::lock;
use crate::scenario::network::Network;
use crate::worker::child::Child;

/// The longest time to wait for the namespaces.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest line of the process, in bytes.
const LINE_LIMIT: u64 = 4096;

/// The line that asks the process for the phases. It ends a rest.
const TAKE: &str = "take";

/// The line that starts a rest.
const REST: &str = "rest";

/// A line that the process writes: at its start whether it is ready, and then the phases when it is
/// asked for them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkLine {
    /// The descriptors of the namespaces of server and clients.
    Ready(RawFd, RawFd),
    /// Why the link cannot be made.
    Failed(String),
    /// The phases since the last such line.
    Phases(WirePhases),
}

/// A link in a separate process. It ends when this is dropped, or when its parent dies in any way,
/// and all processes at its ends with it.
#[derive(Debug)]
pub struct Link {
    program: PathBuf,
    network: Network,
    /// The descriptors of the namespaces of server and clients.
    descriptors: (RawFd, RawFd),
    /// The namespaces. While they are open, no other namespace has their numbers.
    namespaces: [File; 2],
    child: Mutex<Child>,
}

impl Link {
    /// Starts `program link NETWORK` and waits until it relays packets.
    ///
    /// # Errors
    ///
    /// This machine or user cannot make a link. The error names the remedy.
    pub fn start(program: &Path, network: &Network) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["link", &network.to_string()]);
        let child = Child::start(&mut command, LINE_LIMIT);
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let line = child.hear(TIMEOUT).context("cannot make a link")?;
        match serde_json::from_slice(&line).context("invalid line of a link")? {
            LinkLine::Failed(why) => bail!("cannot make a link: {why}"),
            LinkLine::Phases(_) => bail!("invalid line of a link"),
            LinkLine::Ready(server, client) => Ok(Self {
                program: program.to_owned(),
                network: *network,
                descriptors: (server, client),
                namespaces: [
                    namespace::open(child.id(), server)?,
                    namespace::open(child.id(), client)?,
                ],
                child: Mutex::new(child),
            }),
        }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Returns its settings.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Checks that it still relays packets.
    ///
    /// # Errors
    ///
    /// Its process has ended.
    pub fn check(&self) -> anyhow::Result<()> {
        let child = lock(&self.child);
        if child.has_ended() { Err(anyhow!("the link has ended")) } else { Ok(()) }
    }

    /// Returns the phases of its connections since they were last taken, and resets them.
    ///
    /// # Errors
    ///
    /// Its process has ended or hangs.
    pub fn take_phases(&self) -> anyhow::Result<WirePhases> {
        let mut child = lock(&self.child);
        let asked = child.say(format!("{TAKE}\n").as_bytes(), TIMEOUT);
        let taken = asked.and_then(|()| child.hear(TIMEOUT));
        let line = taken.context("cannot read the phases of the link")?;
        match serde_json::from_slice(&line) {
            Ok(LinkLine::Phases(phases)) => Ok(phases),
            _ => bail!("invalid phases of the link"),
        }
    }

    /// Lets the relay sleep between packets until phases are taken, so that it does not take the
    /// core from another link. Packets then arrive late.
    ///
    /// # Errors
    ///
    /// Its process has ended or hangs.
    pub fn rest(&self) -> anyhow::Result<()> {
        let line = format!("{REST}\n");
        lock(&self.child).say(line.as_bytes(), TIMEOUT).context("cannot rest the link")
    }

    /// Returns the command line that starts a command at an end of the link.
    pub fn command_at(&self, side: LinkEnd, command: &[OsString]) -> Vec<OsString> {
        self.enter_command(side, &[], command)
    }

    /// Returns the command line that starts a command at an end of the link, which ends with this
    /// process and with the thread that starts it.
    pub fn command_until_end(&self, side: LinkEnd, command: &[OsString]) -> Vec<OsString> {
        let parent = process::id().to_string();
        self.enter_command(side, &["--parent", &parent], command)
    }

    fn enter_command(&self, side: LinkEnd, flags: &[&str], command: &[OsString]) -> Vec<OsString> {
        let descriptor = match side {
            LinkEnd::Server => self.descriptors.0,
            LinkEnd::Client => self.descriptors.1,
        };
        let numbers = [self.id().to_string(), descriptor.to_string()];
        let fixed = ["enter", &numbers[0], &numbers[1], side.name()];
        let words = fixed.into_iter().chain(flags.iter().copied()).chain(["--"]);
        let program = self.program.as_os_str().to_owned();
        std::iter::once(program)
            .chain(words.map(OsString::from))
            .chain(command.iter().cloned())
            .collect()
    }
}

impl Drop for Link {
    /// Kills the processes at its ends if it could not, because it was killed itself.
    fn drop(&mut self) {
        if lock(&self.child).has_ended() {
            let identities = self.namespaces.iter().flat_map(namespace::identity);
            namespace::clear(&identities.collect::<Vec<_>>());
        }
    }
}

/// A link in its own process.
#[derive(Debug)]
pub struct Relay {
    network: Network,
    server: End,
    client: End,
}

/// An end of a link.
#[derive(Debug)]
struct End {
    namespace: File,
    device: File,
}

impl Relay {
    /// Makes a link. This process must have one thread, and stays at the clients' end.
    ///
    /// # Errors
    ///
    /// This machine or user cannot make one. The error names the remedy.
    pub fn make(network: Network) -> anyhow::Result<Self> {
        tun::open().map_err(|error| anyhow!(remedy::device(&error)))?;
        let make = || {
            use_first_core()?;
            namespace::create_first()?;
            let server = End::make(LinkEnd::Server)?;
            namespace::create_second()?;
            io::Result::Ok((server, End::make(LinkEnd::Client)?))
        };
        let (server, client) = make().map_err(|error| anyhow!(remedy::namespace(&error)))?;
        Ok(Self { network, server, client })
    }

    /// Returns the line for the parent.
    pub fn ready(&self) -> LinkLine {
        LinkLine::Ready(self.server.namespace.as_raw_fd(), self.client.namespace.as_raw_fd())
    }

    /// Relays packets until standard input ends. Then it kills all processes at its ends, and ends
    /// this process. Announces the phases when a line asks for them.
    ///
    /// # Errors
    ///
    /// A device fails.
    pub fn run(
        &self,
        announce: impl Fn(&LinkLine) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let watch = Arc::<Mutex<PhaseWatch>>::default();
        let is_resting = Arc::<AtomicBool>::default();
        let (taken, resting) = (Arc::clone(&watch), Arc::clone(&is_resting));
        let identities = [
            namespace::identity(&self.server.namespace)?,
            namespace::identity(&self.client.namespace)?,
        ];
        thread::Builder::new().name("stdin".to_owned()).spawn(move || {
            // An unreadable input counts as ended.
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                resting.store(line == REST, Ordering::Relaxed);
                if line == REST {
                    continue;
                }
                let phases = lock(&taken).take();
                if announce(&LinkLine::Phases(phases)).is_err() {
                    break;
                }
            }
            namespace::clear(&identities);
            process::exit(0);
        })?;
        relay::relay(&self.network, &self.server.device, &self.client.device, &watch, &is_resting)
            .context("a device of the link failed")
    }
}

impl End {
    /// Makes a device in the network namespace of this thread.
    fn make(side: LinkEnd) -> io::Result<Self> {
        let namespace = namespace::configure()?;
        Ok(Self { namespace, device: tun::device(side.ip(), side.peer().ip())? })
    }
}
