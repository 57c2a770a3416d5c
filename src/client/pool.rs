//! The keep-alive pool. It holds at most as many connections as the limits allow, over all origins.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::fetch::lock;

/// The idle connections of a session.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    /// Maximum number of connections, used or idle.
    budget: usize,
}

struct State<C> {
    /// Idle connections, each with the number of its origin. The last used one is last, and is
    /// taken first.
    idle: VecDeque<(usize, C)>,
    /// Current leases. Each has a connection or is about to open one.
    leased: usize,
}

impl<C> Pool<C> {
    pub fn new(budget: usize) -> Self {
        Self { state: Mutex::new(State { idle: VecDeque::new(), leased: 0 }), budget }
    }

    /// Reserves a connection to an origin.
    pub fn lease(self: &Arc<Self>, origin: usize) -> Lease<C> {
        self.lock().leased += 1;
        Lease { pool: Arc::clone(self), origin, ended: false }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        lock(&self.state)
    }
}

/// The reservation of one connection during a fetch.
pub(super) struct Lease<C> {
    pool: Arc<Pool<C>>,
    origin: usize,
    ended: bool,
}

impl<C> Lease<C> {
    /// Takes an idle connection to the origin, or returns `None`. The connection may have been
    /// closed by the peer.
    pub fn idle_connection(&mut self) -> Option<C> {
        let origin = self.origin;
        let mut state = self.pool.lock();
        let last = state.idle.iter().rposition(|(other, _)| *other == origin)?;
        state.idle.remove(last).map(|(_, connection)| connection)
    }

    /// Makes room for a new connection: closes the least recently used ones, to any origin.
    pub fn make_room(&mut self) {
        let mut state = self.pool.lock();
        let surplus = (state.leased + state.idle.len())
            .saturating_sub(self.pool.budget)
            .min(state.idle.len());
        let closed: Vec<_> = state.idle.drain(..surplus).collect();
        drop(state);
        // Each close is a system call, which should not hold the lock.
        drop(closed);
    }

    /// Ends the lease and returns the connection to the pool.
    pub fn give_back(mut self, connection: C) {
        self.ended = true;
        let mut state = self.pool.lock();
        state.leased -= 1;
        state.idle.push_back((self.origin, connection));
    }
}

impl<C> Drop for Lease<C> {
    fn drop(&mut self) {
        if !self.ended {
            self.pool.lock().leased -= 1;
        }
    }
}
