//! The command line: one file for each command, and the exit codes.

use std::env;
use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

#[doc(hidden)]
pub use self::descriptors::raise_limit as raise_descriptor_limit;
use self::terminal::{print, print_error};
use crate::fetch::similar;
use crate::record::Unwritable;

mod ab;
mod audit;
mod calibration;
mod color;
mod compare;
mod completions;
mod descriptors;
mod diff;
mod doctor;
mod fetch;
mod flags;
mod interrupt;
mod limits;
mod link;
mod list;
mod listening;
mod man;
mod merge;
mod net;
mod peers;
mod program;
mod report;
mod run;
mod serve;
mod suggested;
mod terminal;
mod verify;
mod worker;

/// Some fetch failed or was answered wrongly.
const EXIT_FETCH_FAILED: u8 = 3;
/// Some backend of a comparison is invalid.
const EXIT_INVALID: u8 = 3;
/// Two records are not comparable.
const EXIT_INCOMPARABLE: u8 = 3;
/// The interval of a difference lies entirely beyond the threshold.
const EXIT_REGRESSION: u8 = 4;
/// The machine is unfit to measure on.
const EXIT_UNFIT: u8 = 1;
/// An output could not be written.
const EXIT_UNWRITABLE: u8 = 5;
/// The command line is wrong, or a file or url named in it.
const EXIT_USAGE: u8 = 2;

/// Benchmark HTTP clients and async runtimes on the same workload
///
/// The default command is `run`.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = run::EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunArgs,
    #[command(flatten)]
    color: color::ColorFlag,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Compare(compare::CompareArgs),
    Ab(ab::AbArgs),
    Fetch(fetch::FetchArgs),
    List(list::ListArgs),
    Verify(verify::VerifyArgs),
    Net(net::NetArgs),
    Serve(serve::ServeArgs),
    Report(report::ReportArgs),
    Diff(diff::DiffArgs),
    Merge(merge::MergeArgs),
    Audit(audit::AuditArgs),
    Doctor(doctor::DoctorArgs),
    Peers(peers::PeersArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(hide = true)]
    Calibration(calibration::CalibrationArgs),
    #[command(hide = true)]
    Enter(link::EnterArgs),
    #[command(hide = true)]
    Link(link::LinkArgs),
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

/// An error of the user: in the command line, or in a file or url named there. It ends the program
/// with exit code 2.
#[derive(Debug)]
struct Usage(anyhow::Error);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Error for Usage {}

/// Marks an error as one of writing, which ends with exit code 5.
fn unwritable(error: impl Into<anyhow::Error>) -> anyhow::Error {
    Unwritable::wrap(error)
}

/// Marks an error as one of the user, which ends with exit code 2.
fn usage(error: impl Into<anyhow::Error>) -> anyhow::Error {
    Usage(error.into()).into()
}

/// Returns the commands with their flags, for tests that try every one.
#[doc(hidden)]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => {
            color::set(cli.color.color);
            dispatch(cli)
        }
        Err(error) => {
            color::set(color::find(env::args_os().skip(1)));
            refuse(&error)
        }
    };
    result.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        print_error(&format!("{error:#}"));
        match (error.is::<Usage>(), error.is::<Unwritable>()) {
            (true, _) => ExitCode::from(EXIT_USAGE),
            (_, true) => ExitCode::from(EXIT_UNWRITABLE),
            _ => ExitCode::FAILURE,
        }
    })
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Ab(args) => ab::run(args),
        Command::Fetch(args) => fetch::run(args),
        Command::List(args) => list::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Net(args) => net::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Report(args) => report::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Merge(args) => merge::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Peers(args) => peers::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::Calibration(args) => calibration::run(args),
        Command::Enter(args) => link::run_enter(args),
        Command::Link(args) => link::run(args),
        Command::Worker(args) => worker::run(args),
    }
}

/// Prints the requested help, or reports the error in one line. Clap's several lines would bury it.
fn refuse(error: &clap::Error) -> anyhow::Result<ExitCode> {
    if !error.use_stderr() {
        print(&error.render().ansi().to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    // The messages of our parsers name the thing and the way out, and hide secret values. Clap
    // would put the value in front.
    if let (ErrorKind::ValueValidation, Some(source)) = (error.kind(), error.source()) {
        return Err(usage(anyhow!("{source}")));
    }
    let text = error.to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<_> = paragraph.trim_start_matches("error: ").lines().map(str::trim).collect();
    let way_out = match suggestion(error) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => ": see --help".to_owned(),
    };
    Err(usage(anyhow!("{}{way_out}", lines.join(" "))))
}

/// Returns the flag, command or value that an unknown one most likely stands for.
fn suggestion(error: &clap::Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let suggested = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(name) => Some(name.clone()),
        // The last is the most similar.
        ContextValue::Strings(names) => names.last().cloned(),
        _ => None,
    });
    suggested.or_else(|| match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(text) => similar_command(text),
        _ => None,
    })
}

/// Returns the command that a text most likely stands for.
fn similar_command(text: &str) -> Option<String> {
    let cli = Cli::command();
    let shown = cli.get_subcommands().filter(|command| !command.is_hide_set());
    similar(text, shown.map(clap::Command::get_name)).map(str::to_owned)
}

/// Returns whether the reader of stdout has gone, as in `fetchbench list backends | head -1`. That
/// is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(command: &clap::Command) -> (String, String) {
        let text = command.get_after_help().map(ToString::to_string);
        (command.get_name().to_owned(), text.unwrap_or_default())
    }

    /// Returns the names of all commands, and the texts below their help.
    fn after_help() -> Vec<(String, String)> {
        let cli = Cli::command();
        let commands = cli.get_subcommands().filter(|command| !command.is_hide_set());
        commands.chain([&cli]).map(examples).collect()
    }

    #[test]
    fn help_has_examples() {
        for (command, text) in after_help() {
            let is_call = |line: &str| line.starts_with("  ") && line.contains("fetchbench");
            assert!(
                text.starts_with("Examples:\n") && text.lines().any(is_call),
                "{command}: {text}"
            );
        }
    }

    #[test]
    fn examples_fit_a_terminal() {
        for (command, text) in after_help() {
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(80), "{command}: {widest:?} columns");
        }
    }
}
