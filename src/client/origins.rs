//! Numbers for origins, since to compare a number is quicker than to compare a scheme, a host and a
//! port.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::fetch::origin::Origin;

/// The origins of a session, each with its number.
#[derive(Debug, Default)]
pub(super) struct Origins(Mutex<HashMap<Origin, usize>>);

impl Origins {
    /// The number of an origin, to be asked for outside the measured time.
    pub fn number(&self, origin: Origin) -> usize {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = numbers.len();
        *numbers.entry(origin).or_insert(next)
    }
}
