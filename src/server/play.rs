//! A fault's script in progress, for one client.

use super::visit::Visit;
use crate::scenario::fault::Script;

#[derive(Debug)]
pub(super) struct Play {
    pub script: &'static Script,
    /// The number of steps already played.
    pub played: usize,
    pub visit: Visit,
}

impl Play {
    /// Starts the script that answers a visit.
    pub fn new(script: &'static Script, visit: Visit) -> Self {
        Self { script, played: 0, visit }
    }
}
