//! `fetchbench ab`: compares two builds.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;

use super::compare::{
    ComparisonTask, MeasureFlags, Presentation, check_reference, exec_program, mock_workloads,
};
use super::flags::parse_backend;
use super::interrupt::Interruption;
use super::program::this_program;
use super::{suggested, usage};
use crate::backend::Backend;
use crate::compare::Participant;
use crate::compare::analysis::WorkloadAnalysis;
use crate::record::ComparisonSetup;
use crate::report::comparison::pair_lines;

const EXAMPLES: &str = "\
Examples:
  fetchbench ab ./old ./new --backend ureq@threads
  fetchbench ab ./old ./new --backend hyper@tokio keepalive --fail-if '>+2%'
  fetchbench ab ./new ./new --backend hyper@tokio  the noise of this machine

Exit codes: those of `compare`; 4 if NEW exceeds a limit of --fail-if.";

/// Compare a backend of two builds of fetchbench in paired rounds: is the new one faster?
///
/// Both builds fetch with the same backend in the same blocks. The result is one line for each
/// scenario; `report` shows the rest of the record.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AbArgs {
    /// Program of the old build
    old: PathBuf,
    /// Program of the new build
    new: PathBuf,
    /// Built-in scenarios or paths of TOML files [default: article, keepalive, fan-out]
    #[arg(
        value_name = "SCENARIO",
        value_parser = suggested::scenarios(),
        hide_possible_values = true,
    )]
    scenarios: Vec<String>,
    /// Backend that both builds fetch with
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_backend),
        hide_possible_values = true,
    )]
    backend: Backend,
    #[command(flatten)]
    flags: MeasureFlags,
}

pub(super) fn run(args: AbArgs) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::on_signals()?;
    let task = task(&args).map_err(usage)?;
    let subject = args.backend.to_string();
    let text =
        |_: &ComparisonSetup, workloads: &[WorkloadAnalysis]| pair_lines(&subject, workloads);
    let shown = Presentation { text: &text, strict: false };
    args.flags.measure(task, &shown, &interruption)
}

fn task(args: &AbArgs) -> anyhow::Result<ComparisonTask> {
    let program = this_program()?;
    let participants = vec![
        participant("old", &args.old, &args.backend)?,
        participant("new", &args.new, &args.backend)?,
    ];
    let workloads = mock_workloads(&args.scenarios, args.flags.time_scale, None)?;
    for workload in &workloads {
        check_reference(&participants[0], workload)?;
    }
    Ok(ComparisonTask { program, workloads, participants, reference: 0 })
}

/// Returns a build as a participant.
fn participant(label: &str, build: &Path, backend: &Backend) -> anyhow::Result<Participant> {
    ensure!(!backend.entry().is_peer(), "{backend} is not part of a build: use `compare`");
    let program = exec_program(build)?;
    Ok(Participant { name: label.to_owned(), ..Participant::of_backend(backend, &program) })
}
