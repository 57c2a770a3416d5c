//! File descriptors: whether there are enough for a concurrency, before anything is started.

use anyhow::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process needs beside its connections: the standard streams, polls, pipes, files, and a few to spare.
const RESERVE: u64 = 64;

/// Raises the soft limit to the hard one, which any process may.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where it is refused all the same, whoever runs out of descriptors is told so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Makes room for a concurrency, and for `listeners` beside it.
///
/// The soft limit is raised to the hard one first, and children inherit it; a soft limit of 1024 is the usual default,
/// kept low for the sake of `select`, which nothing here uses.
///
/// # Errors
///
/// The hard limit is too low: the number needed is named.
pub(super) fn reserve(concurrency: usize, listeners: usize) -> anyhow::Result<()> {
    reserve_for(&format!("concurrency {concurrency}"), concurrency, listeners, "lower --concurrency")
}

/// The same for the connections of several rows, which are open together.
///
/// # Errors
///
/// As [`reserve`].
pub(super) fn reserve_for_rows(connections: usize, listeners: usize) -> anyhow::Result<()> {
    reserve_for(
        &format!("room for {connections} connections at once"),
        connections,
        listeners,
        "name fewer rows or other scenarios",
    )
}

fn reserve_for(what: &str, connections: usize, listeners: usize, way_out: &str) -> anyhow::Result<()> {
    let needed = (connections as u64).saturating_add(listeners as u64).saturating_add(RESERVE);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| needed <= current) {
        return Ok(());
    }
    if limit.maximum.is_none_or(|maximum| needed <= maximum) {
        raise_limit();
        return Ok(());
    }
    bail!(
        "{what} needs {needed} file descriptors and at most {} are allowed: raise the hard limit \
         with `ulimit -n {needed}` (as root), or {way_out}",
        limit.maximum.unwrap_or(u64::MAX)
    )
}
