//! Checks that there are enough file descriptors, before anything starts.

use anyhow::bail;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors of a session beside its connections and listeners: standard streams, polls, pipes,
/// files. isahc needs most, 18; the rest is a margin.
const RESERVE: u64 = 32;

/// Descriptors of the mock server beside its connections and listeners: standard streams, a poll, a
/// timer, a pipe for signals and the control channel. With more clients than descriptors, clients
/// wait.
const SERVER_RESERVE: u64 = 16;

/// Raises the soft limit to the hard one, which any process may.
pub fn raise_limit() {
    // If this fails, a lack of descriptors shows up when they run out.
    let _ = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
}

/// Reserves descriptors for the fetches of one backend at a concurrency, and for `listeners`.
///
/// # Errors
///
/// Same as [`reserve`].
pub(super) fn reserve_fetches(
    concurrency: usize,
    connections: usize,
    listeners: usize,
) -> anyhow::Result<()> {
    let way_out = (concurrency > 1).then_some("lower --concurrency");
    reserve(&format!("concurrency {concurrency}"), connections, listeners, way_out)
}

/// Reserves descriptors for a server with `origins` and one connection.
///
/// # Errors
///
/// Same as [`reserve`].
pub(super) fn reserve_server(what: &str, origins: usize) -> anyhow::Result<()> {
    reserve_beside(SERVER_RESERVE, what, 1, origins, None)
}

/// Reserves descriptors for the connections and listeners of sessions.
///
/// If needed, it raises the soft limit to the hard one, and children inherit it. The usual soft
/// limit is 1024, kept low because of `select`, which nothing here uses.
///
/// # Errors
///
/// Returns an error if the hard limit is too low. The message names the number needed, and the
/// `way_out` if fewer connections would do.
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
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if needed <= soft {
        return Ok(());
    }
    if needed <= hard {
        raise_limit();
        return Ok(());
    }
    bail!(
        "{what} needs {needed} file descriptors and at most {hard} are allowed: raise the hard \
         limit with `ulimit -n {needed}` (as root){}{}",
        if way_out.is_some() { ", or " } else { "" },
        way_out.unwrap_or_default()
    )
}
