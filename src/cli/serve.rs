//! `fetchbench serve`: the mock server in the foreground.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::listening::ListenFlags;
use super::terminal::{print, print_warning, stdout_failed};
use super::{descriptors, usage};
use crate::report;
use crate::scenario::Scenario;
use crate::scenario::units::parse_time_scale;
use crate::server::{Announcement, Server, Stopper};

/// How long answers in work may take to end after a signal.
const GRACE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  fetchbench serve article
  fetchbench serve --capacity              what the server can do here
  fetchbench serve keepalive --listen 127.0.0.1:8080 --cores 2
  fetchbench serve keepalive --access-log answers.jsonl
  fetchbench serve --tls article > where.json &
  jq -r .cacert where.json > ca.pem
  curl --cacert ca.pem \"$(jq -r .sites[0].url where.json)\"

The first prints one line,
  {\"scenario\":\"article\",\"control\":\"http://127.0.0.1:40001\",…,
   \"sites\":[{\"label\":…,\"url\":\"http://127.0.0.1:40002/0/0\"},…]}
and then answers, in another terminal,
  curl http://127.0.0.1:40002/0/0          its first site
  curl http://127.0.0.1:40001/witness      what it saw";

/// Serve the sites of a scenario, each after its delay
///
/// Prints one line of JSON that says where everything is found, then serves until interrupted. A
/// target is `/<site>/<visit>`: the same visit of a site is always answered alike. GET /witness on
/// the control url tells what the server saw, GET /take the same and starts the counts anew. A
/// request with a header `server-timing` is told its delay, planned and actual, in an answering
/// header of that name.
///
/// On SIGINT or SIGTERM it accepts nobody any more, lets answers in work end within five seconds,
/// and ends; at the second signal it ends at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    /// A built-in scenario (see `fetchbench list scenarios`) or the path of a TOML file
    #[arg(required_unless_present = "capacity")]
    scenario: Option<String>,
    /// Serve nothing: measure what the server can do here, loaded by the raw client, and say it
    #[arg(long, conflicts_with_all = ["scenario", "time_scale", "tls"])]
    capacity: bool,
    /// Multiply all delays by this: 0 for none at all
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = parse_time_scale, allow_negative_numbers = true)]
    time_scale: f64,
    /// Serve every site over https; the certificate to trust stands in the line that is printed
    #[arg(long)]
    tls: bool,
    #[command(flatten)]
    listening: ListenFlags,
    /// End when standard input does, as it also does when the parent is killed
    #[arg(long, hide = true)]
    end_with_stdin: bool,
}

pub(super) fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    if args.end_with_stdin {
        end_with_stdin()?;
    }
    let Some(scenario) = &args.scenario else { return show_capacity(&args.listening) };
    let scenario = Scenario::load(scenario).map_err(usage)?.time_scaled(args.time_scale);
    let scenario = if args.tls { scenario.over_tls() } else { scenario };
    let setup = args.listening.setup().map_err(usage)?;
    if args.listening.is_remote() {
        print_warning(
            "whoever can reach this machine can use the server: it is made for measuring, not for \
             the open net",
        );
    }
    // A server without room for a connection would start and never answer.
    descriptors::reserve_server(&format!("serving {}", scenario.name), scenario.origins.len())
        .map_err(usage)?;
    descriptors::raise_limit();
    let server = Server::bind_as(Arc::new(scenario), setup)?;
    // Before the announcement: who reads that may want to end us at once.
    stop_on_signal(server.stopper())?;
    announce(server.announcement())?;
    server.run().context("the event loop failed")?;
    Ok(ExitCode::SUCCESS)
}

/// How long each part of the capacity is measured.
const CAPACITY_TIME: Duration = Duration::from_secs(2);

fn show_capacity(listening: &ListenFlags) -> anyhow::Result<ExitCode> {
    let setup = || listening.setup().map_err(usage);
    descriptors::reserve("--capacity", crate::compare::CAPACITY_CONNECTIONS, 2, None)
        .map_err(usage)?;
    let capacity = crate::compare::capacity(setup, CAPACITY_TIME)?;
    print(&format!("{}\n", report::capacity::capacity(&capacity)))?;
    Ok(ExitCode::SUCCESS)
}

fn stop_on_signal(stopper: Stopper) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen for signals")?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            stopper.finish(GRACE);
        }
        signals.for_each(|_| stopper.stop());
    })?;
    Ok(())
}

/// Ends the process with its standard input, wherever it stands: a long list may still be loading.
fn end_with_stdin() -> anyhow::Result<()> {
    thread::Builder::new().name("stdin".to_owned()).spawn(|| {
        // An input that cannot be read has ended as well.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    })?;
    Ok(())
}

fn announce(announcement: &Announcement) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(announcement)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).map_err(stdout_failed)
}
