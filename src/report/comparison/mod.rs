//! Comparisons as text for people, Markdown, JSON and CSV, and the phrases that all of them share.

use crate::compare::analysis::{BackendAnalysis, Invalid, WorkloadAnalysis};
use crate::compare::metric::{Metric, Unit};
use crate::record::ComparisonSetup;
use crate::render::escape::visible;
use crate::render::numbers;

mod against;
mod export;
mod extra;
mod fitness;
mod latency;
mod machines;
mod machines_json;
mod markdown;
mod notes;
mod pair;
mod ratio;
mod sentence;
mod text;
mod tracked;

pub(super) use self::against::{AgainstColumn, EARLY};
pub(super) use self::export::csv_field;
pub use self::export::{csv, json};
pub(super) use self::extra::extra_tables;
pub(super) use self::fitness::alarm;
pub(super) use self::machines::{machine_table, missing, on_machines, order_fact, ratio_table};
pub use self::markdown::{markdown, short};
pub(super) use self::notes::{floor_note, footnotes};
pub use self::pair::pair_lines;
pub use self::sentence::verdict;
pub use self::text::text;
pub use self::tracked::{bencher, benchmark_action, untracked};

pub(super) fn cell(metric: &Metric, backend: &BackendAnalysis) -> String {
    (metric.value)(backend).map_or_else(String::new, |value| show(metric.unit, value))
}

/// Formats a figure for people.
pub(super) fn show(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Seconds => numbers::seconds(value),
        Unit::PerSecond => numbers::per_second(value),
        Unit::Share => numbers::decimal_percent(value),
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
    let passes = numbers::counted(*passes as u64, "pass", "passes");
    Some(visible(&format!("{}: {} ({passes}): {why}", backend.name, validity.name())))
}

/// Returns the tool that counted the instructions, or why no backend has a count.
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

/// Returns `a, b or c` if the word is `or`.
pub(super) fn join(names: &[impl AsRef<str>], word: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names[..] {
        [] => String::new(),
        [one] => one.to_owned(),
        [ref most @ .., last] => format!("{} {word} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::{FLOOR, analyse};
    use crate::record::fixtures::comparison;
    use crate::record::{ComparisonRecord, control};

    /// Returns the small comparison, with a floor in place of its fastest backend.
    fn comparison_with(floor: &str) -> ComparisonRecord {
        let rename = |name: &mut String| match name.as_str() {
            "surf@smol" => *name = floor.to_owned(),
            other if other == control("surf@smol") => *name = control(floor),
            _ => {}
        };
        let mut comparison = comparison();
        rename(&mut comparison.setup.reference);
        comparison.setup.backends.iter_mut().for_each(|backend| rename(&mut backend.name));
        comparison.passes.iter_mut().for_each(|pass| rename(&mut pass.backend));
        comparison
    }

    #[test]
    fn the_floor_is_no_choice() {
        for floor in [FLOOR, "floor@loop+h2"] {
            let workloads = analyse(&comparison_with(floor));
            assert_eq!(workloads[0].backends[0].name, floor);
            assert_eq!(
                verdict(&workloads[0]),
                format!(
                    "On article hyper@smol is the fastest: every other backend takes at least \
                     97.8 % longer. hyper@smol is equivalent to {floor}: within 1.0 %."
                )
            );
        }
    }

    /// Returns the shares of the floor, in percent.
    fn floor_shares(comparison: &ComparisonRecord) -> Vec<(String, f64)> {
        let backends = analyse(comparison).remove(0).backends.into_iter();
        backends
            .filter_map(|backend| Some((backend.name, (backend.vs_floor? * 100.0).round())))
            .collect()
    }

    #[test]
    fn floor_shares_need_no_delays() {
        let mut comparison = comparison_with(FLOOR);
        assert_eq!(floor_shares(&comparison), [], "the share of the ideal says more");
        comparison.passes.iter_mut().for_each(|pass| pass.ideal_s = None);
        // A pass is 1.01 and 2 times as long as that of the floor.
        let expected = [(FLOOR, 100.0), ("hyper@smol", 99.0), ("ureq@sequential", 50.0)]
            .map(|(name, share)| (name.to_owned(), share));
        assert_eq!(floor_shares(&comparison), expected);
        let workload = analyse(&comparison).remove(0);
        let notes = footnotes(&workload);
        assert!(notes.iter().any(|note| note.starts_with("vs floor is the geometric mean")));
    }

    #[test]
    fn invalid_controls_void_verdicts() {
        let mut comparison = comparison();
        let again =
            comparison.passes.iter_mut().find(|pass| pass.backend == control("surf@smol")).unwrap();
        (again.validity, again.why) =
            (crate::record::Validity::Crashed, Some("it ended".to_owned()));
        let workload = analyse(&comparison).remove(0);
        assert!(
            invalidities(&workload).contains(&"surf@smol: crashed (1 pass): it ended".to_owned())
        );
        assert!(workload.noise.is_none());
        assert!(workload.backends.iter().all(|backend| backend.verdict().is_none()));
        assert_eq!(
            verdict(&workload),
            "On article the reference surf@smol is invalid, so nothing is compared with it."
        );
    }

    /// Returns the sentences on the small comparison, with the passes of hyper@smol multiplied by
    /// a factor in odd blocks and by another in even ones.
    fn verdict_with(odd: f64, even: f64) -> String {
        let mut comparison = comparison();
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol") {
            let factor = if pass.block % 2 == 1 { odd } else { even };
            pass.elapsed_s = pass.elapsed_s.map(|elapsed| elapsed * factor);
        }
        verdict(&analyse(&comparison)[0])
    }

    #[test]
    fn small_shifts_are_equivalent() {
        assert_eq!(
            verdict_with(0.995, 0.995),
            "On article no backend is shown to be faster than surf@smol; ureq@sequential is \
             slower. hyper@smol is equivalent to surf@smol: within 0.5 %. Choose on cost: \
             surf@smol takes the least CPU of them."
        );
    }

    #[test]
    fn ignorance_is_no_equality() {
        assert_eq!(
            verdict_with(0.9, 1.1),
            "On article no backend is shown to be faster than surf@smol; ureq@sequential is \
             slower. Inconclusive against surf@smol: hyper@smol."
        );
    }

    #[test]
    fn faster_backends_are_named() {
        assert_eq!(
            verdict_with(0.9, 0.9),
            "On article hyper@smol is the fastest: every other backend takes at least 10.0 % \
             longer."
        );
    }
}
