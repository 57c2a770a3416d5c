//! The scaling of backends over concurrency, next to the ideal.

use super::panel::{Axis, Frame, Line};
use super::{Chart, Ink};
use crate::record::{BenchRecord, SampleKind};
use crate::render::numbers::{grouped, per_second};

const WIDTH: i32 = 340;
const HEIGHT: i32 = 170;

/// The fetches per second of a backend at each concurrency.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// The scenario.
    pub scenario: String,
    /// The backend's name.
    pub backend: String,
    /// Concurrency, and fetches per second.
    pub points: Vec<(usize, f64)>,
}

impl Scaling {
    fn peak(&self) -> f64 {
        self.points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max)
    }

    fn line(&self, ink: Ink) -> Line {
        let points = self.points.iter().map(|(width, rate)| (log(*width), rate.log10())).collect();
        Line { ink, points }
    }
}

/// Returns the scaling of every backend, as measured by `cargo bench`.
pub fn scalings(record: &BenchRecord) -> Vec<Scaling> {
    let mut all: Vec<Scaling> = Vec::new();
    for measurement in record.measurements() {
        let of = measurement.of();
        if of.what != SampleKind::Concurrency {
            continue;
        }
        let point = (of.concurrency, measurement.fetches_per_s());
        match all
            .iter_mut()
            .find(|scaling| scaling.backend == of.backend && scaling.scenario == of.scenario)
        {
            Some(scaling) => scaling.points.push(point),
            None => all.push(Scaling {
                scenario: of.scenario.clone(),
                backend: of.backend.clone(),
                points: vec![point],
            }),
        }
    }
    all
}

/// Returns a picture of each backend, on the same axes, with the fastest of all and the ideal: from
/// the best rate at the least concurrency on, twice the rate at twice the concurrency.
///
/// # Errors
///
/// Returns an error if plotters cannot draw one.
pub fn pictures(all: &[Scaling]) -> anyhow::Result<Vec<(String, String)>> {
    let points: Vec<&(usize, f64)> = all.iter().flat_map(|scaling| &scaling.points).collect();
    let rates = points.iter().map(|(_, rate)| *rate);
    let Some(y) = Axis::logarithmic(rates, |rate| format!("{}/s", rounded(rate))) else {
        return Ok(Vec::new());
    };
    let mut widths: Vec<usize> = points.iter().map(|(width, _)| *width).collect();
    widths.sort_unstable();
    widths.dedup();
    let (least, most) = (widths[0], widths[widths.len() - 1]);
    let x = Axis {
        from: log(least),
        to: log(most).max(log(least) + 0.1),
        ticks: widths.iter().map(|width| (log(*width), grouped(*width as u64))).collect(),
    };
    let first = points.iter().filter(|(width, _)| *width == least);
    let best = first.map(|(_, rate)| *rate).fold(0.0, f64::max);
    // The ideal ends at the edge of the picture, so that its slope stays true.
    let end = (y.to - best.log10() + x.from).min(x.to);
    let ideal = [x.from, end].map(|width| (width, best.log10() + width - x.from));
    let mut behind = vec![Line { ink: Ink::Ideal, points: ideal.to_vec() }];
    let fastest = all.iter().max_by(|a, b| a.peak().total_cmp(&b.peak()));
    behind.extend(fastest.map(|fastest| fastest.line(Ink::Plain)));
    all.iter()
        .map(|scaling| Ok((scaling.backend.clone(), picture(scaling, &x, &y, &behind)?)))
        .collect()
}

/// Draws a backend's line in front of the lines `behind`.
fn picture(scaling: &Scaling, x: &Axis, y: &Axis, behind: &[Line]) -> anyhow::Result<String> {
    let (backend, most) = (&scaling.backend, per_second(scaling.peak()));
    let title = format!("{backend} over concurrency on {}: {most} at most", scaling.scenario);
    let mut chart = Chart::new((WIDTH as u32, HEIGHT as u32), &title);
    let frame = Frame { at: (0, 0), size: (WIDTH, HEIGHT) };
    chart.layer(None, |area| {
        frame.axes(area, x, y)?;
        for line in behind {
            frame.line(area, x, y, line)?;
        }
        frame.line(area, x, y, &scaling.line(Ink::Accent))
    })?;
    Ok(chart.inline())
}

fn log(width: usize) -> f64 {
    (width.max(1) as f64).log10()
}

fn rounded(rate: f64) -> String {
    if rate >= 1000.0 { format!("{:.0}k", rate / 1000.0) } else { format!("{rate:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::record;

    #[test]
    fn pictures_show_the_ideal() {
        let all = scalings(&record());
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].points, [(1, 5000.0), (256, 20_000.0)]);
        let pictures = pictures(&all).unwrap();
        assert!(
            pictures[0].1.contains(
                "<title>surf@smol over concurrency on keepalive: 20,000/s at most</title>"
            )
        );
        assert!(pictures[0].1.contains("<polyline class=\"ideal\""), "the ideal is there");
        assert_eq!(super::pictures(&[]).unwrap(), []);
    }
}
