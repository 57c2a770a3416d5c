//! Comparisons as text for people, Markdown, JSON and CSV, and the phrases that all of them share.

use super::probe;
use crate::compare::analysis::{
    BackendAnalysis, Invalid, Standing, WorkloadAnalysis, WorkloadOutcome,
};
use crate::compare::metric::{Metric, Unit};
use crate::record::{ComparisonSetup, Probe};
use crate::render::escape::visible;
use crate::render::numbers;
use crate::stats::paired::Ratio;

mod export;
mod latency;
mod markdown;
mod text;

pub(super) use self::export::csv_field;
pub use self::export::{csv, json};
pub use self::markdown::{markdown, short};
pub use self::text::text;

/// Returns the verdict on a backend in words.
pub(super) fn against(workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> String {
    if backend.name == workload.reference {
        let noise = workload.noise.map_or_else(String::new, |noise| {
            format!(", against itself {}", noise.interval_text())
        });
        return format!("the reference{noise}");
    }
    backend.ratio.map_or_else(String::new, Ratio::sentence)
}

pub(super) fn cell(metric: &Metric, backend: &BackendAnalysis) -> String {
    (metric.value)(backend).map_or_else(String::new, |value| show(metric.unit, value))
}

/// Formats a figure for people.
pub(super) fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => numbers::seconds(value),
        Unit::PerSecond => numbers::per_second(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Bytes if value.abs() >= 1e6 => format!("{:.1} MB", value / 1e6),
        Unit::Bytes if value.abs() >= 1e3 => format!("{:.1} kB", value / 1e3),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Number if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Number => format!("{value:.2}"),
    }
}

/// Returns a line for each invalid backend with the reason.
pub(super) fn invalidities(workload: &WorkloadAnalysis) -> Vec<String> {
    workload.backends.iter().filter_map(invalidity).collect()
}

fn invalidity(backend: &BackendAnalysis) -> Option<String> {
    let Invalid { validity, why, passes } = backend.invalid.as_ref()?;
    let passes = if *passes == 1 { "1 pass".to_owned() } else { format!("{passes} passes") };
    Some(visible(&format!("{}: {} ({passes}): {why}", backend.name, validity.name())))
}

pub(super) fn footnotes(workload: &WorkloadAnalysis) -> Vec<String> {
    let mut notes = Vec::new();
    if workload.setup.live {
        notes.push(
            "These are live sites: the network is part of every figure, and no answer was \
                    verified."
                .to_owned(),
        );
    }
    for (backend, ideal) in &workload.setup.left_out {
        notes.push(format!("{backend} is left out: its pass takes {ideal:.1} s at best."));
    }
    if !workload.setup.without_https.is_empty() {
        notes.push(format!(
            "Left out, since they cannot fetch https: {}.",
            workload.setup.without_https.join(", ")
        ));
    }
    notes.extend(workload.setup.probe.iter().flat_map(probe::lines));
    notes.extend(server(workload));
    if let Some(smallest) = workload.smallest_difference {
        notes.push(format!(
            "Differences from about {:.1} % on are found here in four runs of five.",
            smallest * 100.0
        ));
    }
    notes
}

/// Returns what counted the instructions, or why no backend has a count of them.
pub(super) fn instructions_source(
    setup: &ComparisonSetup,
    workloads: &[WorkloadAnalysis],
) -> String {
    let mut by_tool = workloads.iter().flat_map(|workload| &workload.setup.instructions);
    let mut costs =
        workloads.iter().flat_map(|workload| &workload.backends).filter_map(|backend| backend.cost);
    if let Some(counted) = by_tool.next() {
        return format!("counted by {}, for backends of one thread", visible(&counted.by));
    }
    if costs.any(|cost| cost.instructions.is_some()) {
        return "counted by the processor".to_owned();
    }
    let why = setup.no_instructions.as_deref().unwrap_or("they were not counted");
    format!("not available: {why}")
}

/// Returns whether the mock server was the limit: its highest load, its capacity just before, and
/// the backends it held up.
fn server(workload: &WorkloadAnalysis) -> Vec<String> {
    let Some((backend, share)) = workload.highest(|backend| backend.server.busy) else {
        return Vec::new();
    };
    let before = workload.capacity.map_or_else(String::new, |capacity| {
        format!("; just before, it answered up to {}", numbers::per_second(capacity.requests_per_s))
    });
    let mut notes = vec![format!(
        "The mock server was busy for {:.0} % of a pass at most, with {}{before}.",
        share * 100.0,
        backend.name
    )];
    for backend in workload.valid().filter(|backend| backend.is_server_bound()) {
        notes.push(format!(
            "{} was held up by the server: it is at least as fast as is shown.",
            backend.name
        ));
    }
    notes
}

/// Returns the result in one plain sentence.
pub fn verdict(workload: &WorkloadAnalysis) -> String {
    let name = &workload.setup.scenario;
    if workload.setup.probe.as_ref().is_some_and(Probe::is_all_dead) {
        return format!(
            "On {name} every site failed for every backend: there is nothing to compare."
        );
    }
    if workload.valid().next().is_none() {
        return format!("On {name} no row counts.");
    }
    let Some(outcome) = WorkloadOutcome::new(workload) else {
        return format!(
            "On {name} there are too few blocks for a verdict: give it more time with --budget."
        );
    };
    let names: Vec<&str> = outcome.ahead.iter().map(|backend| backend.name.as_str()).collect();
    let who = match (outcome.standing, outcome.is_everybody) {
        (Standing::Alone, _) => {
            return match outcome.next {
                Some(next) => {
                    format!("On {name} {} is the fastest; next comes {}.", names[0], next.name)
                }
                None => format!("On {name} there is only {}.", names[0]),
            };
        }
        (Standing::Close(share), true) => {
            format!("all concurrent rows lie within {:.1} %", share * 100.0)
        }
        (Standing::Close(share), false) => {
            format!(
                "{} are ahead, within {:.1} % of each other",
                join(&names, "and"),
                share * 100.0
            )
        }
        (Standing::Tied, true) => "all concurrent rows tie".to_owned(),
        (Standing::Tied, false) => {
            format!("no row is shown to be faster than {}", join(&names, "or"))
        }
    };
    format!(
        "On {name} {who}: choose on cost, where {} takes the least CPU.",
        outcome.cheapest().name
    )
}

/// Returns `a, b or c` if the word is `or`.
pub(super) fn join(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::{FLOOR, analyse};
    use crate::record::fixtures::comparison;
    use crate::record::{ComparisonRecord, control};

    fn rename(name: &mut String) {
        match name.as_str() {
            "surf@smol" => *name = FLOOR.to_owned(),
            other if other == control("surf@smol") => *name = control(FLOOR),
            _ => {}
        }
    }

    /// Returns the small comparison, with the floor in place of its fastest backend.
    fn comparison_with_floor() -> ComparisonRecord {
        let mut comparison = comparison();
        rename(&mut comparison.setup.reference);
        comparison.setup.backends.iter_mut().for_each(|backend| rename(&mut backend.name));
        comparison.passes.iter_mut().for_each(|pass| rename(&mut pass.backend));
        comparison
    }

    #[test]
    fn the_floor_is_no_choice() {
        let workloads = analyse(&comparison_with_floor());
        assert_eq!(workloads[0].backends[0].name, FLOOR);
        assert_eq!(
            verdict(&workloads[0]),
            "On article hyper@smol is the fastest; next comes ureq@sequential."
        );
    }

    /// Returns the shares of the floor, in percent.
    fn floor_shares(comparison: &ComparisonRecord) -> Vec<(String, f64)> {
        let backends = analyse(comparison).remove(0).backends.into_iter();
        backends
            .filter_map(|backend| Some((backend.name, (backend.of_floor? * 100.0).round())))
            .collect()
    }

    #[test]
    fn floor_shares_need_no_delays() {
        let mut comparison = comparison_with_floor();
        assert_eq!(floor_shares(&comparison), [], "the share of the ideal says more");
        comparison.passes.iter_mut().for_each(|pass| pass.ideal_s = None);
        // A pass is 1.01 and 2 times as long as that of the floor.
        let expected = [(FLOOR, 100.0), ("hyper@smol", 99.0), ("ureq@sequential", 50.0)]
            .map(|(name, share)| (name.to_owned(), share));
        assert_eq!(floor_shares(&comparison), expected);
    }

    #[test]
    fn invalid_controls_spoil_the_reference() {
        let mut comparison = comparison();
        let again =
            comparison.passes.iter_mut().find(|pass| pass.backend == control("surf@smol")).unwrap();
        (again.validity, again.why) =
            (crate::record::Validity::Crashed, Some("it ended".to_owned()));
        let workload = analyse(&comparison).remove(0);
        assert!(
            invalidities(&workload).contains(&"surf@smol: crashed (1 pass): it ended".to_owned())
        );
        assert!(workload.noise.is_none() && workload.smallest_difference.is_none());
    }

    #[test]
    fn the_server_notes_name_backends() {
        let mut workload = analyse(&comparison()).remove(0);
        assert!(server(&workload).is_empty(), "nothing is known of it");
        (workload.backends[0].server.busy, workload.backends[1].server.busy) =
            (Some(0.46), Some(0.2));
        assert_eq!(
            server(&workload),
            ["The mock server was busy for 46 % of a pass at most, with surf@smol."]
        );
        workload.capacity = Some(crate::record::Capacity {
            requests_per_s: 101_234.4,
            busy: 0.9,
            delayed_per_s: 50_000.0,
            delay_error_median_s: 1e-5,
            delay_error_p99_s: 1e-4,
            bare_median_s: 1e-8,
            bare_p99_s: 1e-8,
        });
        workload.backends[0].server.busy = Some(0.9);
        let told = server(&workload);
        assert!(
            told[0].ends_with("with surf@smol; just before, it answered up to 101,234/s."),
            "{told:?}"
        );
        assert_eq!(
            told[1],
            "surf@smol was held up by the server: it is at least as fast as is shown."
        );
        // Its one thread is fully busy, too.
        workload.backends[0].fetching_threads = Some(1);
        workload.backends[0].median_s =
            workload.backends[0].cost.map(|cost| cost.cpu_s * workload.backends[0].fetches as f64);
        assert_eq!(server(&workload).len(), 1);
    }

    #[test]
    fn a_trifle_does_not_win() {
        let mut comparison = comparison();
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 0.995);
        }
        let workloads = analyse(&comparison);
        let hyper =
            workloads[0].backends.iter().find(|backend| backend.name == "hyper@smol").unwrap();
        assert_eq!(hyper.rank, Some(2), "it is shown to be slower");
        assert_eq!(
            verdict(&workloads[0]),
            "On article all concurrent rows lie within 0.5 %: choose on cost, where surf@smol \
             takes the least CPU."
        );
    }

    #[test]
    fn close_leaders_are_named() {
        let mut comparison = comparison();
        comparison.setup.backends[2].sequential = false;
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol") {
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * 0.995);
        }
        let said = verdict(&analyse(&comparison)[0]);
        assert!(
            said.starts_with(
                "On article surf@smol and hyper@smol are ahead, within 0.5 % of each other: "
            ),
            "{said}"
        );
    }
}
