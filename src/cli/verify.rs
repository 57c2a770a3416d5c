//! `fetchbench verify`: tests each backend on faulty answers.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;

use super::compare::{Chosen, parse_chosen, participants};
use super::flags::OutputFlags;
use super::program::this_program;
use super::terminal::{PassBar, columns, print, write_file};
use super::{EXIT_INVALID, descriptors, interrupt, suggested, unwritable, usage};
use crate::backend::Backend;
use crate::compare::Participant;
use crate::fetch::Progress;
use crate::link::Link;
use crate::record::make_folder;
use crate::render::escape::json_text;
use crate::scenario::fault::{self, Fault};
use crate::scenario::faults;
use crate::scenario::network::Network;
use crate::scenario::units::parse_duration;
use crate::tools::verify::CellVerdict;
use crate::tools::verify::junit::junit;
use crate::tools::verify::measure::Verification;
use crate::tools::verify::view as report;

/// The maximum time of a fetch on loopback, unless the user names another.
const USUAL_DEADLINE: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  fetchbench verify                                    every backend and fault
  fetchbench verify --backend hyper --fault stale
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
    /// Write the grid to conformance.json and conformance.md in DIR too
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
    descriptors::reserve("verify", 1, faults().0.origins.len(), None).map_err(usage)?;
    descriptors::raise_limit();
    let program = this_program()?;
    let travel = args.network.map_or(Duration::ZERO, |network| 10 * network.rtt);
    // Fail before the results' folder exists.
    args.network.map(|network| Link::start(&program, &network)).transpose()?;
    // Fail before the measurement if the results cannot be written.
    if let Some(folder) = &args.record {
        make_folder(folder).map_err(unwritable)?;
    }
    let backends: Vec<Chosen> = if args.backend.is_empty() {
        Backend::set_up().map(Chosen::from).collect()
    } else {
        args.backend
    };
    let participants = participants(&backends, &program);
    check_http1(&participants).map_err(usage)?;
    let faults: Vec<&Fault> =
        if args.fault.is_empty() { fault::all().collect() } else { args.fault };
    let verification = Verification {
        participants,
        program,
        faults: faults.iter().map(|fault| fault.name).collect(),
        deadline: args.deadline.unwrap_or(USUAL_DEADLINE + travel),
        ip: args.ip,
        network: args.network,
        progress: Progress::default(),
    };
    let progress = verification.progress.clone();
    let bar = PassBar::show("verify", verification.cells(), progress, args.output.quiet);
    let grid = verification.run()?;
    drop(bar);
    print(&match args.format {
        Format::Text => report::text(&grid, columns()),
        Format::Markdown => report::markdown(&grid),
        Format::Snippet => report::short(&grid),
        Format::Json => json_text(&grid),
        Format::Junit => junit(&grid),
    })?;
    if let Some(folder) = &args.record {
        write_file(&folder.join("conformance.json"), &json_text(&grid))?;
        write_file(&folder.join("conformance.md"), &report::markdown(&grid))?;
    }
    Ok(if grid.worst() >= CellVerdict::Spoiled {
        ExitCode::from(EXIT_INVALID)
    } else {
        ExitCode::SUCCESS
    })
}

/// Checks that all backends speak HTTP/1.1, which all faults are of.
fn check_http1(participants: &[Participant]) -> anyhow::Result<()> {
    if let Some(Participant { name, .. }) =
        participants.iter().find(|participant| participant.http2)
    {
        bail!("{name} cannot be verified, because all faults are of HTTP/1.1: leave out +h2");
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
