//! Numbers origins, because comparing a number is faster than comparing a scheme, a host and a
//! port.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::fetch::origin::Origin;

/// The origins of a session, each with its number.
#[derive(Debug, Default)]
pub(super) struct Origins(Mutex<HashMap<Origin, usize>>);

impl Origins {
    /// Returns the number of an origin. Call it outside the measured time.
    pub fn number(&self, origin: Origin) -> usize {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = numbers.len();
        *numbers.entry(origin).or_insert(next)
    }
}
