//! The phases of fetches over a link: a bar of parts for each backend.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use serde::Serialize;

use super::{Area, Chart, Ink, widest, words};
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::Phases;
use crate::render::numbers::seconds;

/// Widths of the picture, for screens and for phones.
const WIDE: i32 = 1000;
const NARROW: i32 = 340;

const PITCH: i32 = 26;
const HEIGHT: i32 = 16;
const SIZE: i32 = 13;
/// The width of a word of the legend with its sample.
const KEY: i32 = 110;
/// Room for the sum to the right of the longest bar.
const SUM_ROOM: i32 = 80;

/// The chart of a scenario.
#[derive(Debug, Serialize)]
pub struct PhasePictures {
    wide: String,
    narrow: String,
}

/// A backend, by its name, with its phases.
type NamedPhases<'a> = (&'a str, Phases);

/// Returns the chart of a scenario; `None` without phases.
///
/// # Errors
///
/// Returns an error if plotters cannot draw the chart.
pub fn pictures(workload: &WorkloadAnalysis) -> anyhow::Result<Option<PhasePictures>> {
    let backends = workload.valid();
    let backends: Vec<NamedPhases<'_>> =
        backends.filter_map(|backend| Some((backend.name.as_str(), backend.phases?))).collect();
    if backends.is_empty() {
        return Ok(None);
    }
    Ok(Some(PhasePictures { wide: picture(&backends, WIDE)?, narrow: picture(&backends, NARROW)? }))
}

/// Returns the parts of a bar. A remainder below zero has no length.
fn parts(phases: &Phases) -> [(&'static str, f64); 6] {
    phases.named().map(|(name, seconds)| (name, seconds.max(0.0)))
}

fn sum(phases: &Phases) -> f64 {
    parts(phases).iter().map(|(_, seconds)| seconds).sum()
}

fn picture(backends: &[NamedPhases<'_>], width: i32) -> anyhow::Result<String> {
    let in_line = (width / KEY).max(1);
    let names = parts(&backends[0].1).map(|(name, _)| name);
    let legend = PITCH * (names.len() as i32 + in_line - 1).div_euclid(in_line);
    let height = legend + PITCH * backends.len() as i32 + 8;
    let title = format!("Phases of fetches with {} backends", backends.len());
    let mut chart = Chart::new((width as u32, height as u32), &title);
    for (number, name) in names.into_iter().enumerate() {
        let (line, column) = (number as i32 / in_line, number as i32 % in_line);
        let (x, y) = (8 + column * KEY, line * PITCH);
        chart.sample(&class(number), |area| bar(area, (x, x + 12), y))?;
        let style = words(SIZE, Ink::Text, HPos::Left);
        chart.layer(None, |area| Ok(area.draw(&Text::new(name, (x + 18, y + 8), style))?))?;
    }
    let widest_name = backends.iter().map(|(name, _)| widest(name, SIZE)).max().unwrap_or(0);
    let from = 16 + widest_name.min(width / 3);
    let longest = backends.iter().map(|(_, phases)| sum(phases)).fold(f64::MIN_POSITIVE, f64::max);
    let pixels = f64::from(width - from - SUM_ROOM) / longest;
    for (number, backend) in backends.iter().enumerate() {
        draw(&mut chart, backend, (from, legend + PITCH * number as i32), pixels)?;
    }
    Ok(chart.inline())
}

/// Draws the bar of a backend from a position on; a second has `pixels`.
fn draw(
    chart: &mut Chart,
    (backend, phases): &NamedPhases<'_>,
    (from, y): (i32, i32),
    pixels: f64,
) -> anyhow::Result<()> {
    let mut passed_s = 0.0;
    let x = |passed_s: f64| from + (passed_s * pixels).round() as i32;
    for (number, (name, length_s)) in parts(phases).into_iter().enumerate() {
        let ends = (x(passed_s), x(passed_s + length_s));
        passed_s += length_s;
        if ends.0 < ends.1 {
            let hover = format!("{backend}: {name} {}", seconds(length_s));
            chart.series(&class(number), backend, &hover, |area| bar(area, ends, y))?;
        }
    }
    // Of the backend too, so that it is hidden with the bar.
    chart.series("ends", backend, backend, |area| {
        let middle = y + HEIGHT / 2;
        let name = words(SIZE, Ink::Text, HPos::Right);
        area.draw(&Text::new(backend.to_string(), (from - 8, middle), name))?;
        let total = words(SIZE, Ink::Faint, HPos::Left);
        area.draw(&Text::new(seconds(passed_s), (x(passed_s) + 8, middle), total))?;
        Ok(())
    })
}

fn bar(
    area: &Area<'_>,
    (start, end): (i32, i32),
    y: i32,
) -> Result<(), Box<dyn std::error::Error>> {
    let ink = Ink::Series.color().filled();
    Ok(area.draw(&Rectangle::new([(start, y), (end, y + HEIGHT)], ink))?)
}

/// Returns the class of a phase, which has its colour.
fn class(number: usize) -> String {
    format!("part k{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{comparison, phases};

    #[test]
    fn bars_have_a_part_for_each_phase() {
        let mut comparison = comparison();
        assert!(pictures(&analyse(&comparison)[0]).unwrap().is_none());
        for cost in comparison.costs.iter_mut().filter(|cost| cost.backend == "hyper@smol") {
            cost.phases = Some(Phases { tls_s: 0.0, client_s: -0.0001, ..phases(1.0) });
        }
        let pictures = pictures(&analyse(&comparison)[0]).unwrap().unwrap();
        for svg in [&pictures.wide, &pictures.narrow] {
            // Six in the legend; TLS and the client have no length.
            assert_eq!(svg.matches("<rect").count(), 6 + 4, "{svg}");
            assert!(svg.contains("<title>hyper@smol: wait 4.00 ms</title>"), "{svg}");
            assert!(svg.contains(">13.00 ms<"), "{svg}");
            // The legend is hidden with no backend.
            assert_eq!(svg.matches("data-row").count(), 4 + 1, "{svg}");
            assert_eq!(svg.matches("data-row=\"hyper@smol\"").count(), 4 + 1, "{svg}");
        }
    }
}
