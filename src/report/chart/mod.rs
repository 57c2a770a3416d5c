//! Charts: SVG drawn by plotters. The page sets the colours of the inks, so that one picture fits
//! light and dark pages.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::render::escape::xml as escape;

pub mod bars;
pub mod latency;
pub mod overlay;
pub mod panel;
pub mod phases;
pub mod scaling;
pub mod waterfall;

/// A drawing area of plotters.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The ink of a line, a shape or a word: a class that gets its colour from a style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words.
    Text,
    /// Less important words and marks.
    Faint,
    /// Grid lines.
    Grid,
    /// The subject of the chart.
    Accent,
    /// The things it is compared with.
    Plain,
    /// The ideal: a dashed line.
    Ideal,
    /// Words on [`Ink::Accent`] and [`Ink::Plain`].
    Inside,
    /// One of several series: its group sets the colour.
    Series,
}

impl Ink {
    /// Every ink.
    pub const ALL: [Self; 8] = [
        Self::Text,
        Self::Faint,
        Self::Grid,
        Self::Accent,
        Self::Plain,
        Self::Ideal,
        Self::Inside,
        Self::Series,
    ];

    /// Returns the name of its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Faint => "faint",
            Self::Grid => "grid",
            Self::Accent => "accent",
            Self::Plain => "plain",
            Self::Ideal => "ideal",
            Self::Inside => "inside",
            Self::Series => "series",
        }
    }

    /// Returns a placeholder colour, replaced by the class when the drawing is done.
    pub(super) fn color(self) -> RGBColor {
        RGBColor(0, 0, 1 + self as u8)
    }
}

/// Returns the style of words with their left end, right end or middle at their place.
pub(super) fn words(size: i32, ink: Ink, side: HPos) -> TextStyle<'static> {
    // The backend divides sizes by 1.24, as it does for fonts that it can measure.
    let size = f64::from(size) * 1.24;
    ("sans-serif", size).into_font().color(&ink.color()).pos(Pos::new(side, VPos::Center))
}

/// Returns an upper bound of the width of words, in pixels. Fonts cannot be measured here, so every
/// character counts as a wide one.
pub(super) fn widest(text: &str, size: i32) -> i32 {
    text.chars().count() as i32 * size * 6 / 10
}

/// A drawing in layers.
#[derive(Debug)]
pub struct Chart {
    size: (u32, u32),
    title: String,
    layers: String,
}

impl Chart {
    /// Returns an empty chart. Screen readers read the title.
    pub fn new(size: (u32, u32), title: &str) -> Self {
        Self { size, title: title.to_owned(), layers: String::new() }
    }

    /// Draws one more layer, with the tooltip `hover`.
    ///
    /// # Errors
    ///
    /// Returns an error if plotters cannot draw the layer.
    pub fn layer(
        &mut self,
        hover: Option<&str>,
        paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
    ) -> anyhow::Result<()> {
        let shapes = self.shapes(paint)?;
        self.layers += &match hover {
            Some(hover) => format!("<g><title>{}</title>{shapes}</g>", escape(hover)),
            None => shapes,
        };
        Ok(())
    }

    /// Draws the series of a backend, with the tooltip `hover`, as a group with a class for its
    /// colour. The page can hide it with the backend's rows.
    ///
    /// # Errors
    ///
    /// Returns an error if plotters cannot draw the series.
    pub fn series(
        &mut self,
        class: &str,
        backend: &str,
        hover: &str,
        paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
    ) -> anyhow::Result<()> {
        let (shapes, backend, hover) = (self.shapes(paint)?, escape(backend), escape(hover));
        self.layers += &format!(
            r#"<g class="{class}" data-row="{backend}"><title>{hover}</title>{shapes}</g>"#
        );
        Ok(())
    }

    /// Draws a sample of a colour, for a legend: a group with the class that has it.
    ///
    /// # Errors
    ///
    /// Returns an error if plotters cannot draw the sample.
    pub fn sample(
        &mut self,
        class: &str,
        paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
    ) -> anyhow::Result<()> {
        let shapes = self.shapes(paint)?;
        self.layers += &format!(r#"<g class="{class}">{shapes}</g>"#);
        Ok(())
    }

    /// Returns what `paint` draws, in inks.
    fn shapes(
        &self,
        paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
    ) -> anyhow::Result<String> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, self.size).into_drawing_area();
        let done = paint(&area).and_then(|()| Ok(area.present()?));
        drop(area);
        done.map_err(|error| anyhow::anyhow!("cannot draw {:?}: {error}", self.title))?;
        // The first line opens the picture and the last one closes it.
        let shapes = svg
            .split_once(">\n")
            .map_or("", |(_, rest)| rest)
            .trim_end()
            .trim_end_matches("</svg>");
        Ok(in_inks(shapes))
    }

    /// Returns the drawing as an element of a page with a style sheet that colours the inks.
    pub fn inline(&self) -> String {
        let ((width, height), title) = (self.size, escape(&self.title));
        let layers = &self.layers;
        format!(
            r#"<svg viewBox="0 0 {width} {height}" role="img"><title>{title}</title>{layers}</svg>"#
        )
    }

    /// Returns the drawing as a file with colours for light and dark pages.
    pub fn standalone(&self) -> String {
        let ((width, height), title) = (self.size, escape(&self.title));
        let layers = &self.layers;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
             {height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n<title>{title}</title>\n<style>{INKS}</style>\n\
             {layers}</svg>\n"
        )
    }
}

/// The style of shapes and inks outside a page: the same as in a report.
const INKS: &str = "text,rect,circle{fill:currentColor}text{dominant-baseline:central}\
polyline{fill:none;stroke:currentColor}.text{color:#1d2430}.faint{color:#5b6676}.grid{color:#d5dae1}\
.accent{color:#1a5fd0}.plain{color:#a9b3c1}.ideal{color:#1d2430;stroke-dasharray:4 3}\
.inside{color:#fff}@media(prefers-color-scheme:dark){.text{color:#e6eaf0}.faint{color:#9aa5b5}\
.grid{color:#343c48}.accent{color:#6ea8ff}.plain{color:#566172}.ideal{color:#e6eaf0}.inside{color:#0d1117}}";

/// Attributes that plotters writes on every shape, although they are defaults or in the style
/// sheet.
const REDUNDANT: [&str; 9] = [
    " opacity=\"1\"",
    " stroke=\"none\"",
    " stroke-width=\"1\"",
    " fill=\"none\"",
    " font-family=\"sans-serif\"",
    " font-size=\"11\"",
    " text-anchor=\"start\"",
    " dy=\"0.5ex\"",
    "\n",
];

/// Replaces each placeholder colour in the shapes by a class, and removes redundant attributes.
fn in_inks(shapes: &str) -> String {
    let mut text = REDUNDANT
        .iter()
        .fold(shapes.replace(" \"/>", "\"/>"), |text, redundant| text.replace(redundant, ""));
    for ink in Ink::ALL {
        let RGBColor(_, _, number) = ink.color();
        for attribute in ["fill", "stroke"] {
            let stand_in = format!("{attribute}=\"#0000{number:02X}\"");
            text = text.replace(&stand_in, &format!("class=\"{}\"", ink.class()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_become_classes() {
        let mut chart = Chart::new((100, 20), "a <b> & \u{1b}");
        let drawn = chart.layer(Some("</title><script>"), |area| {
            area.draw(&Rectangle::new([(0, 0), (10, 10)], Ink::Accent.color().filled()))?;
            area.draw(&Text::new("<i>", (0, 5), words(10, Ink::Text, HPos::Left)))?;
            Ok(())
        });
        drawn.unwrap();
        let drawn = chart.series("k0", "a\" b=\"", "<b>", |area| {
            Ok(area.draw(&PathElement::new([(0, 0), (9, 9)], Ink::Series.color()))?)
        });
        drawn.unwrap();
        let svg = chart.inline();
        assert!(
            svg.contains(
                "<title>a &lt;b&gt; &amp; ␛</title><g><title>&lt;/title&gt;&lt;script&gt;</title>"
            ),
            "{svg}"
        );
        assert!(
            svg.contains(r#"height="10" class="accent"/>"#) && svg.contains("&lt;i&gt;"),
            "{svg}"
        );
        assert!(
            svg.contains(
                "<g class=\"k0\" data-row=\"a&quot; b=&quot;\"><title>&lt;b&gt;</title><polyline class=\"series\""
            ),
            "{svg}"
        );
        assert!(
            !svg.contains("#0000") && chart.standalone().contains("prefers-color-scheme"),
            "{svg}"
        );
    }
}
