//! The values of blocks that a calibration is made from: a file of JSON lines, from which anyone
//! can make its page again.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use crate::compare::analysis::{Paired, WorkloadAnalysis, looks};
use crate::record::{ComparisonRecord, Environment, control};
use crate::stats;
use crate::stats::paired::Blocks;
use crate::stats::{Family, Ratio};

/// Comparisons under one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationStep {
    /// The setup of the measurement.
    pub setup: StepSetup,
    /// The blocks: as they were measured, or also as if they had ended after fewer rounds.
    pub blocks: Vec<BlockValues>,
}

/// The first line of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSetup {
    /// The step's name.
    pub step: String,
    /// The scenario.
    pub scenario: String,
    /// The reference.
    pub reference: String,
    /// The backends whose values the blocks have, in their order.
    pub backends: Vec<String>,
    /// The duration of all blocks in seconds.
    pub seconds: f64,
    /// The mean duration of a round in seconds.
    pub round_s: f64,
    /// The model of the processor.
    pub cpu: String,
    /// The number of cores.
    pub cores: usize,
    /// The name and version of the system.
    pub kernel: Option<String>,
    /// The start, in UTC.
    pub started: String,
    /// The revision of the source.
    pub revision: Option<String>,
}

/// The line of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockValues {
    /// The step's name.
    pub step: String,
    /// The number of the block, from 0.
    pub block: usize,
    /// The number of rounds, or that of the shortest block of the step.
    pub rounds: usize,
    /// The share of the time that had passed at its end, if something was decided then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<f64>,
    /// For each backend, the logarithm of its time over that of the reference. The A/A control is
    /// compared with the reference alone, other backends with the mean of both.
    pub ln_ratios: Vec<Option<f64>>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Block(BlockValues),
    Setup(StepSetup),
}

/// The numbers of rounds after which a block might have ended.
const LENGTHS: [usize; 8] = [1, 2, 3, 5, 10, 20, 40, 80];

impl CalibrationStep {
    /// Takes the values of the blocks of a workload. `by_length` also takes those that shorter
    /// blocks would have had.
    ///
    /// # Errors
    ///
    /// Returns an error if the reference is invalid.
    pub fn new(
        step: &str,
        comparison: &ComparisonRecord,
        workload: &WorkloadAnalysis,
        environment: &Environment,
        by_length: bool,
    ) -> anyhow::Result<Self> {
        let (paired, reference) = (&workload.paired, &workload.reference);
        let valid = workload.valid_reference().context("the reference is invalid")?.index();
        let again = control(reference);
        let others = workload.valid().filter(|backend| backend.index() != valid);
        let backends: Vec<String> =
            others.map(|backend| backend.name.clone()).chain([again]).collect();
        let seconds = comparison.setup.aftermath.as_ref().context("a run was cut short")?.seconds;
        let most = paired.blocks.shortest();
        let lengths = LENGTHS.into_iter().filter(|rounds| by_length && *rounds < most);
        let shorter = lengths.flat_map(|rounds| {
            let blocks = paired.blocks.shortened(rounds);
            values(step, rounds, paired, &blocks, &backends, valid)
        });
        let whole = values(step, most, paired, &paired.blocks, &backends, valid);
        let mut blocks: Vec<BlockValues> = shorter.chain(whole).collect();
        if !by_length {
            for look in &workload.looks {
                blocks[look.blocks - 1].spent = Some(look.spent);
            }
        }
        Ok(Self {
            setup: StepSetup {
                step: step.to_owned(),
                scenario: workload.setup.scenario.clone(),
                reference: reference.clone(),
                backends,
                seconds,
                round_s: round_s(&paired.blocks, paired.names.len()),
                cpu: environment.cpu.clone(),
                cores: environment.cores,
                kernel: environment.kernel.clone(),
                started: environment.started.clone(),
                revision: environment.git.as_ref().map(|git| git.revision.clone()),
            },
            blocks,
        })
    }

    /// Returns the step as JSON lines.
    ///
    /// # Errors
    ///
    /// Returns an error if a value is not finite.
    pub fn lines(&self) -> anyhow::Result<String> {
        let mut text = serde_json::to_string(&self.setup)? + "\n";
        for block in &self.blocks {
            text.push_str(&serde_json::to_string(block)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads the steps of a file.
    ///
    /// # Errors
    ///
    /// The message names the line that is damaged.
    pub fn read(text: &str) -> anyhow::Result<Vec<Self>> {
        let mut steps: Vec<Self> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let place = || format!("line {}", number + 1);
            match serde_json::from_str(line).with_context(place)? {
                Line::Setup(setup) => steps.push(Self { setup, blocks: Vec::new() }),
                Line::Block(block) => {
                    let step = steps.last_mut().filter(|step| step.setup.step == block.step);
                    let step = step.with_context(place)?;
                    ensure!(
                        block.ln_ratios.len() == step.setup.backends.len(),
                        "line {}: it does not have a value for each backend",
                        number + 1
                    );
                    step.blocks.push(block);
                }
            }
        }
        Ok(steps)
    }

    /// Returns the numbers of rounds that there are blocks of, in ascending order.
    pub fn lengths(&self) -> Vec<usize> {
        let mut lengths: Vec<usize> = self.blocks.iter().map(|block| block.rounds).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// Returns the number of rounds of the blocks as they were measured.
    pub fn rounds(&self) -> usize {
        self.lengths().last().copied().unwrap_or(0)
    }

    /// Returns the number of blocks.
    pub fn count(&self) -> usize {
        let rounds = self.rounds();
        self.blocks.iter().filter(|block| block.rounds == rounds).count()
    }

    /// Returns the values of a backend in blocks of this many rounds.
    pub fn values(&self, backend: usize, rounds: usize) -> Vec<f64> {
        let blocks = self.blocks.iter().filter(|block| block.rounds == rounds);
        blocks.filter_map(|block| block.ln_ratios[backend]).collect()
    }

    /// Returns the expected duration of a block of this many rounds in seconds. All time beside the
    /// passes, such as that for starting processes, is assumed to be spent once. It includes the
    /// time between passes, so short blocks appear a little longer than they are.
    pub fn block_s(&self, rounds: usize) -> f64 {
        let measured = self.setup.seconds / self.count() as f64;
        let once = (measured - self.rounds() as f64 * self.setup.round_s).max(0.0);
        once + rounds as f64 * self.setup.round_s
    }

    /// Returns the ratio of a backend as its run reported it, with the looks of that run.
    pub fn found(&self, backend: usize) -> Option<Ratio> {
        let looks = looks(self.blocks.iter().map(|block| block.spent));
        // The control is no backend that is compared.
        let family = Family::against_reference(self.setup.backends.len());
        let values = self.values(backend, self.rounds());
        let interval = family.with_looks(&looks).interval(&values)?;
        Some(Ratio::new(interval, values.len()))
    }
}

/// Returns the lines of blocks of `rounds` rounds.
fn values(
    step: &str,
    rounds: usize,
    paired: &Paired,
    blocks: &Blocks,
    backends: &[String],
    reference: usize,
) -> Vec<BlockValues> {
    let again = paired.names.len() - 1;
    let indices: Vec<usize> = backends.iter().filter_map(|name| paired.index(name)).collect();
    let lines = blocks.cut(1).enumerate().map(|(block, one)| BlockValues {
        step: step.to_owned(),
        block,
        rounds,
        spent: None,
        ln_ratios: indices
            .iter()
            .map(|&index| {
                let other = if index == again { reference } else { paired.column(reference) };
                one.block_values(index, other).first().copied().map(rounded)
            })
            .collect(),
    });
    lines.collect()
}

/// Rounds to a millionth.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Returns the mean duration of a round of the first `backends` columns.
fn round_s(blocks: &Blocks, backends: usize) -> f64 {
    (0..backends).filter_map(|backend| stats::mean(&blocks.passes(backend))).sum()
}
