//! Places the server and the workers on cores.

use std::io;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::record::Placement;

const THIS_THREAD: Pid = Pid::from_raw(0);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Worker,
}

/// Starts a process on the cores of its placement, which all of its threads inherit.
///
/// # Errors
///
/// Returns an error if the system does not let this process choose its cores, or if the process
/// cannot be started.
pub(super) fn placed<T, E: From<io::Error>>(
    placement: Placement,
    role: Role,
    start: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    if placement == Placement::Free {
        return start();
    }
    let all = sched_getaffinity(THIS_THREAD).map_err(io::Error::from)?;
    cores(&all, placement, role)
        .and_then(|chosen| sched_setaffinity(THIS_THREAD, &chosen))
        .map_err(io::Error::from)?;
    let started = start();
    sched_setaffinity(THIS_THREAD, &all).map_err(io::Error::from)?;
    started
}

fn cores(all: &CpuSet, placement: Placement, role: Role) -> nix::Result<CpuSet> {
    let allowed = numbers(all);
    let (first, others) = allowed.split_first().expect("a process runs somewhere");
    let chosen: &[usize] = match (placement, role) {
        (Placement::Free, _) => &allowed,
        (Placement::Apart, Role::Worker) if !others.is_empty() => others,
        (Placement::Apart | Placement::OneCore, _) => std::slice::from_ref(first),
    };
    let mut set = CpuSet::new();
    chosen.iter().try_for_each(|core| set.set(*core))?;
    Ok(set)
}

fn numbers(set: &CpuSet) -> Vec<usize> {
    (0..CpuSet::count()).filter(|core| set.is_set(*core) == Ok(true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_follow_the_placement() {
        let mut all = CpuSet::new();
        [1, 4, 5].iter().for_each(|core| all.set(*core).unwrap());
        let chosen = |placement, role| numbers(&cores(&all, placement, role).unwrap());
        assert_eq!(chosen(Placement::Free, Role::Server), [1, 4, 5]);
        assert_eq!(chosen(Placement::Apart, Role::Server), [1]);
        assert_eq!(chosen(Placement::Apart, Role::Worker), [4, 5]);
        assert_eq!(chosen(Placement::OneCore, Role::Worker), [1]);
    }

    #[test]
    fn only_the_child_is_placed() {
        let before = sched_getaffinity(THIS_THREAD).unwrap();
        let inside = placed(Placement::OneCore, Role::Worker, || {
            io::Result::Ok(numbers(&sched_getaffinity(THIS_THREAD)?).len())
        });
        assert_eq!((inside.unwrap(), sched_getaffinity(THIS_THREAD).unwrap()), (1, before));
    }
}
