//! The figures of a comparison for programs: JSON and CSV.

use serde_json::{Map, Value, json};

use super::fitness::json_fitness;
use super::ratio::{high, json_ratio, low};
use super::{instructions_source, latency, machines_json, verdict};
use crate::compare::analysis::{BackendAnalysis, Cost, Stopped, WorkloadAnalysis};
use crate::compare::metric;
use crate::record::ComparisonSetup;
use crate::render::escape::visible;
use crate::stats::Verdict;

/// Returns all figures as JSON.
pub fn json(setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]) -> Value {
    let instructions = instructions_source(setup, workloads);
    let workloads: Vec<Value> = workloads
        .iter()
        .map(|workload| {
            let mut exported = json!({
                "scenario": workload.setup.scenario,
                "time_scale": workload.setup.time_scale,
                "concurrency": workload.setup.concurrency,
                "fetches": workload.setup.fetches,
                "blocks": workload.blocks,
                "reference": workload.reference,
                "noise": workload.noise.map(|noise| json_ratio(noise, None)),
                "noise_done_p99": workload.latency_noise.map(|noise| json_ratio(noise, None)),
                "equivalence": workload.equivalence,
                "fitness": workload.fitness.as_ref().map(json_fitness),
                "probe": workload.setup.probe,
                "server": workload.server.map(json_cost),
                "verdict": verdict(workload),
                "backends": backends(workload),
            });
            if let Some(link) = &workload.setup.link {
                exported["link"] = json!(link);
            }
            let machines = json!({
                "order": machines_json::json_order(workload),
                "machines": machines_json::json_results(workload),
            });
            with_machines(setup, exported, machines)
        })
        .collect();
    let value = json!({
        "complete": setup.complete,
        "seed": setup.seed,
        "instructions": instructions,
        "scenarios": workloads,
    });
    let missing: Vec<String> = setup.missing_shards().iter().map(ToString::to_string).collect();
    let machines =
        json!({ "machines": machines_json::json_machines(setup), "missing_shards": missing });
    with_machines(setup, value, machines)
}

/// Adds the keys that only merged records have.
fn with_machines(setup: &ComparisonSetup, mut value: Value, mut machines: Value) -> Value {
    if let (false, Some(all), Some(more)) =
        (setup.machines.is_empty(), value.as_object_mut(), machines.as_object_mut())
    {
        all.append(more);
    }
    value
}

fn backends(workload: &WorkloadAnalysis) -> Vec<Value> {
    workload.backends.iter().map(|backend| json_backend(workload, backend)).collect()
}

fn json_backend(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> Value {
    let mut object = Map::new();
    let compared = &backend.compared;
    object.insert("backend".to_owned(), json!(backend.name));
    object.insert("validity".to_owned(), json!(backend.validity().name()));
    object.insert("why".to_owned(), json!(backend.invalid.as_ref().map(|invalid| &invalid.why)));
    for (key, ratio) in
        [("ratio", compared.time), ("added_ratio", compared.added), ("cpu_ratio", compared.cpu)]
    {
        let json = ratio.map(|ratio| json_ratio(ratio, ratio.verdict(workload.equivalence)));
        object.insert(key.to_owned(), json!(json));
    }
    if let Some(deviations) = compared.deviations {
        let value = json!({ "between": deviations.between, "within": deviations.within });
        object.insert("deviations".to_owned(), value);
    }
    let smallest = compared.smallest_difference;
    object.insert("smallest_difference".to_owned(), json!(smallest));
    object.insert("stopped".to_owned(), json!(compared.stopped.map(json_stopped)));
    let modes = compared
        .modes
        .map(|modes| modes.map(|mode| json!({ "median_s": mode.median, "share": mode.share })));
    object.insert("modes".to_owned(), json!(modes));
    object.insert("passes".to_owned(), json!(backend.passes));
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

fn json_stopped(stopped: Stopped) -> Value {
    match stopped {
        Stopped::Decided { blocks } => json!({ "why": "decided", "blocks": blocks }),
        Stopped::FarSlower { rounds } => json!({ "why": "far-slower", "rounds": rounds }),
    }
}

/// Returns all figures as CSV: a line for each scenario and backend.
pub fn csv(workloads: &[WorkloadAnalysis]) -> String {
    let keys: Vec<&str> = metric::ALL.iter().map(|metric| metric.key).collect();
    let mut text = format!(
        "scenario,backend,validity,verdict,ratio,ratio_low,ratio_high,{}\n",
        keys.join(",")
    );
    for workload in workloads {
        for backend in &workload.backends {
            let ratio = backend.compared.time;
            let mut fields = vec![
                csv_field(&workload.setup.scenario),
                csv_field(&backend.name),
                backend.validity().name().to_owned(),
                backend.verdict().map_or("", Verdict::word).to_owned(),
                number(ratio.map(|ratio| ratio.mean)),
                number(ratio.and_then(low)),
                number(ratio.and_then(high)),
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
