//! `fetchbench verify`: tests each backend on faulty answers.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::compare::{Chosen, parse_chosen, participants, speaking};
use super::flags::OutputFlags;
use super::program::this_program;
use super::terminal::{PassBar, columns, print, print_note, write_file};
use super::{EXIT_INVALID, descriptors, interrupt, suggested, unwritable, usage};
use crate::backend::Backend;
use crate::compare::Participant;
use crate::fetch::Progress;
use crate::link::Link;
use crate::record::make_folder;
use crate::render::escape::json_text;
use crate::scenario::fault::{self, Fault};
use crate::scenario::network::Network;
use crate::scenario::units::parse_duration;
use crate::scenario::versions::HttpVersions;
use crate::scenario::{faults, http2_faults};
use crate::tools::verify::junit::junit;
use crate::tools::verify::measure::Verification;
use crate::tools::verify::view as report;
use crate::tools::verify::{CellVerdict, Grid};

/// The maximum time of a fetch on loopback, unless the user names another.
const USUAL_DEADLINE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  fetchbench verify                                    every backend and fault
  fetchbench verify --backend hyper --fault stale
  fetchbench verify --http 2 --backend hyper,floor     the faults of HTTP/2
  fetchbench verify --backend exec:./my-worker --format json
  fetchbench verify --backend exec:./my-worker --format junit > junit.xml
  fetchbench list faults                               the faults

Exit codes: 0 no backend hung, crashed or broke its next fetch; 1 error;
2 usage; 3 a backend did; 130 interrupted.";

/// Show how each backend handles responses that are wrong, late or endless
///
/// For each fault, every backend fetches a healthy site, a faulty one and the healthy one again, in
/// a separate process. Shows the client's own result and the verdict of fetchbench's checks
/// separately.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArgs {
    /// Backend, client or executor for all of its backends, or exec:PROGRAM for your own worker;
    /// may be repeated [default: every backend that is built in, or set up by `fetchbench peers
    /// install`]
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_chosen),
        hide_possible_values = true,
        value_delimiter = ',',
    )]
    backend: Vec<Chosen>,
    /// Fault to test; may be repeated [default: all, see `fetchbench list faults`]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = suggested::faults(),
        hide_possible_values = true,
        value_delimiter = ',',
    )]
    fault: Vec<&'static Fault>,
    /// HTTP version: 1, 2, or auto for HTTP/2 where a backend has it. Each backend meets the faults
    /// of its version [default: 1, or 2 for names with +h2]
    #[arg(long, value_name = "VERSION")]
    http: Option<HttpVersions>,
    /// Maximum time of a fetch [default: 1s, and 10 round trips of --network]
    #[arg(long, value_name = "DURATION", value_parser = parse_deadline)]
    deadline: Option<Duration>,
    /// Profile or settings of a network to fetch over, such as 4g or rtt=40ms,loss=0.01
    #[arg(
        long,
        value_name = "NAME|SPEC",
        value_parser = suggested::networks(),
        hide_possible_values = true,
        conflicts_with = "ip",
    )]
    network: Option<Network>,
    /// Loopback address of the mock server: the grids over ::1 and 127.0.0.1 must be equal
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", hide = true)]
    ip: IpAddr,
    /// Format of the grid; a snippet is Markdown to insert into a page: each client's shortcomings;
    /// in JUnit XML every shortcoming of a client is a failure
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the grid to conformance.json and conformance.md in DIR too, over HTTP/2 to
    /// conformance-h2.json and conformance-h2.md
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Markdown,
    Snippet,
    Json,
    Junit,
}

pub(super) fn run(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    // Each fault has a listener, and each backend meets one fault at a time.
    let listeners = faults().0.origins.len().max(http2_faults().0.origins.len());
    descriptors::reserve("verify", 1, listeners, None).map_err(usage)?;
    descriptors::raise_limit();
    let program = this_program()?;
    let verifications = verifications(&args, &program).map_err(usage)?;
    // Fail before the results' folder exists.
    args.network.map(|network| Link::start(&program, &network)).transpose()?;
    // Fail before the measurement if the results cannot be written.
    if let Some(folder) = &args.record {
        make_folder(folder).map_err(unwritable)?;
    }
    let cells = verifications.iter().map(Verification::cells).sum();
    let progress = verifications.first().map(|first| first.progress.clone()).unwrap_or_default();
    let bar = PassBar::show("verify", cells, progress, args.output.quiet);
    let grids = verifications.iter().map(Verification::run).collect::<anyhow::Result<Vec<_>>>()?;
    drop(bar);
    if let Some(folder) = &args.record {
        grids.iter().try_for_each(|grid| record(grid, folder))?;
    }
    let grid = grids.into_iter().reduce(Grid::joined).context("no backend meets a fault")?;
    print(&match args.format {
        Format::Text => report::text(&grid, columns()),
        Format::Markdown => report::markdown(&grid),
        Format::Snippet => report::short(&grid),
        Format::Json => json_text(&grid),
        Format::Junit => junit(&grid),
    })?;
    Ok(if grid.worst() >= CellVerdict::Spoiled {
        ExitCode::from(EXIT_INVALID)
    } else {
        ExitCode::SUCCESS
    })
}

/// Writes a grid into a folder.
fn record(grid: &Grid, folder: &Path) -> anyhow::Result<()> {
    let name = if grid.is_http2() { "conformance-h2" } else { "conformance" };
    write_file(&folder.join(format!("{name}.json")), &json_text(grid))?;
    write_file(&folder.join(format!("{name}.md")), &report::markdown(grid))
}

/// Returns the verifications of each version of HTTP: its backends against its faults.
fn verifications(args: &VerifyArgs, program: &Path) -> anyhow::Result<Vec<Verification>> {
    let (chosen, left_out) = speaking(args.backend.clone(), Backend::set_up(), args.http)?;
    if !args.output.quiet {
        left_out.iter().for_each(|note| print_note(note));
    }
    let participants = participants(&chosen, program);
    check_faults(&args.fault, &participants)?;
    let travel = args.network.map_or(Duration::ZERO, |network| 10 * network.rtt);
    let progress = Progress::default();
    let verifications = [false, true].map(|http2| {
        let faults = fault::all().filter(|fault| fault.is_http2() == http2);
        let faults = faults.filter(|fault| args.fault.is_empty() || args.fault.contains(fault));
        let met = participants.iter().filter(|participant| participant.http2 == http2);
        Verification {
            program: program.to_owned(),
            participants: met.cloned().collect(),
            http2,
            faults: faults.map(|fault| fault.name).collect(),
            deadline: args.deadline.unwrap_or(USUAL_DEADLINE + travel),
            ip: args.ip,
            network: args.network,
            progress: progress.clone(),
        }
    });
    Ok(verifications.into_iter().filter(|verification| verification.cells() > 0).collect())
}

/// Checks that a backend meets each of these faults.
fn check_faults(faults: &[&Fault], participants: &[Participant]) -> anyhow::Result<()> {
    for fault in faults {
        let (name, is_http2) = (fault.name, fault.is_http2());
        let (version, remedy) =
            if is_http2 { ("HTTP/2", "add") } else { ("HTTP/1.1", "leave out +h2 and") };
        ensure!(
            participants.iter().any(|participant| participant.http2 == is_http2),
            "{name} is a fault of {version}, which no backend here speaks: {remedy} --http 2"
        );
    }
    Ok(())
}

fn parse_deadline(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        deadline if deadline < Duration::from_millis(100) => {
            Err(format!("bad deadline {text:?}: 100ms at least"))
        }
        deadline if deadline > Duration::from_secs(60) => {
            Err(format!("bad deadline {text:?}: a minute at most"))
        }
        deadline => Ok(deadline),
    }
}
