//! The percentiles of latencies for programs, with their intervals.

use serde_json::{Map, Value, json};

use crate::compare::analysis::{BackendAnalysis, Percentile, WorkloadAnalysis};
use crate::stats::paired::Ratio;

/// A percentile and its key in JSON.
struct NamedPercentile {
    key: &'static str,
    percentile: fn(&BackendAnalysis) -> Option<&Percentile>,
}

/// The percentiles: `fetch` is the service time, `done` counts from the start of the pass.
const PERCENTILES: [NamedPercentile; 4] = [
    NamedPercentile { key: "fetch_p50", percentile: |backend| backend.fetch_times.p50.as_ref() },
    NamedPercentile { key: "fetch_p99", percentile: |backend| backend.fetch_times.p99.as_ref() },
    NamedPercentile { key: "done_p50", percentile: |backend| backend.done_times.p50.as_ref() },
    NamedPercentile { key: "done_p99", percentile: |backend| backend.done_times.p99.as_ref() },
];

/// Returns the percentiles of a backend, each with its interval over blocks and its ratio to the
/// reference. Those that were not recorded are left out.
pub(super) fn json(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> Value {
    let known = PERCENTILES.iter().filter_map(|named| {
        let percentile = (named.percentile)(backend)?;
        let interval = percentile.interval_s();
        let value = json!({
            "seconds": percentile.seconds,
            "low_s": interval.as_ref().map(|interval| *interval.start()),
            "high_s": interval.as_ref().map(|interval| *interval.end()),
            "blocks": percentile.by_block.len(),
            "ratio": workload.latency_ratio(backend, named.percentile).map(json_interval),
        });
        Some((named.key.to_owned(), value))
    });
    Value::Object(known.collect::<Map<_, _>>())
}

pub(super) fn json_ratio(ratio: Ratio) -> Value {
    json!({
        "mean": ratio.mean,
        "low": ratio.low,
        "high": ratio.high,
        "blocks": ratio.blocks,
        "verdict": ratio.verdict().key(),
    })
}

/// Returns a ratio that has no verdict.
pub(super) fn json_interval(ratio: Ratio) -> Value {
    let Ratio { mean, low, high, blocks } = ratio;
    json!({ "mean": mean, "low": low, "high": high, "blocks": blocks })
}
