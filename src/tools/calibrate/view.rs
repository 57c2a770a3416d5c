//! The quality of verdicts, as Markdown.

use super::{
    BETWEEN, BlockLength, CalibrationStep, DRAWN, EXPERIMENTS, FamilyTrial, MachineTrial, Share,
    Trial, block_lengths, correlation, resampled, trials, truth,
};
use crate::record::control;
use crate::render::escape::markdown as escape;
use crate::render::numbers::{decimal_percent, grouped};
use crate::stats;

/// The step of a usual run.
const USUAL: &str = "minute";

/// The numbers of blocks of an experiment.
const BLOCKS: [usize; 3] = [5, 15, 60];

/// The numbers of comparisons of a family: those of ten backends with one, and of the field.
const FAMILIES: [usize; 2] = [9, 28];

const INTRODUCTION: &str = "\
# Calibration

How reliable the verdicts of `fetchbench compare` are on this machine. They are measured
with known differences: a backend against itself, and against itself slowed by 5 % and by 10 %
(each pass is followed by spinning, so that it lasts that much longer). All take part in
the same rounds of long runs, which are cut into disjoint experiments. Each experiment is judged by
itself. A backend against itself should be found slower or faster in 5 % of them. Shares have 95 %
intervals (Clopper and Pearson).

`scripts/calibrate` measures the values of the blocks in
[calibration.jsonl](calibration.jsonl). `fetchbench calibration --page results/calibration.jsonl`
makes this page from that file alone.

";

const FAMILIES_TEXT: &str = "
## Families

The A/A control against the reference, in families of as many comparisons as a run makes at once.
The intervals of a family hold together with 95 %. Disjoint families have no block in common; there
are few, so 10,000 more are drawn from all blocks with replacement.

";

/// The numbers of machines of an experiment.
const MACHINES: [usize; 4] = [2, 3, 5, 10];

const LENGTHS_TEXT: &str = "
## Rounds in a block, and where processes run

The same blocks, had they ended after fewer rounds: the deviation of block values, and its product
with the root of a block's duration in seconds. The smaller that product is, the narrower intervals
are after a given time.
";

/// Returns the page of a file of steps.
pub fn page(steps: &[CalibrationStep]) -> String {
    let (lengths, whole): (Vec<&CalibrationStep>, Vec<&CalibrationStep>) =
        steps.iter().partition(|step| step.lengths().len() > 1);
    let (usual, long): (Vec<&CalibrationStep>, Vec<&CalibrationStep>) =
        whole.iter().partition(|step| step.setup.step == USUAL);
    let mut text = INTRODUCTION.to_owned();
    text.push_str(&conditions(steps));
    for step in &long {
        let trials: Vec<Trial> = BLOCKS.iter().flat_map(|blocks| trials(step, *blocks)).collect();
        if !trials.is_empty() {
            text.push_str(&format!("\n## {}\n\n{}", title(step), table(&trials)));
        }
    }
    if let Some(first) = long.first() {
        usual.iter().for_each(|run| text.push_str(&self::run(run, first)));
    }
    text.push_str(FAMILIES_TEXT);
    text.push_str(&families(&long));
    text.push_str(&machines(&long));
    if !lengths.is_empty() {
        text.push_str(LENGTHS_TEXT);
    }
    for step in lengths {
        text.push_str(&format!("\n{}:\n\n{}", title(step), lengths_table(step)));
    }
    text
}

/// Returns the section on merged records.
fn machines(steps: &[&CalibrationStep]) -> String {
    let sources = steps.iter().filter_map(|step| {
        let again = control(&step.setup.reference);
        let index = step.setup.backends.iter().position(|name| *name == again)?;
        Some(step.values(index, step.rounds())).filter(|values| !values.is_empty())
    });
    let sources: Vec<Vec<f64>> = sources.collect();
    let trials = MACHINES.iter().filter_map(|count| MachineTrial::new(&sources, *count));
    let rows: String = trials
        .map(|trial| {
            format!(
                "| {} | {} | {} | ±{:.1} % |\n",
                trial.machines,
                share_text(&trial.share(trial.covered)),
                share_text(&trial.share(trial.above)),
                trial.reach * 100.0
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "\n## Several machines\n\n\
         {} experiments over synthetic machines, as `fetchbench merge` judges them: single \
         intervals\n\
         over machines. The true ratios of the machines deviate by {:.0} %, around 10.5 %. Each \
         machine has 6 to 14 blocks,\n\
         drawn from the A/A control of one of the steps above with replacement.\n\n\
         | machines | interval covers the truth | interval above 1 | median interval |\n\
         |--:|--:|--:|--:|\n{rows}",
        grouped(EXPERIMENTS as u64),
        BETWEEN * 100.0
    )
}

/// Returns the title of a step.
fn title(step: &CalibrationStep) -> String {
    let of_step = match step.setup.step.as_str() {
        "long" => "a quiet machine",
        "three-rounds" => "three rounds in a block",
        "load" => "beside a busy loop",
        "free" => "processes run where the system puts them",
        "apart" => "the server on one core, the backends on the others",
        "one-core" => "all on one core",
        _ => return escape(&step.setup.scenario),
    };
    format!("{}, {of_step}", escape(&step.setup.scenario))
}

/// Returns where and how the steps were measured.
fn conditions(steps: &[CalibrationStep]) -> String {
    let mut text = String::from(
        "| step | measured on | at revision | started | blocks | rounds | deviation of A/A \
         | correlation of neighbours |\n|---|---|---|---|--:|--:|--:|--:|\n",
    );
    for step in steps {
        let setup = &step.setup;
        let again = setup.backends.iter().position(|name| *name == control(&setup.reference));
        let values = again.map(|again| step.values(again, step.rounds())).unwrap_or_default();
        let deviation = stats::standard_deviation(&values);
        let kernel = setup.kernel.as_deref().unwrap_or("an unknown system");
        let revision = setup.revision.as_deref().unwrap_or("unknown");
        text.push_str(&format!(
            "| {} | {} cores of {}, {} | {} | {} | {} | {} | {} | {} |\n",
            escape(&setup.step),
            setup.cores,
            escape(&setup.cpu),
            escape(kernel),
            escape(revision.get(..12).unwrap_or(revision)),
            escape(&setup.started),
            grouped(step.count() as u64),
            step.rounds(),
            deviation.map_or_else(String::new, |deviation| format!("{deviation:.4}")),
            correlation(&values).map_or_else(String::new, |value| format!("{value:+.2}")),
        ));
    }
    text
}

/// Returns a table of how often experiments were right.
pub fn table(trials: &[Trial]) -> String {
    let mut text = String::from(
        "| backend | true difference | blocks | experiments | found slower | found faster \
         | interval covers the truth |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for trial in trials {
        let Trial { backend, truth, blocks, experiments, slower, faster, covered } = trial;
        text.push_str(&format!(
            "| {} | {:.0} % | {blocks} | {experiments} | {} | {} | {} |\n",
            escape(backend),
            (truth - 1.0) * 100.0,
            share_text(&trial.share(*slower)),
            share_text(&trial.share(*faster)),
            share_text(&trial.share(*covered))
        ));
    }
    text
}

/// Formats a share in percent, with its interval.
fn share_text(share: &Share) -> String {
    let [share, low, high] =
        [share.share, *share.interval.start(), *share.interval.end()].map(|part| part * 100.0);
    format!("{share:.1} % ({low:.1} to {high:.1})")
}

/// Returns a paragraph on the result of a usual run over a backend and the same slowed, and on how
/// often experiments of as many blocks found it slower. Empty if its backend is in no experiment.
pub fn run(run: &CalibrationStep, long: &CalibrationStep) -> String {
    let setup = &run.setup;
    let index = setup.backends.iter().position(|name| {
        *name != control(&setup.reference) && truth(name, &setup.reference).is_some()
    });
    let Some(index) = index else { return String::new() };
    let backend = &setup.backends[index];
    let blocks = run.values(index, run.rounds()).len();
    let of_long = long.setup.backends.iter().position(|name| name == backend);
    let values = of_long.map(|index| long.values(index, long.rounds())).unwrap_or_default();
    let trials = trials(long, blocks.max(1));
    let trial = trials.iter().find(|trial| trial.backend == *backend);
    let (Some(found), Some(trial), Some(resampled)) =
        (run.found(index), trial, resampled(&values, blocks))
    else {
        return String::new();
    };
    format!(
        "\nA usual run over the backend and {} ended after {:.0} seconds and {blocks} blocks of {} \
         rounds. It found {}. Of the experiments of as many blocks, which have {} rounds each, {} \
         in {} found the backend slower; of {} that are drawn from all {} blocks with replacement, \
         {}.\n",
        escape(backend),
        setup.seconds,
        run.rounds(),
        found.interval_text(),
        long.rounds(),
        trial.slower,
        trial.experiments,
        grouped(DRAWN as u64),
        grouped(values.len() as u64),
        decimal_percent(resampled),
    )
}

/// Returns a table of how often the intervals of families held together.
fn families(steps: &[&CalibrationStep]) -> String {
    let mut text = String::from(
        "| step | comparisons | blocks | disjoint families | an interval misses \
         | of 10,000 drawn families | intervals that cover |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for step in steps {
        let sizes =
            FAMILIES.into_iter().flat_map(|size| BLOCKS.iter().map(move |blocks| (size, *blocks)));
        for trial in sizes.filter_map(|(size, blocks)| FamilyTrial::new(step, size, blocks)) {
            text.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} | {:.2} % |\n",
                escape(&step.setup.step),
                trial.comparisons,
                trial.blocks,
                trial.families,
                trial.share().as_ref().map_or_else(String::new, share_text),
                decimal_percent(trial.drawn_missed),
                trial.drawn_covered * 100.0,
            ));
        }
    }
    text
}

/// Returns a table of the quality of blocks by length. The deviation times the root of a block's
/// time is proportional to the width of an interval after a given time, for any number of blocks.
pub fn lengths_table(step: &CalibrationStep) -> String {
    let mut text = String::from("| rounds | a block lasts |");
    for backend in &step.setup.backends {
        text.push_str(&format!(" {} | × √s |", escape(backend)));
    }
    text.push_str("\n|--:|--:|");
    text.push_str(&"--:|--:|".repeat(step.setup.backends.len()));
    text.push('\n');
    for BlockLength { rounds, seconds, deviations } in block_lengths(step) {
        text.push_str(&format!("| {rounds} | {seconds:.2} s |"));
        for deviation in deviations {
            text.push_str(&format!(" {deviation:.4} | {:.4} |", deviation * seconds.sqrt()));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::calibrate::fixtures::step;

    #[test]
    fn pages_are_made_of_their_file() {
        let long = step(300);
        let mut usual = step(8);
        usual.setup.step = USUAL.to_owned();
        usual.blocks.iter_mut().for_each(|block| block.step = USUAL.to_owned());
        let text = long.lines().unwrap() + &usual.lines().unwrap();
        let page = page(&CalibrationStep::read(&text).unwrap());
        assert!(page.contains("| long | 2 cores of Some CPU, Linux 6.18.0 | 0123456789ab |"));
        assert!(page.contains("| slowed:hyper@smol:10% | 10 % | 5 | 60 |"), "{page}");
        assert!(page.contains("| long | 28 | 5 | 2 |"), "{page}");
        assert!(page.contains("ended after 8 seconds and 8 blocks of 10 rounds. It found +"));
    }

    #[test]
    fn damaged_files_are_refused() {
        let text = step(2).lines().unwrap();
        let line = |text: &str| CalibrationStep::read(text).unwrap_err().to_string();
        assert_eq!(line(&text.replacen("\"block\":1", "\"block\":-1", 1)), "line 3");
        assert_eq!(line(text.split_once('\n').unwrap().1), "line 1");
        let short = text.replacen("\"ln_ratios\":[", "\"ln_ratios\":[1.0,", 1);
        assert!(line(&short).contains("a value for each backend"), "{short}");
    }
}
