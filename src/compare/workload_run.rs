//! The measurement of one workload, block by block.

use std::cell::OnceCell;
use std::time::Duration;

use super::block::BlockRun;
use super::contender::Contender;
use super::decisions::Decisions;
use super::schedule::{Schedule, Standing};
use super::shuffle::Shuffle;
use super::target::WorkloadTarget;
use super::{Event, Plan, Workload, valgrind};
use crate::record::BlockSample;
use crate::stats::LEAST_BLOCKS;

/// A workload with its server, its backends and what is decided of them.
pub(super) struct WorkloadRun<'a> {
    plan: &'a Plan,
    workload: &'a Workload,
    index: usize,
    schedule: &'a Schedule,
    target: WorkloadTarget<'a>,
    contenders: Vec<Contender>,
    decisions: Decisions<'a>,
    /// The rounds of every block, known once the first has started.
    rounds: OnceCell<u32>,
    last: Duration,
    extra: Duration,
}

impl<'a> WorkloadRun<'a> {
    /// Starts the server of the workload with this index in the plan.
    pub fn start(
        plan: &'a Plan,
        index: usize,
        workload: &'a Workload,
        schedule: &'a Schedule,
    ) -> anyhow::Result<Self> {
        let target = WorkloadTarget::start(plan, workload)?;
        target.rest_link()?;
        let mut contenders = Contender::all(plan, workload);
        for Contender { participant, .. } in &mut contenders {
            participant.command = target.worker_command(&participant.command);
        }
        Ok(Self {
            target,
            decisions: Decisions::new(plan, schedule, &contenders),
            contenders,
            plan,
            workload,
            index,
            schedule,
            rounds: OnceCell::new(),
            last: Duration::ZERO,
            extra: Duration::ZERO,
        })
    }

    /// Returns the index of the workload in the plan.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the state between blocks.
    pub fn standing(&self) -> Standing {
        Standing {
            made: self.decisions.made(),
            last: self.last,
            extra: self.extra,
            undecided: self.decisions.undecided(&self.contenders),
            is_over: self.decisions.is_over(&self.contenders),
        }
    }

    /// Makes a block; `None` if it was interrupted. The samples of an unfit block are recorded, and
    /// the block is made again.
    pub fn block(
        &mut self,
        shuffle: &mut Shuffle,
        observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<BlockSample>> {
        let made = self.decisions.made();
        let block = BlockRun {
            plan: self.plan,
            workload: self.workload,
            index: self.index,
            target: &self.target,
            number: made.all,
            schedule: self.schedule,
            rounds: &self.rounds,
        };
        let mut sample = block.run(&mut self.contenders, shuffle, &mut self.decisions, observe)?;
        self.target.rest_link()?;
        if self.plan.is_interrupted() {
            return Ok(None);
        }
        self.last = Duration::from_secs_f64(sample.seconds);
        if made.fit as usize >= LEAST_BLOCKS {
            self.extra += self.last;
        }
        self.decisions.end_block(&sample);
        sample.spent = self.schedule.spent(self.last);
        self.decisions.look(&sample, &mut self.contenders);
        Ok(Some(sample))
    }

    /// Counts instructions with valgrind, if the plan asks for it. Valgrind does not follow a
    /// worker into a link, and its passes open no fresh sessions.
    pub fn count_instructions(
        &self,
        observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.workload.network().is_some() || self.workload.has_fresh_sessions() {
            return Ok(());
        }
        valgrind::count(
            self.plan,
            self.index,
            &self.target,
            self.workload,
            &self.contenders,
            observe,
        )
    }
}
