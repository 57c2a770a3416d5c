//! A fault's script in progress, for one client.

use super::request::KeepAlive;
use super::visit::Visit;
use crate::scenario::fault::Script;

#[derive(Debug)]
pub(super) struct Play {
    pub script: &'static Script,
    /// The number of steps already played.
    pub played: usize,
    pub visit: Visit,
    pub keep_alive: KeepAlive,
}

impl Play {
    /// Starts the script that answers a visit.
    pub fn new(script: &'static Script, visit: Visit, keep_alive: KeepAlive) -> Self {
        Self { script, played: 0, visit, keep_alive }
    }
}
