//! A scenario for the page's template, computed ready to print.

use serde::Serialize;

use super::against::{self, AgainstView};
use crate::compare::analysis::{BackendAnalysis, Standing, WorkloadAnalysis, WorkloadOutcome};
use crate::compare::metric::{self, Better, Metric, MetricGroup, Unit};
use crate::render::numbers::{grouped, significant, time_scale};
use crate::report::comparison::{footnotes, invalidities, show, verdict};
use crate::stats::paired::Ratio;

/// The number of backends that a headline names.
const NAMED: usize = 4;

#[derive(Debug, Serialize)]
pub(super) struct WorkloadView {
    id: String,
    name: String,
    description: String,
    facts: String,
    verdict: String,
    headline: Headline,
    reference: String,
    noise: Option<String>,
    smallest: Option<String>,
    footnotes: Vec<String>,
    invalid: Vec<String>,
    #[serde(rename = "rows")]
    backends: Vec<RowView>,
    time_columns: Vec<ColumnView>,
    cost_columns: Vec<ColumnView>,
}

/// The main result.
#[derive(Debug, Serialize)]
struct Headline {
    /// The backends ahead.
    who: Vec<String>,
    /// Their standing.
    what: String,
    /// Names, values and notes.
    facts: Vec<(String, String, String)>,
}

#[derive(Debug, Serialize)]
struct ColumnView {
    heading: &'static str,
    better: &'static str,
}

#[derive(Debug, Serialize)]
struct RowView {
    name: String,
    rank: Option<usize>,
    is_best: bool,
    is_reference: bool,
    pass: String,
    pass_s: Option<f64>,
    against: AgainstView,
    why: Option<String>,
    time: Vec<Cell>,
    cost: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    text: String,
    value: Option<f64>,
    /// Its share of the largest in its column, in percent. It is a multiple of five, because the
    /// style sheet has a class for each of those.
    share: i64,
}

pub(super) fn view(number: usize, workload: &WorkloadAnalysis) -> WorkloadView {
    let (setup, outcome) = (&workload.setup, WorkloadOutcome::new(workload));
    let against = against::view(workload, &workload.reference);
    let backends = workload.backends.iter().zip(against).map(|(backend, against)| {
        let is_best = outcome.as_ref().is_some_and(|outcome| outcome.is_ahead(backend));
        backend_view(workload, backend, against, is_best)
    });
    WorkloadView {
        id: format!("s{number}"),
        name: setup.scenario.clone(),
        description: setup.description.clone(),
        facts: format!(
            "{} fetches, {} at once{}, {} blocks",
            grouped(setup.fetches),
            grouped(setup.concurrency as u64),
            time_scale(setup.time_scale),
            workload.blocks
        ),
        verdict: verdict(workload),
        headline: headline(workload, outcome.as_ref()),
        reference: workload.reference.clone(),
        noise: workload.noise.map(Ratio::interval_text),
        smallest: workload.smallest_difference.map(|smallest| format!("{:.1} %", smallest * 100.0)),
        footnotes: footnotes(workload),
        invalid: invalidities(workload),
        backends: backends.collect(),
        time_columns: metrics(workload, MetricGroup::Time).map(column).collect(),
        cost_columns: metrics(workload, MetricGroup::Cost).map(column).collect(),
    }
}

fn column(metric: &Metric) -> ColumnView {
    let better = match metric.better {
        Better::Lower => "less is better",
        Better::Higher => "more is better",
        Better::Neither => "",
    };
    ColumnView { heading: metric.heading, better }
}

/// Returns the main result; `outcome` is `None` without a verdict.
fn headline(workload: &WorkloadAnalysis, outcome: Option<&WorkloadOutcome<'_>>) -> Headline {
    let Some(outcome) = outcome else {
        return Headline {
            who: vec![verdict(workload)],
            what: "no verdict".to_owned(),
            facts: Vec::new(),
        };
    };
    let what = match outcome.standing {
        Standing::Alone if outcome.next.is_none() => "is alone".to_owned(),
        Standing::Alone => "is the fastest".to_owned(),
        Standing::Tied => "tie: nothing is shown to be faster".to_owned(),
        Standing::Close(share) => format!("lie within {:.1} %: choose on cost", share * 100.0),
    };
    let facts = [time(outcome.ahead[0]), next(workload, outcome), cost(outcome)];
    Headline { who: who(outcome), what, facts: facts.into_iter().flatten().collect() }
}

fn who(outcome: &WorkloadOutcome<'_>) -> Vec<String> {
    if outcome.is_everybody {
        return vec!["all concurrent rows".to_owned()];
    }
    let mut who: Vec<String> =
        outcome.ahead.iter().take(NAMED).map(|backend| backend.name.clone()).collect();
    if outcome.ahead.len() > NAMED {
        who.push(format!("and {} more", outcome.ahead.len() - NAMED));
    }
    who
}

/// Returns the best time and its distance from the ideal.
fn time(first: &BackendAnalysis) -> Option<(String, String, String)> {
    let median = show(Unit::Seconds, first.median_s?);
    let note = match first.efficiency().zip(first.ideal_s) {
        Some((share, ideal)) => {
            format!(
                "{} of the ideal, which is {}",
                show(Unit::Share, share),
                show(Unit::Seconds, ideal)
            )
        }
        None => {
            format!(
                "{}; no delays, so no ideal",
                first.rate().map_or_else(String::new, |r| show(Unit::PerSecond, r))
            )
        }
    };
    Some(("Time".to_owned(), median, note))
}

/// Returns the first backend behind those ahead, and its ratio to the first.
fn next(
    workload: &WorkloadAnalysis,
    outcome: &WorkloadOutcome<'_>,
) -> Option<(String, String, String)> {
    let (backend, first) = (outcome.next?, outcome.ahead[0]);
    let ratio = workload.pair(backend, first)?;
    Some((
        "Next".to_owned(),
        backend.name.clone(),
        format!("{} against {}", ratio.interval_text(), first.name),
    ))
}

/// Returns the cost of a fetch with the backend that needs the least CPU among those ahead.
fn cost(outcome: &WorkloadOutcome<'_>) -> Option<(String, String, String)> {
    let backend = outcome.cheapest();
    let cost = backend.cost?;
    let which = if outcome.ahead.len() > 1 {
        format!(" ({}, the least of them)", backend.name)
    } else {
        String::new()
    };
    let cpu = format!("{} CPU a fetch", show(Unit::Seconds, cost.cpu_s));
    let threads =
        if cost.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", cost.threads) };
    let memory =
        cost.peak_rss_bytes.map_or_else(String::new, |peak| show(Unit::Bytes, peak as f64) + ", ");
    let sockets = show(Unit::Number, backend.sockets.opened_per_pass());
    let note = format!("{memory}{threads}, {sockets} sockets/pass{which}");
    Some(("Cost".to_owned(), cpu, note))
}

fn backend_view(
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
    against: AgainstView,
    is_best: bool,
) -> RowView {
    RowView {
        name: backend.name.clone(),
        rank: backend.rank,
        is_best,
        is_reference: backend.name == workload.reference,
        pass: backend.median_s.map_or_else(String::new, |median| show(Unit::Seconds, median)),
        pass_s: backend.median_s.map(significant),
        against,
        why: backend.invalid.as_ref().map(ToString::to_string),
        time: cells(workload, backend, MetricGroup::Time),
        cost: cells(workload, backend, MetricGroup::Cost),
    }
}

/// Returns the metrics of a group that some backend has a value for.
fn metrics(
    workload: &WorkloadAnalysis,
    group: MetricGroup,
) -> impl Iterator<Item = &'static Metric> {
    metric::ALL
        .iter()
        .filter(move |metric| metric.group == group && metric.is_known(&workload.backends))
}

fn cells(workload: &WorkloadAnalysis, backend: &BackendAnalysis, group: MetricGroup) -> Vec<Cell> {
    metrics(workload, group).map(|metric| cell(workload, backend, metric)).collect()
}

fn cell(workload: &WorkloadAnalysis, backend: &BackendAnalysis, metric: &Metric) -> Cell {
    let value = (metric.value)(backend).filter(|_| backend.is_valid());
    let largest = workload.valid().filter_map(metric.value).fold(0.0, f64::max);
    let share = value
        .filter(|_| largest > 0.0)
        .map_or(0, |value| (value / largest * 20.0).round() as i64 * 5);
    Cell {
        text: value.map_or_else(String::new, |value| show(metric.unit, value)),
        value: value.map(significant),
        share,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    fn headline_of(comparison: &crate::record::ComparisonRecord) -> (String, String) {
        let workload = analyse(comparison).remove(0);
        let Headline { who, what, .. } =
            headline(&workload, WorkloadOutcome::new(&workload).as_ref());
        (who.join(", "), what)
    }

    #[test]
    fn headlines_match_the_verdict() {
        let mut comparison = comparison();
        assert_eq!(headline_of(&comparison), ("surf@smol".to_owned(), "is the fastest".to_owned()));
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 0.995);
        }
        let trifle =
            ("all concurrent rows".to_owned(), "lie within 0.5 %: choose on cost".to_owned());
        assert_eq!(headline_of(&comparison), trifle);
        comparison.passes.retain(|pass| pass.block < 4);
        assert_eq!(headline_of(&comparison).1, "no verdict");
    }
}
