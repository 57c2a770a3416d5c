//! `fetchbench compare`: compares backends in paired rounds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::bail;

pub(super) use self::chosen::{Chosen, parse_chosen, participants};
use self::chosen::{check_two, position_or_push, usual_reference};
use super::flags::{OutputFlags, parse_margin, read_sites};
use super::interrupt::Interruption;
use super::program::this_program;
use super::run::live::{REDIRECTS, limits};
use super::terminal::{
    Countdown, check_file, columns, print, print_note, print_warning, write_file,
};
use super::{EXIT_INVALID, descriptors, suggested, unwritable, usage};
use crate::compare::analysis::{Rules, WorkloadAnalysis, analyse_by};
use crate::compare::{self, Event, Participant, Plan, RecordDestination, Recorded, Stop, Workload};
use crate::record::machine;
use crate::record::{ComparisonSetup, Placement};
use crate::render::escape::json_text;
use crate::render::numbers;
use crate::report::comparison as report;
use crate::scenario::units::{MAX_DEADLINE, parse_duration, parse_time_scale};

mod busy;
mod chosen;
mod records;

/// The default scenarios.
const DEFAULT_SCENARIOS: [&str; 3] = ["article", "keepalive", "fan-out"];

const EXAMPLES: &str = "\
Examples:
  fetchbench compare                           the usual rows, about a minute
  fetchbench compare keepalive --backend surf  one scenario, one client
  fetchbench compare --backend surf@async-std:1,surf@smol:1 --budget 3m
  fetchbench compare keepalive --export-json - | jq .
  fetchbench compare --sites my-sites.txt --backend ureq@threads,hyper@smol

Exit codes: 0 all rows valid, 1 error, 2 usage, 3 some row invalid, or no
live site answers, 5 could not write, 130 and 143 interrupted: what was measured
is kept. A second Ctrl-C ends at once.";

/// Compare backends in paired rounds: which is faster, by how much, and is the difference real?
///
/// Every backend runs in a separate process. In a round, each makes one short pass, in a newly
/// shuffled order, so that a slow phase of the machine slows all of them alike. Intervals are
/// Student's, over blocks of rounds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    /// Built-in scenarios or paths of TOML files [default: article with short delays, keepalive,
    /// fan-out]
    #[arg(value_name = "SCENARIO", value_parser = suggested::scenarios(), hide_possible_values = true)]
    scenarios: Vec<String>,
    /// File of live sites to compare on instead, one url per line, or TOML with `site` tables of
    /// `url` and `label`; `-` is stdin. Each backend visits them once before the first block and
    /// once per round, with a second's pause, and the network is part of the figures. A site that
    /// fails for every backend is left out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenarios", "time_scale"])]
    sites: Option<PathBuf>,
    /// Skip the lines of FILE that are not urls
    #[arg(long, requires = "sites")]
    skip_bad: bool,
    /// Backend, client or executor for all of its backends, or exec:PROGRAM for your own worker;
    /// may be repeated [default: every backend]
    #[arg(long, value_name = "BACKEND", value_parser = suggested::backends(parse_chosen), hide_possible_values = true, value_delimiter = ',')]
    backend: Vec<Chosen>,
    // No doc comment, because rustdoc would take the brackets for a link.
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_chosen),
        hide_possible_values = true,
        help = "Backend to compare the others with [default: hyper@tokio where it takes part, else \
                the first that is not sequential]"
    )]
    reference: Option<Chosen>,
    /// Run N blocks per scenario instead of using --budget
    #[arg(long, value_name = "N", conflicts_with = "budget", value_parser = parse_blocks)]
    blocks: Option<u32>,
    /// Total time for all scenarios
    #[arg(long, value_name = "DURATION", value_parser = parse_budget, default_value = "60s")]
    budget: Duration,
    /// Maximum rounds per block
    #[arg(long, alias = "cycles", value_name = "N", default_value_t = 20, value_parser = parse_rounds)]
    rounds: u32,
    /// Exit with 3 if a live site was left out or backends ended differently on one
    #[arg(long, requires = "sites", conflicts_with = "scenarios")]
    strict: bool,
    /// Seed for shuffling the order of backends
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Multiply all delays by FACTOR [default: the scenario's own, see `fetchbench list scenarios`]
    #[arg(long, value_name = "FACTOR", value_parser = parse_time_scale)]
    time_scale: Option<f64>,
    /// Call a backend equivalent to the reference if its whole interval lies within this margin
    #[arg(long, value_name = "PERCENT", value_parser = parse_margin, default_value = "2%")]
    equivalence: f64,
    /// Count every block and give verdicts, even if the machine is unfit to measure on
    #[arg(long)]
    allow_unfit: bool,
    /// Count instructions with valgrind if the processor has no counters: some seconds more for
    /// each backend of one thread
    #[arg(long, conflicts_with = "sites")]
    instructions: bool,
    /// Cores that processes run on. With one-core, which suits backends of one thread, a minute
    /// resolves about half the difference that it resolves with free
    #[arg(long, value_name = "PLACEMENT")]
    placement: Option<Placement>,
    /// Directory of the record; it must not hold one yet [default: a new one in target/fetchbench/
    /// of a cargo project, else in ~/.local/state/fetchbench/]
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Replace the record in the directory
    #[arg(long, requires = "record")]
    force: bool,
    /// Write the figures as JSON to FILE, or to stdout with `-`
    #[arg(long, value_name = "FILE")]
    export_json: Option<PathBuf>,
    /// Write the tables as Markdown
    #[arg(long, value_name = "FILE")]
    export_markdown: Option<PathBuf>,
    /// Write the figures as CSV
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
}

impl CompareArgs {
    /// Returns the files to export to.
    fn exports(&self) -> impl Iterator<Item = &Path> {
        let files = [&self.export_json, &self.export_markdown, &self.export_csv];
        files.into_iter().flatten().map(PathBuf::as_path)
    }
}

pub(super) fn run(args: CompareArgs) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::on_signals()?;
    let plan = plan(&args, Arc::clone(&interruption.flag)).map_err(usage)?;
    reserve(&plan)?;
    args.exports().try_for_each(check_file)?;

    let destination = destination(&args).map_err(unwritable)?;
    let Recorded { folder, comparison } = measure_shown(&plan, &destination, args.output.quiet)?;
    let rules = Rules { allow_unfit: args.allow_unfit, ..Rules::default() };
    let workloads = analyse_by(&comparison, rules);
    show(&args, &comparison.setup, &workloads)?;
    if !args.output.quiet {
        print_note(&format!("The record: {}", folder.display()));
    }
    let fails = workloads.iter().any(|workload| fails(workload, args.strict));
    let ended = if fails { ExitCode::from(EXIT_INVALID) } else { ExitCode::SUCCESS };
    Ok(interruption.exit_code().unwrap_or(ended))
}

/// Returns whether a workload makes the command end with [`EXIT_INVALID`].
fn fails(workload: &WorkloadAnalysis, strict: bool) -> bool {
    let probe_fails = workload
        .setup
        .probe
        .as_ref()
        .is_some_and(|probe| probe.is_all_dead() || strict && probe.dead + probe.differing > 0);
    probe_fails || workload.backends.iter().any(|backend| !backend.is_valid())
}

/// Reserves descriptors for the connections of all backends, which are open at the same time.
fn reserve(plan: &Plan) -> anyhow::Result<()> {
    let origins = plan.workloads.iter().map(|workload| workload.outline().origins).sum();
    // Each worker, the A/A control's and the server have three pipes.
    let least = 3 * (plan.participants.len() + 2);
    let connections = plan.connections().max(least);
    let way_out = (connections > least).then_some("name fewer rows or other scenarios");
    let what = format!("room for {connections} connections at once");
    descriptors::reserve(&what, connections, origins, way_out).map_err(usage)
}

fn destination(args: &CompareArgs) -> anyhow::Result<RecordDestination> {
    Ok(match &args.record {
        Some(folder) if args.force => RecordDestination::Replace(folder.clone()),
        Some(folder) => RecordDestination::Folder(folder.clone()),
        None => RecordDestination::Below(records::default_directory()?),
    })
}

/// Measures, and shows the progress unless the user wants quiet.
fn measure_shown(
    plan: &Plan,
    destination: &RecordDestination,
    quiet: bool,
) -> anyhow::Result<Recorded> {
    let budget = match plan.stop {
        Stop::Budget(time) => Some(time),
        Stop::Blocks(_) => None,
    };
    let mut countdown = None;
    compare::run(plan, destination, &command_line(), |event| {
        if matches!(event, Event::Start) && !quiet {
            // Watching takes a moment, so it is done once.
            busy::warning_now().iter().for_each(|warning| print_warning(warning));
        }
        let countdown = countdown.get_or_insert_with(|| Countdown::show(budget, quiet));
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

fn show(
    args: &CompareArgs,
    setup: &ComparisonSetup,
    workloads: &[WorkloadAnalysis],
) -> anyhow::Result<()> {
    let exports = [
        (&args.export_json, json_text(&report::json(setup, workloads))),
        (&args.export_markdown, report::markdown(setup, workloads)),
        (&args.export_csv, report::csv(workloads)),
    ];
    let to_stdout = args.exports().any(|file| file == Path::new("-"));
    // A program that reads stdout gets nothing but the export.
    if !to_stdout {
        print(&report::text(setup, workloads, columns()))?;
    }
    for (file, text) in exports {
        if let Some(file) = file {
            write_file(file, &text)?;
        }
    }
    Ok(())
}

fn plan(args: &CompareArgs, interrupted: Arc<AtomicBool>) -> anyhow::Result<Plan> {
    let program = this_program()?;
    let mut participants = participants(&args.backend, &program);
    let workloads = workloads(args)?;
    let needs_https = workloads.iter().any(|workload| workload.outline().needs_https);
    if needs_https {
        participants.iter_mut().for_each(Participant::ask_capabilities);
    }
    let reference = match &args.reference {
        Some(Chosen(several)) => {
            let [reference] = several.as_slice() else {
                bail!("--reference stands for several rows: name one")
            };
            let mut reference = reference.participant(&program);
            if needs_https {
                reference.ask_capabilities();
            }
            position_or_push(&mut participants, reference)
        }
        None => usual_reference(&participants, &workloads),
    };
    let name = &participants[reference].name;
    for workload in &workloads {
        let scenario = workload.outline().name;
        if !workload.speaks(&participants[reference]) {
            bail!(
                "the reference {name} cannot fetch https, and so not {scenario}: name another \
                 with --reference"
            );
        }
        if let Some(ideal) = workload.too_long(&participants[reference]) {
            bail!(
                "a pass of the reference {name} on {scenario} takes at least {} (limit: 1 s): \
                 shorten the delays with --time-scale, or name another --reference",
                numbers::seconds(ideal.as_secs_f64())
            );
        }
        check_two(&participants, workload)?;
    }
    Ok(Plan {
        program,
        workloads,
        participants,
        reference,
        stop: args.blocks.map_or(Stop::Budget(args.budget), Stop::Blocks),
        seed: args.seed,
        rounds: args.rounds,
        placement: args.placement.unwrap_or_default(),
        equivalence: args.equivalence,
        allow_unfit: args.allow_unfit,
        instructions: args.instructions,
        interrupted,
    })
}

fn workloads(args: &CompareArgs) -> anyhow::Result<Vec<Workload>> {
    if let Some(list) = &args.sites {
        let sites = read_sites(list, args.skip_bad)?;
        let limits = limits(sites.len(), REDIRECTS);
        return Ok(vec![Workload::live(sites, limits)]);
    }
    if args.scenarios.is_empty() {
        return DEFAULT_SCENARIOS
            .iter()
            .map(|name| Workload::mock(name, args.time_scale))
            .collect();
    }
    args.scenarios.iter().map(|name| Workload::mock(name, args.time_scale)).collect()
}

fn command_line() -> String {
    format!("fetchbench {}", machine::arguments().join(" "))
}

fn parse_blocks(text: &str) -> Result<u32, String> {
    let blocks = text.parse().ok().filter(|blocks| (1..=10_000).contains(blocks));
    blocks.ok_or_else(|| format!("bad --blocks {text:?}: it is a whole number from 1 to 10,000"))
}

fn parse_rounds(text: &str) -> Result<u32, String> {
    // Each round has a separate visit, and a block has room for a thousand.
    let rounds = text.parse().ok().filter(|rounds| (1..=500).contains(rounds));
    rounds.ok_or_else(|| format!("bad --rounds {text:?}: it is a whole number from 1 to 500"))
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
