//! The experiment of `compare`: blocks of rounds. Every backend has its own process, and all of
//! them run at the same time.
//!
//! [`run()`] measures a [`Plan`] into a record. Nothing here prints: an observer gets the progress.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::backend::Backend;
use crate::fetch::{Capabilities, Capability, Limits};
use crate::record::{
    BlockSample, CostSample, InstructionCount, PassSample, Placement, Shard, WorkerSetup,
};
use crate::stats::LEAST_BLOCKS;
use crate::worker::child::Child;
use crate::worker::{MAX_LINE_BYTES, OPENING, OpenOrder, Patience, Ready, Unanswered, ask_to_open};

pub mod analysis;
pub mod agreement;
pub mod audit;
mod bare_loop;
mod block;
mod check;
mod contender;
mod cost;
mod decisions;
pub mod endings;
pub(crate) mod fitness;
mod head;
mod instructions;
pub mod metric;
mod opening;
mod phases;
mod placement;
mod probe;
mod run;
mod schedule;
mod shuffle;
mod target;
mod valgrind;
mod workload;
mod workload_run;

pub use self::audit::audit;
pub use self::bare_loop::{BareLoop, bare_loop};
use self::block::BLOCKS_COUNTED;
pub use self::instructions::{NoCounters, no_instructions};
pub use self::run::{RecordDestination, Recorded, run};
use self::schedule::{FEWEST_ROUNDS, Schedule};
use self::shuffle::Shuffle;
pub use self::workload::{LONGEST_IDEAL, LiveSites, Outline, Workload};
use self::workload_run::WorkloadRun;

/// The input of a comparison.
#[derive(Debug)]
pub struct Plan {
    /// The fetchbench program, which also runs the server.
    pub program: PathBuf,
    /// The workloads, which take turns.
    pub workloads: Vec<Workload>,
    /// The backends.
    pub participants: Vec<Participant>,
    /// The index of the reference, which the others are compared with. It is measured twice, to
    /// show the noise.
    pub reference: usize,
    /// When to stop measuring.
    pub stop: Stop,
    /// The machine's replica of the comparison, if there are several.
    pub shard: Option<Shard>,
    /// The seed for shuffling the order of backends.
    pub seed: u64,
    /// The maximum number of rounds in a block.
    pub rounds: u32,
    /// The cores that processes run on.
    pub placement: Placement,
    /// The margin of equivalence, such as 0.02.
    pub equivalence: f64,
    /// Whether blocks count during which the machine was unfit to measure on.
    pub allow_unfit: bool,
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

    /// Returns the least time of the blocks that verdicts over links take, and the number of
    /// backends, with the A/A control; `None` without links.
    pub fn time_over_links(&self) -> Option<(Duration, usize)> {
        let control = &self.participants[self.reference];
        let linked = self.workloads.iter().filter(|workload| workload.network().is_some());
        let times = linked.map(|workload| {
            let all = self.participants.iter().chain([control]);
            let round = workload.round_ideal(all.filter(|one| workload.admits(one)));
            // A round warms up each block, and one is counted in the first blocks.
            let rounds = (1 + FEWEST_ROUNDS.min(self.rounds)) * LEAST_BLOCKS as u32;
            round * (rounds + BLOCKS_COUNTED)
        });
        let time = times.reduce(|one, other| one + other)?;
        Some((time, self.participants.len() + 1))
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
    /// Whether it speaks HTTP/2.
    pub http2: bool,
    /// Its maximum number of connections, instead of the workload's; over HTTP/2, the number to
    /// each origin.
    pub max_connections: Option<NonZeroUsize>,
    /// Parts of its client that are written here, and that no crate has; may be empty.
    pub written_here: &'static str,
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
            http2: backend.is_http2(),
            max_connections: backend.max_connections(),
            written_here: backend.entry().written_here,
            capabilities: Some(backend.capabilities()),
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
            // A connection carries many fetches at once.
            false if self.http2 => limits.concurrency,
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
    /// After this time, which goes to the workloads with undecided backends.
    Budget(Duration),
    /// After this time, in which every backend is measured to the end. So do shards: the merge
    /// decides, and a backend that a shard found far from the reference by chance would stop early
    /// there.
    WholeBudget(Duration),
}

impl Stop {
    /// Returns the time of all workloads; `None` if the number of blocks is given.
    pub fn budget(self) -> Option<Duration> {
        match self {
            Self::Blocks(_) => None,
            Self::Budget(time) | Self::WholeBudget(time) => Some(time),
        }
    }
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
        /// The block.
        sample: &'a BlockSample,
        /// The estimated final number of blocks.
        expected: u32,
        /// The number of backends that are not decided yet.
        undecided: usize,
    },
}

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
    let schedule = Schedule::new(plan.stop, plan.rounds, plan.workloads.len());
    let workloads = probed(plan, &mut observe)?;
    let mut runs = Vec::new();
    for (index, workload) in workloads.iter().enumerate() {
        if plan.is_interrupted() {
            return Ok(());
        }
        if !workload.is_dead() {
            runs.push(WorkloadRun::start(plan, index, workload, &schedule)?);
        }
    }
    alternate(plan, &schedule, &mut runs, &mut observe)?;
    runs.iter().try_for_each(|run| run.count_instructions(&mut observe))
}

/// Returns the workloads of a plan without dead sites.
fn probed<'a>(
    plan: &'a Plan,
    observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Cow<'a, Workload>>> {
    let mut workloads = Vec::new();
    for (index, workload) in plan.workloads.iter().enumerate() {
        let probed = probe::probe(plan, workload, observe)?;
        if let Some(probed) = &probed {
            observe(Event::Probed { workload: index, probed })?;
        }
        workloads.push(probed.map_or(Cow::Borrowed(workload), Cow::Owned));
    }
    Ok(workloads)
}

/// Lets workloads make blocks in turn, until all backends are decided or the time is up.
fn alternate(
    plan: &Plan,
    schedule: &Schedule,
    runs: &mut [WorkloadRun<'_>],
    observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut shuffle = Shuffle::new(plan.seed);
    let mut standings: Vec<_> = runs.iter().map(WorkloadRun::standing).collect();
    while let Some(next) = schedule.next(&standings) {
        let run = &mut runs[next];
        let Some(sample) = run.block(&mut shuffle, observe)? else { return Ok(()) };
        standings[next] = run.standing();
        observe(Event::Block {
            workload: run.index(),
            sample: &sample,
            expected: schedule.expected(next, &standings),
            undecided: standings[next].undecided,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_add_up_if_kept() {
        let plan = |name: &str| {
            let backend = |backend: &str| {
                Participant::of_backend(&backend.parse().unwrap(), Path::new("fetchbench"))
            };
            Plan {
                program: PathBuf::new(),
                workloads: vec![Workload::mock(name, None, None).unwrap()],
                participants: vec![
                    backend("ureq@threads"),
                    backend("hyper@smol"),
                    backend("ureq@sequential"),
                ],
                reference: 0,
                stop: Stop::Blocks(1),
                shard: None,
                seed: 1,
                rounds: 1,
                placement: Placement::Free,
                equivalence: 0.02,
                allow_unfit: false,
                instructions: false,
                interrupted: Arc::default(),
            }
        };
        assert_eq!(plan("keepalive").connections(), 32 + 32 + 1 + 32);
        // The sequential backend is left out of these.
        assert_eq!(plan("fan-out").connections(), 1_000 * 3);
        assert_eq!(plan("crowd").connections(), 5_000 * 2);
    }
}
