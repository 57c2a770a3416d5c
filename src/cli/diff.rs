//! `fetchbench diff`: compares two records of comparisons.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::anyhow;

use super::terminal::{print, print_error};
use super::{EXIT_INVALID, EXIT_REGRESSION, usage};
use crate::record::{ComparisonRecord, Environment};
use crate::tools::diff::view as report;
use crate::tools::diff::{BackendChange, Threshold, difference, other_conditions, other_machine};

const EXAMPLES: &str = "\
Examples:
  fetchbench diff results/2026-11-22T1222-cpu results/2026-12-01T0900-cpu
  fetchbench diff before after --fail-if 'ratio>+5%' --fail-if 'cpu>+10%'

median is the pass itself: what slowed the whole machine down between the two
runs is in it. ratio is the pass against the reference's in the same cycle,
which that leaves alone; a change of the reference is in it. cpu is processor
time. All intervals of one figure hold together with 95 %.

Exit codes: 0 nothing beyond a threshold, 1 error, 2 usage, 3 a row that counted
counts no more, or --fail-if compared nothing, 4 some interval lies wholly
beyond a threshold.";

/// Compare two records of `compare`: which backends became faster or slower, and is the difference
/// real?
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// Directory of the old record
    old: PathBuf,
    /// Directory of the new record
    new: PathBuf,
    /// Exit with 4 if any backend is shown to exceed THRESHOLD: median, ratio or cpu, and by how
    /// much; may be repeated
    #[arg(long, value_name = "THRESHOLD", value_parser = |text: &str| text.parse::<Threshold>())]
    fail_if: Vec<Threshold>,
    /// Compare records of different machines too
    #[arg(long)]
    force: bool,
}

fn read(folder: &Path) -> anyhow::Result<(Environment, ComparisonRecord)> {
    Ok((Environment::read(folder)?, ComparisonRecord::read(folder)?))
}

pub(super) fn run(args: DiffArgs) -> anyhow::Result<ExitCode> {
    let (old_environment, old) = read(&args.old).map_err(usage)?;
    let (new_environment, new) = read(&args.new).map_err(usage)?;
    let machine = other_machine(&old_environment, &new_environment);
    if !machine.is_empty() && !args.force {
        let differences = machine.join(", ");
        return Err(usage(anyhow!(
            "the records are of different machines ({differences}), so that their figures say nothing about each \
             other: --force compares them all the same"
        )));
    }
    let conditions = [machine, other_conditions(&old_environment, &new_environment)].concat();
    let difference = difference(&old, &new);
    print(&report::text(&difference, &conditions))?;
    let passed = report::passed(&difference, &args.fail_if);
    for line in &passed {
        print_error(line);
    }
    // A threshold that was compared with nothing must not look like one that nothing exceeded.
    let untried: Vec<&Threshold> =
        args.fail_if.iter().filter(|threshold| !threshold.is_tried_by(&difference)).collect();
    for threshold in &untried {
        print_error(&format!(
            "--fail-if '{threshold}' compared nothing: no row counts in both records with enough \
             blocks"
        ));
    }
    let counts_no_more = difference.backends.iter().any(BackendChange::counts_no_more);
    Ok(match (passed.is_empty(), counts_no_more || !untried.is_empty()) {
        (false, _) => ExitCode::from(EXIT_REGRESSION),
        (true, true) => ExitCode::from(EXIT_INVALID),
        (true, false) => ExitCode::SUCCESS,
    })
}
