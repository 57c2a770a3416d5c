//! The pool of HTTP/2 connections, each shared by concurrent fetches.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::fetch::error::FetchError;
use crate::fetch::lock;

/// The connections of a session.
pub(super) struct StreamPool<C> {
    holders: Mutex<Holders<C>>,
    /// Maximum number of connections to one origin.
    per_origin: usize,
    /// Maximum number of connections. It is exceeded only if every connection is in use and an
    /// origin has none.
    budget: usize,
}

struct Holders<C> {
    /// Those of each origin, by its number.
    of_origins: Vec<Vec<Arc<Holder<C>>>>,
    /// The number of holders.
    total: usize,
    /// The number of leases so far.
    leases: usize,
}

/// Holds one connection, once it is open.
struct Holder<C> {
    connection: Mutex<Option<C>>,
    /// Held while a fetch connects. Other fetches wait for its connection.
    connecting: async_lock::Mutex<()>,
    /// The number of fetches that use it.
    fetches: AtomicUsize,
    /// The number of its last lease.
    last_lease: AtomicUsize,
}

/// A connection, and whether an earlier fetch opened it.
#[derive(Debug)]
pub(super) struct Leased<C> {
    pub connection: C,
    pub was_open: bool,
}

impl<C> StreamPool<C> {
    pub fn new(per_origin: usize, budget: usize) -> Self {
        let holders = Holders { of_origins: Vec::new(), total: 0, leases: 0 };
        Self { holders: Mutex::new(holders), per_origin, budget }
    }

    /// Reserves a stream on an idle connection to an origin, else on a new one if that is allowed,
    /// else on the one with the fewest fetches.
    pub fn lease(&self, origin: usize) -> StreamLease<C> {
        let mut holders = lock(&self.holders);
        holders.leases += 1;
        let holder = match holders.least_used(origin) {
            Some((holder, 0)) => holder,
            Some((holder, _)) if self.is_full(&holders, origin) => holder,
            _ => {
                holders.make_room(self.budget);
                holders.add(origin)
            }
        };
        holder.fetches.fetch_add(1, Ordering::Relaxed);
        holder.last_lease.store(holders.leases, Ordering::Relaxed);
        StreamLease { holder }
    }

    /// Returns whether an origin that has a connection gets no further one.
    fn is_full(&self, holders: &Holders<C>, origin: usize) -> bool {
        holders.of_origins[origin].len() >= self.per_origin || holders.total >= self.budget
    }
}

impl<C> Holders<C> {
    /// Returns the holder of an origin with the fewest fetches, and their number.
    fn least_used(&self, origin: usize) -> Option<(Arc<Holder<C>>, usize)> {
        let holders = self.of_origins.get(origin)?.iter();
        let fetches = holders.map(|holder| (holder, holder.fetches.load(Ordering::Relaxed)));
        let (holder, fetches) = fetches.min_by_key(|(_, fetches)| *fetches)?;
        Some((Arc::clone(holder), fetches))
    }

    fn add(&mut self, origin: usize) -> Arc<Holder<C>> {
        if self.of_origins.len() <= origin {
            self.of_origins.resize_with(origin + 1, Vec::new);
        }
        let holder = Arc::new(Holder {
            connection: Mutex::new(None),
            connecting: async_lock::Mutex::new(()),
            fetches: AtomicUsize::new(0),
            last_lease: AtomicUsize::new(0),
        });
        self.of_origins[origin].push(Arc::clone(&holder));
        self.total += 1;
        holder
    }

    /// Closes connections without fetches, the least recently used first, until there is room for
    /// one more.
    fn make_room(&mut self, budget: usize) {
        while self.total >= budget {
            let holders = self.of_origins.iter().flatten();
            let idle = holders.filter(|holder| holder.fetches.load(Ordering::Relaxed) == 0);
            let oldest = idle.min_by_key(|holder| holder.last_lease.load(Ordering::Relaxed));
            let Some(oldest) = oldest.cloned() else { return };
            for holders in &mut self.of_origins {
                holders.retain(|holder| !Arc::ptr_eq(holder, &oldest));
            }
            self.total -= 1;
        }
    }
}

/// The reservation of a stream during a fetch.
pub(super) struct StreamLease<C> {
    holder: Arc<Holder<C>>,
}

impl<C: Clone> StreamLease<C> {
    /// Returns the connection if `is_alive`, or else the one that `connect` opens. Of several
    /// fetches at once, one connects.
    ///
    /// # Errors
    ///
    /// `connect` failed.
    pub async fn connection<F>(
        &self,
        is_alive: fn(&C) -> bool,
        connect: impl FnOnce() -> F,
    ) -> Result<Leased<C>, FetchError>
    where
        F: Future<Output = Result<C, FetchError>>,
    {
        if let Some(connection) = self.open_connection(is_alive) {
            return Ok(Leased { connection, was_open: true });
        }
        let _connecting = self.holder.connecting.lock().await;
        if let Some(connection) = self.open_connection(is_alive) {
            return Ok(Leased { connection, was_open: true });
        }
        let connection = connect().await?;
        *lock(&self.holder.connection) = Some(connection.clone());
        Ok(Leased { connection, was_open: false })
    }

    fn open_connection(&self, is_alive: fn(&C) -> bool) -> Option<C> {
        lock(&self.holder.connection).as_ref().filter(|connection| is_alive(connection)).cloned()
    }
}

impl<C> Drop for StreamLease<C> {
    fn drop(&mut self) {
        self.holder.fetches.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures_lite::future::block_on;

    use super::*;

    /// Leases a connection that is called `name` if it is new.
    fn lease(
        pool: &StreamPool<&'static str>,
        origin: usize,
        name: &'static str,
    ) -> (StreamLease<&'static str>, &'static str) {
        let lease = pool.lease(origin);
        let leased =
            block_on(lease.connection(|name| *name != "closed", || ready(Ok(name)))).unwrap();
        (lease, leased.connection)
    }

    #[test]
    fn fetches_spread_over_connections() {
        let pool = StreamPool::new(2, 10);
        let names = ["a", "b", "c", "d"];
        let leases = names.map(|name| lease(&pool, 0, name));
        assert_eq!(leases.each_ref().map(|(_, name)| *name), ["a", "b", "a", "b"]);
        drop(leases);
        // One after another, they need one connection.
        assert_eq!(names.map(|name| lease(&pool, 0, name).1), ["a"; 4]);
    }

    #[test]
    fn idle_connections_make_room() {
        let pool = StreamPool::new(1, 2);
        let busy = lease(&pool, 0, "busy");
        assert_eq!(lease(&pool, 1, "idle").1, "idle");
        // The budget is spent, and the idle connection goes.
        assert_eq!(lease(&pool, 2, "new").1, "new");
        assert_eq!(lease(&pool, 1, "again").1, "again");
        assert_eq!(busy.1, lease(&pool, 0, "other").1);
    }

    #[test]
    fn full_budgets_share_connections() {
        let pool = StreamPool::new(4, 2);
        let leases = ["a", "b", "c"].map(|name| lease(&pool, 0, name));
        assert_eq!(leases.map(|(_, name)| name), ["a", "b", "a"]);
    }

    #[test]
    fn closed_connections_are_replaced() {
        let pool = StreamPool::new(1, 1);
        assert_eq!(lease(&pool, 0, "closed").1, "closed");
        assert_eq!(lease(&pool, 0, "new").1, "new");
    }

    #[test]
    fn the_oldest_idle_one_goes() {
        let pool = StreamPool::new(1, 3);
        for (origin, name) in [(0, "a"), (1, "b"), (2, "c"), (0, "new"), (3, "d")] {
            lease(&pool, origin, name);
        }
        // Only the connection to origin 1 had to go, although others were opened earlier or later.
        let names = [0, 2, 3, 1].map(|origin| lease(&pool, origin, "new").1);
        assert_eq!(names, ["a", "c", "d", "new"]);
    }
}
