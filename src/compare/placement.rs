//! Which cores the server and the workers run on.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::record::Placement;

/// Who is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The mock server.
    Server,
    /// A row's worker.
    Worker,
}

/// Starts a process on the cores that a placement gives it, which all of its threads inherit.
///
/// # Errors
///
/// The system does not let this process choose, or the process cannot be started.
pub(super) fn placed<T, E: From<io::Error>>(
    placement: Placement,
    who: Who,
    start: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    if placement == Placement::Free {
        return start();
    }
    let all = sched_getaffinity(None).map_err(io::Error::from)?;
    sched_setaffinity(None, &cores(&all, placement, who)).map_err(io::Error::from)?;
    let started = start();
    sched_setaffinity(None, &all).map_err(io::Error::from)?;
    started
}

fn cores(all: &CpuSet, placement: Placement, who: Who) -> CpuSet {
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
    let (first, others) = allowed.split_first().expect("a process runs somewhere");
    let chosen: &[usize] = match (placement, who) {
        (Placement::Free, _) => &allowed,
        (Placement::Apart, Who::Worker) if !others.is_empty() => others,
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
    fn cores_are_shared_out_as_the_placement_says() {
        let mut all = CpuSet::new();
        [1, 4, 5].iter().for_each(|core| all.set(*core));
        let chosen = |placement, who| {
            let set = cores(&all, placement, who);
            (0..8).filter(|core| set.is_set(*core)).collect::<Vec<_>>()
        };
        assert_eq!(chosen(Placement::Free, Who::Server), [1, 4, 5]);
        assert_eq!(chosen(Placement::Apart, Who::Server), [1]);
        assert_eq!(chosen(Placement::Apart, Who::Worker), [4, 5]);
        assert_eq!(chosen(Placement::OneCore, Who::Worker), [1]);
    }

    #[test]
    fn a_process_starts_where_it_is_placed_and_we_stay_where_we_are() {
        let before = sched_getaffinity(None).unwrap();
        let inside = placed(Placement::OneCore, Who::Worker, || {
            io::Result::Ok(sched_getaffinity(None)?.count())
        });
        assert_eq!((inside.unwrap(), sched_getaffinity(None).unwrap()), (1, before));
    }
}
