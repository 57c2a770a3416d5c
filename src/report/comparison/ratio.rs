//! Ratios for programs.

use serde_json::{Value, json};

use crate::stats::{Ratio, Verdict};

/// Returns a ratio with its interval and the word for it as JSON.
pub(super) fn json_ratio(ratio: Ratio, verdict: Option<Verdict>) -> Value {
    json!({
        "mean": ratio.mean,
        "low": low(ratio),
        "high": high(ratio),
        "blocks": ratio.blocks,
        "verdict": verdict.map(Verdict::word),
    })
}

/// Returns the lower end of the interval.
pub(super) fn low(ratio: Ratio) -> Option<f64> {
    ratio.bounds.map(|bounds| bounds.low)
}

/// Returns the upper end of the interval.
pub(super) fn high(ratio: Ratio) -> Option<f64> {
    ratio.bounds.map(|bounds| bounds.high)
}
