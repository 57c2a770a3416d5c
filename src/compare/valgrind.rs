//! Counts the instructions of a worker with valgrind, for machines whose processor has no counters.
//!
//! The worker runs twice under cachegrind, with one pass and with four after the pass that warms
//! up. The difference is the cost of three passes, without that of starting and opening.

use std::process::Command;
use std::time::{Duration, Instant};

use super::contender::Contender;
use super::cost::Usage;
use super::instructions::no_instructions;
use super::target::WorkloadTarget;
use super::{Event, Participant, Plan, Workload, check};
use crate::record::{InstructionCount, control};
use crate::worker::{OpenOrder, PassOrder, Patience, ask_to_open, ask_to_pass};

/// The time for both runs of a backend.
const MOST_TIME: Duration = Duration::from_secs(60);

/// The time that a fetch may take, which is far slower under valgrind.
const LEAST_DEADLINE_MS: u64 = 60_000;

/// The passes of each run, after the pass that warms up.
const FEW: u64 = 1;
const MANY: u64 = 4;

/// The first visit. All delays are the same for every backend.
const FIRST_VISIT: u64 = 0;

/// An installed valgrind.
#[derive(Debug)]
struct Valgrind {
    /// Its name and version, such as `valgrind-3.19.0`.
    version: String,
}

/// A workload to count instructions on.
struct Counting<'a> {
    plan: &'a Plan,
    workload: &'a Workload,
    order: OpenOrder,
}

/// Counts the instructions of each backend with one fetching thread, if the plan asks for it and
/// the processor has no counters. Live sites are not counted, because their answers vary.
pub(super) fn count(
    plan: &Plan,
    index: usize,
    target: &WorkloadTarget<'_>,
    workload: &Workload,
    contenders: &[Contender],
    observe: &mut impl FnMut(Event<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let is_live = matches!(workload, Workload::Live(_));
    if !plan.instructions || is_live || no_instructions().is_none() {
        return Ok(());
    }
    let Some(valgrind) = Valgrind::find() else { return Ok(()) };
    let order = target.order();
    let deadline_ms = order.deadline_ms.max(LEAST_DEADLINE_MS);
    let counting = Counting { plan, workload, order: OpenOrder { deadline_ms, ..order } };
    let control = control(&plan.participants[plan.reference].name);
    for contender in contenders {
        let is_counted = contender.threads == Some(1) && contender.out.is_none();
        if !is_counted || contender.participant.name == control || plan.is_interrupted() {
            continue;
        }
        if let Some(counted) = counting.backend(&valgrind, contender) {
            observe(Event::Instructions { workload: index, counted: &counted })?;
        }
    }
    // Nothing of this belongs to a later pass.
    target.take_witness()?;
    Ok(())
}

/// Returns why valgrind cannot count; `None` if it is installed.
pub(super) fn no_valgrind() -> Option<&'static str> {
    if Valgrind::find().is_some() { None } else { Some("valgrind is not installed") }
}

impl Valgrind {
    /// Returns the installed valgrind, if any.
    fn find() -> Option<Self> {
        let output = Command::new("valgrind").arg("--version").output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        version.starts_with("valgrind-").then_some(Self { version })
    }

    /// Returns the participant with its worker under cachegrind.
    fn counted(participant: &Participant) -> Participant {
        let options =
            ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
        let mut command: Vec<_> = options.map(Into::into).into();
        // In valgrind's own process, this link would lead to valgrind.
        let own = format!("/proc/{}/exe", std::process::id());
        command.extend(participant.command.iter().map(|part| match part.to_str() {
            Some("/proc/self/exe") => own.clone().into(),
            _ => part.clone(),
        }));
        Participant { command, ..participant.clone() }
    }
}

impl Counting<'_> {
    /// Counts the instructions of a backend; `None` if a run fails or takes too long, or if other
    /// programs do the work.
    fn backend(&self, valgrind: &Valgrind, contender: &Contender) -> Option<InstructionCount> {
        let end = Instant::now() + MOST_TIME;
        let few = self.run(contender, FEW, end)?;
        let many = self.run(contender, MANY, end)?;
        let instructions = many.checked_sub(few).filter(|instructions| *instructions > 0)?;
        Some(InstructionCount {
            backend: contender.participant.name.clone(),
            instructions,
            fetches: (MANY - FEW) * self.order.urls.len() as u64,
            by: format!("{} cachegrind", valgrind.version),
        })
    }

    /// Returns the instructions of a worker that opens a session, warms up and makes this many
    /// passes.
    fn run(&self, contender: &Contender, passes: u64, end: Instant) -> Option<u64> {
        let mut worker = Valgrind::counted(&contender.participant).start().ok()?;
        ask_to_open(&mut worker, self.order.clone(), self.patience(end)).ok()?;
        for visit in FIRST_VISIT..=FIRST_VISIT + passes {
            let start = Instant::now();
            let done = ask_to_pass(&mut worker, PassOrder::new(visit), self.patience(end)).ok()?;
            let pass = done.pass();
            if check::rejection(self.workload, contender.slots, visit, &pass, None).is_some() {
                return None;
            }
            // The rest of both runs would not fit.
            let passes_left = (FEW + MANY + 1) as u32;
            if visit == FIRST_VISIT
                && passes == FEW
                && Instant::now() + start.elapsed() * passes_left > end
            {
                return None;
            }
        }
        let others_s = Usage::read(worker.id())?.children_s;
        let report = worker.finish(end.saturating_duration_since(Instant::now()))?;
        if others_s > 0.0 { None } else { instructions_in(&report) }
    }

    fn patience(&self, end: Instant) -> Patience<'_> {
        let most = end.saturating_duration_since(Instant::now());
        Patience { most, interrupted: Some(&self.plan.interrupted) }
    }
}

/// Reads the count from the report of cachegrind: `I   refs:      3,381,774`.
fn instructions_in(report: &str) -> Option<u64> {
    let mut counts = report.lines().filter_map(|line| line.split_once("refs:"));
    let (_, count) = counts.find(|(name, _)| name.trim_end().ends_with('I'))?;
    count.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read() {
        let report = "==7== Command: x\n==7== \n==7== I   refs:      3,381,774\n";
        assert_eq!(instructions_in(report), Some(3_381_774));
        assert_eq!(instructions_in("==7== D   refs:      3\n"), None);
        assert_eq!(instructions_in("==7== I   refs:      \n"), None);
    }

    #[test]
    fn workers_start_from_a_link() {
        let participant = Participant {
            name: "x".to_owned(),
            command: ["/proc/self/exe", "worker"].map(Into::into).into(),
            sequential: false,
            http2: false,
            max_connections: None,
            written_here: "",
            capabilities: None,
        };
        let command = Valgrind::counted(&participant).command;
        let own = format!("/proc/{}/exe", std::process::id());
        assert_eq!(command[4..], [own.as_str(), "worker"].map(std::ffi::OsString::from));
    }
}
