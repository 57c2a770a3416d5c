//! `fetchbench calibration`: what verdicts are worth. `scripts/calibrate` uses it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::terminal::print;
use super::usage;
use crate::analysis::analyse;
use crate::calibration::{block_lengths, trials};
use crate::record::Comparison;
use crate::report::calibration as report;

/// Cut a long comparison of a row with itself and with itself slowed into many, and tell how often each is right
#[derive(Debug, clap::Args)]
pub(super) struct CalibrationArgs {
    /// Folders of records of the same comparison
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Blocks of each experiment; may be repeated
    #[arg(long, value_name = "N", value_delimiter = ',', conflicts_with = "block_lengths")]
    blocks: Vec<usize>,
    /// Tell instead what blocks of fewer cycles would have been worth
    #[arg(long)]
    block_lengths: bool,
}

pub(super) fn run(args: CalibrationArgs) -> anyhow::Result<ExitCode> {
    let mut comparison: Option<Comparison> = None;
    for folder in &args.records {
        let read = Comparison::read(folder).map_err(usage)?;
        match &mut comparison {
            None => comparison = Some(read),
            Some(all) => all.append(read).with_context(|| folder.display().to_string()).map_err(usage)?,
        }
    }
    let comparison = comparison.ok_or_else(|| usage(anyhow!("name a record")))?;
    for stage in analyse(&comparison) {
        if args.block_lengths {
            print(&report::block_lengths(&block_lengths(&comparison, &stage)))?;
        } else {
            let trials: Vec<_> = args.blocks.iter().flat_map(|blocks| trials(&stage, *blocks)).collect();
            print(&report::trials(&trials))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
