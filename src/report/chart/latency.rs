//! The spread of a backend's fetches and blocks: the curves of its latencies, and its blocks in
//! order.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::panel::{Axis, Frame, Line};
use super::{Chart, Ink, words};
use crate::compare::analysis::{BackendAnalysis, FetchTimes, Quantile, WorkloadAnalysis};
use crate::render::numbers::seconds;
use crate::stats::median;

const WIDTH: i32 = 340;
const CURVE: i32 = 150;
const STRIP: i32 = 62;
/// More dots would be indistinguishable. Beyond this limit, each dot stands for several blocks.
const MOST_DOTS: usize = 60;

/// Returns the pictures of a scenario's backends, in their order. All have the same axes, and each
/// shows the main curve of the first backend too.
///
/// # Errors
///
/// Returns an error if plotters cannot draw one.
pub fn pictures(workload: &WorkloadAnalysis) -> anyhow::Result<Vec<(String, String)>> {
    let backends: Vec<&BackendAnalysis> =
        workload.backends.iter().filter(|backend| backend.median_s().is_some()).collect();
    let times = backends
        .iter()
        .flat_map(|backend| backend.fetch_times.curve.iter().chain(&backend.done_times.curve))
        .map(|point| point.seconds);
    let y = Axis::logarithmic(times, seconds_short);
    let drift = drift_axis(workload, &backends);
    let first =
        backends.first().map(|backend| main_times(backend).curve.as_slice()).unwrap_or_default();
    let pictures = backends.iter().map(|backend| {
        let svg = picture(workload, backend, first, y.as_ref(), &drift)?;
        Ok((backend.name.clone(), svg))
    });
    pictures.collect()
}

/// Returns the latencies from the start of the pass, which include the wait for a free slot; the
/// service times of a record without them.
pub(super) fn main_times(backend: &BackendAnalysis) -> &FetchTimes {
    if backend.done_times.curve.is_empty() { &backend.fetch_times } else { &backend.done_times }
}

fn picture(
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
    first: &[Quantile],
    y: Option<&Axis>,
    drift: &Axis,
) -> anyhow::Result<String> {
    let height = if y.is_some() { CURVE } else { 0 } + STRIP;
    let mut chart = Chart::new((WIDTH as u32, height as u32), &title(backend));
    if let Some(y) = y {
        draw_curve(&mut chart, backend, first, y)?;
    }
    draw_strip(&mut chart, workload, backend, drift, height)?;
    Ok(chart.inline())
}

fn title(backend: &BackendAnalysis) -> String {
    let times = main_times(backend);
    let half = times.p50.as_ref().map_or_else(String::new, |half| {
        format!(", half of them within {}", seconds(half.seconds))
    });
    let most = times
        .p99
        .as_ref()
        .map_or_else(String::new, |most| format!(", 99 % within {}", seconds(most.seconds)));
    format!("Fetches of {}{half}{most}; below, its blocks in their order", backend.name)
}

/// Returns the place of a share of all fetches: 90 %, 99 % and 99.9 % are equally far apart.
pub(super) fn tail(share: f64) -> f64 {
    -(1.0 - share).log10()
}

/// Returns the axis of shares, up to the furthest of the points.
pub(super) fn tail_axis<'a>(points: impl Iterator<Item = &'a Quantile>) -> Axis {
    let ticks = [(0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %")];
    let furthest = points.map(|point| point.share).fold(0.9, f64::max);
    let shown = ticks.into_iter().filter(|(share, _)| *share <= furthest);
    Axis {
        from: 0.0,
        to: tail(furthest),
        ticks: shown.map(|(share, label)| (tail(share), label.to_owned())).collect(),
    }
}

fn draw_curve(
    chart: &mut Chart,
    backend: &BackendAnalysis,
    first: &[Quantile],
    y: &Axis,
) -> anyhow::Result<()> {
    let own = &main_times(backend).curve;
    let x = tail_axis(own.iter().chain(first));
    let frame = Frame { at: (0, 0), size: (WIDTH, CURVE) };
    chart.layer(None, |area| {
        frame.axes(area, &x, y)?;
        frame.line(area, &x, y, &curve_line(first, Ink::Plain))?;
        if !backend.done_times.curve.is_empty() {
            frame.line(area, &x, y, &curve_line(&backend.fetch_times.curve, Ink::Ideal))?;
        }
        frame.line(area, &x, y, &curve_line(own, Ink::Accent))
    })
}

pub(super) fn curve_line(curve: &[Quantile], ink: Ink) -> Line {
    let points = curve.iter().map(|point| (tail(point.share), point.seconds.log10())).collect();
    Line { ink, points }
}

/// Returns the axis of the blocks' deviations from their backend's median. It is symmetric, the
/// same for all backends, and reaches 5 % at least.
fn drift_axis(workload: &WorkloadAnalysis, backends: &[&BackendAnalysis]) -> Axis {
    let drifts = backends.iter().flat_map(|backend| drift(workload, backend)).flatten();
    let furthest = drifts.map(f64::abs).fold(0.05, f64::max);
    Axis {
        from: -furthest,
        to: furthest,
        ticks: vec![percent_tick(-furthest), (0.0, "0".to_owned()), percent_tick(furthest)],
    }
}

fn percent_tick(share: f64) -> (f64, String) {
    (share, format!("{:+.0} %", share * 100.0))
}

/// Returns the median pass of each block relative to the backend's median, minus one.
fn drift(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> Vec<Option<f64>> {
    let Some(middle) = backend.median_s() else { return Vec::new() };
    let medians = workload.paired.blocks.block_medians(backend.index());
    medians.into_iter().map(|median| median.map(|median| median / middle - 1.0)).collect()
}

fn draw_strip(
    chart: &mut Chart,
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
    y: &Axis,
    bottom: i32,
) -> anyhow::Result<()> {
    let drift = drift(workload, backend);
    let each = drift.len().div_ceil(MOST_DOTS).max(1);
    let x = Axis { from: -0.5, to: drift.len().div_ceil(each) as f64 - 0.5, ticks: Vec::new() };
    let frame = Frame { at: (0, bottom - STRIP), size: (WIDTH, STRIP) };
    chart.layer(None, |area| {
        frame.axes(area, &x, y)?;
        let label = (WIDTH / 2 + 20, bottom - 8);
        area.draw(&Text::new("blocks, first to last", label, words(11, Ink::Faint, HPos::Center)))?;
        Ok(())
    })?;
    for (dot, blocks) in drift.chunks(each).enumerate() {
        let Some(off) = median(&blocks.iter().flatten().copied().collect::<Vec<_>>()) else {
            continue;
        };
        let first = dot * each + 1;
        let which =
            if each == 1 { format!("block {first}") } else { format!("from block {first} on") };
        let hover = format!("{which}: {:+.1} %", off * 100.0);
        let x_place = (frame.x(&x, dot as f64), frame.y(y, off));
        chart.layer(Some(&hover), |area| {
            Ok(area.draw(&Circle::new(x_place, 3, Ink::Accent.color().filled()))?)
        })?;
    }
    Ok(())
}

/// Formats a round time: `2 ms`.
pub(super) fn seconds_short(time: f64) -> String {
    match time {
        s if s >= 0.999 => format!("{s:.0} s"),
        s if s >= 0.999e-3 => format!("{:.0} ms", s * 1e3),
        s => format!("{:.0} µs", s * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn valid_backends_have_pictures() {
        let workload = &analyse(&comparison())[0];
        let pictures = pictures(workload).unwrap();
        assert_eq!(pictures.len(), 3);
        let (name, svg) = &pictures[1];
        assert_eq!(name, "hyper@smol");
        assert_eq!(svg.matches("<circle").count(), 6, "{svg}");
        // Dashed: the service times.
        for class in ["accent", "ideal", "plain"] {
            let lines = svg.matches(&format!("<polyline class=\"{class}\"")).count();
            assert_eq!(lines, 1, "{class}: {svg}");
        }
        assert!(svg.contains("<title>Fetches of hyper@smol, half of them within 20.0"), "{svg}");
    }
}
