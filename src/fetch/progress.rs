//! How far a pass has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of fetches that have ended, shared between its clones: a backend counts, and a
/// progress bar reads.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicUsize>);

impl Progress {
    /// Counts `fetches` more as ended.
    pub fn add(&self, fetches: usize) {
        self.0.fetch_add(fetches, Ordering::Relaxed);
    }

    /// Returns the number of fetches that have ended.
    pub fn ended(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clones_share_a_count() {
        let (progress, other) = (Progress::default(), Progress::default());
        progress.clone().add(2);
        progress.add(1);
        assert_eq!((progress.ended(), other.ended()), (3, 0));
    }
}
