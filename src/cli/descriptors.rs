//! File descriptors: whether there are enough, before anything is started.

use anyhow::bail;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a session needs beside its connections and listeners: standard streams, polls, pipes,
/// files. isahc needs most, 18; as much again is to spare.
const RESERVE: u64 = 32;

/// What the mock server needs beside its connections and listeners: standard streams, a poll, a
/// timer, a pipe for signals and the control channel. More clients than descriptors wait their
/// turn.
const SERVER_RESERVE: u64 = 16;

/// Raises the soft limit to the hard one, which any process may.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    // If it is refused, a lack of descriptors shows where they run out.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Makes room for the fetches of one backend at a concurrency, and for `listeners`.
///
/// # Errors
///
/// As [`reserve`].
pub(super) fn reserve_fetches(
    concurrency: usize,
    connections: usize,
    listeners: usize,
) -> anyhow::Result<()> {
    let way_out = (concurrency > 1).then_some("lower --concurrency");
    reserve(&format!("concurrency {concurrency}"), connections, listeners, way_out)
}

/// Makes room for a server of `origins` and one connection.
///
/// # Errors
///
/// As [`reserve`].
pub(super) fn reserve_server(what: &str, origins: usize) -> anyhow::Result<()> {
    reserve_beside(SERVER_RESERVE, what, 1, origins, None)
}

/// Makes room for the connections and listeners of sessions.
///
/// The soft limit is raised to the hard one, and children inherit it; a soft limit of 1024 is the
/// usual default, kept low for the sake of `select`, which nothing here uses.
///
/// # Errors
///
/// The hard limit is too low: the message names the number needed, and the `way_out` if fewer
/// connections would do.
pub(super) fn reserve(
    what: &str,
    connections: usize,
    listeners: usize,
    way_out: Option<&str>,
) -> anyhow::Result<()> {
    reserve_beside(RESERVE, what, connections, listeners, way_out)
}

fn reserve_beside(
    others: u64,
    what: &str,
    connections: usize,
    listeners: usize,
    way_out: Option<&str>,
) -> anyhow::Result<()> {
    let needed = (connections as u64).saturating_add(listeners as u64).saturating_add(others);
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
         with `ulimit -n {needed}` (as root){}{}",
        limit.maximum.unwrap_or(u64::MAX),
        if way_out.is_some() { ", or " } else { "" },
        way_out.unwrap_or_default()
    )
}
