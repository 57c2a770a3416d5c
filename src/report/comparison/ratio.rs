//! Ratios for programs.

use serde_json::{Value, json};

use crate::stats::{Ratio, Verdict};

/// Returns a ratio with its interval and the word for it as JSON.
pub(super) fn json_ratio(ratio: Ratio, verdict: Option<Verdict>) -> Value {
    let mut value = json!({
        "mean": ratio.mean,
        "low": low(ratio),
        "high": high(ratio),
        "blocks": ratio.blocks,
        "verdict": verdict.map(Verdict::word),
    });
    if let (Some(machines), Some(all)) = (ratio.machines, value.as_object_mut()) {
        all.insert("machines".to_owned(), json!(machines));
    }
    value
}

/// Returns the lower end of the interval.
pub(super) fn low(ratio: Ratio) -> Option<f64> {
    ratio.bounds.map(|bounds| bounds.low)
}

/// Returns the upper end of the interval.
pub(super) fn high(ratio: Ratio) -> Option<f64> {
    ratio.bounds.map(|bounds| bounds.high)
}
