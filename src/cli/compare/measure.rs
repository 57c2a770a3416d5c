//! Measures a comparison and shows the result, for every command that compares.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::ensure;

use super::exports::ExportFlags;
use super::shard::ShardFlags;
use super::{busy, records};
use crate::backend::EXEC;
use crate::cli::flags::{OutputFlags, parse_margin};
use crate::cli::interrupt::Interruption;
use crate::cli::terminal::{Countdown, print, print_note, print_warning};
use crate::cli::{descriptors, limits, unwritable, usage};
use crate::compare::analysis::{Rules, WorkloadAnalysis, analyse_by};
use crate::compare::{self, Event, Participant, Plan, RecordDestination, Recorded, Stop, Workload};
use crate::fetch::public::public_text;
use crate::link::Link;
use crate::record::machine;
use crate::record::{ComparisonSetup, Placement, Shard};
use crate::scenario::units::{MAX_DEADLINE, parse_duration, parse_time_scale};
use crate::tools::fail_if::RatioLimit;

/// How to measure, and where the results go.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct MeasureFlags {
    /// Run N blocks per scenario instead of using --budget
    #[arg(long, value_name = "N", conflicts_with = "budget", value_parser = parse_blocks)]
    blocks: Option<u32>,
    /// Total time for all scenarios [default: 60s, or what verdicts over a network take]
    #[arg(long, value_name = "DURATION", value_parser = parse_budget)]
    budget: Option<Duration>,
    /// Maximum rounds per block
    #[arg(
        long,
        alias = "cycles",
        value_name = "N",
        default_value_t = 20,
        value_parser = parse_rounds,
    )]
    rounds: u32,
    /// Seed for shuffling the order of backends
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Multiply all delays by FACTOR [default: the scenario's own, see `fetchbench list scenarios`]
    #[arg(long, value_name = "FACTOR", value_parser = parse_time_scale)]
    pub(in crate::cli) time_scale: Option<f64>,
    /// Call a backend equivalent to the reference if its whole interval lies within this margin
    #[arg(long, value_name = "PERCENT", value_parser = parse_margin, default_value = "2%")]
    equivalence: f64,
    /// Exit with 4 if a backend is shown to exceed the reference by more: '>+2%' for the time of a
    /// pass, 'cpu>+2%' for processor time; may be repeated
    #[arg(long, value_name = "LIMIT", value_parser = |text: &str| text.parse::<RatioLimit>())]
    fail_if: Vec<RatioLimit>,
    /// Count every block and give verdicts, even if the machine is unfit to measure on
    #[arg(long)]
    allow_unfit: bool,
    /// Count instructions with valgrind if the processor has no counters: some seconds more for
    /// each backend of one thread
    #[arg(long)]
    instructions: bool,
    /// Cores that processes run on [default: free; apart over a network]. With one-core, which
    /// suits backends of one thread, a minute resolves about half the difference that it resolves
    /// with free
    #[arg(long, value_name = "PLACEMENT")]
    placement: Option<Placement>,
    /// Directory of the record; it must not hold one yet [default: a new one in target/fetchbench/
    /// of a cargo project, else in ~/.local/state/fetchbench/]
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Replace the record in the directory
    #[arg(long, requires = "record")]
    force: bool,
    #[command(flatten)]
    shard: ShardFlags,
    #[command(flatten)]
    exports: ExportFlags,
    #[command(flatten)]
    output: OutputFlags,
}

/// The total time, unless the user names another.
const USUAL_BUDGET: Duration = Duration::from_secs(60);

/// The backends to compare, and what they fetch.
pub(in crate::cli) struct ComparisonTask {
    /// The program that runs the server and the built-in backends.
    pub program: PathBuf,
    pub workloads: Vec<Workload>,
    pub participants: Vec<Participant>,
    /// The index of the reference.
    pub reference: usize,
}

/// The output of a command, and what makes it fail.
pub(in crate::cli) struct Presentation<'a> {
    /// Returns the text for people.
    pub text: &'a dyn Fn(&ComparisonSetup, &[WorkloadAnalysis]) -> String,
    /// Whether to fail if a live site is left out or ends differently for different backends.
    pub strict: bool,
}

impl MeasureFlags {
    fn plan(
        &self,
        task: ComparisonTask,
        shard: Option<Shard>,
        interrupted: Arc<AtomicBool>,
    ) -> Plan {
        let budget = self.budget.unwrap_or(USUAL_BUDGET);
        let stop = match (self.blocks, shard) {
            (Some(blocks), _) => Stop::Blocks(blocks),
            (None, Some(_)) => Stop::WholeBudget(budget),
            (None, None) => Stop::Budget(budget),
        };
        let is_over_link = task.workloads.iter().any(|workload| workload.network().is_some());
        let usual_placement = if is_over_link { Placement::Apart } else { Placement::Free };
        Plan {
            program: task.program,
            workloads: task.workloads,
            participants: task.participants,
            reference: task.reference,
            stop,
            shard,
            seed: shard.map_or(self.seed, |shard| shard.seed(self.seed)),
            rounds: self.rounds,
            placement: self.placement.unwrap_or(usual_placement),
            equivalence: self.equivalence,
            allow_unfit: self.allow_unfit,
            instructions: self.instructions,
            interrupted,
        }
    }

    /// Returns the directory of the record, if it is given.
    fn folder(&self, shard: Option<Shard>) -> anyhow::Result<Option<PathBuf>> {
        let Some(base) = &self.record else { return Ok(None) };
        Ok(Some(match shard {
            Some(shard) => shard.folder(base).map_err(usage)?,
            None => base.clone(),
        }))
    }

    /// Gives the blocks over links their time, or checks that the budget does.
    fn allow_for_links(&self, plan: &mut Plan) -> anyhow::Result<()> {
        let Some((needed, backends)) = plan.time_over_links() else { return Ok(()) };
        let (Stop::Budget(budget) | Stop::WholeBudget(budget)) = &mut plan.stop else {
            return Ok(());
        };
        let minutes = (needed.as_secs_f64() / 60.0).ceil();
        let needs = format!(
            "verdicts over a network need {minutes} minutes at least for {backends} backends, with \
             the A/A control"
        );
        if self.budget.is_none() {
            // Opening sessions and slow start take time, too.
            *budget = (*budget).max(needed.mul_f64(1.5));
            if *budget > USUAL_BUDGET && !self.output.quiet {
                print_note(&needs);
            }
        }
        ensure!(needed <= *budget, "{needs}: raise --budget, or name fewer backends");
        Ok(())
    }

    fn destination(&self, folder: Option<PathBuf>) -> anyhow::Result<RecordDestination> {
        Ok(match folder {
            Some(folder) if self.force => RecordDestination::Replace(folder),
            Some(folder) => RecordDestination::Folder(folder),
            None => RecordDestination::Below(records::default_directory().map_err(unwritable)?),
        })
    }

    /// Measures a task, keeps its record, shows the result and returns how to end.
    pub(in crate::cli) fn measure(
        &self,
        task: ComparisonTask,
        shown: &Presentation<'_>,
        interruption: &Interruption,
    ) -> anyhow::Result<ExitCode> {
        let quiet = self.output.quiet;
        let shard = self.shard.shard(quiet)?;
        let mut plan = self.plan(task, shard, Arc::clone(&interruption.flag));
        self.allow_for_links(&mut plan).map_err(usage)?;
        let folder = self.folder(shard)?;
        if let Some(folder) = folder.as_deref()
            && self.shard.skips(&plan, folder)?
        {
            if !quiet {
                print_note(&format!("Complete already: {}", folder.display()));
            }
            return Ok(ExitCode::SUCCESS);
        }
        reserve(&plan)?;
        self.exports.check()?;
        if let Some(network) = plan.workloads.iter().find_map(Workload::network) {
            // Fails before there is a record.
            Link::start(&plan.program, network)?;
        }
        folder.as_deref().map_or(Ok(()), |folder| self.shard.make_room(folder, quiet))?;
        let destination = self.destination(folder)?;
        let Recorded { folder, comparison } = measure_shown(&plan, &destination, quiet)?;
        let rules = Rules { allow_unfit: self.allow_unfit, ..Rules::default() };
        let workloads = analyse_by(&comparison, rules);
        if !self.exports.take_stdout() {
            print(&(shown.text)(&comparison.setup, &workloads))?;
        }
        self.exports.write(&comparison.setup, &workloads, quiet)?;
        if !quiet {
            print_note(&format!("The record: {}", folder.display()));
        }
        let is_invalid = workloads.iter().any(|workload| limits::fails(workload, shown.strict));
        let ended = limits::exit_code(&self.fail_if, &workloads, is_invalid);
        Ok(interruption.exit_code().unwrap_or(ended))
    }
}

/// Reserves descriptors for the connections of all backends, which are open at the same time.
fn reserve(plan: &Plan) -> anyhow::Result<()> {
    let origins = plan.workloads.iter().map(|workload| workload.outline().origins).sum();
    // Each worker, the A/A control's and the server have three pipes.
    let least = 3 * (plan.participants.len() + 2);
    let connections = plan.connections().max(least);
    let way_out = (connections > least).then_some("name fewer backends or other scenarios");
    let what = format!("room for {connections} connections at once");
    descriptors::reserve(&what, connections, origins, way_out).map_err(usage)
}

/// Measures, and shows the progress unless the user wants quiet.
fn measure_shown(
    plan: &Plan,
    destination: &RecordDestination,
    quiet: bool,
) -> anyhow::Result<Recorded> {
    let mut countdown = None;
    compare::run(plan, destination, &command_line(), |event| {
        if matches!(event, Event::Start) && !quiet {
            // Watching takes a moment, so it is done once.
            busy::warning_now().iter().for_each(|warning| print_warning(warning));
        }
        let countdown = countdown.get_or_insert_with(|| Countdown::show(plan.stop.budget(), quiet));
        match event {
            Event::Probe(backend) => {
                countdown.tick();
                countdown.say(&format!("{backend} visits the sites before the first block"));
            }
            Event::Pass(_) | Event::Instructions { .. } => countdown.tick(),
            Event::Block { workload, sample, expected, undecided } => {
                let name = plan.workloads[*workload].outline().name;
                let made = sample.block + 1;
                let expected = made.max(*expected);
                countdown
                    .say(&format!("{name}: block {made} of {expected}, {undecided} undecided"));
            }
            Event::Start | Event::Probed { .. } | Event::Cost(_) | Event::Worker { .. } => {}
        }
    })
}

/// Returns the command line for the record.
fn command_line() -> String {
    let arguments = machine::arguments();
    let recorded = arguments.iter().map(|argument| public_text(&without_secrets(argument)));
    format!("fetchbench {}", recorded.collect::<Vec<_>>().join(" "))
}

/// Leaves out the arguments of the user's programs, because they may hold a secret.
fn without_secrets(argument: &str) -> String {
    let backends =
        argument.split(',').map(|backend| match backend.split_once(char::is_whitespace) {
            Some((program, _)) if program.contains(EXEC) => format!("{program} …"),
            _ => backend.to_owned(),
        });
    backends.collect::<Vec<_>>().join(",")
}

fn parse_blocks(text: &str) -> Result<u32, String> {
    let blocks = text.parse().ok().filter(|blocks| (1..=10_000).contains(blocks));
    blocks.ok_or_else(|| format!("bad --blocks {text:?}: must be a whole number from 1 to 10,000"))
}

fn parse_rounds(text: &str) -> Result<u32, String> {
    // Each round has a separate visit, and a block has room for a thousand.
    let rounds = text.parse().ok().filter(|rounds| (1..=500).contains(rounds));
    rounds.ok_or_else(|| format!("bad --rounds {text:?}: must be a whole number from 1 to 500"))
}

fn parse_budget(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        budget if budget < Duration::from_secs(1) => {
            Err(format!("bad budget {text:?}: a second at least"))
        }
        budget if budget > MAX_DEADLINE => Err(format!("bad budget {text:?}: a day at most")),
        budget => Ok(budget),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_arguments_are_hidden() {
        assert_eq!(
            without_secrets("--backend=a=exec:./w --token x,hyper,exec:./v"),
            "--backend=a=exec:./w …,hyper,exec:./v"
        );
        assert_eq!(without_secrets("exec:./w\t--token x"), "exec:./w …");
        assert_eq!(without_secrets("my sites.txt"), "my sites.txt");
    }
}
