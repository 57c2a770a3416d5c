//! The figures of a comparison for programs: JSON and CSV.

use serde_json::{Map, Value, json};

use super::latency::{self, json_interval, json_ratio};
use super::{instructions_source, verdict};
use crate::compare::analysis::{BackendAnalysis, Cost, WorkloadAnalysis};
use crate::compare::metric;
use crate::record::ComparisonSetup;
use crate::render::escape::visible;

/// Returns all figures as JSON.
pub fn json(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> Value {
    let instructions = instructions_source(setup, workloads);
    let workloads: Vec<Value> = workloads
        .iter()
        .map(|workload| {
            json!({
                "scenario": workload.setup.scenario,
                "time_scale": workload.setup.time_scale,
                "concurrency": workload.setup.concurrency,
                "fetches": workload.setup.fetches,
                "blocks": workload.blocks,
                "reference": workload.reference,
                "noise": workload.noise.map(json_ratio),
                "smallest_difference": workload.smallest_difference,
                "probe": workload.setup.probe,
                "server": workload.server.map(json_cost),
                "verdict": verdict(workload),
                "rows": workload.backends.iter().map(|backend| json_backend(workload, backend)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "complete": setup.complete,
        "seed": setup.seed,
        "instructions": instructions,
        "capacity": setup.capacity,
        "scenarios": workloads,
    })
}

fn json_backend(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> Value {
    let mut object = Map::new();
    object.insert("row".to_owned(), json!(backend.name));
    object.insert("rank".to_owned(), json!(backend.rank));
    object.insert("ties".to_owned(), json!(backend.ties));
    object.insert("validity".to_owned(), json!(backend.validity().name()));
    object.insert("why".to_owned(), json!(backend.invalid.as_ref().map(|invalid| &invalid.why)));
    object.insert("ratio".to_owned(), json!(backend.ratio.map(json_ratio)));
    object.insert("passes".to_owned(), json!(backend.passes));
    object.insert("cpu_ratio".to_owned(), json!(workload.cpu_ratio(backend).map(json_interval)));
    object.insert("latencies".to_owned(), latency::json(workload, backend));
    for metric in metric::ALL {
        object.insert(metric.key.to_owned(), json!((metric.value)(backend)));
    }
    Value::Object(object)
}

fn json_cost(cost: Cost) -> Value {
    json!({
        "cpu_s_per_fetch": cost.cpu_s,
        "cpu_user_s_per_fetch": cost.user_s,
        "cpu_system_s_per_fetch": cost.system_s,
        "switches_voluntary_per_fetch": cost.voluntary_switches,
        "switches_involuntary_per_fetch": cost.involuntary_switches,
        "threads": cost.threads,
        "peak_rss_bytes": cost.peak_rss_bytes,
    })
}

/// Returns all figures as CSV: a line for each scenario and backend.
pub fn csv(workloads: &[WorkloadAnalysis]) -> String {
    let keys: Vec<&str> = metric::ALL.iter().map(|metric| metric.key).collect();
    let mut text =
        format!("scenario,row,rank,validity,ratio,ratio_low,ratio_high,{}\n", keys.join(","));
    for workload in workloads {
        for backend in &workload.backends {
            let mut fields = vec![
                csv_field(&workload.setup.scenario),
                csv_field(&backend.name),
                backend.rank.map_or_else(String::new, |rank| rank.to_string()),
                backend.validity().name().to_owned(),
                number(backend.ratio.map(|ratio| ratio.mean)),
                number(backend.ratio.map(|ratio| ratio.low)),
                number(backend.ratio.map(|ratio| ratio.high)),
            ];
            fields.extend(metric::ALL.iter().map(|metric| number((metric.value)(backend))));
            text.push_str(&format!("{}\n", fields.join(",")));
        }
    }
    text
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Quotes a cell so that a spreadsheet neither splits it nor runs it as a formula.
pub(crate) fn csv_field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", visible(text).replace('"', "\"\""))
}
