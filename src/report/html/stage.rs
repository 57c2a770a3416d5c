//! A scenario as the page's template takes it: words and lengths, nothing left to compute.

use serde::Serialize;

use crate::analysis::{BackendAnalysis, Outcome, StageAnalysis, Standing};
use crate::metric::{self, Better, Metric, Unit};
use crate::paired::Ratio;
use crate::report::comparison::{footnotes, interval, invalidities, show, verdict, word};
use crate::report::numbers::{grouped, significant, time_scale};

/// How long the longest bar is. The picture is stretched to the room that there is.
const BAR: f64 = 1000.0;
/// How many rows a headline names.
const NAMED: usize = 4;

/// The metrics that tell of time; the others tell of cost.
const OF_TIME: [&str; 9] = [
    "median_s",
    "median_low_s",
    "median_high_s",
    "rate_per_s",
    "efficiency",
    "overhead_s_per_fetch",
    "of_floor",
    "fetch_p50_s",
    "fetch_p99_s",
];

/// A scenario.
#[derive(Debug, Serialize)]
pub(super) struct StageView {
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
    bar: Option<Bar>,
    verdict: &'static str,
    interval: String,
    is_noise: bool,
    ratio: Option<f64>,
    why: Option<String>,
    time: Vec<Cell>,
    cost: Vec<Cell>,
}

/// A row's time as a bar, the reference's being its unit: how long it is, where its interval lies, and where the
/// reference lies against itself.
#[derive(Debug, Serialize)]
struct Bar {
    length: i64,
    /// Of no width where there is none.
    interval: (i64, i64),
    floor: Option<(i64, i64)>,
}

/// A figure.
#[derive(Debug, Serialize)]
struct Cell {
    text: String,
    value: Option<f64>,
    /// Its share of the largest in its column, in percent: a multiple of five, each of which the style sheet knows.
    share: i64,
}

pub(super) fn view(number: usize, stage: &StageAnalysis) -> StageView {
    let (time, cost): (Vec<&Metric>, Vec<&Metric>) = metric::ALL
        .iter()
        .filter(|metric| stage.rows.iter().any(|row| (metric.value)(row).is_some()))
        .partition(|metric| OF_TIME.contains(&metric.key));
    let (setup, outcome) = (&stage.setup, Outcome::new(stage));
    let is_ahead = |row: &BackendAnalysis| outcome.as_ref().is_some_and(|outcome| outcome.is_ahead(row));
    StageView {
        id: format!("s{number}"),
        name: setup.scenario.clone(),
        description: setup.description.clone(),
        facts: format!(
            "{} fetches, {} at once{}, {} blocks",
            grouped(setup.fetches),
            grouped(setup.concurrency as u64),
            time_scale(setup.time_scale),
            stage.blocks
        ),
        verdict: verdict(stage),
        headline: headline(stage, outcome.as_ref()),
        reference: stage.reference.clone(),
        noise: stage.noise.map(interval),
        smallest: stage.smallest_difference.map(|smallest| format!("{:.1} %", smallest * 100.0)),
        footnotes: footnotes(stage),
        invalid: invalidities(stage),
        rows: stage.rows.iter().map(|row| row_view(stage, row, is_ahead(row), &time, &cost)).collect(),
        time_columns: time.iter().map(|metric| column(metric)).collect(),
        cost_columns: cost.iter().map(|metric| column(metric)).collect(),
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
fn headline(stage: &StageAnalysis, outcome: Option<&Outcome<'_>>) -> Headline {
    let Some(outcome) = outcome else {
        return Headline { who: vec![verdict(stage)], what: "no verdict".to_owned(), facts: Vec::new() };
    };
    let what = match outcome.standing {
        Standing::Alone if outcome.next.is_none() => "is alone".to_owned(),
        Standing::Alone => "is the fastest".to_owned(),
        Standing::Tied => "tie: nothing is shown to be faster".to_owned(),
        Standing::Close(share) => format!("lie within {:.1} %: choose on cost", share * 100.0),
    };
    let facts = [time(outcome.ahead[0]), next(stage, outcome), cost(outcome)];
    Headline { who: who(outcome), what, facts: facts.into_iter().flatten().collect() }
}

fn who(outcome: &Outcome<'_>) -> Vec<String> {
    if outcome.is_everybody {
        return vec!["all concurrent rows".to_owned()];
    }
    let mut who: Vec<String> = outcome.ahead.iter().take(NAMED).map(|row| row.name.clone()).collect();
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
            format!("{} of the ideal, which is {}", show(Unit::Share, share), show(Unit::Seconds, ideal))
        }
        None => {
            format!("{}; no delays, so no ideal", first.rate().map_or_else(String::new, |r| show(Unit::PerSecond, r)))
        }
    };
    Some(("Time".to_owned(), median, note))
}

/// The first row behind those ahead, and by how much.
fn next(stage: &StageAnalysis, outcome: &Outcome<'_>) -> Option<(String, String, String)> {
    let (row, first) = (outcome.next?, outcome.ahead[0]);
    let ratio = stage.pair(row, first)?;
    Some(("Next".to_owned(), row.name.clone(), format!("{} against {}", interval(ratio), first.name)))
}

/// What a fetch costs with the one of those ahead that takes the least of the processor.
fn cost(outcome: &Outcome<'_>) -> Option<(String, String, String)> {
    let row = outcome.cheapest();
    let cost = row.cost?;
    let which = if outcome.ahead.len() > 1 { format!(" ({}, the least of them)", row.name) } else { String::new() };
    let cpu = format!("{} CPU a fetch", show(Unit::Seconds, cost.cpu_s));
    let threads = if cost.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", cost.threads) };
    let memory = cost.peak_rss_bytes.map_or_else(String::new, |peak| show(Unit::Bytes, peak as f64) + ", ");
    let note = format!("{memory}{threads}, {} sockets{which}", grouped(row.sockets.opened));
    Some(("Cost".to_owned(), cpu, note))
}

fn row_view(
    stage: &StageAnalysis,
    row: &BackendAnalysis,
    is_best: bool,
    time: &[&Metric],
    cost: &[&Metric],
) -> RowView {
    let is_reference = row.name == stage.reference;
    let cells = |metrics: &[&Metric]| metrics.iter().map(|metric| cell(stage, row, metric)).collect();
    RowView {
        name: row.name.clone(),
        rank: row.rank,
        is_best,
        is_reference,
        pass: row.median_s.map_or_else(String::new, |median| show(Unit::Seconds, median)),
        pass_s: row.median_s.map(significant),
        bar: bar(stage, row),
        verdict: if is_reference { "the reference" } else { row.verdict().map_or("", word) },
        interval: row.ratio.map_or_else(String::new, interval),
        is_noise: is_noise(stage.noise, row.ratio),
        ratio: if is_reference { Some(1.0) } else { row.ratio.map(|ratio| significant(ratio.mean)) },
        why: row.invalid.as_ref().map(ToString::to_string),
        time: cells(time),
        cost: cells(cost),
    }
}

/// Whether a difference lies within what the reference shows against itself.
fn is_noise(noise: Option<Ratio>, ratio: Option<Ratio>) -> bool {
    noise.zip(ratio).is_some_and(|(noise, ratio)| (noise.low..=noise.high).contains(&ratio.mean))
}

/// The bars of a scenario end with the slowest row, so that its interval may be cut and nobody else's is.
fn bar(stage: &StageAnalysis, row: &BackendAnalysis) -> Option<Bar> {
    let of = |row: &BackendAnalysis| match row.ratio {
        Some(ratio) => Some(ratio.mean),
        None => (row.name == stage.reference && row.is_valid()).then_some(1.0),
    };
    let longest = stage.rows.iter().filter_map(of).fold(0.0, f64::max) * 1.05;
    let place = |ratio: f64| ((ratio / longest).clamp(0.0, 1.0) * BAR).round() as i64;
    let ends = |ratio: Ratio| (place(ratio.low), place(ratio.high));
    Some(Bar { length: place(of(row)?), interval: row.ratio.map_or((0, 0), ends), floor: stage.noise.map(ends) })
}

fn cell(stage: &StageAnalysis, row: &BackendAnalysis, metric: &Metric) -> Cell {
    let value = (metric.value)(row).filter(|_| row.is_valid());
    let largest = stage.valid().filter_map(metric.value).fold(0.0, f64::max);
    let share = value.filter(|_| largest > 0.0).map_or(0, |value| (value / largest * 20.0).round() as i64 * 5);
    Cell {
        text: value.map_or_else(String::new, |value| show(metric.unit, value)),
        value: value.map(significant),
        share,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse;
    use crate::report::tests::comparison;

    fn headline_of(comparison: &crate::record::Comparison) -> (String, String) {
        let stage = analyse(comparison).remove(0);
        let Headline { who, what, .. } = headline(&stage, Outcome::new(&stage).as_ref());
        (who.join(", "), what)
    }

    #[test]
    fn a_headline_says_what_the_sentence_does() {
        let mut comparison = comparison();
        assert_eq!(headline_of(&comparison), ("surf@smol".to_owned(), "is the fastest".to_owned()));
        for pass in comparison.passes.iter_mut().filter(|pass| pass.row == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 0.995);
        }
        let trifle = ("all concurrent rows".to_owned(), "lie within 0.5 %: choose on cost".to_owned());
        assert_eq!(headline_of(&comparison), trifle);
        comparison.passes.retain(|pass| pass.block < 4);
        assert_eq!(headline_of(&comparison).1, "no verdict");
    }
}
