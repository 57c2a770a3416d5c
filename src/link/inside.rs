//! Programs at an end of a link.

use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context, anyhow, ensure};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use super::{LinkEnd, namespace};

/// A program to start at an end of a link.
#[derive(Debug)]
pub struct LinkCommand {
    /// The process of the link.
    pub link: u32,
    /// The descriptor of the network namespace in that process.
    pub descriptor: u32,
    /// The end.
    pub side: LinkEnd,
    /// The process that the program ends with, if any.
    pub parent: Option<u32>,
    /// The program and its arguments.
    pub command: Vec<OsString>,
}

/// Becomes a program at an end of a link. This process must have one thread.
///
/// # Errors
///
/// The link has ended, or the program cannot be started.
pub fn enter(entry: &LinkCommand) -> anyhow::Result<Infallible> {
    let LinkCommand { link, descriptor, .. } = entry;
    namespace::join(*link, &PathBuf::from(format!("/proc/{link}/fd/{descriptor}")))
        .context("cannot enter the link")?;
    if entry.side == LinkEnd::Server {
        use_first_core().context("cannot choose the core of the server")?;
    }
    if let Some(parent) = entry.parent {
        // Entering would reset it.
        set_pdeathsig(Signal::SIGKILL)?;
        ensure!(getppid() == Pid::from_raw(parent as i32), "the parent has ended");
    }
    let (program, arguments) = entry.command.split_first().context("no command to start")?;
    let error = Command::new(program).args(arguments).exec();
    Err(anyhow!(error).context(format!("cannot start {}", Path::new(program).display())))
}

/// Runs this process on the first core that it may use: the server and the relay share it.
pub(super) fn use_first_core() -> nix::Result<()> {
    let this = Pid::from_raw(process::id() as i32);
    let allowed = sched_getaffinity(this)?;
    let mut first = CpuSet::new();
    if let Some(core) = (0..CpuSet::count()).find(|core| allowed.is_set(*core) == Ok(true)) {
        first.set(core)?;
        sched_setaffinity(this, &first)?;
    }
    Ok(())
}
