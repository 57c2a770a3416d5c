//! The experiment of `compare`: blocks of rounds. Every backend has its own process, and all of
//! them run at the same time.
//!
//! [`run()`] measures a [`Plan`] into a record. Nothing here prints: an observer gets the progress.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::fetch::{Capabilities, Capability, Limits};
use crate::record::{CostSample, InstructionCount, PassSample, Placement, WorkerSetup};
use crate::stats::paired::LEAST_BLOCKS;
use crate::worker::child::Child;
use crate::worker::{MAX_LINE_BYTES, OPENING, OpenOrder, Patience, Ready, Unanswered, ask_to_open};

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
mod valgrind;
mod workload;

pub use self::audit::audit;

use self::block::BlockRun;
pub use self::capacity::{CAPACITY_CONNECTIONS, capacity};
use self::contender::Contender;
pub use self::instructions::{NoCounters, no_instructions};
pub use self::run::{RecordDestination, Recorded, run};
use self::shuffle::Shuffle;
use self::target::WorkloadTarget;
pub use self::workload::{LONGEST_IDEAL, LiveSites, Outline, Workload};

/// The input of a comparison.
#[derive(Debug)]
pub struct Plan {
    /// The fetchbench program, which also runs the server.
    pub program: PathBuf,
    /// The workloads, measured one after another.
    pub workloads: Vec<Workload>,
    /// The backends.
    pub participants: Vec<Participant>,
    /// The index of the reference, which the others are compared with. It is measured twice, to
    /// show the noise.
    pub reference: usize,
    /// When to stop measuring.
    pub stop: Stop,
    /// The seed for shuffling the order of backends.
    pub seed: u64,
    /// The maximum number of rounds in a block.
    pub rounds: u32,
    /// The cores that processes run on.
    pub placement: Placement,
    /// Whether to count instructions with valgrind if the processor has no counters.
    pub instructions: bool,
    /// Set to stop after the current pass.
    pub interrupted: Arc<AtomicBool>,
}

impl Plan {
    /// Returns the highest number of connections that one process has open. The mock server has
    /// those of all backends, which run at the same time. If no connection outlives its fetch, it
    /// has those of the current backend, plus those of the previous one, whose close may not have
    /// arrived yet.
    pub fn connections(&self) -> usize {
        let control = &self.participants[self.reference];
        let connections = self
            .workloads
            .iter()
            .map(|workload| workload.connections(self.participants.iter().chain([control])));
        connections.max().unwrap_or(0)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// A backend in a comparison: a program that speaks the worker protocol.
#[derive(Debug, Clone)]
pub struct Participant {
    /// The name in the record.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Whether it fetches sequentially, whatever the concurrency.
    pub sequential: bool,
    /// Its maximum number of connections, instead of the workload's.
    pub max_connections: Option<NonZeroUsize>,
    /// What it can do beyond plain HTTP/1.1; `None` until its worker is asked.
    pub capabilities: Option<Capabilities>,
}

impl Participant {
    /// Returns a built-in backend; `program` is fetchbench itself.
    pub fn of_backend(backend: &Backend, program: &Path) -> Self {
        Self {
            name: backend.to_string(),
            command: backend.worker(program),
            sequential: backend.is_sequential(),
            max_connections: backend.max_connections(),
            capabilities: Some(backend.entry().capabilities),
        }
    }

    /// Starts its worker.
    pub(crate) fn start(&self) -> io::Result<Child> {
        let (program, arguments) = self.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        Child::start(Command::new(program).args(arguments), MAX_LINE_BYTES)
    }

    /// Starts its worker and opens a session in it.
    pub(crate) fn open(&self, order: OpenOrder) -> Result<(Child, Ready), Unanswered> {
        let mut worker = self
            .start()
            .map_err(|error| Unanswered::Broken(format!("it cannot be started: {error}")))?;
        let ready = ask_to_open(&mut worker, order, Patience::of(OPENING))?;
        Ok((worker, ready))
    }

    /// Returns its maximum number of fetches in flight, which are the slots of its ideal.
    pub fn slots(&self, limits: &Limits) -> NonZeroUsize {
        match self.sequential {
            true => NonZeroUsize::MIN,
            false => limits.limited_to(self.max_connections).concurrency,
        }
    }

    /// Returns whether it can do this. Anything is assumed of a worker that was not asked.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.is_none_or(|capabilities| capabilities.has(capability))
    }

    /// Asks its worker what it can do, unless that is known. A worker that does not open fails when
    /// it is measured.
    pub fn ask_capabilities(&mut self) {
        if self.capabilities.is_some() {
            return;
        }
        let order = OpenOrder::new(Vec::new(), false, &Limits::new(NonZeroUsize::MIN));
        if let Ok((_, ready)) = self.open(order) {
            self.capabilities = Some(ready.capabilities());
        }
    }
}

/// When to stop measuring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stop {
    /// After this number of blocks on each workload.
    Blocks(u32),
    /// After this time, shared evenly by the workloads.
    Budget(Duration),
}

/// An event during a comparison.
#[derive(Debug)]
pub enum Event<'a> {
    /// A [`run()`] starts to measure.
    Start,
    /// The backend with this name is about to probe live sites.
    Probe(&'a str),
    /// Live sites were probed.
    Probed {
        /// The index of the workload.
        workload: usize,
        /// The workload without dead sites.
        probed: &'a Workload,
    },
    /// A pass ended or failed.
    Pass(&'a PassSample),
    /// A backend or the server ended a block with this cost.
    Cost(&'a CostSample),
    /// A backend opened its first session on a workload.
    Worker {
        /// The index of the workload.
        workload: usize,
        /// The worker's description of itself.
        setup: &'a WorkerSetup,
    },
    /// The instructions of a backend were counted with valgrind.
    Instructions {
        /// The index of the workload.
        workload: usize,
        /// The count.
        counted: &'a InstructionCount,
    },
    /// A block ended.
    Block {
        /// The index of the workload.
        workload: usize,
        /// The number of blocks on it so far.
        made: u32,
        /// The estimated final number of blocks.
        expected: u32,
    },
}

/// The desired number of blocks. Fewer blocks make intervals wide, however many rounds they have,
/// because they estimate the deviation poorly.
const WANTED_BLOCKS: u32 = 8;

/// With fewer rounds, the median of a block means little.
const FEWEST_ROUNDS: u32 = 3;

/// The factor by which the time may be exceeded to reach a verdict.
const OVERTIME: f64 = 1.25;

/// Measures a plan without a record and passes each event to `observe`.
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
        if plan.is_interrupted() || workload.is_dead() {
            continue;
        }
        let budget = Budget::new(plan, start.elapsed());
        let target = WorkloadTarget::start(plan, workload)?;
        let mut contenders = Contender::all(plan, workload);
        for number in 0.. {
            let block =
                BlockRun { plan, workload, index, target: &target, number, budget: &budget };
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
        valgrind::count(plan, index, &target, workload, &contenders, &mut observe)?;
    }
    Ok(())
}

/// The division of a workload's time into blocks.
#[derive(Debug)]
struct Budget {
    stop: Stop,
    start: Instant,
    time: Duration,
    most_rounds: u32,
}

impl Budget {
    /// Returns the budget of a workload on which `spent` was used already.
    fn new(plan: &Plan, spent: Duration) -> Self {
        let time = match plan.stop {
            Stop::Blocks(_) => Duration::MAX,
            Stop::Budget(time) => (time / plan.workloads.len().max(1) as u32).saturating_sub(spent),
        };
        Self { stop: plan.stop, start: Instant::now(), time, most_rounds: plan.rounds }
    }

    /// Returns the number of rounds for block `number` (zero-based), so that the wanted blocks fit
    /// into the time. `opening` is the time it took to start, and `round` that of its first round.
    fn rounds(&self, number: u32, opening: Duration, round: Duration) -> u32 {
        if matches!(self.stop, Stop::Blocks(_)) {
            return self.most_rounds;
        }
        let blocks_left = WANTED_BLOCKS.saturating_sub(number).max(1);
        let left = self.time.saturating_sub(self.start.elapsed());
        // The opening of this block is spent; each later block is expected to take as long to open.
        let for_rounds = left.saturating_sub((opening + round) * (blocks_left - 1)) / blocks_left;
        let fitting = for_rounds.as_secs_f64() / round.as_secs_f64().max(1e-9);
        (fitting as u32).clamp(FEWEST_ROUNDS.min(self.most_rounds), self.most_rounds)
    }

    /// Returns the expected final number of blocks after `made`.
    fn expected(&self, made: u32) -> u32 {
        match self.stop {
            Stop::Blocks(blocks) => blocks,
            Stop::Budget(_) => {
                let spent = self.start.elapsed();
                let block = spent / made;
                let more =
                    self.time.saturating_sub(spent).as_secs_f64() / block.as_secs_f64().max(1e-9);
                let fitting = made + more.round() as u32;
                // A verdict is worth a little overtime.
                let least = LEAST_BLOCKS as u32;
                let for_a_verdict = block * least <= self.time.mul_f64(OVERTIME);
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
    fn rounds_fit_the_wanted_blocks() {
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
    fn connections_add_up_if_kept() {
        let plan = |name: &str| {
            let backend = |backend: &str| {
                Participant::of_backend(&backend.parse().unwrap(), Path::new("fetchbench"))
            };
            Plan {
                program: PathBuf::new(),
                workloads: vec![Workload::mock(name, 1.0).unwrap()],
                participants: vec![
                    backend("ureq@threads"),
                    backend("hyper@smol"),
                    backend("ureq@sequential"),
                ],
                reference: 0,
                stop: Stop::Blocks(1),
                seed: 1,
                rounds: 1,
                placement: Placement::Free,
                instructions: false,
                interrupted: Arc::default(),
            }
        };
        assert_eq!(plan("keepalive").connections(), 32 + 32 + 1 + 32);
        // The sequential backend is left out of these.
        assert_eq!(plan("fan-out").connections(), 1_000 * 3);
        assert_eq!(plan("crowd").connections(), 5_000 * 2);
    }

    #[test]
    fn requested_blocks_are_kept() {
        assert_eq!(budget(Stop::Blocks(3), 0).expected(1), 3);
    }
}
