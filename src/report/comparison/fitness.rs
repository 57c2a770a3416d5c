//! The fitness of the machine, in one sentence and as JSON.

use serde_json::{Value, json};

use crate::compare::analysis::{WorkloadAnalysis, WorkloadFitness};
use crate::render::numbers;

/// Returns the sentence on a machine that was unfit; `None` if it was fit, or nothing is known.
pub(in crate::report) fn alarm(workload: &WorkloadAnalysis) -> Option<String> {
    let fitness = workload.fitness.as_ref().filter(|fitness| fitness.is_unfit())?;
    Some(sentence(fitness, workload.is_judged))
}

/// Returns the shares that other programs and the host used, and the number of unfit blocks.
pub(super) fn sentence(fitness: &WorkloadFitness, is_judged: bool) -> String {
    let WorkloadFitness { blocks, unfit, slowed, .. } = fitness;
    let all = numbers::counted(*blocks as u64, "block", "blocks");
    let were = if *unfit == 1 { "was" } else { "were" };
    if fitness.is_unfit() {
        let slowed = match slowed {
            0 => String::new(),
            _ => format!(", and a core changed its speed in {slowed}"),
        };
        return format!(
            "Unfit: {} during {unfit} of {all}{slowed}; {}.",
            shares(fitness, "other programs"),
            if is_judged { "the verdicts are not to be relied on" } else { "no verdict" }
        );
    }
    let remade = match unfit {
        0 => String::new(),
        _ => format!("; {unfit} of {all} {were} made again"),
    };
    format!("Fitness: {}{remade}.", shares(fitness, "others"))
}

/// Returns the shares of other programs, called `others`, and of the host.
fn shares(fitness: &WorkloadFitness, others: &str) -> String {
    let others = fitness
        .others
        .map(|share| format!("{others} used {} of the cores", numbers::percent(share)));
    let host = fitness.steal.map(|share| format!("the host took {}", numbers::percent(share)));
    match (others, host) {
        (Some(others), Some(host)) => format!("{others} and {host}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "this machine does not report the use of its cores".to_owned(),
    }
}

/// Returns all figures as JSON.
pub(super) fn json_fitness(fitness: &WorkloadFitness) -> Value {
    json!({
        "fit": !fitness.is_unfit(),
        "blocks": fitness.blocks,
        "unfit": fitness.unfit,
        "slowed": fitness.slowed,
        "steal": fitness.steal,
        "others": fitness.others,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIT: WorkloadFitness =
        WorkloadFitness { blocks: 9, unfit: 0, slowed: 0, steal: Some(0.001), others: Some(0.012) };

    #[test]
    fn sentences_follow_the_blocks() {
        let used = "others used 1.2 % of the cores and the host took 0.1 %";
        for (fitness, text) in [
            (FIT, format!("Fitness: {used}.")),
            (
                WorkloadFitness { unfit: 1, slowed: 1, ..FIT },
                format!("Fitness: {used}; 1 of 9 blocks was made again."),
            ),
            (
                WorkloadFitness { unfit: 4, ..FIT },
                format!("Fitness: {used}; 4 of 9 blocks were made again."),
            ),
            (
                WorkloadFitness { unfit: 7, blocks: 8, others: Some(0.52), ..FIT },
                "Unfit: other programs used 52 % of the cores and the host took 0.1 % during 7 \
                 of 8 blocks; no verdict."
                    .to_owned(),
            ),
            (
                WorkloadFitness { unfit: 1, blocks: 1, slowed: 1, steal: None, ..FIT },
                "Unfit: other programs used 1.2 % of the cores during 1 of 1 block, and a core \
                 changed its speed in 1; no verdict."
                    .to_owned(),
            ),
            (
                WorkloadFitness { steal: None, others: None, ..FIT },
                "Fitness: this machine does not report the use of its cores.".to_owned(),
            ),
        ] {
            assert_eq!(sentence(&fitness, false), text);
        }
    }

    #[test]
    fn unfit_verdicts_are_marked() {
        let unfit = WorkloadFitness { unfit: 9, ..FIT };
        assert!(sentence(&unfit, true).ends_with("; the verdicts are not to be relied on."));
    }

    #[test]
    fn json_has_every_figure() {
        let value = json_fitness(&WorkloadFitness { unfit: 5, ..FIT });
        assert_eq!((&value["fit"], &value["unfit"]), (&json!(false), &json!(5)), "{value}");
        assert_eq!((&value["others"], &value["steal"]), (&json!(0.012), &json!(0.001)), "{value}");
    }
}
