//! `fetchbench completions`: prints completions for shells.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::terminal::print;

const EXAMPLES: &str = "\
Examples:
  source <(fetchbench completions bash)
  fetchbench completions zsh > ~/.zfunc/_fetchbench
  fetchbench completions fish > ~/.config/fish/completions/fetchbench.fish

The first is for this shell alone. For all to come, bash reads them from a file
~/.local/share/bash-completion/completions/fetchbench.";

/// Generate shell completions
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fetchbench", &mut text);
    print(&String::from_utf8(text)?)?;
    Ok(ExitCode::SUCCESS)
}
