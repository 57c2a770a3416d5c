//! `fetchbench peers`: backends in other languages.

use std::process::ExitCode;

use anyhow::{Context, anyhow};

use super::unwritable;
use crate::backend::peers;

const EXAMPLES: &str = "\
Examples:
  fetchbench peers install
  FETCHBENCH_PEERS=./peers fetchbench peers install

They go to $FETCHBENCH_PEERS, else to $XDG_DATA_HOME/fetchbench/peers, else to
~/.local/share/fetchbench/peers. Python, Node, Go and curl must be installed.
Python packages are downloaded and checked by their hashes. Then
`fetchbench list backends` shows the versions of all.

Exit codes: 0 set up, or left out with a note; 1 error; 5 could not write.";

/// Set up the backends in other languages
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(super) struct PeersArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Action {
    /// Install missing peers, and query the version of each
    Install,
}

pub(super) fn run(args: PeersArgs) -> anyhow::Result<ExitCode> {
    let directory =
        peers::directory().context("no directory for the peers: set FETCHBENCH_PEERS or HOME")?;
    match args.action {
        Action::Install => {
            let status = peers::install(&directory).map_err(unwritable)?;
            if !status.success() {
                return Err(anyhow!("some peer cannot be set up in {}", directory.display()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
