//! The result on a scenario in plain sentences.

use super::{join, machines};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis, WorkloadOutcome};
use crate::record::Probe;
use crate::render::numbers::decimal_percent;

/// Returns the result on a scenario in plain sentences. Whatever they claim can be read off the
/// intervals of the table.
pub fn verdict(workload: &WorkloadAnalysis) -> String {
    let name = &workload.setup.scenario;
    let result = match WorkloadOutcome::new(workload) {
        Some(outcome) => sentences(workload, &outcome).join(" "),
        None => no_verdict(workload),
    };
    let order = machines::headline(workload);
    let order = order.map_or_else(String::new, |order| format!("On {name} {order} "));
    format!("{order}On {name} {result}")
}

/// Returns why there is no verdict.
fn no_verdict(workload: &WorkloadAnalysis) -> String {
    let reference = &workload.reference;
    if workload.setup.probe.as_ref().is_some_and(Probe::is_all_dead) {
        return "every site failed for every backend: there is nothing to compare.".to_owned();
    }
    if workload.valid().next().is_none() {
        return "no backend is valid: there is nothing to compare.".to_owned();
    }
    if workload.valid_reference().is_none() {
        return format!("the reference {reference} is invalid, so nothing is compared with it.");
    }
    if workload.valid().nth(1).is_none() {
        return format!("{reference} has nothing to be compared with.");
    }
    if !workload.is_judged {
        return "the machine was unfit to measure on: there is no verdict.".to_owned();
    }
    if let Some(why) = machines::no_verdict(workload) {
        return why;
    }
    "there are too few blocks for a verdict: give it more time with --budget.".to_owned()
}

fn sentences(workload: &WorkloadAnalysis, outcome: &WorkloadOutcome<'_>) -> Vec<String> {
    let reference = &workload.reference;
    let mut sentences = vec![first(workload, outcome)];
    if let Some(within) = outcome.within() {
        let are = if outcome.equivalent.len() == 1 { "is" } else { "are" };
        sentences.push(format!(
            "{} {are} equivalent to {reference}: within {}.",
            named(&outcome.equivalent, "and"),
            decimal_percent(within)
        ));
        sentences.extend(outcome.cheapest.map(|cheapest| {
            format!("Choose on cost: {} takes the least CPU of them.", cheapest.name)
        }));
    }
    if !outcome.inconclusive.is_empty() {
        sentences.push(format!(
            "Inconclusive against {reference}: {}.",
            named(&outcome.inconclusive, "and")
        ));
    }
    sentences
}

/// Returns the sentence on the fastest, the faster and the slower backends.
fn first(workload: &WorkloadAnalysis, outcome: &WorkloadOutcome<'_>) -> String {
    let reference = &workload.reference;
    if let Some(fastest) = &outcome.fastest {
        return format!(
            "{} is the fastest: every other backend takes at least {} longer.",
            fastest.backend.name,
            decimal_percent(fastest.at_least)
        );
    }
    if !outcome.faster.is_empty() {
        let are = if outcome.faster.len() == 1 { "is" } else { "are" };
        return format!("{} {are} faster than {reference}.", named(&outcome.faster, "and"));
    }
    let Some(_) = outcome.reference else {
        return "no backend is shown to be the fastest.".to_owned();
    };
    match outcome.slower.as_slice() {
        [] => format!("no backend is shown to be faster or slower than {reference}."),
        slower => format!(
            "no backend is shown to be faster than {reference}; {} slower.",
            match slower {
                [one] => format!("{} is", one.name),
                several => format!("{} are", named(several, "and")),
            }
        ),
    }
}

fn named(backends: &[&BackendAnalysis], word: &str) -> String {
    let names: Vec<&str> = backends.iter().map(|backend| backend.name.as_str()).collect();
    join(&names, word)
}
