//! The picture of a record: bars with intervals, in panels one below the other.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Chart, Ink, widest, words};

const WIDTH: i32 = 820;
/// Room for the label to the right of the longest bar.
const LABEL_ROOM: i32 = 270;
const HEADING_HEIGHT: i32 = 44;
const PITCH: i32 = 26;
const HEIGHT: i32 = 16;
const SIZE: i32 = 14;

/// A heading and its bars.
#[derive(Debug)]
pub struct Panel {
    /// The quantity shown, and which direction is better.
    pub heading: String,
    /// The bars, the best first.
    pub bars: Vec<Bar>,
}

/// The bar of a backend. All lengths in a panel have the same unit.
#[derive(Debug, Default)]
pub struct Bar {
    /// The backend's name.
    pub name: String,
    /// The length of the bar.
    pub length: f64,
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
        let longest = panel.bars.iter().map(|bar| bar.length).fold(f64::MIN_POSITIVE, f64::max);
        let scale = Scale { from, longest };
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
    let end = scale.x(bar.length);
    let ink = if bar.is_best { Ink::Accent } else { Ink::Plain };
    area.draw(&Rectangle::new([(scale.from, y), (end, y + HEIGHT)], ink.color().filled()))?;
    let mut label_start = end;
    if let Some((low, high)) = bar.interval {
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
