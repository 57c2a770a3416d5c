//! `fetchbench calibration`: measures how reliable verdicts are. `scripts/calibrate` uses it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};

use super::terminal::print;
use super::usage;
use crate::compare::analysis::analyse;
use crate::record::{ComparisonRecord, Environment};
use crate::tools::calibrate::view as report;
use crate::tools::calibrate::{CalibrationStep, trials};

/// Cut a long comparison of a backend with itself and with itself slowed into many, and show how
/// often each is right
#[derive(Debug, clap::Args)]
pub(super) struct CalibrationArgs {
    /// Directories of records of the same comparison
    #[arg(required_unless_present = "page")]
    records: Vec<PathBuf>,
    /// Blocks per experiment; may be repeated
    #[arg(long, value_name = "N", value_delimiter = ',', conflicts_with = "block_lengths")]
    blocks: Vec<usize>,
    /// Directory of a usual run over the backend and itself slowed: also show how often experiments
    /// of as many blocks found the same
    #[arg(long, value_name = "DIR", conflicts_with = "block_lengths")]
    run: Option<PathBuf>,
    /// Show how reliable blocks of fewer rounds would have been instead
    #[arg(long)]
    block_lengths: bool,
    /// Print the values of the blocks as JSON lines, as the step NAME of a page; with
    /// --block-lengths also those of shorter blocks
    #[arg(long, value_name = "NAME", conflicts_with_all = ["blocks", "run"])]
    step: Option<String>,
    /// Print the page of a FILE of such lines
    #[arg(long, value_name = "FILE", exclusive = true)]
    page: Option<PathBuf>,
}

pub(super) fn run(args: CalibrationArgs) -> anyhow::Result<ExitCode> {
    match &args.page {
        Some(file) => print(&page(file).map_err(usage)?)?,
        None => print(&text(&args).map_err(usage)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn page(file: &Path) -> anyhow::Result<String> {
    let name = || file.display().to_string();
    let text = fs::read_to_string(file).with_context(name)?;
    Ok(report::page(&CalibrationStep::read(&text).with_context(name)?))
}

/// Returns the text on records.
fn text(args: &CalibrationArgs) -> anyhow::Result<String> {
    let name = args.step.as_deref().unwrap_or("long");
    let steps = read_steps(name, &args.records, args.block_lengths)?;
    let run = match &args.run {
        Some(folder) => read_steps("minute", std::slice::from_ref(folder), false)?.pop(),
        None => None,
    };
    let mut text = String::new();
    for step in steps {
        if args.step.is_some() {
            text.push_str(&step.lines()?);
        } else if args.block_lengths {
            text.push_str(&report::lengths_table(&step));
        } else {
            ensure!(args.blocks.iter().all(|blocks| *blocks > 0), "--blocks 0 is no experiment");
            let trials: Vec<_> =
                args.blocks.iter().flat_map(|blocks| trials(&step, *blocks)).collect();
            text.push_str(&report::table(&trials));
            text.extend(run.as_ref().map(|run| report::run(run, &step)));
        }
    }
    Ok(text)
}

/// Reads several records of the same comparison as one, and returns a step for each of its
/// scenarios.
fn read_steps(
    name: &str,
    folders: &[PathBuf],
    by_length: bool,
) -> anyhow::Result<Vec<CalibrationStep>> {
    let (first, others) = folders.split_first().context("name a record")?;
    let environment = Environment::read(first)?;
    let mut all = ComparisonRecord::read(first)?;
    for folder in others {
        all.append(ComparisonRecord::read(folder)?)
            .with_context(|| folder.display().to_string())?;
    }
    let workloads = analyse(&all);
    let steps = workloads
        .iter()
        .map(|workload| CalibrationStep::new(name, &all, workload, &environment, by_length));
    steps.collect()
}
