//! `fetchbench man`: manual pages, one for each command.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;

use super::{Cli, unwritable};

const EXAMPLES: &str = "\
Examples:
  fetchbench man ~/.local/share/man/man1
  fetchbench man . && man ./fetchbench-compare.1";

/// Write the manual pages into a directory, one for each command
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArgs {
    /// The directory, which must exist
    folder: PathBuf,
}

pub(super) fn run(args: ManArgs) -> anyhow::Result<ExitCode> {
    let written =
        clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), &args.folder);
    written
        .with_context(|| format!("cannot write into {}", args.folder.display()))
        .map_err(unwritable)?;
    Ok(ExitCode::SUCCESS)
}
