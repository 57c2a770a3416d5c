//! A scenario for the page's template, computed ready to print.

use serde::Serialize;

use super::against::{self, AgainstView, Scale};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis, WorkloadOutcome, is_floor};
use crate::compare::metric::{self, Better, Metric, MetricGroup, Unit};
use crate::render::numbers::{counted, grouped, significant, time_scale};
use crate::render::table::TextTable;
use crate::report::comparison::{
    alarm, extra_tables, footnotes, invalidities, on_machines, order_fact, ratio_table, show,
    verdict,
};
use crate::stats::{LEAST_BLOCKS, Ratio};

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
    has_added: bool,
    has_cpu: bool,
    /// The end of the scale, if bars are cut there.
    cut_at: Option<String>,
    /// The sentence on a machine that was unfit.
    alarm: Option<String>,
    footnotes: Vec<String>,
    /// The ratios on each machine of a merged record.
    machines: Option<TextTable>,
    invalid: Vec<String>,
    backends: Vec<RowView>,
    time_columns: Vec<ColumnView>,
    cost_columns: Vec<ColumnView>,
    /// The tables that only some scenarios have.
    extra: Vec<(&'static str, TextTable)>,
}

/// The main result.
#[derive(Debug, Serialize)]
struct Headline {
    /// The names of the backends ahead, or that there are none.
    names: Vec<String>,
    /// Whether there is no verdict.
    is_open: bool,
    /// Their standing.
    standing: String,
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
    is_best: bool,
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
    let (scale, alarm) = (Scale::new(workload), alarm(workload));
    let against = against::view(workload, scale);
    let backends = workload.backends.iter().zip(against).map(|(backend, against)| {
        let is_best = outcome.as_ref().is_some_and(|outcome| outcome.is_ahead(backend));
        backend_view(workload, backend, against, is_best)
    });
    WorkloadView {
        id: format!("s{number}"),
        name: setup.scenario.clone(),
        description: setup.description.clone(),
        facts: format!(
            "{} at concurrency {}{}, {}{}",
            counted(setup.fetches, "fetch", "fetches"),
            grouped(setup.concurrency as u64),
            time_scale(setup.time_scale),
            counted(workload.blocks as u64, "block", "blocks"),
            on_machines(workload)
        ),
        verdict: verdict(workload),
        headline: headline(workload, outcome.as_ref()),
        reference: workload.reference.clone(),
        noise: workload.noise.map(Ratio::interval_text),
        has_added: workload.valid().any(|backend| backend.compared.added.is_some()),
        has_cpu: workload.valid().any(|backend| backend.compared.cpu.is_some()),
        cut_at: scale.end_text(),
        footnotes: footnotes(workload)
            .into_iter()
            .filter(|note| Some(note) != alarm.as_ref())
            .collect(),
        alarm,
        machines: ratio_table(workload),
        invalid: invalidities(workload),
        backends: backends.collect(),
        time_columns: metrics(workload, MetricGroup::Time).map(column).collect(),
        cost_columns: metrics(workload, MetricGroup::Cost).map(column).collect(),
        extra: extra_tables(workload).into_iter().map(|one| (one.title, one.table)).collect(),
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
    let Some((outcome, first)) =
        outcome.and_then(|outcome| Some((outcome, *outcome.ahead().first()?)))
    else {
        return match outcome {
            Some(_) => Headline {
                names: vec!["Nothing is shown to be faster".to_owned()],
                is_open: false,
                standing: verdict(workload),
                facts: Vec::new(),
            },
            None => open_headline(workload),
        };
    };
    let facts = [order_fact(workload), time(first), cost(outcome, first)];
    Headline {
        names: names(outcome),
        is_open: false,
        standing: standing(workload, outcome),
        facts: facts.into_iter().flatten().collect(),
    }
}

/// Returns the main result without a verdict: the reason, and the lowest medians.
fn open_headline(workload: &WorkloadAnalysis) -> Headline {
    let why = match workload.blocks {
        _ if !workload.is_judged => " (unfit machine)".to_owned(),
        _ if workload.machines.len() > 1 => String::new(),
        blocks if blocks < LEAST_BLOCKS => format!(" ({blocks} of {LEAST_BLOCKS} blocks)"),
        _ => String::new(),
    };
    let mut medians: Vec<(f64, &str)> = workload
        .valid()
        .filter(|backend| !is_floor(&backend.name))
        .filter_map(|backend| Some((backend.median_s()?, backend.name.as_str())))
        .collect();
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let lowest: Vec<String> = medians
        .iter()
        .take(NAMED)
        .map(|(median, name)| {
            format!("{name} {}", show(Unit::Seconds, *median).replace(' ', "\u{a0}"))
        })
        .collect();
    let standing = match medians.len() {
        ..2 => verdict(workload),
        _ => format!("Lowest medians: {}", lowest.join(", ")),
    };
    Headline { names: vec![format!("No verdict{why}")], is_open: true, standing, facts: Vec::new() }
}

/// Returns the main result as a line of the list of records.
pub(super) fn result(workload: &WorkloadAnalysis) -> String {
    let outcome = WorkloadOutcome::new(workload);
    let Headline { names, standing, facts, .. } = headline(workload, outcome.as_ref());
    let names = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("{} and {}", rest.join(", "), last.trim_start_matches("and "))
        }
        _ => names.concat(),
    };
    if facts.is_empty() { names } else { format!("{names} {standing}") }
}

/// Returns the standing of the backends ahead.
fn standing(workload: &WorkloadAnalysis, outcome: &WorkloadOutcome<'_>) -> String {
    if let Some(fastest) = &outcome.fastest {
        let percent = fastest.at_least * 100.0;
        return format!("is the fastest: the others take at least {percent:.1}\u{a0}% longer");
    }
    let are = if outcome.ahead().len() == 1 { "is" } else { "are" };
    match outcome.within().filter(|_| outcome.faster.is_empty()) {
        Some(within) => format!("{are} equivalent: within {:.1}\u{a0}%", within * 100.0),
        None => format!("{are} faster than {}", workload.reference),
    }
}

fn names(outcome: &WorkloadOutcome<'_>) -> Vec<String> {
    let ahead = outcome.ahead();
    let mut names: Vec<String> =
        ahead.iter().take(NAMED).map(|backend| backend.name.clone()).collect();
    if ahead.len() > NAMED {
        names.push(format!("and {} more", ahead.len() - NAMED));
    }
    names
}

/// Returns the time of the first backend and its distance from the ideal.
fn time(first: &BackendAnalysis) -> Option<(String, String, String)> {
    let median = show(Unit::Seconds, first.median_s()?);
    let note = match first.efficiency.zip(first.ideal_s) {
        Some((share, ideal)) => format!(
            "efficiency {} of an ideal of {}",
            show(Unit::Share, share),
            show(Unit::Seconds, ideal)
        ),
        None => format!(
            "{}; no delays, so no ideal",
            first.rate().map_or_else(String::new, |rate| show(Unit::PerSecond, rate))
        ),
    };
    Some(("Time".to_owned(), median, note))
}

/// Returns the cost of a fetch with the backend that is shown to take the least CPU among the
/// equivalent ones, or else with the first.
fn cost(
    outcome: &WorkloadOutcome<'_>,
    first: &BackendAnalysis,
) -> Option<(String, String, String)> {
    let cheapest = outcome.cheapest.filter(|_| outcome.fastest.is_none());
    let backend = cheapest.unwrap_or(first);
    let cost = backend.cost?;
    let which = match cheapest {
        Some(cheapest) => format!(" ({}, the least of them)", cheapest.name),
        None => String::new(),
    };
    let cpu = format!("{} CPU/fetch", show(Unit::Seconds, cost.cpu_s));
    let threads = counted(cost.threads, "thread", "threads");
    let memory =
        cost.peak_rss_bytes.map_or_else(String::new, |peak| show(Unit::Bytes, peak as f64) + ", ");
    Some(("Cost".to_owned(), cpu, format!("{memory}{threads}{which}")))
}

fn backend_view(
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
    against: AgainstView,
    is_best: bool,
) -> RowView {
    RowView {
        name: backend.name.clone(),
        is_best,
        pass: backend.median_s().map_or_else(String::new, |median| show(Unit::Seconds, median)),
        pass_s: backend.median_s().map(significant),
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
    use crate::compare::analysis::{Rules, analyse, analyse_by};
    use crate::record::Unfit;
    use crate::record::fixtures::{block, comparison};

    fn headline_of(comparison: &crate::record::ComparisonRecord) -> (String, String) {
        let workload = analyse(comparison).remove(0);
        let Headline { names, standing, .. } =
            headline(&workload, WorkloadOutcome::new(&workload).as_ref());
        (names.join(", "), standing)
    }

    #[test]
    fn headlines_match_the_verdict() {
        let mut comparison = comparison();
        let (names, standing) = headline_of(&comparison);
        assert_eq!(names, "surf@smol, hyper@smol");
        assert!(standing.starts_with("are equivalent: within "), "{standing}");
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 1.5);
        }
        let (names, standing) = headline_of(&comparison);
        assert_eq!(names, "surf@smol");
        assert!(standing.starts_with("is the fastest: the others take at least "), "{standing}");
    }

    #[test]
    fn missing_verdicts_show_medians() {
        let mut comparison = comparison();
        comparison.passes.retain(|pass| pass.block < 4);
        let (names, standing) = headline_of(&comparison);
        assert_eq!(names, "No verdict (4 of 5 blocks)");
        assert!(standing.starts_with("Lowest medians: surf@smol 30."), "{standing}");
        comparison.passes.retain(|pass| pass.backend == "surf@smol");
        assert!(headline_of(&comparison).1.ends_with("has nothing to be compared with."));
    }

    #[test]
    fn results_are_short() {
        let mut comparison = comparison();
        let of = |comparison: &_| result(&analyse(comparison)[0]);
        let line = of(&comparison);
        assert!(line.starts_with("surf@smol and hyper@smol are equivalent: within "), "{line}");
        comparison.passes.retain(|pass| pass.block < 4);
        assert_eq!(of(&comparison), "No verdict (4 of 5 blocks)");
    }

    #[test]
    fn unfit_machines_raise_an_alarm() {
        let mut comparison = comparison();
        assert!(view(0, &analyse(&comparison)[0]).alarm.is_none());
        for number in 0..6 {
            let mut block = block("article", number, 0.5);
            block.fitness.unfit = Some(Unfit::Others);
            comparison.blocks.push(block);
        }
        for (allow_unfit, end) in
            [(false, "; no verdict."), (true, "; the verdicts are not to be relied on.")]
        {
            let rules = Rules { allow_unfit, ..Rules::default() };
            let view = view(0, &analyse_by(&comparison, rules)[0]);
            let alarm = view.alarm.unwrap();
            assert!(alarm.starts_with("Unfit: ") && alarm.ends_with(end), "{alarm}");
            assert!(!view.footnotes.contains(&alarm), "it is above the table already");
        }
    }
}
