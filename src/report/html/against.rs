//! The backends of a scenario against the reference, computed ready for the template.

use serde::Serialize;

use crate::compare::analysis::{BackendAnalysis, Quantity, WorkloadAnalysis};
use crate::render::numbers::significant;
use crate::report::chart::bars::{SHORTEST_CUT, cut_from};
use crate::report::comparison::AgainstColumn;
use crate::stats::{Bounds, Ratio};

/// The length of the longest bar. The page stretches the picture to the width of its column.
const LONGEST: f64 = 1000.0;
/// The width of the narrowest interval, so that it is visible.
const THINNEST: i64 = 3;

/// A backend against the reference.
#[derive(Debug, Default, Serialize)]
pub(super) struct AgainstView {
    time: WordView,
    bar: Option<Bar>,
    /// The added time, if some backend has one.
    added: Option<WordView>,
    /// The processor time, if some backend has one.
    cpu: Option<WordView>,
}

/// A word with its ratio. The style sheet has a class for each word.
#[derive(Debug, Default, Serialize)]
struct WordView {
    word: &'static str,
    figure: String,
    ratio: Option<f64>,
}

impl WordView {
    fn new(column: AgainstColumn<'_>, backend: &BackendAnalysis) -> Self {
        Self {
            word: column.word(backend),
            figure: column.figure(backend),
            ratio: column.mean(backend).map(significant),
        }
    }
}

/// A backend's time as a bar; the reference's time is the unit.
#[derive(Debug, Serialize)]
struct Bar {
    length: i64,
    /// The place of the reference's time.
    reference: i64,
    interval: Option<Span>,
    /// The interval of the A/A control.
    control: Option<Span>,
    /// Whether the time lies beyond the end of the scale.
    is_cut: bool,
}

/// A part of a bar.
#[derive(Debug, Clone, Copy, Serialize)]
struct Span {
    start: i64,
    width: i64,
}

/// The scale of a scenario's bars.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    longest: f64,
    /// Bars of at least this ratio are cut.
    cut_from: f64,
    /// Whether a bar is cut.
    is_cut: bool,
}

impl Scale {
    /// Returns a scale that ends with the slowest backend with a complete bar.
    pub(super) fn new(workload: &WorkloadAnalysis) -> Self {
        let ratios: Vec<f64> = workload.valid().map(BackendAnalysis::relative_time).collect();
        let scale = Self { longest: 1.0, cut_from: cut_from(&ratios), is_cut: false };
        let is_cut = workload.valid().any(|backend| scale.cuts(backend));
        let drawn = workload.valid().filter(|backend| !scale.cuts(backend));
        let slowest = drawn.map(BackendAnalysis::relative_time).fold(1.0, f64::max) * 1.05;
        Self { longest: if is_cut { slowest.max(SHORTEST_CUT) } else { slowest }, is_cut, ..scale }
    }

    /// Whether the bar of a backend is cut.
    fn cuts(self, backend: &BackendAnalysis) -> bool {
        backend.is_far_slower() || backend.relative_time() >= self.cut_from
    }

    /// Returns the end of the scale if bars are cut there.
    pub(super) fn end_text(self) -> Option<String> {
        self.is_cut.then(|| format!("{:.1}×", self.longest))
    }

    fn pixel(self, ratio: f64) -> i64 {
        ((ratio / self.longest).clamp(0.0, 1.0) * LONGEST).round() as i64
    }

    fn span(self, Bounds { low, high }: Bounds) -> Span {
        let start = self.pixel(low);
        Span { start, width: (self.pixel(high) - start).max(THINNEST) }
    }
}

/// Returns the backends of a scenario, in their order, against the reference.
pub(super) fn view(workload: &WorkloadAnalysis, scale: Scale) -> Vec<AgainstView> {
    let columns = [Quantity::Time, Quantity::Added, Quantity::Cpu]
        .map(|quantity| AgainstColumn::new(workload, quantity));
    let has_reference = workload.valid_reference().is_some();
    let view = |backend: &BackendAnalysis| {
        if !backend.is_valid() || !has_reference {
            return AgainstView::default();
        }
        let [time, added, cpu] =
            columns.map(|column| column.map(|column| WordView::new(column, backend)));
        let bar = Some(bar(backend, workload.noise, scale));
        AgainstView { time: time.unwrap_or_default(), bar, added, cpu }
    };
    workload.backends.iter().map(view).collect()
}

fn bar(backend: &BackendAnalysis, noise: Option<Ratio>, scale: Scale) -> Bar {
    let span = |ratio: Option<Ratio>| ratio?.bounds.map(|bounds| scale.span(bounds));
    let is_cut = scale.cuts(backend);
    Bar {
        length: if is_cut {
            scale.pixel(f64::INFINITY)
        } else {
            scale.pixel(backend.relative_time())
        },
        reference: scale.pixel(1.0),
        interval: span(backend.compared.time).filter(|_| !is_cut),
        control: span(noise),
        is_cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::{Stopped, analyse};
    use crate::record::fixtures::comparison;

    fn views(workload: &WorkloadAnalysis) -> Vec<AgainstView> {
        view(workload, Scale::new(workload))
    }

    fn lengths(workload: &WorkloadAnalysis) -> Vec<i64> {
        views(workload).iter().flat_map(|view| &view.bar).map(|bar| bar.length).collect()
    }

    #[test]
    fn the_slowest_bar_is_longest() {
        let workload = analyse(&comparison()).remove(0);
        let lengths = lengths(&workload);
        assert!(lengths.is_sorted() && lengths[2] == 952, "{lengths:?}");
        assert_eq!(Scale::new(&workload).end_text(), None);
    }

    #[test]
    fn far_slower_bars_are_cut() {
        let mut workload = analyse(&comparison()).remove(0);
        workload.backends[2].compared.stopped = Some(Stopped::FarSlower { rounds: 2 });
        let lengths = lengths(&workload);
        assert_eq!((lengths[0], lengths[2]), (500, 1000), "{lengths:?}");
        let views = views(&workload);
        let cut: Vec<bool> =
            views.iter().flat_map(|view| &view.bar).map(|bar| bar.is_cut).collect();
        assert_eq!(cut, [false, false, true]);
        assert!(views[2].bar.as_ref().is_some_and(|bar| bar.interval.is_none()));
        assert!(views[2].time.figure.starts_with("≥ 10× ("), "{:?}", views[2].time);
        assert_eq!(Scale::new(&workload).end_text().as_deref(), Some("2.0×"));
    }

    #[test]
    fn invalid_backends_have_no_bar() {
        let workload = analyse(&comparison()).remove(0);
        let views = views(&workload);
        assert_eq!((views[0].time.word, views[2].time.word), ("reference", "slower"));
        assert!(views[3].bar.is_none() && views[3].time.word.is_empty());
    }

    #[test]
    fn costs_have_words() {
        let workload = analyse(&comparison()).remove(0);
        let view = &views(&workload)[2];
        assert!(view.added.as_ref().is_some_and(|added| !added.figure.is_empty()), "{view:?}");
        let cpu = view.cpu.as_ref().unwrap();
        assert!(cpu.ratio.is_some_and(|ratio| ratio > 1.0) && cpu.word == "more", "{cpu:?}");
    }
}
