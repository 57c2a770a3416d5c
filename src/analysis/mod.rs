//! What the record of a comparison says: a pure function of its samples, with nothing measured and nothing printed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::paired::{Blocks, Cycle, LEAST_BLOCKS, Ratio, Verdict};
use crate::record::{Capacity, Comparison, CostSample, PassSample, RowSetup, SERVER, StageSetup, twin};
use crate::stats;

mod outcome;
mod row;

pub use self::outcome::{Outcome, Standing};
pub use self::row::{CURVE, Cost, RowAnalysis};
use self::row::{analyse_row, cost, invalid};

/// The row that makes as little of a fetch as can be made: what the others are shares of.
pub const FLOOR: &str = "floor@loop";

/// A comparison on one scenario.
#[derive(Debug, Clone)]
pub struct StageAnalysis {
    /// The scenario.
    pub setup: StageSetup,
    /// The name of the row that the others are compared with.
    pub reference: String,
    /// The rows: those that count by rank and then by their median pass, then those that do not.
    pub rows: Vec<RowAnalysis>,
    /// The reference against itself: what lies within is noise.
    pub noise: Option<Ratio>,
    /// The smallest difference to the reference, such as 0.04 for 4 %, that this run would have shown in four of five.
    pub smallest_difference: Option<f64>,
    /// Blocks made.
    pub blocks: usize,
    /// What answering cost the mock server, on the average over all rows.
    pub server: Option<Cost>,
    /// What the mock server could do just before, where that was looked at.
    pub capacity: Option<Capacity>,
    /// The passes that count, in pairs.
    pub paired: Paired,
}

impl StageAnalysis {
    /// The row that counts with the highest value of all that have one.
    pub fn highest(&self, value: impl Fn(&RowAnalysis) -> Option<f64>) -> Option<(&RowAnalysis, f64)> {
        let rows = self.rows.iter().filter(|row| row.invalid.is_none());
        rows.filter_map(|row| Some((row, value(row)?))).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The time of one row over that of another, as one of all pairs of rows that count: what ranks rest on.
    pub fn pair(&self, row: &str, other: &str) -> Option<Ratio> {
        let (row, other) = (self.paired.index(row)?, self.paired.index(other)?);
        let valid = self.rows.iter().filter(|row| row.invalid.is_none()).count();
        self.paired.blocks.ratio(row, other, pairs(valid))
    }
}

/// How many pairs so many rows make.
fn pairs(rows: usize) -> usize {
    rows * rows.saturating_sub(1) / 2
}

/// The passes of the rows that took part, and of the reference's twin.
#[derive(Debug, Clone)]
pub struct Paired {
    /// Whose passes they are, by their number in the blocks: the rows in the order of the record, then the twin.
    pub names: Vec<String>,
    /// The blocks.
    pub blocks: Blocks,
}

impl Paired {
    /// The number of a row in the blocks.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }
}

/// Analyses every scenario of a comparison.
pub fn analyse(comparison: &Comparison) -> Vec<StageAnalysis> {
    let reference = &comparison.setup.reference;
    comparison.setup.stages.iter().map(|setup| analyse_stage(comparison, setup, reference)).collect()
}

fn analyse_stage(comparison: &Comparison, setup: &StageSetup, reference: &str) -> StageAnalysis {
    let passes: Vec<&PassSample> = comparison.passes.iter().filter(|pass| pass.scenario == setup.scenario).collect();
    let took_part = |row: &&RowSetup| passes.iter().any(|pass| pass.row == row.name);
    let setups: Vec<&RowSetup> = comparison.setup.rows.iter().filter(took_part).collect();
    let costs = |name: &str| -> Vec<&CostSample> {
        comparison.costs.iter().filter(|cost| cost.scenario == setup.scenario && cost.row == name).collect()
    };
    let mut rows: Vec<RowAnalysis> = setups
        .iter()
        .map(|row| {
            let own: Vec<&PassSample> = passes.iter().copied().filter(|pass| pass.row == row.name).collect();
            analyse_row(row, setup, &own, &costs(&row.name))
        })
        .collect();

    // The twin is the same row: what is said against its passes is said against the row.
    let of_twin = passes.iter().copied().filter(|pass| pass.row == twin(reference)).collect::<Vec<_>>();
    if let Some(row) = rows.iter_mut().find(|row| row.name == reference && row.invalid.is_none()) {
        row.invalid = invalid(&of_twin);
    }

    let mut names: Vec<String> = setups.iter().map(|row| row.name.clone()).collect();
    names.push(twin(reference));
    let blocks = blocks(&names, &passes);
    let made = blocks_made(&passes);
    judge(&mut rows, &names, reference, &blocks, made);
    compare_with_floor(&mut rows, &names, &blocks);
    let twin_index = names.len() - 1;
    let counts = rows.iter().any(|row| row.name == reference && row.invalid.is_none());
    let reference_index = names.iter().position(|name| name == reference).filter(|_| counts);
    let noise = reference_index.and_then(|index| blocks.ratio(twin_index, index, 1));
    let smallest_difference =
        reference_index.and_then(|reference| smallest_difference(&rows, &names, reference, &blocks));
    rows.sort_by(|a, b| {
        let key = |row: &RowAnalysis| (row.rank.unwrap_or(usize::MAX), row.median_s.unwrap_or(f64::MAX));
        let ((rank_a, median_a), (rank_b, median_b)) = (key(a), key(b));
        rank_a.cmp(&rank_b).then(median_a.total_cmp(&median_b))
    });
    StageAnalysis {
        setup: setup.clone(),
        reference: reference.to_owned(),
        rows,
        noise,
        smallest_difference,
        blocks: made,
        paired: Paired { names, blocks },
        server: cost(&costs(SERVER)),
        capacity: comparison.setup.capacity,
    }
}

/// Tells the rows as shares of the floor's speed. Where there are delays, the share of the ideal says more.
fn compare_with_floor(rows: &mut [RowAnalysis], names: &[String], blocks: &Blocks) {
    let index = |name: &str| names.iter().position(|other| other == name);
    let counts = rows.iter().any(|row| row.name == FLOOR && row.invalid.is_none());
    let Some(floor) = index(FLOOR).filter(|_| counts) else { return };
    for row in rows.iter_mut().filter(|row| row.invalid.is_none() && row.ideal_s.is_none()) {
        let ratio = index(&row.name).and_then(|own| blocks.ratio(floor, own, 1));
        row.of_floor = ratio.map(|ratio| ratio.mean);
    }
}

/// The smallest difference that would have been found between a row and the reference: the median over the rows, since
/// one that sleeps between its fetches may be noisier than all others.
fn smallest_difference(rows: &[RowAnalysis], names: &[String], reference: usize, blocks: &Blocks) -> Option<f64> {
    let valid: Vec<&RowAnalysis> = rows.iter().filter(|row| row.ratio.is_some()).collect();
    let of = |row: &&RowAnalysis| {
        let own = names.iter().position(|name| *name == row.name)?;
        Some(blocks.smallest_difference(own, reference, valid.len())? - 1.0)
    };
    stats::median(&valid.iter().filter_map(of).collect::<Vec<_>>())
}

/// How many blocks passes were made in.
fn blocks_made(passes: &[&PassSample]) -> usize {
    passes.iter().map(|pass| pass.block).collect::<BTreeSet<_>>().len()
}

/// The passes as blocks of cycles, with a place for each name. A row with a pass that does not count has none that do.
pub fn blocks(names: &[String], passes: &[&PassSample]) -> Blocks {
    let index: HashMap<&str, usize> = names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let mut blocks: BTreeMap<u32, BTreeMap<u32, Cycle>> = BTreeMap::new();
    for pass in passes {
        let (Some(cycle), Some(&row)) = (pass.cycle, index.get(pass.row.as_str())) else { continue };
        let cycles = blocks.entry(pass.block).or_default();
        cycles.entry(cycle).or_insert_with(|| vec![None; names.len()])[row] = pass.counted_s();
    }
    Blocks::new(names.len(), blocks.into_values().map(|cycles| cycles.into_values().collect()).collect())
}

/// Compares the rows that count with the reference and with each other.
fn judge(rows: &mut [RowAnalysis], names: &[String], reference: &str, blocks: &Blocks, made: usize) {
    let index = |name: &str| names.iter().position(|other| other == name);
    let valid: Vec<usize> =
        rows.iter().filter(|row| row.invalid.is_none()).filter_map(|row| index(&row.name)).collect();
    let ranks: HashMap<usize, usize> = valid.iter().copied().zip(blocks.ranks(&valid)).collect();
    let pairs = pairs(valid.len());
    let reference = index(reference).filter(|reference| valid.contains(reference));
    for row in rows.iter_mut().filter(|row| row.invalid.is_none()) {
        let Some(own) = index(&row.name) else { continue };
        let median = blocks.median_pass(own);
        row.median_s = median.as_ref().map(|median| median.seconds);
        row.median_interval_s = median.and_then(|median| median.interval);
        row.rank = ranks.get(&own).copied().filter(|_| made >= LEAST_BLOCKS);
        row.ratio = reference.filter(|reference| *reference != own).and_then(|reference| {
            // As many comparisons as there are others than the reference.
            blocks.ratio(own, reference, valid.len() - 1)
        });
        let ties = valid
            .iter()
            .filter(|other| **other != own)
            .filter(|other| blocks.ratio(own, **other, pairs).is_some_and(|ratio| ratio.verdict() == Verdict::Tied));
        row.ties = ties.map(|other| names[*other].clone()).collect();
    }
}
