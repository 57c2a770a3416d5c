//! A fault's script in progress, for one client.

use super::visit::Visit;
use crate::scenario::fault::{Script, Step};

/// The request that a script answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub visit: Visit,
    /// Its stream over HTTP/2.
    pub stream: u32,
}

#[derive(Debug)]
pub(super) struct Play {
    pub script: &'static Script,
    /// The number of steps already played.
    pub played: usize,
    pub asked: Asked,
}

impl Play {
    /// Starts the script that answers a request.
    pub fn new(script: &'static Script, asked: Asked) -> Self {
        Self { script, played: 0, asked }
    }

    /// Whether it goes on once the client has acknowledged a PING.
    pub fn awaits_pong(&self) -> bool {
        matches!(self.script.steps.get(self.played), Some(Step::Pong))
    }
}
