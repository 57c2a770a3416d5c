//! A small chart of lines: one of many side by side with the same axes.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Area, Ink, widest, words};

/// Margins around the lines, with room for the labels.
const LEFT: i32 = 52;
const RIGHT: i32 = 14;
const TOP: i32 = 10;
const BOTTOM: i32 = 22;
const LABEL: i32 = 11;

/// One axis with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The lowest value.
    pub from: f64,
    /// The highest value.
    pub to: f64,
    /// Values and their labels.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Returns a logarithmic axis over the positive values, labelled by `label`; `None` without
    /// positive values.
    pub fn logarithmic(
        values: impl Iterator<Item = f64>,
        label: impl Fn(f64) -> String,
    ) -> Option<Self> {
        let logs = values.filter(|value| value.is_finite() && *value > 0.0).map(f64::log10);
        let (low, high) =
            logs.fold((f64::MAX, f64::MIN), |(low, high), log| (low.min(log), high.max(log)));
        if low > high {
            return None;
        }
        // At least from half the middle to twice the middle. On a narrower axis, noise would look
        // like differences.
        let middle = f64::midpoint(low, high);
        let (from, to) = (low.min(middle - 0.3), high.max(middle + 0.3));
        let steps: &[f64] = if to - from > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let ticks = (from.floor() as i32..=to.ceil() as i32)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|value| (from..=to).contains(&value.log10()))
            .map(|value| (value.log10(), label(value)))
            .collect();
        Some(Self { from, to, ticks })
    }

    fn share(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

/// A line through points of the two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The ink of the line.
    pub ink: Ink,
    /// The points, in order.
    pub points: Vec<(f64, f64)>,
}

/// The place of a panel on its area.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Distance from the left and from the top.
    pub at: (i32, i32),
    /// Width and height, labels included.
    pub size: (i32, i32),
}

impl Frame {
    /// Returns the place of a value of the first axis, from the left.
    pub fn x(&self, axis: &Axis, value: f64) -> i32 {
        let room = f64::from(self.size.0 - LEFT - RIGHT);
        self.at.0 + LEFT + (axis.share(value) * room).round() as i32
    }

    /// Returns the place of a value of the second axis, from the top.
    pub fn y(&self, axis: &Axis, value: f64) -> i32 {
        let room = f64::from(self.size.1 - TOP - BOTTOM);
        self.at.1 + self.size.1 - BOTTOM - (axis.share(value) * room).round() as i32
    }

    pub(super) fn axes(
        &self,
        area: &Area<'_>,
        x: &Axis,
        y: &Axis,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let (left, right) = (self.at.0 + LEFT, self.at.0 + self.size.0 - RIGHT);
        for (value, label) in &y.ticks {
            let height = self.y(y, *value);
            area.draw(&PathElement::new([(left, height), (right, height)], Ink::Grid.color()))?;
            area.draw(&Text::new(
                label.clone(),
                (left - 6, height),
                words(LABEL, Ink::Faint, HPos::Right),
            ))?;
        }
        let bottom = self.at.1 + self.size.1;
        for (value, label) in &x.ticks {
            let x_place = self.x(x, *value);
            area.draw(&PathElement::new(
                [(x_place, bottom - BOTTOM), (x_place, bottom - BOTTOM + 4)],
                Ink::Grid.color(),
            ))?;
            // The last label stays on the chart.
            let label_x = x_place.min(self.at.0 + self.size.0 - widest(label, LABEL) / 2);
            area.draw(&Text::new(
                label.clone(),
                (label_x, bottom - 8),
                words(LABEL, Ink::Faint, HPos::Center),
            ))?;
        }
        Ok(())
    }

    pub(super) fn line(
        &self,
        area: &Area<'_>,
        x: &Axis,
        y: &Axis,
        line: &Line,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let points: Vec<(i32, i32)> =
            line.points.iter().map(|(a, b)| (self.x(x, *a), self.y(y, *b))).collect();
        let width = if line.ink == Ink::Ideal { 1 } else { 2 };
        area.draw(&PathElement::new(
            points,
            ShapeStyle::from(line.ink.color()).stroke_width(width),
        ))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_labels() {
        let axis =
            Axis::logarithmic([0.9, 1.1, f64::NAN, 0.0].into_iter(), |value| value.to_string())
                .unwrap();
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["0.5", "1"]);
        assert!(axis.to - axis.from >= 0.6);
        let wide = Axis::logarithmic([1e-6, 1.0].into_iter(), |value| value.to_string()).unwrap();
        assert_eq!(wide.ticks.len(), 7, "{wide:?}");
        assert_eq!(Axis::logarithmic(std::iter::empty(), |_| String::new()), None);
    }
}
