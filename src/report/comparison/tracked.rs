//! The ratios of a comparison for programs that track them from run to run: Bencher, and
//! github-action-benchmark.
//!
//! Both get the time and the processor time relative to the reference, each with its interval. A
//! median would follow the machine. A ratio without an interval is left out, because a tracker
//! would take it for a result.

use serde_json::{Map, Value, json};

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::render::numbers;
use crate::render::verdict::Change;
use crate::stats::{Bounds, Ratio, Verdict};

/// A ratio to track.
struct TrackedRatio<'a> {
    workload: &'a WorkloadAnalysis,
    backend: &'a BackendAnalysis,
    change: Change,
    ratio: Ratio,
    bounds: Bounds,
}

impl TrackedRatio<'_> {
    /// Returns the name of the benchmark, such as `keepalive/ureq@threads`.
    fn benchmark(&self) -> String {
        format!("{}/{}", self.workload.setup.scenario, self.backend.name)
    }

    /// Returns the slug of the measure.
    fn measure(&self) -> &'static str {
        match self.change {
            Change::Time => "ratio",
            Change::Cost => "cpu-ratio",
        }
    }

    /// Returns the verdict with the interval and the number of blocks.
    fn explanation(&self) -> String {
        let verdict = self.ratio.verdict(self.workload.equivalence);
        let word = verdict.map_or("", |verdict: Verdict| verdict.word_for(self.change));
        let blocks = numbers::counted(self.ratio.blocks as u64, "block", "blocks");
        format!("{word} {}, {blocks}", self.ratio.interval_text())
    }
}

/// Returns the ratios of a backend that have an interval.
fn tracked<'a>(
    workload: &'a WorkloadAnalysis,
    backend: &'a BackendAnalysis,
) -> impl Iterator<Item = TrackedRatio<'a>> {
    let compared = &backend.compared;
    let ratios = [(Change::Time, compared.time), (Change::Cost, compared.cpu)];
    ratios.into_iter().filter_map(move |(change, ratio)| {
        let ratio = ratio.filter(|_| backend.is_valid())?;
        Some(TrackedRatio { workload, backend, change, ratio, bounds: ratio.bounds? })
    })
}

fn all_tracked(workloads: &[WorkloadAnalysis]) -> impl Iterator<Item = TrackedRatio<'_>> {
    workloads.iter().flat_map(|workload| {
        workload.backends.iter().flat_map(move |backend| tracked(workload, backend))
    })
}

/// Returns the ratios in Bencher Metric Format: by benchmark and measure, with the ends of the
/// interval.
pub fn bencher(workloads: &[WorkloadAnalysis]) -> Value {
    let mut benchmarks = Map::new();
    for tracked in all_tracked(workloads) {
        let metric = json!({
            "value": tracked.ratio.mean,
            "lower_value": tracked.bounds.low,
            "upper_value": tracked.bounds.high,
        });
        let measures = benchmarks.entry(tracked.benchmark()).or_insert_with(|| json!({}));
        measures[tracked.measure()] = metric;
    }
    Value::Object(benchmarks)
}

/// Returns the ratios for the tool `customSmallerIsBetter` of github-action-benchmark.
pub fn benchmark_action(workloads: &[WorkloadAnalysis]) -> Value {
    let entry = |tracked: TrackedRatio<'_>| {
        let Bounds { low, high } = tracked.bounds.rounded();
        json!({
            "name": format!("{} {}", tracked.benchmark(), tracked.measure()),
            "unit": format!("× {}", tracked.workload.reference),
            // It is printed with all its digits.
            "value": (tracked.ratio.mean * 10_000.0).round() / 10_000.0,
            "range": format!("{low:.3} to {high:.3}"),
            "extra": tracked.explanation(),
        })
    };
    all_tracked(workloads).map(entry).collect()
}

/// Returns a line for each scenario with the backends whose time is not tracked.
pub fn untracked(workloads: &[WorkloadAnalysis]) -> Vec<String> {
    workloads.iter().filter_map(untracked_on).collect()
}

fn untracked_on(workload: &WorkloadAnalysis) -> Option<String> {
    let is_tracked = |backend: &BackendAnalysis| {
        tracked(workload, backend).any(|tracked| tracked.change == Change::Time)
    };
    let others = workload.backends.iter().filter(|backend| backend.name != workload.reference);
    let names: Vec<&str> =
        others.filter(|one| !is_tracked(one)).map(|one| one.name.as_str()).collect();
    let why = if workload.is_judged { "" } else { ": the machine was unfit to measure on" };
    let scenario = &workload.setup.scenario;
    (!names.is_empty()).then(|| {
        format!("Without an interval on {scenario}, so not exported: {}{why}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn trackers_get_shown_ratios() {
        let workloads = analyse(&comparison());
        let bmf = bencher(&workloads);
        let benchmarks = bmf.as_object().unwrap();
        let names: Vec<&str> = benchmarks.keys().map(String::as_str).collect();
        assert_eq!(names, ["article/hyper@smol", "article/ureq@sequential"]);
        let metric = &benchmarks["article/hyper@smol"]["ratio"];
        let ends = ["lower_value", "value", "upper_value"].map(|key| metric[key].as_f64().unwrap());
        assert!(ends.is_sorted() && ends[1] > 1.0, "{metric}");

        let entries = benchmark_action(&workloads);
        let slower = entries.as_array().unwrap().iter().find(|entry| {
            entry["name"] == "article/ureq@sequential ratio" && entry["unit"] == "× surf@smol"
        });
        let extra = slower.unwrap()["extra"].as_str().unwrap();
        assert!(extra.starts_with("slower ") && extra.ends_with(" blocks"), "{extra}");
    }

    #[test]
    fn unshown_ratios_are_left_out() {
        let mut workloads = analyse(&comparison());
        let [line] = &untracked(&workloads)[..] else { panic!("one scenario") };
        assert_eq!(line, "Without an interval on article, so not exported: exec:broken");
        workloads[0].is_judged = false;
        for backend in &mut workloads[0].backends {
            for ratio in [&mut backend.compared.time, &mut backend.compared.cpu] {
                *ratio = ratio.map(|ratio| Ratio { bounds: None, ..ratio });
            }
        }
        assert_eq!((bencher(&workloads), benchmark_action(&workloads)), (json!({}), json!([])));
        let [line] = &untracked(&workloads)[..] else { panic!("one scenario") };
        assert!(line.contains("hyper@smol") && line.ends_with("unfit to measure on"), "{line}");
    }
}
