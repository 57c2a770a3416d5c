//! Network namespaces: machines within the machine, with devices and settings of their own.

use std::fs::{self, File};
use std::io;
use std::os::fd::RawFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::stat::fstat;
use nix::unistd::{getegid, geteuid};

/// The network namespace of the calling thread.
const NET: &str = "/proc/thread-self/ns/net";

/// The settings of both namespaces.
const SETTINGS: [(&str, &str); 3] = [
    // Server sockets choose for themselves.
    ("ipv4/tcp_congestion_control", "reno"),
    // A connection must not start with what an earlier one learnt.
    ("ipv4/tcp_no_metrics_save", "1"),
    // As on loopback, or a thousand connections for each pass would use up the ports.
    ("ipv4/tcp_tw_reuse", "1"),
];

/// Keeps IPv6 off the link, which has no such address: the system would send packets at random
/// times, and shift the numbers of those that are lost.
const WITHOUT_IPV6: &str = "/proc/sys/net/ipv6/conf/default/disable_ipv6";

/// Moves this process into a new network namespace, as root of a new user namespace if it has no
/// right otherwise. It must have one thread.
///
/// # Errors
///
/// The system allows neither.
pub(super) fn create_first() -> io::Result<()> {
    if unshare(CloneFlags::CLONE_NEWNET) == Ok(()) {
        return Ok(());
    }
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    // Users keep their numbers, so that programs inside find their files.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Moves this thread into another new network namespace, after [`create_first`].
pub(super) fn create_second() -> io::Result<()> {
    Ok(unshare(CloneFlags::CLONE_NEWNET)?)
}

/// Sets up the network namespace of this thread, which has no device yet, and returns the
/// namespace.
pub(super) fn configure() -> io::Result<File> {
    for (name, value) in SETTINGS {
        fs::write(format!("/proc/sys/net/{name}"), value)?;
    }
    if fs::exists(WITHOUT_IPV6)? {
        fs::write(WITHOUT_IPV6, "1")?;
    }
    File::open(NET)
}

/// Opens a network namespace that `process` has open under a descriptor.
///
/// # Errors
///
/// The process has ended, or belongs to another user.
pub(super) fn open(process: u32, descriptor: RawFd) -> io::Result<File> {
    File::open(format!("/proc/{process}/fd/{descriptor}"))
}

/// Moves this process into a network namespace that `process` has open under a descriptor, and into
/// the user namespace of `process` if it is another. This process must have one thread.
///
/// # Errors
///
/// As [`open`].
pub(super) fn join(process: u32, descriptor: RawFd) -> io::Result<()> {
    let network = open(process, descriptor)?;
    let user = File::open(format!("/proc/{process}/ns/user"))?;
    if identity(&user)? != identity(&File::open("/proc/self/ns/user")?)? {
        setns(&user, CloneFlags::CLONE_NEWUSER)?;
    }
    Ok(setns(&network, CloneFlags::CLONE_NEWNET)?)
}

/// What distinguishes a namespace from all others.
pub(super) fn identity(namespace: &File) -> io::Result<(u64, u64)> {
    let stat = fstat(namespace)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// Kills every process in these network namespaces but this one.
pub(super) fn clear(namespaces: &[(u64, u64)]) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    for number in numbers.filter(|number| *number != std::process::id() as i32) {
        let network = File::open(format!("/proc/{number}/ns/net"));
        let is_inside = network
            .and_then(|network| identity(&network))
            .is_ok_and(|identity| namespaces.contains(&identity));
        if is_inside {
            // It may have ended meanwhile.
            let _: Result<(), Errno> = kill(Pid::from_raw(number), Signal::SIGKILL);
        }
    }
}
