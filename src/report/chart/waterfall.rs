//! A pass as a waterfall: every site is a bar on a time line that all backends share.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::{Chart, Ink, widest, words};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::record::{ComparisonRecord, PassSample};
use crate::render::escape::{cut, visible};
use crate::render::numbers::seconds;
use crate::scenario::schedule;

const LANE: i32 = 15;
const BAR: i32 = 13;
/// Beyond this many bars, they are thin and have no names.
const MOST_NAMED: usize = 20;
const THIN_LANE: i32 = 4;
const THIN_BAR: i32 = 3;
/// The longest name, in characters.
const MOST_CHARACTERS: usize = 36;
const LABEL: i32 = 11;
/// Room above the lanes for the ideal's label, and below them for the time line.
const TOP: i32 = 16;
const BOTTOM: i32 = 20;
const RIGHT: i32 = 58;

/// One fetch of the pass, in seconds from its start.
#[derive(Debug, Clone, PartialEq)]
pub struct FetchBar {
    /// The name of the site.
    pub label: String,
    /// When it started.
    pub start_s: f64,
    /// When it ended.
    pub end_s: f64,
}

/// The median of a backend's valid passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// The backend's name.
    pub backend: String,
    /// The time of the pass.
    pub elapsed_s: f64,
    /// The time that the delays alone take.
    pub ideal_s: Option<f64>,
    /// One fetch for each site, in order.
    pub fetches: Vec<FetchBar>,
}

/// Returns the median pass of each valid backend as a waterfall, by ratio, if its fetches were
/// kept.
pub fn waterfalls(comparison: &ComparisonRecord, workload: &WorkloadAnalysis) -> Vec<Waterfall> {
    workload.valid().filter_map(|backend| waterfall(comparison, workload, backend)).collect()
}

fn waterfall(
    comparison: &ComparisonRecord,
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
) -> Option<Waterfall> {
    let mut passes: Vec<(f64, &PassSample)> = comparison
        .passes
        .iter()
        .filter(|pass| pass.scenario == workload.setup.scenario && pass.backend == backend.name)
        .filter_map(|pass| Some((pass.counted_s()?, pass)))
        .collect();
    passes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (elapsed_s, pass) = *passes.get(passes.len() / 2)?;
    let fetches = fetches(workload, pass, backend.sequential)?;
    Some(Waterfall { backend: backend.name.clone(), elapsed_s, ideal_s: pass.ideal_s, fetches })
}

fn fetches(
    workload: &WorkloadAnalysis,
    pass: &PassSample,
    sequential: bool,
) -> Option<Vec<FetchBar>> {
    let each = pass.latencies.each_micros()?;
    let starts = if pass.starts.len() == each.len() {
        pass.starts.clone()
    } else {
        starts(workload, &each, sequential)
    };
    let fetches = starts.iter().zip(&each).enumerate().map(|(index, (start, took))| FetchBar {
        label: label(workload, index),
        start_s: *start as f64 / 1e6,
        end_s: start.saturating_add(*took) as f64 / 1e6,
    });
    Some(fetches.collect())
}

fn label(workload: &WorkloadAnalysis, site: usize) -> String {
    workload.setup.sites.get(site).cloned().unwrap_or_else(|| format!("site {}", site + 1))
}

/// Returns the start of each fetch for a record without starts: in order, as soon as a slot was
/// free.
fn starts(workload: &WorkloadAnalysis, each: &[u64], sequential: bool) -> Vec<u64> {
    let slots = if sequential { 1 } else { workload.setup.concurrency.max(1) };
    let slots = NonZeroUsize::new(slots).unwrap_or(NonZeroUsize::MIN);
    let took = each.iter().map(|micros| Duration::from_micros(*micros));
    schedule::starts(took, slots).map(|(start, _)| start.as_micros() as u64).collect()
}

/// The scale of a time line from 0 to `longest_s`.
#[derive(Debug, Clone, Copy)]
struct Scale {
    longest_s: f64,
    width: i32,
}

impl Scale {
    fn x(self, time_s: f64) -> i32 {
        let room = f64::from(self.width - RIGHT - 1);
        (time_s / self.longest_s * room).round() as i32
    }
}

/// Returns the picture of one backend, on a time line from 0 to `longest_s`.
///
/// # Errors
///
/// Returns an error if plotters cannot draw the picture.
pub fn picture(waterfall: &Waterfall, longest_s: f64, width: i32) -> anyhow::Result<String> {
    let Waterfall { backend, elapsed_s, ideal_s, fetches } = waterfall;
    let is_named = fetches.len() <= MOST_NAMED;
    let (lane, bar) = if is_named { (LANE, BAR) } else { (THIN_LANE, THIN_BAR) };
    let height = TOP + lane * fetches.len() as i32 + BOTTOM;
    let title = format!(
        "Waterfall of {backend}: {} fetches end after {}",
        fetches.len(),
        seconds(*elapsed_s)
    );
    let mut chart = Chart::new((width as u32, height as u32), &title);
    let scale = Scale { longest_s, width };
    chart.layer(None, |area| time_line(area, scale, height))?;
    let last = fetches.iter().map(|fetch| fetch.end_s).fold(0.0, f64::max);
    let names = names(fetches);
    for (number, fetch) in fetches.iter().enumerate() {
        let top = TOP + lane * number as i32;
        let from = scale.x(fetch.start_s);
        let to = scale.x(fetch.end_s).max(from + 1);
        let is_last = fetch.end_s >= last;
        let ink = if is_last { Ink::Accent } else { Ink::Plain };
        let shape = Rectangle::new([(from, top), (to, top + bar)], ink.color().filled());
        if !is_named {
            chart.layer(None, |area| Ok(area.draw(&shape)?))?;
            continue;
        }
        let took = seconds(fetch.end_s - fetch.start_s);
        let hover = format!("{}: {took}, from {} on", fetch.label, seconds(fetch.start_s));
        let name = &names[number];
        chart.layer(Some(&hover), |area| {
            area.draw(&shape)?;
            let (at, ink, side) = beside(from, to, width, name, is_last);
            Ok(area.draw(&Text::new(
                name.clone(),
                (at, top + bar / 2 + 1),
                words(LABEL, ink, side),
            ))?)
        })?;
    }
    if let Some(ideal) = ideal_s {
        chart.layer(Some(&format!("The delays alone take {}", seconds(*ideal))), |area| {
            let x = scale.x(*ideal);
            area.draw(&PathElement::new([(x, TOP - 4), (x, height - BOTTOM)], Ink::Ideal.color()))?;
            let label = format!("ideal {}", seconds(*ideal));
            let side = if x < 80 { HPos::Left } else { HPos::Right };
            area.draw(&Text::new(label, (x, 6), words(LABEL, Ink::Text, side)))?;
            Ok(())
        })?;
    }
    Ok(chart.inline())
}

/// Returns the place of a bar's name: inside the bar if it fits, else next to it.
fn beside(from: i32, to: i32, width: i32, name: &str, is_last: bool) -> (i32, Ink, HPos) {
    let length = widest(name, LABEL) + 8;
    match () {
        () if to - from > length => {
            (from + 5, if is_last { Ink::Inside } else { Ink::Text }, HPos::Left)
        }
        () if to + length <= width => (to + 5, Ink::Text, HPos::Left),
        () => (from - 5, Ink::Text, HPos::Right),
    }
}

/// Returns the names of bars: their hosts if all differ, else their labels.
fn names(fetches: &[FetchBar]) -> Vec<String> {
    let labels: Vec<&str> = fetches.iter().map(|fetch| bare(&fetch.label)).collect();
    let hosts: Vec<&str> =
        labels.iter().map(|label| label.split('/').next().unwrap_or_default()).collect();
    let distinct: HashSet<&str> = hosts.iter().copied().collect();
    let names = if distinct.len() == hosts.len() { hosts } else { labels };
    names.into_iter().map(shorten).collect()
}

/// Returns a url without its scheme, `www.` and the last slash.
fn bare(label: &str) -> &str {
    let label = label.split_once("://").map_or(label, |(_, rest)| rest);
    label.trim_start_matches("www.").trim_end_matches('/')
}

fn shorten(text: &str) -> String {
    match text.chars().count() {
        ..=MOST_CHARACTERS => visible(text),
        _ => format!("{}…", cut(text, MOST_CHARACTERS - 1)),
    }
}

fn time_line(
    area: &super::Area<'_>,
    scale: Scale,
    height: i32,
) -> Result<(), Box<dyn std::error::Error>> {
    let longest_s = scale.longest_s;
    let power = 10_f64.powf((longest_s / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|step| step * power)
        .into_iter()
        .find(|step| longest_s / step <= 5.0);
    let step = step.unwrap_or(longest_s);
    let mut time = 0.0;
    while time <= longest_s {
        let x = scale.x(time);
        area.draw(&PathElement::new([(x, TOP - 4), (x, height - BOTTOM)], Ink::Grid.color()))?;
        let side = if time == 0.0 { HPos::Left } else { HPos::Center };
        let label = if time == 0.0 { "0".to_owned() } else { round(time) };
        area.draw(&Text::new(label, (x, height - 8), words(LABEL, Ink::Faint, side)))?;
        time += step;
    }
    Ok(())
}

/// Formats a round time without trailing zeros.
fn round(time_s: f64) -> String {
    let (value, unit) = match time_s {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "µs"),
    };
    format!("{} {unit}", (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn charts_show_the_median_pass() {
        let comparison = comparison();
        let workload = &analyse(&comparison)[0];
        let all = waterfalls(&comparison, workload);
        let backends: Vec<&str> = all.iter().map(|waterfall| waterfall.backend.as_str()).collect();
        assert_eq!(backends, ["surf@smol", "hyper@smol", "ureq@sequential"]);
        assert_eq!((all[0].fetches[2].start_s, all[2].fetches[2].start_s), (9e-6, 0.03005));
        assert_eq!(all[0].fetches[0].label, "http://a.example/");
        let svg = picture(&all[2], all[2].elapsed_s, 340).unwrap();
        assert!(svg.contains("<title>Waterfall of ureq@sequential: 3 fetches end after "), "{svg}");
        assert!(
            svg.contains("<title>http://b.example/: 20.02 ms, from 10.02 ms on</title>"),
            "{svg}"
        );
    }

    fn bar_names(labels: &[&str]) -> Vec<String> {
        let fetches = labels.iter().map(|label| FetchBar {
            label: (*label).to_owned(),
            start_s: 0.0,
            end_s: 1.0,
        });
        names(&fetches.collect::<Vec<_>>())
    }

    #[test]
    fn distinct_hosts_name_their_bars() {
        assert_eq!(
            bar_names(&["https://www.a.example/long/way", "http://b.example/"]),
            ["a.example", "b.example"]
        );
        assert_eq!(
            bar_names(&["http://a.example/1", "http://a.example/2"]),
            ["a.example/1", "a.example/2"]
        );
        assert_eq!(bar_names(&[&"x".repeat(50)])[0].chars().count(), MOST_CHARACTERS);
    }

    #[test]
    fn many_bars_are_thin() {
        let comparison = comparison();
        let mut waterfall = waterfalls(&comparison, &analyse(&comparison)[0]).remove(0);
        let few = picture(&waterfall, waterfall.elapsed_s, 340).unwrap();
        waterfall.fetches = waterfall.fetches.iter().cycle().take(100).cloned().collect();
        let many = picture(&waterfall, waterfall.elapsed_s, 340).unwrap();
        assert_eq!(many.matches("<rect").count(), 100);
        assert!(few.contains("a.example") && !many.contains("a.example"), "{many}");
        assert!(many.len() < 10_000, "{} bytes", many.len());
    }

    #[test]
    fn missing_starts_follow_slots() {
        let mut comparison = comparison();
        comparison.passes.iter_mut().for_each(|pass| pass.starts.clear());
        comparison.setup.workloads[0].sites.clear();
        let all = waterfalls(&comparison, &analyse(&comparison)[0]);
        assert_eq!((all[0].fetches[2].start_s, all[2].fetches[2].start_s), (0.0, 0.03003));
        assert_eq!(all[0].fetches[0].label, "site 1");
    }
}
