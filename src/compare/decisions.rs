//! Decides which backends of a workload need no more passes.

use super::Plan;
use super::contender::Contender;
use super::schedule::{BlocksMade, Schedule};
use crate::compare::analysis::{Paired, Quantity, Samples, is_far_slower};
use crate::record::{BlockSample, Latencies, PassSample, Validity};
use crate::stats::{Family, LEAST_BLOCKS, Look, Verdict};

/// The passes of a workload so far, and the decisions that follow.
pub(super) struct Decisions<'a> {
    plan: &'a Plan,
    schedule: &'a Schedule,
    /// The names of the backends, in the order of the contenders, without the control.
    names: Vec<String>,
    /// Whether each of them is valid so far.
    valid: Vec<bool>,
    /// The index of the reference, which every workload admits.
    reference: usize,
    /// The passes of the blocks that count, and of the current one.
    passes: Vec<PassSample>,
    family: Family,
    made: BlocksMade,
}

impl<'a> Decisions<'a> {
    /// Returns the decisions on contenders, of which the last is the control.
    pub fn new(plan: &'a Plan, schedule: &'a Schedule, contenders: &[Contender]) -> Self {
        let backends = &contenders[..contenders.len() - 1];
        let names: Vec<String> =
            backends.iter().map(|contender| contender.participant.name.clone()).collect();
        let reference = &plan.participants[plan.reference].name;
        Self {
            plan,
            schedule,
            reference: names.iter().position(|name| name == reference).unwrap_or_default(),
            family: Family::against_reference(names.len()),
            valid: vec![true; names.len()],
            names,
            passes: Vec::new(),
            made: BlocksMade::default(),
        }
    }

    /// Returns the blocks so far.
    pub fn made(&self) -> BlocksMade {
        self.made
    }

    /// Adds a pass.
    pub fn add(&mut self, sample: &PassSample) {
        let position = self.names.iter().position(|name| *name == sample.backend);
        match (sample.validity, position) {
            (Validity::Valid | Validity::Interrupted, _) => {}
            // The control is the reference.
            (_, index) => self.valid[index.unwrap_or(self.reference)] = false,
        }
        self.passes.push(PassSample {
            latencies: Latencies::None,
            since_start: Latencies::None,
            starts: Vec::new(),
            witness: None,
            why: None,
            ..sample.clone()
        });
    }

    /// Stops the backends that took at least ten times as long as the reference in each of the
    /// first rounds.
    pub fn stop_far_slower(&self, contenders: &mut [Contender]) {
        if !self.schedule.has_budget() || !self.valid[self.reference] {
            return;
        }
        let paired = self.paired();
        let Some(rounds) = paired.blocks.iter().next() else { return };
        for (index, contender) in contenders[..self.names.len()].iter_mut().enumerate() {
            if contender.is_measured() && is_far_slower(rounds, index, self.reference) {
                contender.stop();
            }
        }
    }

    /// Ends a block. The passes of an unfit one are forgotten.
    pub fn end_block(&mut self, block: &BlockSample) {
        self.made.all += 1;
        if self.counts(block) {
            self.made.fit += 1;
        } else {
            self.passes.retain(|pass| pass.block != block.block);
        }
    }

    fn counts(&self, block: &BlockSample) -> bool {
        self.plan.allow_unfit || block.fitness.unfit.is_none()
    }

    /// Looks at the blocks that count, when the share `spent` of the time has passed, and stops the
    /// backends that are decided.
    pub fn look(&mut self, block: &BlockSample, contenders: &mut [Contender]) {
        let blocks = self.made.fit as usize;
        let is_new = self.counts(block) && blocks >= LEAST_BLOCKS;
        let Some(spent) = block.spent.filter(|_| is_new) else { return };
        self.family.look(Look { blocks, spent });
        let paired = self.paired();
        for (index, contender) in contenders[..self.names.len()].iter_mut().enumerate() {
            let ratio = paired.to_reference(Quantity::Time, index);
            let verdict = ratio.and_then(|ratio| ratio.verdict(self.plan.equivalence));
            if contender.is_measured() && verdict.is_some_and(Verdict::is_decided) {
                contender.stop();
            }
        }
    }

    /// Whether more blocks would show nothing: the reference is invalid, so that nothing is
    /// compared with it, or all backends are decided. A reference by itself is measured to the end.
    pub fn is_over(&self, contenders: &[Contender]) -> bool {
        let are_decided = self.names.len() > 1 && self.undecided(contenders) == 0;
        !self.valid[self.reference] || self.schedule.is_adaptive() && are_decided
    }

    fn paired(&self) -> Paired {
        Paired::new(
            Samples {
                names: &self.names,
                valid: &self.valid,
                reference: &self.names[self.reference],
                passes: &self.passes.iter().collect::<Vec<_>>(),
                costs: &[],
                machines: &[],
            },
            self.family.clone(),
        )
    }

    /// Returns the number of backends that are neither decided nor out of the run.
    pub fn undecided(&self, contenders: &[Contender]) -> usize {
        let backends = contenders[..self.names.len()].iter().enumerate();
        backends
            .filter(|(index, contender)| *index != self.reference && contender.is_measured())
            .count()
    }
}
