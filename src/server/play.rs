//! A script that is being played to one client.

use super::request::KeepAlive;
use super::visit::Visit;
use crate::scenario::fault::Script;

/// A script that is being played.
#[derive(Debug)]
pub(super) struct Play {
    pub script: &'static Script,
    /// How many of its steps have been played.
    pub played: usize,
    pub visit: Visit,
    pub keep_alive: KeepAlive,
}

impl Play {
    /// Begins the script that answers a visit.
    pub fn new(script: &'static Script, visit: Visit, keep_alive: KeepAlive) -> Self {
        Self { script, played: 0, visit, keep_alive }
    }
}
