//! The percentiles of latencies for programs, with their intervals.

use serde_json::{Map, Value, json};

use super::ratio::json_ratio;
use crate::compare::analysis::{BackendAnalysis, Percentile, WorkloadAnalysis};

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
        // Times of different machines are not comparable.
        let interval = percentile.interval_s().filter(|_| workload.machines.len() < 2);
        let ratio = workload.latency_ratio(backend, named.percentile);
        let value = json!({
            "seconds": percentile.seconds,
            "low_s": interval.as_ref().map(|interval| *interval.start()),
            "high_s": interval.as_ref().map(|interval| *interval.end()),
            "blocks": percentile.by_block.len(),
            "ratio": ratio.map(|ratio| json_ratio(ratio, ratio.verdict(workload.equivalence))),
        });
        Some((named.key.to_owned(), value))
    });
    Value::Object(known.collect::<Map<_, _>>())
}
