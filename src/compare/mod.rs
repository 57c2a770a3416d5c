//! The experiment of `compare`: blocks of rounds. Every backend has a process of its own, and all
//! are alive together.
//!
//! [`run()`] measures a [`Plan`] into a record. Nothing here prints: progress goes to an observer.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::backend::Row;
use crate::fetch::{Connections, Limits};
use crate::record::{CostSample, PassSample, Placement, Probe, WorkerSetup};
use crate::scenario::Scenario;
use crate::stats::paired::LEAST_BLOCKS;

pub mod analysis;
pub mod agreement;
pub mod audit;
mod block;
mod capacity;
mod check;
mod contender;
mod cost;
pub mod endings;
mod head;
mod instructions;
pub mod metric;
mod placement;
mod probe;
mod run;
mod shuffle;
mod target;

pub use self::audit::audit;

use self::block::Block;
pub use self::capacity::{CAPACITY_CONNECTIONS, capacity};
use self::contender::Contender;
pub use self::instructions::{NoCounters, no_instructions};
pub use self::run::{Destination, Recorded, run};
use self::shuffle::Shuffle;
pub use self::target::Source;
use self::target::Target;

/// What is to be compared, and for how long.
#[derive(Debug)]
pub struct Plan {
    /// The fetchbench program, which is the server as well.
    pub program: PathBuf,
    /// Where the comparison takes place, one workload after another.
    pub workloads: Vec<Workload>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// The index of the one that takes part twice, so that the noise is seen, and that the others
    /// are compared with.
    pub reference: usize,
    /// When to stop.
    pub stop: Stop,
    /// Where the orders of the rounds are drawn from.
    pub seed: u64,
    /// Rounds of a block, at most.
    pub rounds: u32,
    /// Which cores the processes run on.
    pub placement: Placement,
    /// Set to stop after the pass in work.
    pub interrupted: Arc<AtomicBool>,
}

impl Plan {
    /// Returns the most connections that any one process has open. The mock server has those of all
    /// backends, which are alive together. If no connection outlives its fetch, it has those of the
    /// current backend, plus those of the previous one, whose close may not have arrived yet.
    pub fn connections(&self) -> usize {
        self.workloads.iter().map(|workload| self.connections_to(workload)).max().unwrap_or(0)
    }

    fn connections_to(&self, workload: &Workload) -> usize {
        let Scenario { limits, sites, .. } = &workload.scenario;
        let control = &self.participants[self.reference];
        let present = self
            .participants
            .iter()
            .chain([control])
            .filter(|participant| workload.admits(participant));
        let each = present.map(|participant| participant.slots(limits).get().min(sites.len()));
        match (&workload.source, limits.connections) {
            (Source::Live(_), _) => each.max().unwrap_or(0),
            (Source::Mock(_), Connections::PerFetch) => 2 * each.max().unwrap_or(0),
            (Source::Mock(_), Connections::Warm | Connections::Cold) => each.sum(),
        }
    }

    /// Whether the run is to end.
    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// Who takes part: a program that speaks the worker's protocol.
#[derive(Debug, Clone)]
pub struct Participant {
    /// The name it is recorded under.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Whether it fetches one after another, whatever the concurrency.
    pub sequential: bool,
    /// Whether it speaks https.
    pub https: bool,
}

impl Participant {
    /// A row of ours: `program` is fetchbench itself.
    pub fn of_row(row: &Row, program: &Path) -> Self {
        Self {
            name: row.to_string(),
            command: row.worker(program),
            sequential: row.is_sequential(),
            https: row.backend().https,
        }
    }

    /// How many fetches it has in flight at most: the slots of its ideal.
    pub fn slots(&self, limits: &Limits) -> NonZeroUsize {
        if self.sequential { NonZeroUsize::MIN } else { limits.concurrency }
    }
}

/// A scenario to be compared on.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Where the sites are.
    pub source: Source,
    /// What delays are multiplied by.
    pub time_scale: f64,
    /// The scenario, its delays multiplied. Of live sites, only limits, labels and schemes mean
    /// anything in it.
    pub scenario: Scenario,
    /// What the probe of live sites found, once it was made.
    pub probe: Option<Probe>,
}

/// A row whose ideal pass is longer takes no part in a workload: what it would show is known
/// before.
pub const LONGEST_IDEAL: Duration = Duration::from_secs(1);

impl Workload {
    /// What a pass takes at best.
    pub fn ideal(&self, participant: &Participant) -> Duration {
        self.scenario.ideal(0, participant.slots(&self.scenario.limits))
    }

    /// Whether it takes part here: its pass is short enough, and it can fetch what is to be
    /// fetched.
    pub fn admits(&self, participant: &Participant) -> bool {
        self.is_short(participant) && self.speaks(participant)
    }

    /// Whether it can fetch every site.
    pub fn speaks(&self, participant: &Participant) -> bool {
        participant.https || !self.scenario.needs_https()
    }

    /// Whether a pass is short enough to take part here.
    pub fn is_short(&self, participant: &Participant) -> bool {
        self.ideal(participant) <= LONGEST_IDEAL
    }

    /// Returns how long a pass over `slots` may take before its worker counts as hung.
    fn patience(&self, slots: NonZeroUsize, visit: u64) -> Duration {
        let Scenario { limits, sites, .. } = &self.scenario;
        let waves = sites.len().div_ceil(slots.get()) as u32;
        match self.source {
            Source::Mock(_) => limits.deadline + 20 * self.scenario.ideal(visit, slots),
            // Every site may be so slow that it just about meets its deadline.
            Source::Live(_) => limits.deadline * (waves + 1),
        }
    }
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stop {
    /// After as many blocks of each workload.
    Blocks(u32),
    /// When the time is spent, shared evenly by the workloads.
    Budget(Duration),
}

/// An event of a comparison, as it happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// A [`run()`] begins to measure.
    Start,
    /// The row of this name is about to probe live sites.
    Probe(&'a str),
    /// Live sites were probed.
    Probed {
        /// The index of the workload.
        workload: usize,
        /// The workload as it is measured: without dead sites.
        probed: &'a Workload,
    },
    /// A pass was made, or failed.
    Pass(&'a PassSample),
    /// A row has ended its block, or the server has, at this cost.
    Cost(&'a CostSample),
    /// A row has opened its first session on a workload.
    Worker {
        /// The index of the workload.
        workload: usize,
        /// What it says of itself.
        setup: &'a WorkerSetup,
    },
    /// A block has ended: so many of its workload by now.
    Block {
        /// The index of the workload.
        workload: usize,
        /// Blocks made on it so far.
        made: u32,
        /// Blocks that there will be, as far as one can tell.
        expected: u32,
    },
}

/// Blocks that are worth more than many rounds in each: an interval from fewer is wide for want of
/// knowing its width.
const WANTED_BLOCKS: u32 = 8;

/// Rounds below which a block's median is worth little.
const FEWEST_ROUNDS: u32 = 3;

/// By how much the time may be exceeded for the sake of a verdict.
const OVERTIME: f64 = 1.25;

/// Measures a plan and passes each event to `observe`, without a record.
///
/// # Errors
///
/// Returns an error if the server does not start or dies, or if `observe` fails. A worker that
/// fails invalidates its own backend only.
pub fn compare(
    plan: &Plan,
    mut observe: impl FnMut(Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut shuffle = Shuffle::new(plan.seed);
    for (index, workload) in plan.workloads.iter().enumerate() {
        let start = Instant::now();
        let probed = probe::probe(plan, workload, &mut observe)?;
        if let Some(probed) = &probed {
            observe(Event::Probed { workload: index, probed })?;
        }
        let workload = probed.as_ref().unwrap_or(workload);
        if plan.is_interrupted() || workload.probe.as_ref().is_some_and(Probe::is_all_dead) {
            continue;
        }
        let budget = Budget::new(plan, start.elapsed());
        let target = Target::start(plan, workload)?;
        let mut contenders = Contender::all(plan, workload);
        for number in 0.. {
            let block = Block { plan, workload, index, target: &target, number, budget: &budget };
            block.run(&mut contenders, &mut shuffle, &mut observe)?;
            if plan.is_interrupted() {
                return Ok(());
            }
            let expected = budget.expected(number + 1);
            observe(Event::Block { workload: index, made: number + 1, expected })?;
            if number + 1 >= expected {
                break;
            }
        }
    }
    Ok(())
}

/// How a workload's time is shared by its blocks.
#[derive(Debug)]
struct Budget {
    stop: Stop,
    start: Instant,
    time: Duration,
    most_rounds: u32,
}

impl Budget {
    /// Shares what is left of a workload's time when `spent` of it is gone.
    fn new(plan: &Plan, spent: Duration) -> Self {
        let time = match plan.stop {
            Stop::Blocks(_) => Duration::MAX,
            Stop::Budget(time) => (time / plan.workloads.len().max(1) as u32).saturating_sub(spent),
        };
        Self { stop: plan.stop, start: Instant::now(), time, most_rounds: plan.rounds }
    }

    /// How many rounds a block has that is the `number`th from 0, has taken `opening` to come so
    /// far, and whose first round took `round`: as many as let the wanted blocks fit into the time.
    fn rounds(&self, number: u32, opening: Duration, round: Duration) -> u32 {
        if matches!(self.stop, Stop::Blocks(_)) {
            return self.most_rounds;
        }
        let blocks_left = WANTED_BLOCKS.saturating_sub(number).max(1);
        let left = self.time.saturating_sub(self.start.elapsed());
        // What this block has taken to open is spent; the others will take as long again.
        let for_rounds = left.saturating_sub((opening + round) * (blocks_left - 1)) / blocks_left;
        let fitting = for_rounds.as_secs_f64() / round.as_secs_f64().max(1e-9);
        (fitting as u32).clamp(FEWEST_ROUNDS.min(self.most_rounds), self.most_rounds)
    }

    /// How many blocks there will be when `made` have been.
    fn expected(&self, made: u32) -> u32 {
        match self.stop {
            Stop::Blocks(blocks) => blocks,
            Stop::Budget(_) => {
                let spent = self.start.elapsed();
                let each = spent / made;
                let more =
                    self.time.saturating_sub(spent).as_secs_f64() / each.as_secs_f64().max(1e-9);
                let fitting = made + more.round() as u32;
                // A verdict is worth a little more time than was asked for.
                let least = LEAST_BLOCKS as u32;
                let for_a_verdict = each * least <= self.time.mul_f64(OVERTIME);
                if for_a_verdict { fitting.max(least) } else { fitting }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(stop: Stop, seconds: u64) -> Budget {
        Budget { stop, start: Instant::now(), time: Duration::from_secs(seconds), most_rounds: 20 }
    }

    #[test]
    fn cycles_are_cut_until_the_wanted_blocks_fit() {
        let rounds = |seconds, round_ms| {
            let budget = budget(Stop::Budget(Duration::from_secs(seconds)), seconds);
            budget.rounds(0, Duration::from_millis(100), Duration::from_millis(round_ms))
        };
        assert_eq!(rounds(60, 100), 20);
        assert!((9..=11).contains(&rounds(20, 200)), "{}", rounds(20, 200));
        assert_eq!(rounds(5, 1_000), FEWEST_ROUNDS);
        let blocks = budget(Stop::Blocks(3), 0);
        assert_eq!(blocks.rounds(0, Duration::ZERO, Duration::from_secs(9)), 20);
    }

    #[test]
    fn connections_of_all_rows_count_unless_they_end_with_their_fetches() {
        let plan = |name: &str| {
            let row =
                |row: &str| Participant::of_row(&row.parse().unwrap(), Path::new("fetchbench"));
            Plan {
                program: PathBuf::new(),
                workloads: vec![Workload {
                    source: Source::Mock(name.to_owned()),
                    time_scale: 1.0,
                    scenario: Scenario::load(name).unwrap(),
                    probe: None,
                }],
                participants: vec![row("ureq@threads"), row("hyper@smol"), row("ureq@sequential")],
                reference: 0,
                stop: Stop::Blocks(1),
                seed: 1,
                rounds: 1,
                placement: Placement::Free,
                interrupted: Arc::default(),
            }
        };
        assert_eq!(plan("keepalive").connections(), 32 + 32 + 1 + 32);
        // The sequential row takes no part on these.
        assert_eq!(plan("fan-out").connections(), 1_000 * 3);
        assert_eq!(plan("crowd").connections(), 5_000 * 2);
    }

    #[test]
    fn a_number_of_blocks_is_kept() {
        assert_eq!(budget(Stop::Blocks(3), 0).expected(1), 3);
    }
}
