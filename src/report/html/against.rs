//! The backends of a scenario against the reference, computed ready for the template.

use serde::Serialize;

use crate::compare::analysis::{BackendAnalysis, Quantity, WorkloadAnalysis};
use crate::render::numbers::significant;
use crate::report::comparison::AgainstColumn;
use crate::stats::{Bounds, Ratio};

/// The length of the longest bar. The page stretches the picture to the width of its column.
const LONGEST: f64 = 1000.0;

/// A backend against the reference.
#[derive(Debug, Default, Serialize)]
pub(super) struct AgainstView {
    verdict: &'static str,
    interval: String,
    ratio: Option<f64>,
    bar: Option<Bar>,
    /// The added time against the reference's, if there are delays.
    added: Option<WordView>,
}

/// A word with its ratio.
#[derive(Debug, Serialize)]
struct WordView {
    word: &'static str,
    figure: String,
    ratio: Option<f64>,
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

/// The scale of a scenario's bars. It ends with the slowest backend, so only its interval is cut.
#[derive(Debug, Clone, Copy)]
struct Scale {
    longest: f64,
}

impl Scale {
    fn new(workload: &WorkloadAnalysis) -> Self {
        let slowest = workload.valid().map(relative_time).fold(0.0, f64::max);
        Self { longest: slowest * 1.05 }
    }

    fn pixel(self, ratio: f64) -> i64 {
        ((ratio / self.longest).clamp(0.0, 1.0) * LONGEST).round() as i64
    }

    fn span(self, Bounds { low, high }: Bounds) -> Span {
        let start = self.pixel(low);
        Span { start, width: self.pixel(high) - start }
    }
}

/// Returns the backends of a scenario, in their order, against the reference.
pub(super) fn view(workload: &WorkloadAnalysis) -> Vec<AgainstView> {
    let [time, added] =
        [Quantity::Time, Quantity::Added].map(|quantity| AgainstColumn::new(workload, quantity));
    let scale = Scale::new(workload);
    let view = |backend: &BackendAnalysis| {
        if !backend.is_valid() || workload.valid_reference().is_none() {
            return AgainstView::default();
        }
        AgainstView {
            verdict: time.map_or("", |column| column.word(backend)),
            interval: time.map_or_else(String::new, |column| column.figure(backend)),
            ratio: Some(significant(relative_time(backend))),
            bar: Some(bar(backend, workload.noise, scale)),
            added: added.map(|column| WordView {
                word: column.word(backend),
                figure: column.figure(backend),
                ratio: backend.compared.added.map(|ratio| significant(ratio.mean)),
            }),
        }
    };
    workload.backends.iter().map(view).collect()
}

fn bar(backend: &BackendAnalysis, noise: Option<Ratio>, scale: Scale) -> Bar {
    let span = |ratio: Option<Ratio>| ratio?.bounds.map(|bounds| scale.span(bounds));
    Bar {
        length: scale.pixel(relative_time(backend)),
        interval: span(backend.compared.time).unwrap_or_default(),
        floor: span(noise),
    }
}

/// Returns the time of a backend relative to the reference.
fn relative_time(backend: &BackendAnalysis) -> f64 {
    backend.compared.time.map_or(1.0, |ratio| ratio.mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn the_slowest_bar_is_longest() {
        let workload = analyse(&comparison()).remove(0);
        let views = view(&workload);
        let lengths: Vec<i64> =
            views.iter().flat_map(|view| &view.bar).map(|bar| bar.length).collect();
        assert!(lengths.is_sorted() && lengths[2] == 952, "{lengths:?}");
    }

    #[test]
    fn invalid_backends_have_no_bar() {
        let workload = analyse(&comparison()).remove(0);
        let views = view(&workload);
        assert_eq!((views[0].verdict, views[2].verdict), ("reference", "slower"));
        assert!(views[3].bar.is_none() && views[3].verdict.is_empty());
        assert!(views[2].added.as_ref().is_some_and(|added| !added.figure.is_empty()));
    }
}
