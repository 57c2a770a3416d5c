//! The command line: what can be said, one file for each command, and how it all ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod fetch;
mod list;
mod report;
mod run;
mod serve;

/// Some fetch failed or was answered wrongly.
const EXIT_FETCH_FAILED: u8 = 3;
/// The command line, a file or a url in it is wrong.
const EXIT_USAGE: u8 = 2;

/// Which way of fetching many sites is fastest here, by how much, and is the difference real?
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, flatten_help = false)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a command: `run`.
    #[command(flatten)]
    run: run::RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Fetch(fetch::FetchArgs),
    List(list::ListArgs),
    Serve(serve::ServeArgs),
    Report(report::ReportArgs),
}

/// An error of the user's: of the command line, or of a file or url named there. Ends with exit code 2.
#[derive(Debug)]
struct Usage(anyhow::Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Usage {}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(args),
        Command::Fetch(args) => fetch::run(args),
        Command::List(args) => list::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Report(args) => report::run(args),
    };
    result.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        anstream::eprintln!("error: {error:#}");
        if error.is::<Usage>() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
    })
}

/// Whether the reader of our output has gone, as in `fetchbench list backends | head -1`: that is its right.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
