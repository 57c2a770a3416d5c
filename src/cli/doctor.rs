//! `fetchbench doctor`: checks whether this machine is fit for measuring.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::interrupt;
use super::program::this_program;
use super::terminal::print;
use crate::compare::analysis;
use crate::compare::{self, Event, Participant, Plan, Stop, Workload};
use crate::record::machine::CoreTicks;
use crate::record::{Placement, control};
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

It takes some six seconds, in which a row is compared with itself: what differs
then is noise.";

/// Check whether this machine is fit for measuring, and show what to do if it is not
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {}

pub(super) fn run(_: DoctorArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    let mut findings = doctor::at_rest();
    let ticks = CoreTicks::now();
    let noise = noise()?;
    findings.push(doctor::stolen(ticks, CoreTicks::now()));
    findings.push(noise);
    print(&doctor::view::text(&findings))?;
    Ok(ExitCode::SUCCESS)
}

/// Compares a backend with itself.
fn noise() -> anyhow::Result<Finding> {
    let program = this_program()?;
    let plan = Plan {
        workloads: vec![Workload::mock(NOISE_SCENARIO, 1.0)?],
        participants: vec![Participant::of_backend(&NOISE_BACKEND.parse()?, &program)],
        program,
        reference: 0,
        stop: Stop::Budget(NOISE_BUDGET),
        seed: 1,
        rounds: NOISE_ROUNDS,
        instructions: false,
        placement: Placement::Free,
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
    let names = [control(NOISE_BACKEND), NOISE_BACKEND.to_owned()];
    let values = analysis::blocks(&names, &passes.iter().collect::<Vec<_>>()).block_values(0, 1);
    let blocks_a_minute = values.len() as f64 * 60.0 / start.elapsed().as_secs_f64();
    Ok(doctor::noise(&values, blocks_a_minute))
}
