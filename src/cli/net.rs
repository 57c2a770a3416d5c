//! `fetchbench net`: any command at the clients' end of a link.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::sys::memfd::{MFdFlags, memfd_create};

use super::program::this_program;
use super::{interrupt, suggested, usage};
use crate::link::{Link, LinkEnd};
use crate::scenario::Scenario;
use crate::scenario::network::Network;
use crate::server::{Announcement, ServerProcess};

const EXAMPLES: &str = "\
Examples:
  fetchbench net 4g -- sh -c 'curl -sw %{time_total} $FETCHBENCH_URL/0/0'
  fetchbench net rtt=40ms,loss=0.01 --scenario bulk -- python3 mine.py
  fetchbench net cable -- sh -c 'jq -r .sites[].url $FETCHBENCH_SERVER'

FETCHBENCH_URL is the server's first origin; FETCHBENCH_SERVER names a file with
the line that `serve` prints: all urls, and the certificate to trust.

Exit codes: that of the command, 1 if no link can be made, 2 usage.";

/// Run any command at a distance from the mock server
///
/// The command and the server run in two network namespaces, with an emulated network between them:
/// a round trip, rates, a queue, jitter and loss. TCP is the system's own, so handshakes, slow
/// start and retransmissions are real. Nothing else can be reached from there. It takes no root if
/// /dev/net/tun is open to the user.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NetArgs {
    /// Profile (lan, datacenter, cable, 4g or satellite), or settings such as rtt=40ms,down=20Mbit:
    /// rtt, jitter, up, down, loss, queue, seed and congestion, joined by commas
    #[arg(
        value_name = "NAME|SPEC",
        value_parser = suggested::networks(),
        hide_possible_values = true,
    )]
    network: Network,
    /// Built-in scenario or path of a TOML file to serve
    #[arg(
        long,
        value_name = "NAME|PATH",
        value_parser = suggested::scenarios(),
        hide_possible_values = true,
        default_value = "article",
    )]
    scenario: String,
    /// Command with its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn run(args: NetArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    Scenario::load(&args.scenario).map_err(usage)?;
    run_across(&args.network, &args.scenario, |_| Ok(args.command))
}

/// Runs a command at the clients' end of a link, with the server of a scenario at the other, and
/// returns its exit code. `command` receives the path of the server's announcement.
///
/// # Errors
///
/// No link can be made, it ends early, or the server cannot be started.
pub(super) fn run_across(
    network: &Network,
    scenario: &str,
    command: impl FnOnce(&Path) -> anyhow::Result<Vec<OsString>>,
) -> anyhow::Result<ExitCode> {
    let program = this_program()?;
    let link = Arc::new(Link::start(&program, network)?);
    let server = ServerProcess::start_across(Arc::clone(&link), &program, scenario)?;
    let (_open, announced) = announcement_file(server.announcement())?;
    let words = link.command_until_end(LinkEnd::Client, &command(&announced)?);
    let (program, arguments) = words.split_first().context("no command to start")?;
    let mut command = Command::new(program);
    command.args(arguments).env("FETCHBENCH_SERVER", &announced);
    if let Some(origin) = server.origins().first() {
        command.env("FETCHBENCH_URL", origin.to_string());
    }
    let child = command.spawn().context("cannot start the command")?;
    let status = ended(child, &link)?;
    // As shells report it.
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(ExitCode::from(code as u8))
}

/// Writes an announcement into memory that the command inherits as an open file, and returns the
/// path of that file.
fn announcement_file(announcement: &Announcement) -> anyhow::Result<(File, PathBuf)> {
    let memory = memfd_create("fetchbench-server", MFdFlags::empty())?;
    let mut file = File::from(memory);
    file.write_all(&serde_json::to_vec(announcement)?)?;
    let path = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
    Ok((file, path))
}

/// Waits for the end of a command, and ends it if the link ends first.
fn ended(mut child: Child, link: &Link) -> anyhow::Result<ExitStatus> {
    const PAUSE: Duration = Duration::from_millis(5);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if let Err(error) = link.check() {
            // It may have ended meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        thread::sleep(PAUSE);
    }
}
