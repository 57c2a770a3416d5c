//! A record as a picture for other pages: the backends of each scenario as bars.

use anyhow::bail;

use super::chart::bars::{Bar, Panel, chart, cut_from};
use super::comparison::{AgainstColumn, show};
use crate::compare::analysis::{BackendAnalysis, Quantity, WorkloadAnalysis, WorkloadOutcome};
use crate::compare::metric::Unit;
use crate::record::{BenchRecord, Folder, Measurement, SampleKind};
use crate::render::escape::visible;
use crate::render::numbers::{grouped, per_second, seconds, time_scale};
use crate::stats::Bounds;

/// Draws the comparison in a folder, or else the measurements of `cargo bench`.
///
/// # Errors
///
/// Returns an error if there is nothing to draw.
pub fn draw(folder: &Folder, workloads: &[WorkloadAnalysis]) -> anyhow::Result<String> {
    let panels: Vec<Panel> = match &folder.bench {
        _ if !workloads.is_empty() => workloads.iter().map(compared).collect(),
        Some(record) => benched(record),
        None => Vec::new(),
    };
    if panels.iter().all(|panel| panel.bars.is_empty()) {
        bail!(
            "record {} holds no passes that a picture is made of, so there is nothing to draw",
            folder.name
        );
    }
    Ok(chart(&panels)?.standalone())
}

/// Returns a scenario of a comparison: the time of each backend relative to the reference.
fn compared(workload: &WorkloadAnalysis) -> Panel {
    let (setup, outcome) = (&workload.setup, WorkloadOutcome::new(workload));
    let against = AgainstColumn::new(workload, Quantity::Time);
    let ratios: Vec<f64> =
        workload.valid().filter_map(|backend| Some(backend.compared.time?.mean)).collect();
    let cut_from = cut_from(&ratios);
    let bars = workload.valid().filter_map(|backend| {
        let bar = compared_bar(against, outcome.as_ref(), backend)?;
        Some(Bar { is_cut: bar.length >= cut_from, ..bar })
    });
    let heading = format!(
        "{}: {} fetches, {} at once{}; time against {}, shorter is faster",
        visible(&setup.scenario),
        grouped(setup.fetches),
        grouped(setup.concurrency as u64),
        time_scale(setup.time_scale),
        visible(&workload.reference)
    );
    Panel { heading, bars: bars.collect() }
}

fn compared_bar(
    against: Option<AgainstColumn<'_>>,
    outcome: Option<&WorkloadOutcome<'_>>,
    backend: &BackendAnalysis,
) -> Option<Bar> {
    let median = show(Unit::Seconds, backend.median_s()?);
    let ratio = backend.compared.time;
    let label = match against.filter(|_| ratio.is_some()) {
        Some(against) => format!("{median}, {}", against.text(backend)),
        None => median,
    };
    Some(Bar {
        name: visible(&backend.name),
        length: ratio.map_or(1.0, |ratio| ratio.mean),
        interval: ratio.and_then(|ratio| ratio.bounds).map(|Bounds { low, high }| (low, high)),
        label,
        is_cut: false,
        is_best: outcome.is_some_and(|outcome| outcome.is_ahead(backend)),
    })
}

/// Returns each backend's rate on `keepalive`, where only client and executor take time, and its
/// time for the article's sites.
fn benched(record: &BenchRecord) -> Vec<Panel> {
    let measurements = record.measurements();
    let keepalive = passes(&measurements, "keepalive");
    let article = passes(&measurements, "article");
    let rates = keepalive
        .iter()
        .map(|m| benched_bar(m, m.fetches_per_s(), per_second(m.fetches_per_s())))
        .collect();
    let totals = article.iter().map(|m| benched_bar(m, m.pass_s(), seconds(m.pass_s()))).collect();
    let panels = [
        keepalive.first().map(|m| {
            let at = m.of().concurrency;
            let heading =
                format!("keepalive: fetches per second at concurrency {at}, longer is faster");
            Panel { heading, bars: rates }
        }),
        article.first().map(|m| {
            let (sites, scale) = (m.of().fetches, time_scale(m.of().time_scale));
            Panel {
                heading: format!("article: time for all {sites} sites{scale}, shorter is faster"),
                bars: totals,
            }
        }),
    ];
    panels.into_iter().flatten().collect()
}

fn passes<'m, 'a>(measurements: &'m [Measurement<'a>], scenario: &str) -> Vec<&'m Measurement<'a>> {
    measurements
        .iter()
        .filter(|m| m.of().what == SampleKind::Pass && m.of().scenario == scenario)
        .collect()
}

fn benched_bar(m: &Measurement<'_>, length: f64, label: String) -> Bar {
    Bar { name: visible(&m.of().backend), length, label, ..Bar::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{comparison, folder, record};

    #[test]
    fn bench_records_have_bars() {
        let svg = draw(&folder(None, Some(record())), &[]).unwrap();
        assert!(
            svg.contains(
                "<title>keepalive: fetches per second at concurrency 32, longer is faster; article"
            ),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("20,000/s") && svg.contains("150.00 ms"));
    }

    #[test]
    fn comparisons_have_intervals() {
        let comparison = comparison();
        let workloads = analyse(&comparison);
        let svg = draw(&folder(Some(comparison), None), &workloads).unwrap();
        // Three backends, two of them with an interval.
        assert_eq!(svg.matches("<rect").count(), 5, "{svg}");
        assert!(
            svg.contains("time against surf@smol, shorter is faster")
                && !svg.contains("exec:broken"),
            "{svg}"
        );
    }

    #[test]
    fn foreign_names_are_escaped() {
        let mut record = record();
        record.samples[0].backend = "</text>&\u{1b}".to_owned();
        assert!(draw(&folder(None, Some(record)), &[]).unwrap().contains("&lt;/text&gt;&amp;␛"));
    }

    #[test]
    fn empty_records_have_no_picture() {
        let mut record = record();
        record.samples.retain(|sample| sample.what != SampleKind::Pass);
        assert!(
            draw(&folder(None, Some(record)), &[])
                .unwrap_err()
                .to_string()
                .contains("nothing to draw")
        );
    }
}
