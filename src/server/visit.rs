//! Visits: the unit that delays, bodies and faults are drawn for.

/// One visit of one site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub site: usize,
    pub visit: u64,
}
