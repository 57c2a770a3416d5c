//! What the mock server can do on a machine, so that nobody takes its limit for a row's.

use serde::{Deserialize, Serialize};

/// What the mock server could do just before it was measured with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// The most requests a second that it answered without delay to the raw client, which runs on
    /// one thread.
    pub requests_per_s: f64,
    /// The share of that time for which its loops were busy, spinning apart. Well below 1, the
    /// client was the limit.
    pub busy: f64,
    /// Requests a second, about half as many, at which delays were looked at.
    pub delayed_per_s: f64,
    /// The median error of those delays, in seconds.
    pub delay_error_median_s: f64,
    /// The error that 99 in 100 of them did not exceed.
    pub delay_error_p99_s: f64,
    /// How late a loop that does nothing else saw a moment come: the median, in seconds.
    pub bare_median_s: f64,
    /// What 99 in 100 of those did not exceed: the machine's own doing.
    pub bare_p99_s: f64,
}
