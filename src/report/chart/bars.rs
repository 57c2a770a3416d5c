//! Ranked bars with their intervals, in panels one below the other: the picture of a record.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Chart, Ink, widest, words};

const WIDTH: i32 = 820;
/// Room right of the longest bar for its label.
const LABEL_ROOM: i32 = 270;
const HEADING_HEIGHT: i32 = 44;
const PITCH: i32 = 26;
const HEIGHT: i32 = 16;
const SIZE: i32 = 14;

/// A heading and its bars.
#[derive(Debug)]
pub struct Panel {
    /// What is shown, and which way is better.
    pub heading: String,
    /// The bars, the best first.
    pub bars: Vec<Bar>,
}

/// A row's bar. Lengths are in any unit, the same over the panel.
#[derive(Debug, Default)]
pub struct Bar {
    /// The row's name.
    pub name: String,
    /// How long it is.
    pub length: f64,
    /// Where the truth lies.
    pub interval: Option<(f64, f64)>,
    /// What stands behind it.
    pub label: String,
    /// Whether it is one of those ahead.
    pub is_best: bool,
}

/// The panels as one chart.
///
/// # Errors
///
/// Plotters cannot draw it.
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
        let room = f64::from(WIDTH - from - LABEL_ROOM);
        let x = |length: f64| from + (length.min(longest) / longest * room).round() as i32;
        for (number, bar) in panel.bars.iter().enumerate() {
            let y = top + HEADING_HEIGHT + PITCH * number as i32;
            chart.layer(None, |area| draw(area, bar, y, from, &x))?;
        }
        top += HEADING_HEIGHT + PITCH * panel.bars.len() as i32;
    }
    Ok(chart)
}

fn draw(
    area: &Area<'_>,
    bar: &Bar,
    y: i32,
    from: i32,
    x: &impl Fn(f64) -> i32,
) -> Result<(), Box<dyn std::error::Error>> {
    let middle = y + HEIGHT / 2;
    let end = x(bar.length);
    let ink = if bar.is_best { Ink::Accent } else { Ink::Plain };
    area.draw(&Rectangle::new([(from, y), (end, y + HEIGHT)], ink.color().filled()))?;
    let mut behind = end;
    if let Some((low, high)) = bar.interval {
        area.draw(&Rectangle::new(
            [(x(low), middle - 1), (x(high), middle + 1)],
            Ink::Text.color().filled(),
        ))?;
        behind = behind.max(x(high));
    }
    area.draw(&Text::new(
        bar.name.clone(),
        (from - 8, middle),
        words(SIZE, Ink::Text, HPos::Right),
    ))?;
    area.draw(&Text::new(
        bar.label.clone(),
        (behind + 8, middle),
        words(SIZE, Ink::Faint, HPos::Left),
    ))?;
    Ok(())
}
