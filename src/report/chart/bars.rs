//! The picture of a record: bars with intervals, in panels one below the other.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Chart, Ink, widest, words};
use crate::compare::analysis::FAR_SLOWER;
use crate::stats::median;

const WIDTH: i32 = 820;
/// Room for the label to the right of the longest bar.
const LABEL_ROOM: i32 = 320;
const HEADING_HEIGHT: i32 = 44;
const PITCH: i32 = 26;
const HEIGHT: i32 = 16;
const SIZE: i32 = 14;
/// The break of a cut bar: its distance from the end, and its width.
const BREAK: (i32, i32) = (14, 5);
/// The longest ratio that is not cut, as a multiple of the median one.
const LONGEST_BAR: f64 = 3.0;
/// The end of the shortest scale with cut bars, so that they are clearly longer than the
/// reference's.
pub const SHORTEST_CUT: f64 = 2.0;

/// A heading and its bars.
#[derive(Debug)]
pub struct Panel {
    /// The quantity shown, and which direction is better.
    pub heading: String,
    /// The bars, the best first.
    pub bars: Vec<Bar>,
}

impl Panel {
    /// Returns the end of the scale: the longest bar that is not cut, or [`SHORTEST_CUT`] if a
    /// longer one is.
    fn longest(&self) -> f64 {
        let drawn = self.bars.iter().filter(|bar| !bar.is_cut).map(|bar| bar.length);
        let is_cut = self.bars.iter().any(|bar| bar.is_cut);
        drawn.fold(if is_cut { SHORTEST_CUT } else { f64::MIN_POSITIVE }, f64::max)
    }
}

/// Returns the ratio from which bars are cut, because the rest would be too short to compare.
pub fn cut_from(ratios: &[f64]) -> f64 {
    (median(ratios).unwrap_or(1.0).max(1.0) * LONGEST_BAR).min(FAR_SLOWER)
}

/// The bar of a backend. All lengths in a panel have the same unit.
#[derive(Debug, Default)]
pub struct Bar {
    /// The backend's name.
    pub name: String,
    /// The length of the bar.
    pub length: f64,
    /// Whether the bar is cut: it ends beyond the scale, has a break and no interval.
    pub is_cut: bool,
    /// The confidence interval of the length.
    pub interval: Option<(f64, f64)>,
    /// The text to the right of the bar.
    pub label: String,
    /// Whether the backend is among those ahead.
    pub is_best: bool,
}

/// The horizontal scale of a panel.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: i32,
    longest: f64,
}

impl Scale {
    fn x(self, length: f64) -> i32 {
        let room = f64::from(WIDTH - self.from - LABEL_ROOM);
        self.from + (length.min(self.longest) / self.longest * room).round() as i32
    }
}

/// Returns the panels as one chart.
///
/// # Errors
///
/// Returns an error if plotters cannot draw the chart.
pub fn chart(panels: &[Panel]) -> anyhow::Result<Chart> {
    let height: i32 =
        panels.iter().map(|panel| HEADING_HEIGHT + PITCH * panel.bars.len() as i32).sum();
    let title: Vec<&str> = panels.iter().map(|panel| panel.heading.as_str()).collect();
    let names = panels
        .iter()
        .flat_map(|panel| &panel.bars)
        .map(|bar| widest(&bar.name, SIZE))
        .max()
        .unwrap_or(0);
    let from = 16 + names.min(WIDTH / 3);
    let mut chart = Chart::new((WIDTH as u32, height as u32), &title.join("; "));
    let mut top = 0;
    for panel in panels {
        let middle = top + HEADING_HEIGHT / 2;
        chart.layer(None, |area| {
            Ok(area.draw(&Text::new(
                panel.heading.clone(),
                (8, middle),
                words(15, Ink::Text, HPos::Left),
            ))?)
        })?;
        let scale = Scale { from, longest: panel.longest() };
        for (number, bar) in panel.bars.iter().enumerate() {
            let y = top + HEADING_HEIGHT + PITCH * number as i32;
            chart.layer(None, |area| draw(area, bar, y, scale))?;
        }
        top += HEADING_HEIGHT + PITCH * panel.bars.len() as i32;
    }
    Ok(chart)
}

fn draw(
    area: &Area<'_>,
    bar: &Bar,
    y: i32,
    scale: Scale,
) -> Result<(), Box<dyn std::error::Error>> {
    let middle = y + HEIGHT / 2;
    let end = scale.x(if bar.is_cut { f64::INFINITY } else { bar.length });
    let ink = if bar.is_best { Ink::Accent } else { Ink::Plain };
    let part =
        |from, to| area.draw(&Rectangle::new([(from, y), (to, y + HEIGHT)], ink.color().filled()));
    if bar.is_cut {
        let break_start = end - BREAK.0;
        part(scale.from, break_start)?;
        part(break_start + BREAK.1, end)?;
    } else {
        part(scale.from, end)?;
    }
    let mut label_start = end;
    if let Some((low, high)) = bar.interval.filter(|_| !bar.is_cut) {
        let (low, high) = (scale.x(low), scale.x(high));
        area.draw(&Rectangle::new(
            [(low, middle - 1), (high, middle + 1)],
            Ink::Text.color().filled(),
        ))?;
        label_start = label_start.max(high);
    }
    area.draw(&Text::new(
        bar.name.clone(),
        (scale.from - 8, middle),
        words(SIZE, Ink::Text, HPos::Right),
    ))?;
    area.draw(&Text::new(
        bar.label.clone(),
        (label_start + 8, middle),
        words(SIZE, Ink::Faint, HPos::Left),
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(length: f64, is_cut: bool) -> Bar {
        Bar { length, is_cut, interval: Some((length, length)), ..Bar::default() }
    }

    #[test]
    fn cut_bars_have_a_break() {
        let bars = vec![bar(1.0, false), bar(40.0, true)];
        let panel = Panel { heading: "x".to_owned(), bars };
        assert_eq!(panel.longest(), SHORTEST_CUT);
        let svg = chart(&[panel]).unwrap().standalone();
        // A bar with its interval, and the two parts of the cut one.
        assert_eq!(svg.matches("<rect").count(), 4, "{svg}");
        assert_eq!(svg.matches("height=\"16\"").count(), 3, "{svg}");
    }

    #[test]
    fn long_bars_are_cut() {
        assert_eq!(cut_from(&[0.5, 1.0, 1.5, 4.0]), 3.75);
        assert_eq!(cut_from(&[0.2, 0.5]), 3.0, "the reference's bar is at 1");
        assert_eq!(cut_from(&[5.0, 6.0, 7.0]), FAR_SLOWER);
    }
}
