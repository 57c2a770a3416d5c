//! The deadlines of the fetches in flight.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::job::Fetching;
use crate::client::floor::Floor;

/// The deadline of each fetch, its slot and the index of its url. All fetches have the same time,
/// so the one that began first is due first.
pub(super) struct FetchDeadlines(VecDeque<(Instant, usize, usize)>);

impl FetchDeadlines {
    /// Makes room for the fetches of this many slots.
    pub fn new(slots: usize) -> Self {
        Self(VecDeque::with_capacity(2 * slots))
    }

    /// Adds the fetch that begins in a slot.
    pub fn add(&mut self, fetching: &Fetching<'_, Floor>, slot: usize) {
        self.0.push_back((fetching.deadline(), slot, fetching.index()));
    }

    /// Returns the time left for the fetch that is due first, or `None` if none is in flight.
    /// `index` returns the index of the url that a slot fetches.
    pub fn time_left(&mut self, index: impl Fn(usize) -> Option<usize>) -> Option<Duration> {
        while let Some(&(deadline, slot, begun)) = self.0.front() {
            if index(slot) == Some(begun) {
                return Some(deadline.saturating_duration_since(Instant::now()));
            }
            self.0.pop_front();
        }
        None
    }

    /// Takes the slot of the fetch that is due first.
    pub fn take_first(&mut self) -> Option<usize> {
        self.0.pop_front().map(|(_, slot, _)| slot)
    }
}
