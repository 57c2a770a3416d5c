//! The notes below the tables of a scenario.

use std::collections::BTreeMap;

use super::against::blocks;
use super::{EARLY, fitness, join, machines};
use crate::compare::analysis::{BackendAnalysis, FLOOR, Stopped, WorkloadAnalysis};
use crate::record::{LinkSetup, Placement};
use crate::render::numbers;
use crate::report::probe;
use crate::stats::Verdict;

/// Returns the notes on a scenario, a line each.
pub(in crate::report) fn footnotes(workload: &WorkloadAnalysis) -> Vec<String> {
    let mut notes = Vec::new();
    if workload.setup.live {
        notes.push(
            "These are live sites: the network is part of every figure, and no answer was verified."
                .to_owned(),
        );
    }
    notes.extend(workload.setup.link.as_ref().map(link));
    notes.extend(without_phases(workload));
    if workload.setup.fresh_session {
        notes
            .push("Each pass opens a fresh session; the time of opening is part of it.".to_owned());
    }
    for (backend, ideal) in &workload.setup.left_out {
        notes.push(format!("{backend} is left out: its pass takes at least {ideal:.1} s."));
    }
    notes.extend(lacking("cannot fetch https", &workload.setup.without_https));
    let no_version = "do not speak the scenario's version of HTTP";
    notes.extend(lacking(no_version, &workload.setup.without_version));
    notes.extend(workload.setup.probe.iter().flat_map(probe::lines));
    notes.extend(machines::notes(workload));
    notes.extend(floor_note(workload));
    notes.extend(early(workload));
    notes.extend(undecided(workload));
    notes.extend(placement_advice(workload));
    notes.extend(workload.valid().filter_map(two_speeds));
    notes.extend(written_here(workload));
    notes.extend(server(workload));
    notes.extend(
        workload.fitness.as_ref().map(|fitness| fitness::sentence(fitness, workload.is_judged)),
    );
    notes
}

/// Returns the note on backends that were left out, if any.
fn lacking(why: &str, left_out: &[String]) -> Option<String> {
    (!left_out.is_empty())
        .then(|| format!("Left out, because they {why}: {}.", left_out.join(", ")))
}

/// Returns the note on the distance.
fn link(link: &LinkSetup) -> String {
    format!(
        "Fetched over an emulated network, {}, with {} at the server and {} at the clients. The \
         ideal counts its round trips and its rate, not slow start.",
        link.label(),
        link.server.name(),
        link.clients.name()
    )
}

/// Returns the note on backends without phases, if others have some.
fn without_phases(workload: &WorkloadAnalysis) -> Option<String> {
    let (with, without): (Vec<&BackendAnalysis>, Vec<&BackendAnalysis>) =
        workload.valid().partition(|backend| backend.phases.is_some());
    let names: Vec<&str> = without.iter().map(|backend| backend.name.as_str()).collect();
    (!with.is_empty() && !names.is_empty()).then(|| {
        format!(
            "No phases of {}: the packets were not clearly those of its fetches.",
            join(&names, "and")
        )
    })
}

/// Returns the note on the backends that were decided before the end.
fn early(workload: &WorkloadAnalysis) -> Option<String> {
    let mut early = workload
        .valid()
        .filter_map(|backend| match backend.compared.stopped {
            Some(Stopped::Decided { blocks }) => Some(blocks),
            _ => None,
        })
        .peekable();
    early.peek()?;
    let fewest = early.min().unwrap_or_default();
    Some(format!(
        "{EARLY} decided before the end, after {} of {} or more: the remaining time went to \
         undecided backends. Such a difference is overstated a little on average; its interval \
         allows for the early stop.",
        fewest,
        blocks(workload.blocks)
    ))
}

/// Returns the note on the differences that would have been found.
fn undecided(workload: &WorkloadAnalysis) -> Option<String> {
    let found = workload.valid().filter_map(|backend| {
        let smallest = backend.compared.smallest_difference?;
        Some(format!("{} for {}", numbers::decimal_percent(smallest), backend.name))
    });
    let found: Vec<String> = found.collect();
    (!found.is_empty()).then(|| {
        format!("Smallest difference found in four of five such runs: {}.", join(&found, "and"))
    })
}

/// Returns the advice for undecided backends of one thread each, which do not need two cores.
fn placement_advice(workload: &WorkloadAnalysis) -> Option<String> {
    let mut backends = workload.valid();
    let is_undecided =
        backends.clone().any(|backend| backend.verdict() == Some(Verdict::Inconclusive));
    let have_one_thread = backends.all(|backend| backend.fetching_threads == Some(1));
    (is_undecided && have_one_thread && workload.placement == Placement::Free).then(|| {
        "All backends have one thread: --placement one-core finds about half the difference in the \
         same time."
            .to_owned()
    })
}

/// Returns the note on a backend with passes of two speeds.
fn two_speeds(backend: &BackendAnalysis) -> Option<String> {
    let [fast, slow] = backend.compared.modes?;
    Some(format!(
        "The passes of {} have two speeds: {:.0} % of them take about {}, {:.0} % about {}. Its ratio \
         depends on the shares.",
        backend.name,
        fast.share * 100.0,
        numbers::seconds(fast.median),
        slow.share * 100.0,
        numbers::seconds(slow.median)
    ))
}

/// Returns the notes on backends with parts that no crate has, a note for each kind of part.
fn written_here(workload: &WorkloadAnalysis) -> Vec<String> {
    let mut backends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for backend in workload.valid().filter(|backend| !backend.written_here.is_empty()) {
        backends.entry(&backend.written_here).or_default().push(&backend.name);
    }
    let note = |(parts, names): (&str, Vec<&str>)| {
        format!("No crate offers the {parts} of {}: written for this project.", join(&names, "and"))
    };
    backends.into_iter().map(note).collect()
}

/// Returns which ratio the speed as a share of the floor's is, if it is shown.
pub(in crate::report) fn floor_note(workload: &WorkloadAnalysis) -> Option<String> {
    let is_shown = workload.valid().any(|backend| backend.vs_floor.is_some());
    is_shown.then(|| {
        format!(
            "vs floor is the geometric mean of the ratios to {FLOOR} within rounds, not the ratio of \
             the medians."
        )
    })
}

/// Returns whether the mock server was the limit: its highest load, and the backends it held up.
fn server(workload: &WorkloadAnalysis) -> Vec<String> {
    let Some((backend, share)) = workload.highest(|backend| backend.server.busy) else {
        return Vec::new();
    };
    let mut notes = vec![format!(
        "The mock server was busy for {:.0} % of a pass at most, with {}.",
        share * 100.0,
        backend.name
    )];
    for backend in workload.valid().filter(|backend| backend.is_server_bound()) {
        notes.push(format!(
            "{} was limited by the mock server: it may be faster than shown.",
            backend.name
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;
    use crate::stats::Mode;

    #[test]
    fn server_notes_name_backends() {
        let mut workload = analyse(&comparison()).remove(0);
        assert!(server(&workload).is_empty(), "nothing is known of it");
        (workload.backends[0].server.busy, workload.backends[1].server.busy) =
            (Some(0.46), Some(0.2));
        assert_eq!(
            server(&workload),
            ["The mock server was busy for 46 % of a pass at most, with surf@smol."]
        );
        workload.backends[0].server.busy = Some(0.9);
        assert_eq!(
            server(&workload)[1],
            "surf@smol was limited by the mock server: it may be faster than shown."
        );
    }

    #[test]
    fn parts_written_here_are_named() {
        let mut workload = analyse(&comparison()).remove(0);
        assert!(written_here(&workload).is_empty());
        for backend in &mut workload.backends[..2] {
            backend.written_here = "pool".to_owned();
        }
        let names: Vec<&str> = workload.valid().map(|backend| backend.name.as_str()).collect();
        assert_eq!(
            written_here(&workload),
            [format!(
                "No crate offers the pool of {} and {}: written for this project.",
                names[0], names[1]
            )]
        );
    }

    #[test]
    fn two_speeds_have_a_note() {
        let mut workload = analyse(&comparison()).remove(0);
        assert_eq!(workload.valid().filter_map(two_speeds).count(), 0);
        let modes = [Mode { median: 0.0173, share: 0.7 }, Mode { median: 0.05, share: 0.3 }];
        workload.backends[2].compared.modes = Some(modes);
        let note = two_speeds(&workload.backends[2]).unwrap();
        assert!(
            note.starts_with("The passes of ureq@sequential have two speeds: 70 % of them take ")
                && note.contains("about 17.30 ms, 30 % about 50.00 ms"),
            "{note}"
        );
    }
}
