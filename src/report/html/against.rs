//! The backends of a scenario against one of them, computed ready for the template.
//!
//! The page shows them against the record's reference. The data of its script has them against
//! every other backend too, so that the script only switches.

use serde::Serialize;
use serde_json::{Value, json};

use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::render::escape::visible;
use crate::render::numbers::significant;
use crate::stats::paired::{Ratio, Verdict};

/// The length of the longest bar. The page stretches the picture to the width of its column.
const LONGEST: f64 = 1000.0;

/// A backend against the reference.
#[derive(Debug, Serialize)]
pub(super) struct AgainstView {
    verdict: &'static str,
    interval: String,
    is_noise: bool,
    ratio: Option<f64>,
    bar: Option<Bar>,
}

/// A backend's time as a bar; the reference's time is the unit.
#[derive(Debug, Serialize)]
struct Bar {
    length: i64,
    interval: Span,
    /// The interval of the A/A control.
    floor: Option<Span>,
}

/// A part of a bar.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Span {
    start: i64,
    width: i64,
}

/// The time of a backend.
#[derive(Debug, Clone, Copy)]
enum Time {
    /// It is the reference.
    Reference,
    /// Relative to the reference.
    Relative(Ratio),
}

impl Time {
    /// Returns `None` if either of the two is invalid.
    fn new(
        workload: &WorkloadAnalysis,
        backend: &BackendAnalysis,
        reference: Option<&BackendAnalysis>,
    ) -> Option<Self> {
        let reference = reference.filter(|_| backend.is_valid())?;
        if backend.index == reference.index {
            return Some(Self::Reference);
        }
        workload.paired.reference_ratio(backend.index, reference.index).map(Self::Relative)
    }

    fn mean(self) -> f64 {
        self.ratio().map_or(1.0, |ratio| ratio.mean)
    }

    fn ratio(self) -> Option<Ratio> {
        match self {
            Self::Reference => None,
            Self::Relative(ratio) => Some(ratio),
        }
    }
}

/// The scale of a scenario's bars. It ends with the slowest backend, so only its interval is cut.
#[derive(Debug, Clone, Copy)]
struct Scale {
    longest: f64,
}

impl Scale {
    fn new(times: &[Option<Time>]) -> Self {
        let slowest = times.iter().flatten().map(|time| time.mean()).fold(0.0, f64::max);
        Self { longest: slowest * 1.05 }
    }

    fn pixel(self, ratio: f64) -> i64 {
        ((ratio / self.longest).clamp(0.0, 1.0) * LONGEST).round() as i64
    }

    fn span(self, ratio: Ratio) -> Span {
        let start = self.pixel(ratio.low);
        Span { start, width: self.pixel(ratio.high) - start }
    }
}

/// Returns the backends of a scenario, in their order, against one of them.
pub(super) fn view(workload: &WorkloadAnalysis, reference: &str) -> Vec<AgainstView> {
    let valid_reference = workload.valid().find(|backend| backend.name == reference);
    let times: Vec<Option<Time>> = workload
        .backends
        .iter()
        .map(|backend| Time::new(workload, backend, valid_reference))
        .collect();
    let scale = Scale::new(&times);
    let noise = workload.noise.filter(|_| reference == workload.reference);
    let views = workload.backends.iter().zip(times);
    views
        .map(|(backend, time)| against_view(backend.name == reference, time, noise, scale))
        .collect()
}

fn against_view(
    is_reference: bool,
    time: Option<Time>,
    noise: Option<Ratio>,
    scale: Scale,
) -> AgainstView {
    let ratio = time.and_then(Time::ratio);
    let verdict = ratio.map(|ratio| ratio.verdict());
    AgainstView {
        verdict: if is_reference { "the reference" } else { verdict.map_or("", Verdict::words) },
        interval: ratio.map_or_else(String::new, Ratio::interval_text),
        is_noise: noise.zip(ratio).is_some_and(|(noise, ratio)| is_within(noise, ratio)),
        ratio: if is_reference { Some(1.0) } else { ratio.map(|ratio| significant(ratio.mean)) },
        bar: time.map(|time| Bar {
            length: scale.pixel(time.mean()),
            interval: ratio.map_or_else(Span::default, |ratio| scale.span(ratio)),
            floor: noise.map(|noise| scale.span(noise)),
        }),
    }
}

/// Returns whether a difference lies within the interval of the A/A control.
fn is_within(noise: Ratio, ratio: Ratio) -> bool {
    (noise.low..=noise.high).contains(&ratio.mean)
}

/// Returns the data of the script: for each scenario, the backends against every valid one and
/// against the record's reference.
pub(super) fn for_script(workloads: &[WorkloadAnalysis]) -> Value {
    json!({ "workloads": workloads.iter().map(workload_for_script).collect::<Vec<_>>() })
}

fn workload_for_script(workload: &WorkloadAnalysis) -> Value {
    let mut references: Vec<&str> = workload.valid().map(|backend| backend.name.as_str()).collect();
    if !references.contains(&workload.reference.as_str()) {
        references.push(&workload.reference);
    }
    json!({
        "reference": visible(&workload.reference),
        "references": references.iter().map(|name| visible(name)).collect::<Vec<_>>(),
        "rows": workload.backends.iter().map(|backend| visible(&backend.name)).collect::<Vec<_>>(),
        // By reference, then by backend.
        "against": references
            .iter()
            .map(|reference| view(workload, reference).iter().map(cell).collect::<Vec<_>>())
            .collect::<Vec<_>>(),
    })
}

/// Returns a view as an array, because its keys would need more space than its values.
fn cell(view: &AgainstView) -> Value {
    let AgainstView { verdict, interval, is_noise, ratio, bar } = view;
    let lengths = bar.as_ref().map(|bar| {
        let floor = bar.floor.unwrap_or_default();
        [bar.length, bar.interval.start, bar.interval.width, floor.start, floor.width]
    });
    json!([verdict, interval, ratio, i32::from(*is_noise), lengths])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn the_script_has_all_ratios() {
        let workloads = analyse(&comparison());
        let data = for_script(&workloads);
        let workload = &data["workloads"][0];
        assert_eq!(workload["references"], json!(["surf@smol", "hyper@smol", "ureq@sequential"]));
        let backends = json!(["surf@smol", "hyper@smol", "ureq@sequential", "exec:broken"]);
        assert_eq!(workload["rows"], backends);
        let against = workload["against"].as_array().unwrap();
        assert!(against.len() == 3 && against.iter().all(|all| all.as_array().unwrap().len() == 4));
        let ratio = workloads[0].backends[1].ratio.unwrap();
        assert_eq!(against[0][1][0], "slower");
        assert_eq!(against[0][1][1], ratio.interval_text());
        assert_eq!(against[0][1][2], significant(ratio.mean));
        assert_eq!(against[0][3], json!(["", "", null, 0, null]), "it does not count");
    }

    #[test]
    fn any_backend_can_be_reference() {
        let workload = analyse(&comparison()).remove(0);
        let other = view(&workload, "hyper@smol");
        assert_eq!((other[1].verdict, other[1].ratio), ("the reference", Some(1.0)));
        let inverse = view(&workload, "surf@smol")[1].ratio.unwrap() * other[0].ratio.unwrap();
        assert!((inverse - 1.0).abs() < 1e-5);
        assert_eq!(other[0].verdict, "faster");
        assert!(other.iter().flat_map(|view| &view.bar).all(|bar| bar.floor.is_none()));
    }

    #[test]
    fn the_slowest_bar_is_longest() {
        let workload = analyse(&comparison()).remove(0);
        let views = view(&workload, "surf@smol");
        let lengths: Vec<i64> =
            views.iter().flat_map(|view| &view.bar).map(|bar| bar.length).collect();
        assert!(lengths.is_sorted() && lengths[2] == 952, "{lengths:?}");
    }
}
