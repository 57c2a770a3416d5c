//! Corresponding values of two records.

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};

/// A pair of corresponding values from the old record and the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OldNew<T> {
    /// In the old record.
    pub old: T,
    /// In the new record.
    pub new: T,
}

impl<T> OldNew<T> {
    pub(super) fn map<U>(self, convert: impl Fn(T) -> U) -> OldNew<U> {
        OldNew { old: convert(self.old), new: convert(self.new) }
    }
}

impl<T> OldNew<Option<T>> {
    /// Returns both values, or `None` if one is missing.
    pub(super) fn both(self) -> Option<OldNew<T>> {
        Some(OldNew { old: self.old?, new: self.new? })
    }
}

/// A backend on a scenario of a record.
#[derive(Clone, Copy)]
pub(super) struct RecordedBackend<'a> {
    pub(super) workload: &'a WorkloadAnalysis,
    pub(super) backend: &'a BackendAnalysis,
}
