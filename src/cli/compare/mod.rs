//! `fetchbench compare`: compares backends in paired rounds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::builder::StringValueParser;

pub(super) use self::chosen::{Chosen, check_reference, exec_program, parse_chosen, participants};
use self::chosen::{check_two, position_or_push, usual_reference};
pub(super) use self::measure::{ComparisonTask, MeasureFlags, Presentation};
pub(super) use self::versions::speaking;
use self::versions::usual_over_http2;
use super::flags::{NO_ROUTE, read_sites};
use super::interrupt::Interruption;
use super::program::this_program;
use super::run::live::{REDIRECTS, limits};
use super::terminal::columns;
use super::{suggested, usage};
use crate::compare::analysis::WorkloadAnalysis;
use crate::compare::{Participant, Workload};
use crate::record::ComparisonSetup;
use crate::report::comparison as report;
use crate::scenario::network::Network;
use crate::scenario::versions::HttpVersions;

mod busy;
mod chosen;
mod exports;
mod measure;
mod records;
mod shard;
mod versions;

/// The default scenarios.
const DEFAULT_SCENARIOS: [&str; 3] = ["article", "keepalive", "fan-out"];

const EXAMPLES: &str = "\
Examples:
  fetchbench compare                           default backends, about a minute
  fetchbench compare keepalive --backend surf  one scenario, one client
  fetchbench compare --backend surf@async-std:1,surf@smol:1 --budget 3m
  fetchbench compare keepalive --export-json - | jq .
  fetchbench compare keepalive --backend hyper,mine=exec:./my-worker
  fetchbench compare --sites my-sites.txt --backend ureq@threads,hyper@smol
  fetchbench compare keepalive --shard 3/8 --record runs/k  one machine of eight
  fetchbench compare article --network 4g      at a distance
  fetchbench compare h2c --backend reqwest@tokio,reqwest@tokio+h2  HTTP/2 or 1.1

Exit codes: 0 all backends valid, 1 error, 2 usage, 3 some backend invalid, no
live site answers, or --fail-if compared nothing, 4 a limit of --fail-if is
exceeded, 5 could not write, 130 and 143 interrupted: what was measured is kept.
A second Ctrl-C ends at once.";

/// Compare backends in paired rounds: which is faster, by how much, and is the difference real?
///
/// Every backend runs in a separate process. In a round, each makes one short pass, in random
/// order, so that machine drift affects all alike. Reports 95 % confidence intervals (Student's t,
/// over blocks of rounds).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    /// Built-in scenarios or paths of TOML files [default: article with short delays, keepalive,
    /// fan-out]
    #[arg(
        value_name = "SCENARIO",
        value_parser = suggested::scenarios(),
        hide_possible_values = true,
    )]
    scenarios: Vec<String>,
    /// File of live sites to compare on instead, one url per line, or TOML with `site` tables of
    /// `url` and `label`; `-` is stdin. Each backend visits them once before the first block and
    /// once per round, with a second's pause, and the network is part of the figures. A site that
    /// fails for every backend is left out
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["scenarios", "time_scale", "instructions"],
    )]
    sites: Option<PathBuf>,
    /// Skip the lines of FILE that are not urls
    #[arg(long, requires = "sites")]
    skip_bad: bool,
    /// Backend, client or executor for all of its backends, or exec:'PROGRAM ARG…' for your own
    /// worker, LABEL=exec:… with a name in the table; may be repeated [default: every backend]
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_chosen),
        hide_possible_values = true,
        value_delimiter = ',',
    )]
    backend: Vec<Chosen>,
    // No doc comment, because rustdoc would take the brackets for a link.
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(StringValueParser::new()),
        hide_possible_values = true,
        help = "Backend or label to compare the others with [default: hyper@tokio where it takes part, else \
                the first that is not sequential]"
    )]
    reference: Option<String>,
    /// Profile or settings of a network to fetch over, such as 4g or rtt=40ms,down=20Mbit [default:
    /// the scenario's own, or none]. Delays are not scaled then
    #[arg(
        long,
        value_name = "NAME|SPEC",
        value_parser = suggested::networks(),
        hide_possible_values = true,
    )]
    network: Option<Network>,
    /// Exit with 3 if a live site was left out or backends ended differently on one
    #[arg(long, requires = "sites", conflicts_with = "scenarios")]
    strict: bool,
    #[command(flatten)]
    flags: MeasureFlags,
}

pub(super) fn run(args: CompareArgs) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::on_signals()?;
    let task = task(&args).map_err(usage)?;
    let text = |setup: &ComparisonSetup, workloads: &[WorkloadAnalysis]| {
        report::text(setup, workloads, columns())
    };
    let shown = Presentation { text: &text, strict: args.strict };
    args.flags.measure(task, &shown, &interruption)
}

fn task(args: &CompareArgs) -> anyhow::Result<ComparisonTask> {
    let program = this_program()?;
    let workloads = match &args.sites {
        Some(list) => {
            ensure!(args.network.is_none(), NO_ROUTE);
            let sites = read_sites(list, args.skip_bad)?;
            let limits = limits(sites.len(), REDIRECTS);
            vec![Workload::live(sites, limits)]
        }
        None => mock_workloads(&args.scenarios, args.flags.time_scale, args.network)?,
    };
    let mut participants = match args.backend.is_empty() && workloads.iter().all(needs_http2) {
        true => usual_over_http2(&program),
        false => participants(&args.backend, &program),
    };
    let must_ask = workloads.iter().any(|one| one.outline().needs_https || needs_http2(one));
    if must_ask {
        participants.iter_mut().for_each(Participant::ask_capabilities);
    }
    let reference = match &args.reference {
        Some(name) => reference(&mut participants, name, &program, must_ask)?,
        None => usual_reference(&participants, &workloads),
    };
    for workload in &workloads {
        check_reference(&participants[reference], workload)?;
        check_two(&participants, workload)?;
    }
    Ok(ComparisonTask { program, workloads, participants, reference })
}

fn needs_http2(workload: &Workload) -> bool {
    workload.versions() == HttpVersions::Http2
}

/// Returns the index of the reference, which is added if it does not take part yet.
fn reference(
    participants: &mut Vec<Participant>,
    name: &str,
    program: &Path,
    must_ask: bool,
) -> anyhow::Result<usize> {
    if let Some(index) = participants.iter().position(|participant| participant.name == name) {
        return Ok(index);
    }
    let Chosen(several) = parse_chosen(name)?;
    let [reference] = several.as_slice() else {
        bail!("--reference {name} stands for several backends: name one")
    };
    let mut reference = reference.participant(program);
    if must_ask {
        reference.ask_capabilities();
    }
    Ok(position_or_push(participants, reference))
}

/// Returns the workloads of these scenarios, or of the default ones.
pub(super) fn mock_workloads(
    scenarios: &[String],
    time_scale: Option<f64>,
    network: Option<Network>,
) -> anyhow::Result<Vec<Workload>> {
    let workload = |name: &str| Workload::mock(name, time_scale, network);
    if scenarios.is_empty() {
        return DEFAULT_SCENARIOS.iter().copied().map(workload).collect();
    }
    scenarios.iter().map(String::as_str).map(workload).collect()
}
