//! The valid passes of a scenario in pairs. Every comparison is made here, in one [`Family`].

use std::collections::{BTreeMap, HashMap};

use super::FLOOR;
use super::slow::is_far_slower;
use crate::record::{CostSample, MachineSetup, PassSample, control};
use crate::stats::paired::{Block, Blocks, Round};
use crate::stats::{Deviations, Family, LEAST_BLOCKS, Look, Ratio};

/// The input of the comparisons.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The names of the backends.
    pub names: &'a [String],
    /// Whether each of them is valid.
    pub valid: &'a [bool],
    /// The name of the reference.
    pub reference: &'a str,
    /// The passes on this scenario, of the blocks that count.
    pub passes: &'a [&'a PassSample],
    /// The costs on this scenario, of the same blocks.
    pub costs: &'a [&'a CostSample],
    /// The machines of a merged record, in which blocks are looked up by their numbers.
    pub machines: &'a [MachineSetup],
}

/// A quantity that backends are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The time of a pass.
    Time,
    /// The time of a pass beyond its ideal.
    Added,
    /// The processor time of a fetch.
    Cpu,
}

/// The passes of the measured backends and of the A/A control.
///
/// A backend is compared with the mean of the reference and its control, which are two measurements
/// of the same backend.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The names by index in the blocks: the backends in the order of the record, then the control.
    pub names: Vec<String>,
    /// The times of passes in seconds.
    pub blocks: Blocks,
    /// The added times in seconds; empty without programmed delays.
    added: Blocks,
    /// The processor time per fetch in seconds, as one round in each block.
    cpu: Blocks,
    /// The comparisons with the reference.
    pub family: Family,
    /// The reference, if it is valid.
    reference: Option<usize>,
    /// The floor, if it is valid.
    floor: Option<usize>,
    /// The index of the run that made each block of times: that of the shard, in a merged record.
    runs: Vec<usize>,
    /// Whether the record is a merged one.
    is_merged: bool,
}

impl Paired {
    /// Pairs the passes and costs of a scenario, for comparisons of `family`.
    pub fn new(samples: Samples<'_>, family: Family) -> Self {
        let mut names = samples.names.to_vec();
        let position = |name: &str| {
            samples
                .names
                .iter()
                .position(|other| other == name)
                .filter(|index| samples.valid[*index])
        };
        let (reference, floor) = (position(samples.reference), position(FLOOR));
        names.push(control(samples.reference));
        let columns = Columns { names: &names, reference, machines: samples.machines };
        let SortedBlocks { blocks, numbers } =
            columns.blocks(samples.passes, PassSample::counted_s);
        Self {
            blocks,
            runs: numbers.iter().map(|number| run(samples.machines, *number)).collect(),
            is_merged: !samples.machines.is_empty(),
            added: columns.blocks(samples.passes, PassSample::added_s).blocks,
            cpu: columns.costs(samples.costs).blocks,
            family,
            reference,
            floor,
            names,
        }
    }

    /// Returns the values of a quantity in blocks.
    pub fn quantity(&self, quantity: Quantity) -> &Blocks {
        match quantity {
            Quantity::Time => &self.blocks,
            Quantity::Added => &self.added,
            Quantity::Cpu => &self.cpu,
        }
    }

    /// Returns the index of a backend in the blocks.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// Returns the column of [`Self::blocks`] that stands for a backend: for the reference, that of
    /// its mean with the control.
    pub fn column(&self, backend: usize) -> usize {
        if Some(backend) == self.reference { self.names.len() } else { backend }
    }

    /// Returns a quantity of one backend over that of another.
    pub fn ratio(&self, quantity: Quantity, backend: usize, other: usize) -> Option<Ratio> {
        let (backend, other) = (self.column(backend), self.column(other));
        self.quantity(quantity).ratio(backend, other, &self.family)
    }

    /// Returns a quantity of a backend over that of the reference; `None` for the reference itself,
    /// or if the reference is invalid.
    pub fn to_reference(&self, quantity: Quantity, backend: usize) -> Option<Ratio> {
        let reference = self.reference.filter(|reference| *reference != backend)?;
        self.ratio(quantity, backend, reference)
    }

    /// Returns for each block the logarithm of a quantity of a backend over that of the reference;
    /// nothing for the reference itself, or if the reference is invalid.
    pub fn reference_values(&self, quantity: Quantity, backend: usize) -> Vec<f64> {
        match self.reference.filter(|reference| *reference != backend) {
            Some(reference) => {
                self.quantity(quantity).block_values(backend, self.column(reference))
            }
            None => Vec::new(),
        }
    }

    /// Returns the time of the A/A control over that of the reference.
    pub(super) fn noise(&self) -> Option<Ratio> {
        self.blocks.ratio(self.names.len() - 1, self.reference?, &Family::SINGLE)
    }

    /// Returns the speed of a backend as a share of the floor's: the geometric mean of the paired
    /// ratios.
    pub(super) fn floor_share(&self, backend: usize) -> Option<f64> {
        self.blocks.mean_ratio(self.column(self.floor?), self.column(backend))
    }

    /// Returns the smallest difference to the reference that would have been found in four runs of
    /// five, such as 0.04 for 4 %.
    pub(super) fn smallest_difference(&self, backend: usize) -> Option<f64> {
        let reference = self.reference.filter(|reference| *reference != backend)?;
        let column = self.column(reference);
        Some(self.blocks.smallest_difference(backend, column, &self.family)? - 1.0)
    }

    /// Returns the number of rounds after which a backend was left out because it took at least ten
    /// times as long as the reference in each of them; `None` if it went on.
    pub fn far_slower_rounds(&self, backend: usize) -> Option<usize> {
        let rounds: Option<Vec<usize>> = self.far_slower_runs(backend)?.into_iter().collect();
        rounds?.into_iter().max()
    }

    /// Whether a backend was left out of some run for that reason, and went on in another. There,
    /// its ratio is not known, so that a mean over the others would be too low.
    pub(super) fn is_far_slower_in_part(&self, backend: usize) -> bool {
        let runs = self.far_slower_runs(backend).unwrap_or_default();
        runs.iter().any(Option::is_some) && runs.iter().any(Option::is_none)
    }

    /// Returns for each run the number of rounds after which a backend was left out of it, if it
    /// was.
    fn far_slower_runs(&self, backend: usize) -> Option<Vec<Option<usize>>> {
        let reference = self.reference?;
        let mut runs: BTreeMap<usize, Vec<&Block>> = BTreeMap::new();
        for (block, run) in self.blocks.iter().zip(&self.runs) {
            let blocks = runs.entry(*run).or_default();
            blocks.extend(Some(block).filter(|block| is_measured(block, backend)));
        }
        let measured = runs.values().filter(|blocks| !blocks.is_empty());
        let rounds = measured.map(|blocks| match blocks[..] {
            [block] if is_far_slower(block, backend, reference) => {
                Some(block.iter().filter(|round| round[backend].is_some()).count())
            }
            _ => None,
        });
        Some(rounds.collect())
    }

    /// Whether the record is a merged one.
    pub(super) fn is_merged(&self) -> bool {
        self.is_merged
    }

    /// Returns how much the time of a backend relative to the reference deviates between machines
    /// and within; `None` if fewer than two machines count.
    pub(super) fn deviations(&self, backend: usize) -> Option<Deviations> {
        let reference = self.reference.filter(|reference| *reference != backend)?;
        self.blocks.deviations(backend, self.column(reference), &self.family)
    }

    /// Returns the number of blocks in which a backend was measured.
    pub(super) fn measured_blocks(&self, backend: usize) -> usize {
        self.blocks.iter().filter(|block| is_measured(block, backend)).count()
    }
}

/// Returns for each block the logarithm of the time of the A/A control over that of the reference.
pub fn control_values(reference: &str, passes: &[&PassSample]) -> Vec<f64> {
    let samples = Samples {
        names: &[reference.to_owned()],
        valid: &[true],
        reference,
        passes,
        costs: &[],
        machines: &[],
    };
    Paired::new(samples, Family::SINGLE).blocks.block_values(1, 0)
}

/// Returns the looks at the blocks that count, from the first that may decide something.
pub fn looks(blocks: impl Iterator<Item = Option<f64>>) -> Vec<Look> {
    let blocks = blocks.enumerate();
    let looks = blocks.filter_map(|(index, spent)| Some(Look { blocks: index + 1, spent: spent? }));
    looks.filter(|look| look.blocks >= LEAST_BLOCKS).collect()
}

/// Whether a backend made a pass in a block.
fn is_measured(block: &Block, backend: usize) -> bool {
    block.iter().any(|round| round[backend].is_some())
}

/// Returns the index of the machine that made a block. Blocks of no machine, as in a damaged
/// record, count for the first.
pub(super) fn machine_of(machines: &[MachineSetup], block: u32) -> usize {
    machines.iter().position(|machine| machine.has_block(block)).unwrap_or(0)
}

/// Returns the index of the shard that made a block, counted over all machines.
fn run(machines: &[MachineSetup], block: u32) -> usize {
    let shards = machines.iter().flat_map(|machine| &machine.shards);
    shards.take_while(|merged| !merged.has_block(block)).count()
}

/// Blocks with their numbers in the record.
struct SortedBlocks {
    blocks: Blocks,
    numbers: Vec<u32>,
}

/// The columns of blocks: the backends, the control, and the mean of reference and control.
struct Columns<'a> {
    names: &'a [String],
    reference: Option<usize>,
    machines: &'a [MachineSetup],
}

impl Columns<'_> {
    /// Sorts a value of passes into blocks of rounds.
    fn blocks(
        &self,
        passes: &[&PassSample],
        value: fn(&PassSample) -> Option<f64>,
    ) -> SortedBlocks {
        let values = passes
            .iter()
            .filter_map(|pass| Some((pass.block, pass.round?, pass.backend.as_str(), value(pass))));
        self.sorted(values)
    }

    /// Sorts the processor time per fetch into blocks of one round.
    fn costs(&self, costs: &[&CostSample]) -> SortedBlocks {
        let values = costs.iter().filter(|cost| cost.fetches > 0).map(|cost| {
            let cpu_s = cost.cpu_s() / cost.fetches as f64;
            (cost.block, 0, cost.backend.as_str(), Some(cpu_s).filter(|cpu_s| *cpu_s > 0.0))
        });
        self.sorted(values)
    }

    /// Sorts values with their block, round and backend.
    fn sorted<'a>(
        &self,
        values: impl Iterator<Item = (u32, u32, &'a str, Option<f64>)>,
    ) -> SortedBlocks {
        let indices: HashMap<&str, usize> =
            self.names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
        let mut blocks: BTreeMap<u32, BTreeMap<u32, Round>> = BTreeMap::new();
        for (block, round, name, value) in values {
            let Some(&backend) = indices.get(name) else { continue };
            let rounds = blocks.entry(block).or_default();
            rounds.entry(round).or_insert_with(|| vec![None; self.names.len() + 1])[backend] =
                value;
        }
        let numbers: Vec<u32> = blocks.keys().copied().collect();
        let blocks = blocks
            .into_values()
            .map(|rounds| rounds.into_values().map(|round| self.with_mean(round)).collect());
        let blocks = Blocks::new(self.names.len() + 1, blocks.collect());
        let blocks = match self.machines {
            [] | [_] => blocks,
            several => {
                let indices = numbers.iter().map(|number| machine_of(several, *number));
                blocks.on_machines(several.len(), indices.collect())
            }
        };
        SortedBlocks { blocks, numbers }
    }

    /// Fills in the geometric mean of reference and control, or the one of them that there is.
    fn with_mean(&self, mut round: Round) -> Round {
        let control = round[self.names.len() - 1].filter(|value| *value > 0.0);
        let reference = self.reference.and_then(|index| round[index]).filter(|value| *value > 0.0);
        round[self.names.len()] = match (reference, control) {
            (Some(reference), Some(control)) => Some((reference * control).sqrt()),
            (one, other) => one.or(other),
        };
        round
    }
}
