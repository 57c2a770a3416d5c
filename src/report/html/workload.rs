//! A scenario as the page's template takes it: words and lengths, nothing left to compute.

use serde::Serialize;

use super::against::{self, AgainstView};
use crate::compare::analysis::{BackendAnalysis, Outcome, Standing, WorkloadAnalysis};
use crate::compare::metric::{self, Better, Group, Metric, Unit};
use crate::render::numbers::{grouped, significant, time_scale};
use crate::report::comparison::{footnotes, invalidities, show, verdict};
use crate::stats::paired::Ratio;

/// How many rows a headline names.
const NAMED: usize = 4;

/// A scenario.
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
    rows: Vec<RowView>,
    time_columns: Vec<ColumnView>,
    cost_columns: Vec<ColumnView>,
}

/// The answer, before all else.
#[derive(Debug, Serialize)]
struct Headline {
    /// Who is first.
    who: Vec<String>,
    /// What that means.
    what: String,
    /// Names and values.
    facts: Vec<(String, String, String)>,
}

/// A column of figures.
#[derive(Debug, Serialize)]
struct ColumnView {
    heading: &'static str,
    better: &'static str,
}

/// A row.
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

/// A figure.
#[derive(Debug, Serialize)]
struct Cell {
    text: String,
    value: Option<f64>,
    /// Its share of the largest in its column, in percent: a multiple of five, each of which the
    /// style sheet knows.
    share: i64,
}

pub(super) fn view(number: usize, workload: &WorkloadAnalysis) -> WorkloadView {
    let (setup, outcome) = (&workload.setup, Outcome::new(workload));
    let against = against::view(workload, &workload.reference);
    let rows = workload.rows.iter().zip(against).map(|(row, against)| {
        let is_best = outcome.as_ref().is_some_and(|outcome| outcome.is_ahead(row));
        row_view(workload, row, against, is_best)
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
        rows: rows.collect(),
        time_columns: metrics(workload, Group::Time).map(column).collect(),
        cost_columns: metrics(workload, Group::Cost).map(column).collect(),
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

/// The answer before all else; `outcome` is `None` where there is no verdict.
fn headline(workload: &WorkloadAnalysis, outcome: Option<&Outcome<'_>>) -> Headline {
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

fn who(outcome: &Outcome<'_>) -> Vec<String> {
    if outcome.is_everybody {
        return vec!["all concurrent rows".to_owned()];
    }
    let mut who: Vec<String> =
        outcome.ahead.iter().take(NAMED).map(|row| row.name.clone()).collect();
    if outcome.ahead.len() > NAMED {
        who.push(format!("and {} more", outcome.ahead.len() - NAMED));
    }
    who
}

/// The best time, and how far it is from the ideal.
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

/// The first row behind those ahead, and by how much.
fn next(workload: &WorkloadAnalysis, outcome: &Outcome<'_>) -> Option<(String, String, String)> {
    let (row, first) = (outcome.next?, outcome.ahead[0]);
    let ratio = workload.pair(row, first)?;
    Some((
        "Next".to_owned(),
        row.name.clone(),
        format!("{} against {}", ratio.interval_text(), first.name),
    ))
}

/// What a fetch costs with the one of those ahead that takes the least of the processor.
fn cost(outcome: &Outcome<'_>) -> Option<(String, String, String)> {
    let row = outcome.cheapest();
    let cost = row.cost?;
    let which = if outcome.ahead.len() > 1 {
        format!(" ({}, the least of them)", row.name)
    } else {
        String::new()
    };
    let cpu = format!("{} CPU a fetch", show(Unit::Seconds, cost.cpu_s));
    let threads =
        if cost.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", cost.threads) };
    let memory =
        cost.peak_rss_bytes.map_or_else(String::new, |peak| show(Unit::Bytes, peak as f64) + ", ");
    let note = format!("{memory}{threads}, {} sockets{which}", grouped(row.sockets.opened));
    Some(("Cost".to_owned(), cpu, note))
}

fn row_view(
    workload: &WorkloadAnalysis,
    row: &BackendAnalysis,
    against: AgainstView,
    is_best: bool,
) -> RowView {
    RowView {
        name: row.name.clone(),
        rank: row.rank,
        is_best,
        is_reference: row.name == workload.reference,
        pass: row.median_s.map_or_else(String::new, |median| show(Unit::Seconds, median)),
        pass_s: row.median_s.map(significant),
        against,
        why: row.invalid.as_ref().map(ToString::to_string),
        time: cells(workload, row, Group::Time),
        cost: cells(workload, row, Group::Cost),
    }
}

/// Returns the metrics of a group that some backend has a value for.
fn metrics(workload: &WorkloadAnalysis, group: Group) -> impl Iterator<Item = &'static Metric> {
    metric::ALL
        .iter()
        .filter(move |metric| metric.group == group && metric.is_known(&workload.rows))
}

fn cells(workload: &WorkloadAnalysis, row: &BackendAnalysis, group: Group) -> Vec<Cell> {
    metrics(workload, group).map(|metric| cell(workload, row, metric)).collect()
}

fn cell(workload: &WorkloadAnalysis, row: &BackendAnalysis, metric: &Metric) -> Cell {
    let value = (metric.value)(row).filter(|_| row.is_valid());
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

    fn headline_of(comparison: &crate::record::Comparison) -> (String, String) {
        let workload = analyse(comparison).remove(0);
        let Headline { who, what, .. } = headline(&workload, Outcome::new(&workload).as_ref());
        (who.join(", "), what)
    }

    #[test]
    fn a_headline_says_what_the_sentence_does() {
        let mut comparison = comparison();
        assert_eq!(headline_of(&comparison), ("surf@smol".to_owned(), "is the fastest".to_owned()));
        for pass in comparison.passes.iter_mut().filter(|pass| pass.row == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 0.995);
        }
        let trifle =
            ("all concurrent rows".to_owned(), "lie within 0.5 %: choose on cost".to_owned());
        assert_eq!(headline_of(&comparison), trifle);
        comparison.passes.retain(|pass| pass.block < 4);
        assert_eq!(headline_of(&comparison).1, "no verdict");
    }
}
