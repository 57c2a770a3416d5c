//! Visits: delays, bodies and faults are drawn once per visit.

/// One visit of one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub site: usize,
    pub visit: u64,
}
