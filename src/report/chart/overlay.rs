//! The latencies of all backends of a scenario in one chart, with a legend.

use serde::Serialize;

use super::latency::{curve_line, main_times, seconds_short, tail_axis};
use super::panel::{Axis, Frame};
use super::{Chart, Ink};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::render::numbers::seconds;

/// Sizes of the chart, for screens and for phones.
const WIDE: (i32, i32) = (1000, 340);
const NARROW: (i32, i32) = (340, 300);
/// The style sheet has this many colours of series; further series repeat them in other dashes.
const COLORS: usize = 8;
const DASHES: usize = 4;

/// The chart, and the legend of its lines.
#[derive(Debug, Serialize)]
pub struct Overlay {
    wide: String,
    narrow: String,
    legend: Vec<Key>,
}

/// A line of the legend.
#[derive(Debug, Serialize)]
struct Key {
    name: String,
    class: String,
}

/// A backend with the classes of its line.
struct Series<'a> {
    backend: &'a BackendAnalysis,
    class: String,
}

/// Returns the chart of a scenario; `None` if no backend has enough fetches for a curve. The place
/// of a backend among `names` chooses its colour, so that it has the same one on every scenario.
///
/// # Errors
///
/// Returns an error if plotters cannot draw the chart.
pub fn overlay(workload: &WorkloadAnalysis, names: &[String]) -> anyhow::Result<Option<Overlay>> {
    let series: Vec<Series> = workload
        .valid()
        .filter(|backend| !main_times(backend).curve.is_empty())
        .map(|backend| Series { backend, class: class(&backend.name, names) })
        .collect();
    let points = || series.iter().flat_map(|one| &main_times(one.backend).curve);
    let Some(y) = Axis::logarithmic(points().map(|point| point.seconds), seconds_short) else {
        return Ok(None);
    };
    let x = tail_axis(points());
    let title = format!("Times of single fetches of {} backends", series.len());
    let draw = |size| draw(&series, size, &title, (&x, &y));
    let (wide, narrow) = (draw(WIDE)?, draw(NARROW)?);
    let key = |one: Series| Key { name: one.backend.name.clone(), class: one.class };
    Ok(Some(Overlay { wide, narrow, legend: series.into_iter().map(key).collect() }))
}

fn draw(
    series: &[Series<'_>],
    size: (i32, i32),
    title: &str,
    (x, y): (&Axis, &Axis),
) -> anyhow::Result<String> {
    let mut chart = Chart::new((size.0 as u32, size.1 as u32), title);
    let frame = Frame { at: (0, 0), size };
    chart.layer(None, |area| frame.axes(area, x, y))?;
    for Series { backend, class } in series {
        let line = curve_line(&main_times(backend).curve, Ink::Series);
        chart
            .series(class, &backend.name, &hover(backend), |area| frame.line(area, x, y, &line))?;
    }
    Ok(chart.inline())
}

/// Returns the classes of a series: its colour and its dashes.
fn class(backend: &str, names: &[String]) -> String {
    let number = names.iter().position(|name| name == backend).unwrap_or_default();
    format!("line k{} d{}", number % COLORS, number / COLORS % DASHES)
}

/// Returns the name of a backend with its percentiles.
fn hover(backend: &BackendAnalysis) -> String {
    let times = main_times(backend);
    let percentiles = [("50 %", &times.p50), ("99 %", &times.p99)].into_iter().filter_map(
        |(share, percentile)| {
            Some(format!("{share} within {}", seconds(percentile.as_ref()?.seconds)))
        },
    );
    let percentiles: Vec<String> = percentiles.collect();
    format!("{}: {}", backend.name, percentiles.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::Latencies;
    use crate::record::fixtures::comparison;

    #[test]
    fn every_backend_is_a_line() {
        let comparison = comparison();
        let setup = comparison.setup.backends.iter();
        let names: Vec<String> = setup.rev().map(|backend| backend.name.clone()).collect();
        let chart = overlay(&analyse(&comparison)[0], &names).unwrap().unwrap();
        let names: Vec<&str> = chart.legend.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["surf@smol", "hyper@smol", "ureq@sequential"]);
        assert_eq!(chart.legend[0].class, "line k3 d0", "its place among all backends");
        for svg in [&chart.wide, &chart.narrow] {
            assert_eq!(svg.matches("<polyline class=\"series\"").count(), 3, "{svg}");
            for Key { name, class } in &chart.legend {
                let group = format!("<g class=\"{class}\" data-row=\"{name}\"><title>{name}: 50 %");
                assert!(svg.contains(&group), "{group}: {svg}");
            }
        }
    }

    #[test]
    fn many_series_stay_distinct() {
        let names: Vec<String> = (0..COLORS * DASHES).map(|number| number.to_string()).collect();
        let classes: HashSet<String> = names.iter().map(|name| class(name, &names)).collect();
        assert_eq!(classes.len(), 32);
    }

    #[test]
    fn no_fetches_have_no_chart() {
        let mut comparison = comparison();
        for pass in &mut comparison.passes {
            pass.latencies = Latencies::None;
            pass.since_start = Latencies::None;
        }
        assert!(overlay(&analyse(&comparison)[0], &[]).unwrap().is_none());
    }
}
