//! How a row scales over concurrency, beside the ideal.

use super::Chart;
use super::Ink;
use super::panel::{Axis, Frame, Line};
use crate::record::{Record, What};
use crate::render::numbers::{grouped, per_second};

const WIDTH: i32 = 340;
const HEIGHT: i32 = 170;

/// The fetches per second of a row at each concurrency.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// The scenario.
    pub scenario: String,
    /// The row's name.
    pub row: String,
    /// Concurrency, and fetches per second.
    pub points: Vec<(usize, f64)>,
}

/// Every row's, as `cargo bench` measured it.
pub fn scalings(record: &Record) -> Vec<Scaling> {
    let mut all: Vec<Scaling> = Vec::new();
    for measurement in record.measurements() {
        let of = measurement.of();
        if of.what != What::Concurrency {
            continue;
        }
        let point = (of.concurrency, measurement.fetches_per_s());
        match all
            .iter_mut()
            .find(|scaling| scaling.row == of.row && scaling.scenario == of.scenario)
        {
            Some(scaling) => scaling.points.push(point),
            None => all.push(Scaling {
                scenario: of.scenario.clone(),
                row: of.row.clone(),
                points: vec![point],
            }),
        }
    }
    all
}

/// A picture of each row, on the same axes, with the fastest of all and with the ideal: twice the
/// concurrency, twice the rate, from the best rate at the least concurrency on.
///
/// # Errors
///
/// Plotters cannot draw one.
pub fn pictures(all: &[Scaling]) -> anyhow::Result<Vec<(String, String)>> {
    let points = || all.iter().flat_map(|scaling| &scaling.points);
    let rates = points().map(|(_, rate)| *rate);
    let Some(y) = Axis::logarithmic(rates, |rate| format!("{}/s", rounded(rate))) else {
        return Ok(Vec::new());
    };
    let mut widths: Vec<usize> = points().map(|(width, _)| *width).collect();
    widths.sort_unstable();
    widths.dedup();
    let log = |width: usize| (width.max(1) as f64).log10();
    let (least, most) = (widths[0], widths[widths.len() - 1]);
    let x = Axis {
        from: log(least),
        to: log(most).max(log(least) + 0.1),
        ticks: widths.iter().map(|width| (log(*width), grouped(*width as u64))).collect(),
    };
    let best =
        points().filter(|(width, _)| *width == least).map(|(_, rate)| *rate).fold(0.0, f64::max);
    let ideal_at = |width: f64| (width, best.log10() + width - x.from);
    // Where it leaves the picture it ends, so that its slope stays true.
    let end = (y.to - best.log10() + x.from).min(x.to);
    let ideal = Line { ink: Ink::Ideal, points: vec![ideal_at(x.from), ideal_at(end)] };
    let peak = |scaling: &Scaling| scaling.points.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    let fastest = all.iter().max_by(|a, b| peak(a).total_cmp(&peak(b)));
    let line = |scaling: &Scaling, ink| Line {
        ink,
        points: scaling.points.iter().map(|(width, rate)| (log(*width), rate.log10())).collect(),
    };
    let picture = |scaling: &Scaling| {
        let (row, most) = (&scaling.row, per_second(peak(scaling)));
        let title = format!("{row} over concurrency on {}: {most} at most", scaling.scenario);
        let mut chart = Chart::new((WIDTH as u32, HEIGHT as u32), &title);
        let frame = Frame { at: (0, 0), size: (WIDTH, HEIGHT) };
        chart.layer(None, |area| {
            frame.axes(area, &x, &y)?;
            frame.line(area, &x, &y, &ideal)?;
            if let Some(fastest) = fastest {
                frame.line(area, &x, &y, &line(fastest, Ink::Plain))?;
            }
            frame.line(area, &x, &y, &line(scaling, Ink::Accent))
        })?;
        Ok((row.clone(), chart.inline()))
    };
    all.iter().map(picture).collect()
}

fn rounded(rate: f64) -> String {
    if rate >= 1000.0 { format!("{:.0}k", rate / 1000.0) } else { format!("{rate:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixtures::record;

    #[test]
    fn a_row_has_a_point_for_each_concurrency_and_the_ideal_is_drawn() {
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
