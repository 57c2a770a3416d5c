//! `fetchbench serve`: the mock server in the foreground.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::listening::ListenFlags;
use super::terminal::{print_warning, stdout_failed};
use super::{descriptors, suggested, usage};
use crate::scenario::Scenario;
use crate::scenario::units::parse_time_scale;
use crate::scenario::versions::HttpVersions;
use crate::server::{Announcement, Server, Stopper};

/// Time for unfinished answers after a signal.
const GRACE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  fetchbench serve article
  fetchbench serve keepalive --listen 127.0.0.1:8080 --cores 2
  fetchbench serve keepalive --access-log answers.jsonl
  fetchbench serve --tls article > where.json &
  jq -r .cacert where.json > ca.pem
  curl --cacert ca.pem \"$(jq -r .sites[0].url where.json)\"

The first prints one line,
  {\"scenario\":\"article\",\"control\":\"http://127.0.0.1:40001\",…,
   \"sites\":[{\"label\":…,\"url\":\"http://127.0.0.1:40002/0/0\"},…]}
and then responds, from another terminal, to
  curl http://127.0.0.1:40002/0/0          its first site
  curl http://127.0.0.1:40001/witness      its counts";

/// Serve the sites of a scenario, each after its delay
///
/// Prints one line of JSON with all urls, then serves until interrupted. A target is
/// `/<site>/<visit>`: the same visit of a site always gets the same answer. GET /witness on the
/// control url returns the server's observations; GET /take returns them too, and resets the
/// counts. The answer to a request with a header `server-timing` has a header of that name with its
/// planned and its actual delay.
///
/// On SIGINT or SIGTERM, it stops accepting connections, sends GOAWAY to clients of HTTP/2, gives
/// unfinished answers five seconds, and ends. On the second signal, it ends at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    /// Built-in scenario (see `fetchbench list scenarios`) or path of a TOML file
    #[arg(value_parser = suggested::scenarios(), hide_possible_values = true)]
    scenario: String,
    /// Multiply all delays by FACTOR; 0 removes them
    #[arg(
        long,
        value_name = "FACTOR",
        default_value_t = 1.0,
        value_parser = parse_time_scale,
        allow_negative_numbers = true,
    )]
    time_scale: f64,
    /// Serve every site over https; the printed line holds the certificate to trust
    #[arg(long)]
    tls: bool,
    /// Version of HTTP to speak: 1, 2 or auto; with auto, the client chooses [default: the
    /// scenario's own, usually auto]
    #[arg(long, value_name = "VERSION")]
    http: Option<HttpVersions>,
    #[command(flatten)]
    listening: ListenFlags,
    /// End when standard input ends, e.g. because the parent was killed. A line on it is answered
    /// with the counts, which are reset
    #[arg(long, hide = true)]
    end_with_stdin: bool,
}

pub(super) fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let announced = Arc::<OnceLock<Announcement>>::default();
    if args.end_with_stdin {
        answer_stdin(Arc::clone(&announced))?;
    }
    let scenario = Scenario::load(&args.scenario).map_err(usage)?.time_scaled(args.time_scale);
    let scenario = if args.tls { scenario.over_tls() } else { scenario };
    let scenario = scenario.speaking(args.http).map_err(usage)?;
    let setup = args.listening.setup().map_err(usage)?;
    if args.listening.is_remote() {
        print_warning(
            "every machine that can reach this one can use the server: it is made for measuring, \
             not for open networks",
        );
    }
    // With no descriptor left for a connection, the server would start and never answer.
    descriptors::reserve_server(&format!("serving {}", scenario.name), scenario.origins.len())
        .map_err(usage)?;
    descriptors::raise_limit();
    let server = Server::bind_as(Arc::new(scenario), setup)?;
    // Before the announcement, because its reader may signal at once.
    stop_on_signal(server.stopper())?;
    announced.get_or_init(|| server.announcement().clone());
    print_line(server.announcement())?;
    server.run().context("the event loop failed")?;
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

/// Answers each line of standard input with the counts, once the server is announced: a parent at
/// the other end of a link cannot connect to the control channel. Ends the process when the input
/// ends, even while it loads a long list.
fn answer_stdin(announced: Arc<OnceLock<Announcement>>) -> anyhow::Result<()> {
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        for line in io::stdin().lines() {
            // An unreadable input counts as ended.
            let (Ok(_), Some(announcement)) = (line, announced.get()) else { break };
            let taken = announcement.take_witness();
            if taken.and_then(|witness| print_line(&witness)).is_err() {
                break;
            }
        }
        std::process::exit(0);
    })?;
    Ok(())
}

fn print_line(value: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).map_err(stdout_failed)
}
