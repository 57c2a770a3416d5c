//! Limits clients that keep a pool per host and never close one to make room for another.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{PoisonError, RwLock};

/// A client that is replaced, together with its connections, when it has connected to as many hosts
/// as connections are allowed. Fetches in flight end on the old client.
pub(super) struct PerHost<C> {
    current: RwLock<Current<C>>,
    most_hosts: usize,
    open: Box<dyn Fn() -> anyhow::Result<C> + Send + Sync>,
}

struct Current<C> {
    client: C,
    /// Numbers of the origins that it has connected to.
    hosts: HashSet<usize>,
}

impl<C: Clone> PerHost<C> {
    /// Opens the first client.
    pub fn new(
        most_hosts: NonZeroUsize,
        open: impl Fn() -> anyhow::Result<C> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            current: RwLock::new(Current { client: open()?, hosts: HashSet::new() }),
            most_hosts: most_hosts.get(),
            open: Box::new(open),
        })
    }

    /// Returns the client for fetching from the origin numbered `host`.
    pub fn client(&self, host: usize) -> C {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if current.hosts.contains(&host) {
            return current.client.clone();
        }
        drop(current);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.hosts.len() == self.most_hosts
            && !current.hosts.contains(&host)
            // Opening succeeded before, so a failure is unlikely.
            && let Ok(client) = (self.open)()
        {
            *current = Current { client, hosts: HashSet::new() };
        }
        current.hosts.insert(host);
        current.client.clone()
    }
}
