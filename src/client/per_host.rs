//! Clients that keep a pool for every host, of which none is ever closed for the sake of another's.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{PoisonError, RwLock};

/// A client that is replaced, and its connections with it, after as many hosts as there may be
/// connections. Fetches in flight end on the old one.
pub(super) struct PerHost<C> {
    current: RwLock<Current<C>>,
    most_hosts: usize,
    open: Box<dyn Fn() -> anyhow::Result<C> + Send + Sync>,
}

struct Current<C> {
    client: C,
    /// The numbers of the origins that it has connections to.
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

    /// The client to fetch from the origin of that number with.
    pub fn client(&self, host: usize) -> C {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if current.hosts.contains(&host) {
            return current.client.clone();
        }
        drop(current);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.hosts.len() == self.most_hosts
            && !current.hosts.contains(&host)
            // What could be opened once can be opened again.
            && let Ok(client) = (self.open)()
        {
            *current = Current { client, hosts: HashSet::new() };
        }
        current.hosts.insert(host);
        current.client.clone()
    }
}
