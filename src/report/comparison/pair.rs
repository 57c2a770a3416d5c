//! A comparison of two builds, in one line for each scenario.

use super::against::blocks;
use super::{alarm, invalidities};
use crate::compare::analysis::{BackendAnalysis, WorkloadAnalysis};
use crate::render::numbers::decimal_percent;
use crate::render::verdict::Change;
use crate::stats::{Ratio, Verdict};

/// Returns a line for each scenario, which may be pasted into a discussion: how the backends differ
/// from the reference. Both are builds of the backend with the name `subject`. Other lines name
/// invalid passes and an unfit machine.
pub fn pair_lines(subject: &str, workloads: &[WorkloadAnalysis]) -> String {
    let lines = workloads.iter().flat_map(|workload| {
        let compared = workload.valid().filter(|backend| backend.name != workload.reference);
        let results = compared.map(|backend| result(subject, workload, backend));
        results.chain(invalidities(workload)).chain(alarm(workload)).collect::<Vec<_>>()
    });
    lines.map(|line| line + "\n").collect()
}

fn result(subject: &str, workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> String {
    let (new, old) = (&backend.name, &workload.reference);
    let word = match backend.verdict() {
        Some(Verdict::Faster) => format!("{new} is faster than {old}"),
        Some(Verdict::Slower) => format!("{new} is slower than {old}"),
        Some(Verdict::Equivalent) => format!("{new} is equivalent to {old}"),
        Some(Verdict::Inconclusive) => format!("inconclusive, {new} against {old}"),
        None => format!("no verdict, {new} against {old}"),
    };
    let compared = &backend.compared;
    let mut parts = vec![format!("{word}: {}", time(compared.time))];
    let smallest = compared.smallest_difference;
    parts.extend(
        smallest.map(|share| format!("differences from {} on are found", decimal_percent(share))),
    );
    parts.extend(compared.cpu.map(|ratio| cpu(ratio, workload.equivalence)));
    parts.push(blocks(workload.blocks));
    format!("{subject} on {}: {}", workload.setup.scenario, parts.join("; "))
}

fn time(ratio: Option<Ratio>) -> String {
    ratio.map_or_else(|| "nothing is compared".to_owned(), Ratio::interval_text)
}

fn cpu(ratio: Ratio, equivalence: f64) -> String {
    let word = ratio.verdict(equivalence).map_or("", |verdict| verdict.word_for(Change::Cost));
    format!("CPU {word} {}", ratio.interval_text()).replace("  ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn lines_stand_by_themselves() {
        let workloads = analyse(&comparison());
        let lines = pair_lines("ureq@threads", &workloads);
        let slower = lines.lines().find(|line| line.contains("ureq@sequential is")).unwrap();
        assert!(
            slower
                .starts_with("ureq@threads on article: ureq@sequential is slower than surf@smol: "),
            "{slower}"
        );
        assert!(slower.contains("; CPU ") && slower.ends_with(" blocks"), "{slower}");
        assert!(lines.contains("exec:broken: wrong-answer"), "{lines}");
    }
}
