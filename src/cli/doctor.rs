//! `fetchbench doctor`: checks whether this machine is fit for measuring.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::EXIT_UNFIT;
use super::flags::Format;
use super::interrupt;
use super::program::this_program;
use super::terminal::{columns, print};
use crate::compare::analysis;
use crate::compare::fitness::CoreMeter;
use crate::compare::{self, Event, Participant, Plan, Stop, Workload};
use crate::link::Link;
use crate::record::Placement;
use crate::render::escape::json_text;
use crate::scenario::network::Network;
use crate::stats::EQUIVALENCE;
use crate::tools::doctor::{self, Finding};

/// Time for comparing a backend with itself.
const NOISE_BUDGET: Duration = Duration::from_secs(5);
/// Rounds per block: few, so that there are enough blocks to estimate their deviation.
const NOISE_ROUNDS: u32 = 5;
/// The backend that is compared with itself, and the scenario.
const NOISE_BACKEND: &str = "hyper@smol";
const NOISE_SCENARIO: &str = "keepalive";

const EXAMPLES: &str = "\
Examples:
  fetchbench doctor
  fetchbench doctor --format json

It takes about six seconds and compares a backend with itself: any difference is
noise.

Exit codes: 0 fit, 1 a check warns or fails, 2 usage, 5 could not write. Every
check with advice warns, except load, which includes programs that just ended,
counters, which few virtual machines have, and links, which only --network
needs. Unknown results never warn.";

/// Check whether this machine is fit for measuring, and advise how to make it so
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {
    /// Format of the output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    let mut findings = doctor::at_rest();
    let link = Link::start(&this_program()?, &Network::default());
    findings.push(doctor::links(link.err().as_ref()));
    let cores = CoreMeter::start();
    let noise = noise()?;
    let shares = cores.shares();
    findings.push(doctor::others(shares));
    findings.push(doctor::stolen(shares));
    findings.push(noise);
    print(&match args.format {
        Format::Text => doctor::view::text(&findings, columns()),
        Format::Json => json_text(&findings),
    })?;
    let warns = findings.iter().any(|finding| finding.warning);
    Ok(if warns { ExitCode::from(EXIT_UNFIT) } else { ExitCode::SUCCESS })
}

/// Compares a backend with itself.
fn noise() -> anyhow::Result<Finding> {
    let program = this_program()?;
    let plan = Plan {
        workloads: vec![Workload::mock(NOISE_SCENARIO, None, None)?],
        participants: vec![Participant::of_backend(&NOISE_BACKEND.parse()?, &program)],
        program,
        reference: 0,
        stop: Stop::Budget(NOISE_BUDGET),
        shard: None,
        seed: 1,
        rounds: NOISE_ROUNDS,
        instructions: false,
        placement: Placement::Free,
        equivalence: EQUIVALENCE,
        allow_unfit: true,
        interrupted: Arc::new(AtomicBool::new(false)),
    };
    let start = Instant::now();
    let mut passes = Vec::new();
    compare::compare(&plan, |event| {
        if let Event::Pass(pass) = event {
            passes.push(pass.clone());
        }
        Ok(())
    })?;
    let values = analysis::control_values(NOISE_BACKEND, &passes.iter().collect::<Vec<_>>());
    let blocks_a_minute = values.len() as f64 * 60.0 / start.elapsed().as_secs_f64();
    Ok(doctor::noise(&values, blocks_a_minute))
}
