//! Whether the machine was fit to measure on during a workload.

use crate::record::{BlockSample, Unfit};

/// The fitness of the machine during the blocks of a workload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkloadFitness {
    /// The number of blocks that were made.
    pub blocks: usize,
    /// The number of blocks during which the machine was unfit.
    pub unfit: usize,
    /// The number of those during which nothing was wrong but the speed of a core.
    pub slowed: usize,
    /// The mean share of the cores' time that the host took, over the blocks that decide: the
    /// unfit ones if they are the majority, else the fit ones.
    pub steal: Option<f64>,
    /// The mean share that other programs used, over the same blocks.
    pub others: Option<f64>,
}

impl WorkloadFitness {
    /// Returns the fitness during these blocks; `None` if there are none, as in older records.
    pub(super) fn new(blocks: &[&BlockSample]) -> Option<Self> {
        if blocks.is_empty() {
            return None;
        }
        let unfit = blocks.iter().filter(|block| block.fitness.unfit.is_some());
        let slowed = blocks.iter().filter(|block| block.fitness.unfit == Some(Unfit::Slowed));
        let fitness = Self {
            blocks: blocks.len(),
            unfit: unfit.count(),
            slowed: slowed.count(),
            steal: None,
            others: None,
        };
        let is_unfit = fitness.is_unfit();
        let mut deciding = blocks.to_vec();
        deciding.retain(|block| block.fitness.unfit.is_some() == is_unfit);
        Some(Self {
            steal: mean_share(&deciding, |block| block.fitness.steal),
            others: mean_share(&deciding, |block| block.fitness.others),
            ..fitness
        })
    }

    /// Returns whether the machine was unfit during more than half of the blocks.
    pub fn is_unfit(&self) -> bool {
        2 * self.unfit > self.blocks
    }
}

/// Returns the mean over the blocks that have a value, by their durations.
fn mean_share(blocks: &[&BlockSample], share: impl Fn(&BlockSample) -> Option<f64>) -> Option<f64> {
    let known = blocks.iter().filter_map(|block| Some((share(block)?, block.seconds)));
    let (sum, seconds) = known
        .fold((0.0, 0.0), |(sum, all), (share, seconds)| (sum + share * seconds, all + seconds));
    (seconds > 0.0).then(|| sum / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Fitness, fixtures};

    fn block(others: f64, unfit: Option<Unfit>) -> BlockSample {
        let block = fixtures::block("keepalive", 0, others);
        BlockSample { fitness: Fitness { unfit, ..block.fitness }, ..block }
    }

    fn fitness(blocks: &[BlockSample]) -> Option<WorkloadFitness> {
        WorkloadFitness::new(&blocks.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_majority_decides() {
        let (fit, unfit) = (block(0.01, None), block(0.5, Some(Unfit::Others)));
        let slowed = block(0.02, Some(Unfit::Slowed));
        assert_eq!(fitness(&[]), None);
        let half = fitness(&[fit.clone(), unfit.clone()]).unwrap();
        assert!(!half.is_unfit() && half.others == Some(0.01) && half.slowed == 0, "{half:?}");
        let most = fitness(&[fit, unfit, slowed]).unwrap();
        assert!(most.is_unfit() && most.others == Some(0.26), "{most:?}");
        assert_eq!((most.blocks, most.unfit, most.slowed), (3, 2, 1));
    }

    #[test]
    fn means_go_by_duration() {
        let long = BlockSample { seconds: 3.0, ..block(0.04, None) };
        let unknown = block(0.0, None);
        let unknown =
            BlockSample { fitness: Fitness { others: None, ..unknown.fitness }, ..unknown };
        let mean = fitness(&[long, block(0.08, None), unknown.clone()]).unwrap();
        assert!((mean.others.unwrap() - 0.05).abs() < 1e-12, "{mean:?}");
        assert_eq!(fitness(&[unknown]).unwrap().others, None);
    }
}
