//! Places the server and the workers on cores.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::record::Placement;

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
    let all = sched_getaffinity(None).map_err(io::Error::from)?;
    sched_setaffinity(None, &cores(&all, placement, role)).map_err(io::Error::from)?;
    let started = start();
    sched_setaffinity(None, &all).map_err(io::Error::from)?;
    started
}

fn cores(all: &CpuSet, placement: Placement, role: Role) -> CpuSet {
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
    let (first, others) = allowed.split_first().expect("a process runs somewhere");
    let chosen: &[usize] = match (placement, role) {
        (Placement::Free, _) => &allowed,
        (Placement::Apart, Role::Worker) if !others.is_empty() => others,
        (Placement::Apart | Placement::OneCore, _) => std::slice::from_ref(first),
    };
    let mut set = CpuSet::new();
    chosen.iter().for_each(|core| set.set(*core));
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_follow_the_placement() {
        let mut all = CpuSet::new();
        [1, 4, 5].iter().for_each(|core| all.set(*core));
        let chosen = |placement, role| {
            let set = cores(&all, placement, role);
            (0..8).filter(|core| set.is_set(*core)).collect::<Vec<_>>()
        };
        assert_eq!(chosen(Placement::Free, Role::Server), [1, 4, 5]);
        assert_eq!(chosen(Placement::Apart, Role::Server), [1]);
        assert_eq!(chosen(Placement::Apart, Role::Worker), [4, 5]);
        assert_eq!(chosen(Placement::OneCore, Role::Worker), [1]);
    }

    #[test]
    fn only_the_child_is_placed() {
        let before = sched_getaffinity(None).unwrap();
        let inside = placed(Placement::OneCore, Role::Worker, || {
            io::Result::Ok(sched_getaffinity(None)?.count())
        });
        assert_eq!((inside.unwrap(), sched_getaffinity(None).unwrap()), (1, before));
    }
}
