//! `fetchbench merge`: merges the records of shards.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{bail, ensure};

use super::terminal::{columns, print, print_note, print_warning};
use super::usage;
use crate::compare::analysis::{Rules, analyse_by};
use crate::record::ComparisonRecord;
use crate::report::comparison as report;
use crate::tools::merge::{ShardRecord, Shards};

const EXAMPLES: &str = "\
Examples:
  fetchbench merge runs/k-1of3 runs/k-2of3 runs/k-3of3 --record merged
  fetchbench report merged --html report.html

Exit codes: 0 merged, 1 the records do not belong together, or DIR holds a
record, 2 usage, or a directory without the record of a shard, 5 could not
write.";

/// Merge the records of shards into one: is the result the same on all machines?
///
/// Per machine, the mean of its blocks; the intervals are Student's, over machines. Shards of one
/// machine are more blocks of it. The order of the records does not matter.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MergeArgs {
    /// Directories of the records of `compare --shard`
    #[arg(value_name = "RECORD", required = true)]
    records: Vec<PathBuf>,
    /// Directory of the merged record; it must not hold one yet
    #[arg(long, value_name = "DIR")]
    record: PathBuf,
    /// Merge records of interrupted runs, and of other scenarios, options or builds
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: MergeArgs) -> anyhow::Result<ExitCode> {
    let shown = args.record.display();
    ensure!(
        !ComparisonRecord::is_in(&args.record),
        "{shown} holds a record already: name another directory"
    );
    let records: anyhow::Result<Vec<ShardRecord>> =
        args.records.iter().map(|folder| ShardRecord::read(folder)).collect();
    let shards = Shards::new(records.map_err(usage)?).map_err(usage)?;
    let obstacles = shards.obstacles();
    if !obstacles.is_empty() && !args.force {
        bail!(
            "the records do not belong together: {}; --force merges them all the same",
            obstacles.join("; ")
        );
    }
    obstacles.iter().for_each(|obstacle| print_warning(obstacle));
    let merged = shards.merged();
    merged.write(&args.record)?;
    let setup = &merged.comparison.setup;
    let allow_unfit = setup.extent.is_some_and(|extent| extent.allow_unfit);
    let workloads = analyse_by(&merged.comparison, Rules { allow_unfit, ..Rules::default() });
    print(&report::text(setup, &workloads, columns()))?;
    merged.missing().iter().for_each(|missing| print_warning(missing));
    print_note(&format!("The record: {shown}"));
    Ok(ExitCode::SUCCESS)
}
