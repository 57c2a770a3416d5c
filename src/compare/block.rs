//! A block: starts a process for every backend, warms each up with one pass, and then makes rounds
//! in shuffled order.

use std::cell::OnceCell;
use std::thread;
use std::time::{Duration, Instant};

use super::check::Rejection;
use super::contender::Contender;
use super::cost::{Usage, resident_bytes};
use super::decisions::Decisions;
use super::fitness::FitnessMeter;
use super::instructions::Counters;
use super::opening::MadePass;
use super::phases::phases;
use super::schedule::Schedule;
use super::shuffle::Shuffle;
use super::target::WorkloadTarget;
use super::{Event, Plan, Workload, check};
use crate::backend::mark_unreachable;
use crate::compare::analysis::SLOW_ROUNDS;
use crate::record::{
    BlockSample, CostSample, Latencies, PassSample, Phases, SERVER, Validity, WorkerSetup, starts,
};
use crate::stats::median;
use crate::worker::PassOrder;

/// The visits reserved for a block, so that no two blocks share one.
const VISITS_A_BLOCK: u64 = 1_000;

/// The number of blocks with a counted pass. Allocations and instructions hardly differ between
/// passes, and counted passes are not timed.
pub(super) const BLOCKS_COUNTED: u32 = 2;

/// The time from the last pass of the first block until the memory that a worker keeps is read.
const SETTLING: Duration = Duration::from_secs(1);

pub(super) struct BlockRun<'a> {
    pub plan: &'a Plan,
    pub workload: &'a Workload,
    pub index: usize,
    pub target: &'a WorkloadTarget<'a>,
    pub number: u32,
    pub schedule: &'a Schedule,
    /// The rounds of every block of the workload, once they are known.
    pub rounds: &'a OnceCell<u32>,
}

impl BlockRun<'_> {
    pub fn run(
        &self,
        contenders: &mut [Contender],
        shuffle: &mut Shuffle,
        decisions: &mut Decisions<'_>,
        observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<BlockSample> {
        let meter = FitnessMeter::start(self.target.whole_usage());
        let start = Instant::now();
        self.open(contenders, observe)?;
        self.target.take_witness()?;
        let opening = start.elapsed();
        self.round(None, contenders, shuffle, observe)?;
        let warming = start.elapsed() - opening;
        let rounds = *self.rounds.get_or_init(|| self.schedule.rounds(opening, warming));

        let server_before = self.target.usage();
        let before = usages(contenders);
        let mut made = 0;
        while made < rounds && !self.plan.is_interrupted() {
            self.round(Some(made), contenders, shuffle, &mut |event| {
                if let Event::Pass(sample) = event {
                    decisions.add(sample);
                }
                observe(event)
            })?;
            made += 1;
            if self.number == 0 && made as usize == SLOW_ROUNDS {
                decisions.stop_far_slower(contenders);
            }
        }
        let fetches = u64::from(made) * self.workload.outline().sites as u64;
        if let (Some(before), Some(after)) = (server_before, self.target.usage()) {
            let taking_part =
                contenders.iter().filter(|contender| contender.is_measured()).count() as u64;
            observe(Event::Cost(&self.cost_sample(SERVER, fetches * taking_part, before, after)))?;
        }
        let after = usages(contenders);
        let memory = self.memory_after(contenders);
        for (index, contender) in contenders.iter_mut().enumerate() {
            if let (Some(before), Some(after)) = (before[index], after[index]) {
                let name = &contender.participant.name;
                let cost = self.cost_sample(name, fetches, before, after);
                let cost = CostSample {
                    rss_after_bytes: memory[index],
                    opening: contender.openings.cost(),
                    phases: Phases::reduced(&contender.phases, median),
                    ..cost
                };
                observe(Event::Cost(&self.counted(contender, cost)))?;
            }
            contender.close();
        }
        Ok(BlockSample {
            scenario: self.workload.outline().name.to_owned(),
            block: self.number,
            spent: None,
            seconds: start.elapsed().as_secs_f64(),
            fitness: meter.end(self.target.whole_usage()),
        })
    }

    /// Returns the resident memory of each worker some time after the load, in the first block
    /// only.
    fn memory_after(&self, contenders: &[Contender]) -> Vec<Option<u64>> {
        if self.number > 0 || self.plan.is_interrupted() {
            return vec![None; contenders.len()];
        }
        thread::sleep(SETTLING);
        let processes = contenders.iter().map(Contender::process);
        processes.map(|process| process.and_then(resident_bytes)).collect()
    }

    /// Starts the worker of each backend, and reports their setups in the first block.
    fn open(
        &self,
        contenders: &mut [Contender],
        observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let order = self.target.order();
        let is_fresh = self.workload.has_fresh_sessions();
        for contender in contenders.iter_mut() {
            let ready = contender.open(&order, is_fresh);
            let Some(ready) = ready.filter(|_| self.number == 0) else { continue };
            let (backend, client, executor) =
                (contender.participant.name.clone(), ready.client, ready.executor);
            let setup = WorkerSetup { backend, client, executor, threads: ready.threads };
            observe(Event::Worker { workload: self.index, setup: &setup })?;
        }
        Ok(())
    }

    /// Makes one pass of each backend. All have the same visit and so the same delays, in processes
    /// that share nothing.
    fn round(
        &self,
        round: Option<u32>,
        contenders: &mut [Contender],
        shuffle: &mut Shuffle,
        observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut order: Vec<usize> =
            (0..contenders.len()).filter(|index| !contenders[*index].is_stopped()).collect();
        shuffle.shuffle(&mut order);
        let visit =
            u64::from(self.number) * VISITS_A_BLOCK + round.map_or(0, |round| u64::from(round) + 1);
        for index in order {
            if self.plan.is_interrupted() {
                break;
            }
            let sample = self.pass(&mut contenders[index], round, visit)?;
            observe(Event::Pass(&sample))?;
            self.target.rest(self.plan);
        }
        Ok(())
    }

    fn pass(
        &self,
        contender: &mut Contender,
        round: Option<u32>,
        visit: u64,
    ) -> anyhow::Result<PassSample> {
        let slots = contender.slots;
        let done = self.made_pass(contender, PassOrder::new(visit));
        let wire = self.target.take_phases()?;
        // Taken in any case, so that it does not count against the next backend.
        let witness = self.target.take_witness()?;
        let slots = self.workload.seen_slots(slots, witness.as_ref());
        let sample = PassSample {
            scenario: self.workload.outline().name.to_owned(),
            block: self.number,
            round,
            backend: contender.participant.name.clone(),
            visit,
            elapsed_s: None,
            ideal_s: None,
            validity: Validity::Valid,
            why: None,
            witness: None,
            latencies: Latencies::None,
            since_start: Latencies::None,
            rss_bytes: None,
            starts: Vec::new(),
        };
        let Some(done) = done else {
            let out = contender.out.clone();
            let out = out.unwrap_or_else(|| Rejection::new(Validity::Crashed, "has no worker"));
            return Ok(PassSample { validity: out.validity, why: Some(out.why), ..sample });
        };
        let opening = done.opening;
        let mut pass = done.into_pass();
        if let WorkloadTarget::Live(live) = self.target {
            mark_unreachable(&mut pass, live.urls());
        }
        let rejection = check::rejection(self.workload, slots, visit, &pass, witness.as_ref());
        if round.is_some() && rejection.is_none() {
            // The relay does not see where requests begin that share a connection.
            let wire = wire.filter(|_| !contender.participant.http2);
            contender.phases.extend(wire.and_then(|wire| phases(&wire, &pass)));
            opening.into_iter().for_each(|opening| contender.openings.add(opening));
        }
        let sample = PassSample {
            elapsed_s: Some(pass.elapsed.as_secs_f64()),
            ideal_s: self.workload.ideal(visit, slots).map(|ideal| ideal.as_secs_f64()),
            validity: rejection.as_ref().map_or(Validity::Valid, |rejection| rejection.validity),
            why: rejection.map(|rejection| rejection.why),
            witness,
            latencies: Latencies::service(&pass),
            since_start: Latencies::since_start(&pass),
            rss_bytes: contender.process().and_then(resident_bytes),
            starts: starts(&pass),
            ..sample
        };
        Ok(sample.or_contradicted())
    }

    /// Makes a pass, in a fresh session if the workload asks for it; `None` if the backend is out.
    fn made_pass(&self, contender: &mut Contender, order: PassOrder) -> Option<MadePass> {
        if contender.out.is_some() {
            return None;
        }
        let fresh = self.workload.has_fresh_sessions().then(|| self.target.order());
        let patience = self.workload.patience(contender.slots, order.visit);
        contender.make_pass(fresh.as_ref(), order, patience)
    }

    /// Adds the allocations and instructions of one more pass, which is counted and not timed, to
    /// the cost of a backend.
    fn counted(&self, contender: &mut Contender, mut sample: CostSample) -> CostSample {
        if self.number < BLOCKS_COUNTED && !self.plan.is_interrupted() {
            let visit = (u64::from(self.number) + 1) * VISITS_A_BLOCK - 1;
            let counters =
                contender.process().and_then(|process| Counters::instructions(process).ok());
            let done = self.made_pass(contender, PassOrder::counted(visit));
            sample.instructions = counters.filter(|_| done.is_some()).and_then(Counters::total);
            sample.counts = done.and_then(|made| made.done.counts);
        }
        sample.or_uncounted()
    }

    fn cost_sample(&self, backend: &str, fetches: u64, before: Usage, after: Usage) -> CostSample {
        CostSample {
            scenario: self.workload.outline().name.to_owned(),
            block: self.number,
            backend: backend.to_owned(),
            fetches,
            cpu_s: after.cpu_s_since(before),
            user_s: after.user_s - before.user_s,
            system_s: after.system_s - before.system_s,
            voluntary_switches: after.voluntary_switches.saturating_sub(before.voluntary_switches),
            involuntary_switches: after
                .involuntary_switches
                .saturating_sub(before.involuntary_switches),
            threads: after.threads,
            peak_rss_bytes: after.peak_rss_bytes,
            rss_after_bytes: None,
            children_s: after.children_s - before.children_s,
            counted_fetches: self.workload.outline().sites as u64,
            counts: None,
            instructions: None,
            opening: None,
            phases: None,
        }
    }
}

/// Returns the resources that each worker has used so far.
fn usages(contenders: &[Contender]) -> Vec<Option<Usage>> {
    contenders.iter().map(|contender| contender.process().and_then(Usage::read)).collect()
}
