//! Which blocks of a scenario count, and how its backends are judged.

use std::collections::HashSet;

use super::looks;
use crate::record::{BlockSample, ComparisonRecord, CostSample, PassSample};
use crate::stats::{Look, Ratio};

/// How the backends of a scenario are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judging {
    /// The margin of equivalence.
    pub equivalence: f64,
    /// Whether verdicts are given.
    pub is_judged: bool,
    /// The number of blocks that count.
    pub blocks: usize,
}

impl Judging {
    /// Returns a ratio, without its interval if nothing is to be judged by it.
    pub fn shown(self, ratio: Ratio) -> Ratio {
        Ratio { bounds: ratio.bounds.filter(|_| self.is_judged), ..ratio }
    }
}

/// The blocks of a scenario, and which of them count.
pub(super) struct JudgedBlocks<'a> {
    scenario: &'a str,
    pub samples: Vec<&'a BlockSample>,
    /// The blocks during which the machine was unfit.
    unfit: HashSet<u32>,
    /// Whether that were most of them. Then there are no others to rely on, and all are shown.
    pub is_unfit: bool,
    /// Whether they count.
    allow_unfit: bool,
}

impl<'a> JudgedBlocks<'a> {
    /// Returns the blocks of a scenario.
    pub fn new(comparison: &'a ComparisonRecord, scenario: &'a str, allow_unfit: bool) -> Self {
        let samples = comparison.blocks.iter().filter(|block| block.scenario == scenario);
        let samples: Vec<&BlockSample> = samples.collect();
        let unfit = samples.iter().filter(|sample| sample.fitness.unfit.is_some());
        let unfit: HashSet<u32> = unfit.map(|sample| sample.block).collect();
        let is_unfit = 2 * unfit.len() > samples.len();
        Self { scenario, samples, unfit, is_unfit, allow_unfit }
    }

    fn is_kept(&self, block: u32) -> bool {
        self.is_unfit || self.allow_unfit || !self.unfit.contains(&block)
    }

    /// Whether a pass counts. A rejected one counts against its backend on any machine.
    pub fn counts(&self, pass: &PassSample) -> bool {
        let is_kept = self.is_kept(pass.block) || pass.elapsed_s.is_none() || pass.why.is_some();
        pass.scenario == self.scenario && is_kept
    }

    /// Whether a cost counts.
    pub fn counts_cost(&self, cost: &CostSample) -> bool {
        cost.scenario == self.scenario && self.is_kept(cost.block)
    }

    /// Returns the looks at the blocks that count.
    pub fn looks(&self) -> Vec<Look> {
        let kept = self.samples.iter().filter(|sample| self.is_kept(sample.block));
        looks(kept.map(|sample| sample.spent))
    }
}
