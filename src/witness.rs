//! What a server saw: the second witness, beside the backend's own word.

use serde::{Deserialize, Serialize};

/// What the mock server counted since it was last asked to start anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Requests whose head was read to its end and understood.
    pub requests: u64,
    /// Connections accepted.
    pub connections: u64,
    /// The most requests that were in work at one moment: read, but not yet answered to the last byte.
    pub peak_in_flight: u64,
    /// Body bytes handed to the system for sending.
    pub bytes: u64,
    /// Requests that were refused: malformed, too large, an unknown target or method.
    pub refused: u64,
    /// From the first request to the last byte of the last answer, in nanoseconds: less than the pass that made them.
    #[serde(default)]
    pub span_ns: u64,
    /// What the server's thread spent on the processor, in nanoseconds.
    #[serde(default)]
    pub cpu_ns: u64,
}

impl Witness {
    /// The counts alone, without the times, which differ from run to run.
    pub fn counts(self) -> Self {
        Self { span_ns: 0, cpu_ns: 0, ..self }
    }
}
