//! The quality of verdicts, as Markdown.

use crate::compare::analysis::WorkloadAnalysis;
use crate::render::escape::markdown as escape;
use crate::render::numbers::grouped;
use crate::tools::calibrate::{BlockLength, DRAWN, Run, Trial};

/// Returns a table of how often experiments were right.
pub fn trials(trials: &[Trial]) -> String {
    let mut text = String::from(
        "| row | true difference | blocks | experiments | found slower | found faster \
         | interval covers the truth |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for trial in trials {
        let Trial { backend, truth, blocks, experiments, slower, faster, covered } = trial;
        text.push_str(&format!(
            "| {} | {:.0} % | {blocks} | {experiments} | {} | {} | {} |\n",
            escape(backend),
            (truth - 1.0) * 100.0,
            share_text(trial, *slower),
            share_text(trial, *faster),
            share_text(trial, *covered)
        ));
    }
    text
}

/// Returns a share of the experiments in percent, with its interval.
fn share_text(trial: &Trial, count: usize) -> String {
    let (share, interval) = trial.share(count);
    let [share, low, high] = [share, *interval.start(), *interval.end()].map(|part| part * 100.0);
    format!("{share:.1} % ({low:.1} to {high:.1})")
}

/// Returns a paragraph on the result of a typical run, and on how often experiments with a quarter
/// of its blocks and resampled experiments found the same.
pub fn run(run: &Run, quarter: &Trial, resampled: f64, workload: &WorkloadAnalysis) -> String {
    let Run { seconds, backend, blocks, rounds: run_rounds, found } = run;
    format!(
        "\nA run of {seconds:.0} seconds over the row and {} made {blocks} blocks of {run_rounds} \
         cycles, and found {}. Of the experiments with a quarter of its blocks, which have {} \
         cycles each, {} in {} found the row slower, and of {} resampled ones, with as many blocks \
         as the run drawn from all {} with replacement, {:.1} %. The run itself \
         has blocks of at least as many cycles, and so finds that difference at least as often.\n",
        escape(backend),
        found.interval_text(),
        workload.paired.blocks.shortest(),
        quarter.slower,
        quarter.experiments,
        grouped(DRAWN as u64),
        grouped(workload.blocks as u64),
        resampled * 100.0,
    )
}

/// Returns a table of the quality of blocks by length. The deviation times the root of a block's
/// time is proportional to the width of an interval after a given time, for any number of blocks.
pub fn block_lengths(lengths: &[BlockLength]) -> String {
    let Some(first) = lengths.first() else { return String::new() };
    let mut text = String::from("| cycles | a block lasts |");
    for (backend, _) in &first.deviations {
        text.push_str(&format!(" {} | x √s |", escape(backend)));
    }
    text.push_str("\n|--:|--:|");
    text.push_str(&"--:|--:|".repeat(first.deviations.len()));
    text.push('\n');
    for BlockLength { rounds, seconds, deviations } in lengths {
        text.push_str(&format!("| {rounds} | {seconds:.2} s |"));
        for (_, deviation) in deviations {
            text.push_str(&format!(" {deviation:.4} | {:.4} |", deviation * seconds.sqrt()));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;
    use crate::tools::calibrate::resampled;

    #[test]
    fn resampling_finds_real_differences() {
        let workload = analyse(&comparison()).remove(0);
        let found = |backend| resampled(&workload, backend, 6);
        assert_eq!(
            [found("ureq@sequential"), found("surf@smol"), found("nobody")],
            [Some(1.0), Some(0.0), None]
        );
    }
}
