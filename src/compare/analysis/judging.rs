//! Which blocks of a scenario count, and how its backends are judged.

use std::collections::HashSet;

use super::{WorkloadFitness, count_blocks, looks};
use crate::record::{BlockSample, ComparisonRecord, CostSample, PassSample, Validity};
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

/// Returns a ratio, without its interval if nothing is to be judged by it.
pub(super) fn shown(ratio: Ratio, is_judged: bool) -> Ratio {
    Ratio { bounds: ratio.bounds.filter(|_| is_judged), ..ratio }
}

/// The blocks of a scenario, and which of them count.
pub(super) struct JudgedBlocks<'a> {
    scenario: &'a str,
    samples: Vec<&'a BlockSample>,
    /// The fitness of the machine during them; `None` in older records.
    pub fitness: Option<WorkloadFitness>,
    /// The blocks during which the machine was unfit.
    unfit: HashSet<u32>,
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
        let fitness = WorkloadFitness::new(&samples);
        Self { scenario, samples, fitness, unfit, allow_unfit }
    }

    /// Whether verdicts are given.
    pub fn is_judged(&self) -> bool {
        self.allow_unfit || !self.is_unfit()
    }

    fn is_unfit(&self) -> bool {
        self.fitness.is_some_and(|fitness| fitness.is_unfit())
    }

    /// Whether a block counts. If most are unfit, there are no others to rely on, and all do.
    fn is_kept(&self, block: u32) -> bool {
        self.is_unfit() || self.allow_unfit || !self.unfit.contains(&block)
    }

    /// Returns the number of blocks that count, in which these passes were made.
    pub fn count(&self, passes: &[&PassSample]) -> usize {
        count_blocks(passes.iter().filter(|pass| self.is_kept(pass.block)))
    }

    /// Whether a pass counts. A rejected one counts against its backend on any machine.
    pub fn counts(&self, pass: &PassSample) -> bool {
        let counts = self.is_kept(pass.block) || pass.validity != Validity::Valid;
        pass.scenario == self.scenario && counts
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Fitness, Unfit, fixtures};

    #[test]
    fn unfit_blocks_are_not_counted() {
        let unfit = |block: BlockSample| BlockSample {
            fitness: Fitness { unfit: Some(Unfit::Others), ..block.fitness },
            ..block
        };
        let block = |number| fixtures::block("article", number, 0.01);
        let mut comparison = fixtures::comparison();
        comparison.blocks = vec![block(0), unfit(block(1)), block(2)];
        let pass = |block| fixtures::pass("article", "hyper@smol", block, 0.03);
        let rejected = PassSample { validity: Validity::WrongAnswer, ..pass(1) };
        let passes = [pass(0), pass(1), rejected, pass(2)];

        let judged = JudgedBlocks::new(&comparison, "article", false);
        let counted: Vec<&PassSample> = passes.iter().filter(|pass| judged.counts(pass)).collect();
        assert_eq!(
            (counted.len(), judged.count(&counted)),
            (3, 2),
            "a rejected pass makes no block"
        );
        let all = JudgedBlocks::new(&comparison, "article", true);
        assert_eq!(all.count(&passes.iter().collect::<Vec<_>>()), 3);
    }
}
