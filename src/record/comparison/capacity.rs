//! The capacity of the mock server on a machine, so that its limit is not taken for a backend's.

use serde::{Deserialize, Serialize};

/// The capacity of the mock server, measured just before a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Capacity {
    /// Maximum requests per second that it answered without delay. The client is the raw client,
    /// which runs on one thread.
    pub requests_per_s: f64,
    /// The share of that time for which its loops were busy, without busy-polling. Well below 1,
    /// the client was the limit.
    pub busy: f64,
    /// Requests per second, about half as many, during the measurement of delays.
    pub delayed_per_s: f64,
    /// The median error of those delays, in seconds.
    pub delay_error_median_s: f64,
    /// The 99th percentile of those errors, in seconds.
    pub delay_error_p99_s: f64,
    /// The median lateness of a timer in an otherwise idle loop, in seconds.
    pub bare_median_s: f64,
    /// The 99th percentile of that lateness, in seconds: the machine's share of the error.
    pub bare_p99_s: f64,
}
