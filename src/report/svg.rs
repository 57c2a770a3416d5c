//! A record as a picture: bars of each row's fetches per second on `keepalive`, and of its total on `article`.

use anyhow::bail;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::escape::visible;
use super::numbers::{per_second, seconds, time_scale};
use crate::record::{Measurement, Record, What};

const WIDTH: i32 = 760;
/// Where bars begin, and how long the longest is; what is left of them is for names, what is right for numbers.
const BARS_FROM: i32 = 170;
const LONGEST_BAR: i32 = 480;
const HEADING_HEIGHT: i32 = 44;
const BAR_PITCH: i32 = 26;
const BAR_HEIGHT: i32 = 16;

/// Both read at a contrast of at least 4 to 1 on white and on a dark page, since the background is transparent.
const TEXT: RGBColor = RGBColor(0x75, 0x7b, 0x83);
const BAR: RGBColor = RGBColor(0x2f, 0x81, 0xc7);

/// A heading and its bars.
struct Panel {
    heading: String,
    /// Name, length and label of each bar.
    bars: Vec<(String, f64, String)>,
}

impl Panel {
    fn height(&self) -> i32 {
        HEADING_HEIGHT + BAR_PITCH * self.bars.len() as i32
    }
}

/// The picture of a record.
///
/// # Errors
///
/// Neither scenario is in the record.
pub fn picture(record: &Record) -> anyhow::Result<String> {
    let measurements = record.measurements();
    let panels: Vec<Panel> = [throughput(&measurements), totals(&measurements)].into_iter().flatten().collect();
    if panels.is_empty() {
        bail!("record {} holds no passes over keepalive or article, so there is nothing to draw", record.name);
    }
    let mut svg = String::new();
    draw(&panels, &mut svg).map_err(|error| anyhow::anyhow!("cannot draw record {}: {error}", record.name))?;
    let title: Vec<&str> = panels.iter().map(|panel| panel.heading.as_str()).collect();
    Ok(with_title(&svg, &title.join("; ")))
}

/// How fast each row is where nothing but client and executor takes time.
fn throughput(measurements: &[Measurement<'_>]) -> Option<Panel> {
    let bar = |m: &Measurement<'_>| (m.fetches_per_s(), per_second(m.fetches_per_s()));
    let heading = |m: &Measurement<'_>| {
        format!("keepalive: fetches per second at concurrency {}, longer is faster", m.of().concurrency)
    };
    panel("keepalive", measurements, heading, bar)
}

/// How long each row takes for the article's sites.
fn totals(measurements: &[Measurement<'_>]) -> Option<Panel> {
    let bar = |m: &Measurement<'_>| (m.pass_s(), seconds(m.pass_s()));
    let heading = |m: &Measurement<'_>| {
        let of = m.of();
        format!("article: time for all {} sites{}, shorter is faster", of.fetches, time_scale(of.time_scale))
    };
    panel("article", measurements, heading, bar)
}

fn panel(
    scenario: &str,
    measurements: &[Measurement<'_>],
    heading: impl Fn(&Measurement<'_>) -> String,
    bar: impl Fn(&Measurement<'_>) -> (f64, String),
) -> Option<Panel> {
    let shown: Vec<_> =
        measurements.iter().filter(|m| m.of().what == What::Pass && m.of().scenario == scenario).collect();
    let bars = shown.iter().map(|m| {
        let (length, label) = bar(m);
        (visible(&m.of().row), length, label)
    });
    Some(Panel { heading: heading(shown.first()?), bars: bars.collect() })
}

fn draw(panels: &[Panel], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let height: i32 = panels.iter().map(Panel::height).sum();
    let root = SVGBackend::with_string(svg, (WIDTH as u32, height as u32)).into_drawing_area();
    let text = |size: i32, h: HPos| ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(h, VPos::Center));
    let mut top = 0;
    for panel in panels {
        root.draw(&Text::new(panel.heading.clone(), (8, top + HEADING_HEIGHT / 2), text(18, HPos::Left)))?;
        let longest = panel.bars.iter().map(|(_, length, _)| *length).fold(f64::MIN_POSITIVE, f64::max);
        let mut y = top + HEADING_HEIGHT;
        for (name, length, label) in &panel.bars {
            let middle = y + BAR_HEIGHT / 2;
            let end = BARS_FROM + (length / longest * f64::from(LONGEST_BAR)).round() as i32;
            root.draw(&Rectangle::new([(BARS_FROM, y), (end, y + BAR_HEIGHT)], BAR.filled()))?;
            root.draw(&Text::new(name.clone(), (BARS_FROM - 8, middle), text(17, HPos::Right)))?;
            root.draw(&Text::new(label.clone(), (end + 8, middle), text(17, HPos::Left)))?;
            y += BAR_PITCH;
        }
        top += panel.height();
    }
    root.present()?;
    drop(root);
    Ok(())
}

/// The picture with a title, for those who hear it read. Headings are ours but for names that were checked above.
fn with_title(svg: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    match svg.split_once(">\n") {
        Some((opening, rest)) => format!("{opening} role=\"img\">\n<title>{title}</title>\n{rest}"),
        None => svg.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::record;

    #[test]
    fn a_picture_has_a_title_a_bar_for_each_row_and_no_background() {
        let svg = picture(&record()).unwrap();
        assert!(
            svg.contains("<title>keepalive: fetches per second at concurrency 32, longer is faster; article"),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("20,000/s") && svg.contains("150.00 ms"));
        assert!(!svg.to_lowercase().contains("fill=\"#ffffff\""));
    }

    #[test]
    fn foreign_names_do_not_leave_their_element() {
        let mut record = record();
        record.samples[0].row = "</text>&\u{1b}".to_owned();
        assert!(picture(&record).unwrap().contains("&lt;/text&gt;&amp;␛"));
    }

    #[test]
    fn without_its_scenarios_there_is_no_picture() {
        let mut record = record();
        record.samples.retain(|sample| sample.what != What::Pass);
        assert!(picture(&record).unwrap_err().to_string().contains("nothing to draw"));
    }
}
