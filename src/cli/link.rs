//! `fetchbench link` and `fetchbench enter`: the process of a link, and the way of programs to its
//! ends.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::RawFd;
use std::process::ExitCode;

use crate::link::{LinkCommand, LinkEnd, LinkLine, Relay, enter};
use crate::scenario::network::Network;

/// Relay packets between two new network namespaces until standard input ends
///
/// Prints one line, with the descriptors of the namespaces or why there is no link.
#[derive(Debug, clap::Args)]
pub(super) struct LinkArgs {
    /// Profile, or settings such as rtt=40ms,down=20Mbit
    network: Network,
}

/// Start a command at an end of a link
#[derive(Debug, clap::Args)]
pub(super) struct EnterArgs {
    /// Process of the link
    link: u32,
    /// Descriptor of the namespace in that process
    descriptor: RawFd,
    /// End of the link
    side: LinkEnd,
    /// Process that the command ends with
    #[arg(long, value_name = "PID")]
    parent: Option<u32>,
    /// Command with its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn run(args: LinkArgs) -> anyhow::Result<ExitCode> {
    let relay = match Relay::make(args.network) {
        Ok(relay) => relay,
        Err(error) => {
            announce(&LinkLine::Failed(format!("{error:#}")))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    announce(&relay.ready())?;
    relay.run(announce)?;
    Ok(ExitCode::SUCCESS)
}

fn announce(line: &LinkLine) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    Ok(stdout.flush()?)
}

pub(super) fn run_enter(args: EnterArgs) -> anyhow::Result<ExitCode> {
    let EnterArgs { link, descriptor, side, parent, command } = args;
    match enter(&LinkCommand { link, descriptor, side, parent, command })? {}
}
