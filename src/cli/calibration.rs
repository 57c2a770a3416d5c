//! `fetchbench calibration`: measures how reliable verdicts are. `scripts/calibrate` uses it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::terminal::print;
use super::usage;
use crate::compare::analysis::analyse;
use crate::record::ComparisonRecord;
use crate::tools::calibrate::view as report;
use crate::tools::calibrate::{Run, block_lengths, resampled, trials};

/// Cut a long comparison of a backend with itself and with itself slowed into many, and show how
/// often each is right
#[derive(Debug, clap::Args)]
pub(super) struct CalibrationArgs {
    /// Directories of records of the same comparison
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Blocks per experiment; may be repeated
    #[arg(long, value_name = "N", value_delimiter = ',', conflicts_with = "block_lengths")]
    blocks: Vec<usize>,
    /// Directory of a usual run over the backend and itself slowed: also cut experiments of as many
    /// blocks as it has, and of a quarter of them
    #[arg(long, value_name = "DIR", conflicts_with = "block_lengths")]
    run: Option<PathBuf>,
    /// Show how reliable blocks of fewer rounds would have been instead
    #[arg(long)]
    block_lengths: bool,
}

pub(super) fn run(args: CalibrationArgs) -> anyhow::Result<ExitCode> {
    let comparison = read_all(&args.records).map_err(usage)?;
    let run = args
        .run
        .as_deref()
        .map(|folder| ComparisonRecord::read(folder).and_then(Run::new))
        .transpose()
        .map_err(usage)?;
    for workload in analyse(&comparison) {
        if args.block_lengths {
            print(&report::block_lengths(&block_lengths(&comparison, &workload)))?;
            continue;
        }
        let blocks = args
            .blocks
            .iter()
            .copied()
            .chain(run.iter().flat_map(|run| [run.quarter(), run.blocks]));
        let trials: Vec<_> = blocks.flat_map(|blocks| trials(&workload, blocks)).collect();
        print(&report::trials(&trials))?;
        if let Some(run) = &run {
            let quarter = run.quarter_among(&trials, &workload).map_err(usage)?;
            let resampled =
                resampled(&workload, &run.backend, run.blocks).context("nothing was measured")?;
            print(&report::run(run, quarter, resampled, &workload))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads several records of the same comparison as one.
fn read_all(folders: &[PathBuf]) -> anyhow::Result<ComparisonRecord> {
    let (first, others) = folders.split_first().context("name a record")?;
    let mut all = ComparisonRecord::read(first)?;
    for folder in others {
        all.append(ComparisonRecord::read(folder)?)
            .with_context(|| folder.display().to_string())?;
    }
    Ok(all)
}
