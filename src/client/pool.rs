//! The keep-alive pool: as many connections as the concurrency, to all origins together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of a session that nobody uses.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    /// The most connections, used or not.
    budget: usize,
}

struct State<C> {
    /// With the number of the origin that each leads to. The one used last stands last, and is
    /// taken first.
    idle: VecDeque<(usize, C)>,
    /// Leases that are out: each has a connection, or is about to.
    leased: usize,
}

impl<C> Pool<C> {
    /// No connections yet.
    pub fn new(budget: usize) -> Self {
        Self { state: Mutex::new(State { idle: VecDeque::new(), leased: 0 }), budget }
    }

    /// The right to a connection to an origin.
    pub fn lease(self: &Arc<Self>, origin: usize) -> Lease<C> {
        self.lock().leased += 1;
        Lease { pool: Arc::clone(self), origin, ended: false }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one connection, for as long as a fetch lasts.
pub(super) struct Lease<C> {
    pool: Arc<Pool<C>>,
    origin: usize,
    ended: bool,
}

impl<C> Lease<C> {
    /// Takes an idle connection to the origin, if there is one. Whether it is still open shows when
    /// it is used.
    pub fn idle_connection(&mut self) -> Option<C> {
        let origin = self.origin;
        let mut state = self.pool.lock();
        let last = state.idle.iter().rposition(|(other, _)| *other == origin)?;
        state.idle.remove(last).map(|(_, connection)| connection)
    }

    /// Makes room for a new connection: those that were not used for longest go, wherever they
    /// lead.
    pub fn make_room(&mut self) {
        let mut state = self.pool.lock();
        let surplus = (state.leased + state.idle.len())
            .saturating_sub(self.pool.budget)
            .min(state.idle.len());
        let closed: Vec<_> = state.idle.drain(..surplus).collect();
        drop(state);
        // To close them is a call of the system each, which nobody needs to wait for.
        drop(closed);
    }

    /// Ends the lease and leaves the connection to the next one.
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
