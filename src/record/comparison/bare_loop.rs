//! The bare loop of older records, under the key that held more then.

use serde::{Deserialize, Serialize};

/// The lateness of a busy-polling loop just before a comparison: the speed and the noise of the
/// machine. Only older records have it; the other figures under its key are no longer read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("additionalProperties" = true)))]
pub struct OldBareLoop {
    /// The median lateness, in seconds.
    pub bare_median_s: f64,
    /// The 99th percentile of the lateness, in seconds.
    pub bare_p99_s: f64,
}
