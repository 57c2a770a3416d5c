//! Programs at an end of a link.

use std::convert::Infallible;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, anyhow, ensure};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use super::{LinkEnd, namespace};

/// This process, which has one thread.
const THIS: Pid = Pid::from_raw(0);

/// A program to start at an end of a link.
#[derive(Debug)]
pub struct LinkCommand {
    /// The process of the link.
    pub link: u32,
    /// The descriptor of the network namespace in that process.
    pub descriptor: RawFd,
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
    namespace::join(entry.link, entry.descriptor).context("cannot enter the link")?;
    choose_cores(entry).context("cannot choose the cores of the link")?;
    if let Some(parent) = entry.parent {
        // Entering would reset it.
        set_pdeathsig(Signal::SIGKILL)?;
        ensure!(getppid() == Pid::from_raw(parent as i32), "the parent has ended");
    }
    let (program, arguments) = entry.command.split_first().context("no command to start")?;
    let error = Command::new(program).args(arguments).exec();
    Err(anyhow!(error).context(format!("cannot start {}", Path::new(program).display())))
}

/// Runs the server on the core of the relay, and clients on the others, if there are others.
fn choose_cores(entry: &LinkCommand) -> nix::Result<()> {
    let relay = sched_getaffinity(Pid::from_raw(entry.link as i32))?;
    let allowed = sched_getaffinity(THIS)?;
    let mut chosen = CpuSet::new();
    let is_chosen = |core: &usize| {
        let is_relay = relay.is_set(*core) == Ok(true);
        allowed.is_set(*core) == Ok(true) && is_relay == (entry.side == LinkEnd::Server)
    };
    let mut cores = (0..CpuSet::count()).filter(is_chosen).peekable();
    if cores.peek().is_none() {
        return Ok(());
    }
    cores.try_for_each(|core| chosen.set(core))?;
    sched_setaffinity(THIS, &chosen)
}

/// Runs this process on the first core that it may use.
pub(super) fn use_first_core() -> nix::Result<()> {
    let allowed = sched_getaffinity(THIS)?;
    let mut first = CpuSet::new();
    if let Some(core) = (0..CpuSet::count()).find(|core| allowed.is_set(*core) == Ok(true)) {
        first.set(core)?;
        sched_setaffinity(THIS, &first)?;
    }
    Ok(())
}
