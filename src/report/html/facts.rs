//! The conditions of a measurement as names and values, and the line under the page's heading.

use crate::compare::analysis::WorkloadAnalysis;
use crate::record::{ComparisonRecord, Environment};
use crate::render::numbers::{counted, grouped, seconds};
use crate::report::comparison::instructions_source;
use crate::report::environment::{self, date};

/// The number of scenarios that a heading names.
const NAMED: usize = 4;

/// Returns the machine, the software and the extent of the measurement.
pub(super) fn facts(
    environment: &Environment,
    comparison: &ComparisonRecord,
    workloads: &[WorkloadAnalysis],
) -> Vec<(&'static str, String)> {
    let setup = &comparison.setup;
    let mut facts =
        environment::facts(environment, setup.backends.iter().map(|backend| backend.name.as_str()));
    let own = setup.command.iter().filter(|command| **command != environment.command);
    facts.extend(own.map(|command| ("compared by", command.clone())));
    facts.push(("seed", setup.seed.to_string()));
    let passes = comparison.passes.len() as u64;
    let fetches: u64 = setup
        .workloads
        .iter()
        .map(|workload| {
            workload.fetches
                * comparison.passes.iter().filter(|pass| pass.scenario == workload.scenario).count()
                    as u64
        })
        .sum();
    facts.push(("measured", format!("{} passes of {} fetches", grouped(passes), grouped(fetches))));
    facts.push(("instructions", instructions_source(setup, workloads)));
    if let Some(aftermath) = &setup.aftermath {
        facts.push(("duration", seconds(aftermath.seconds)));
        if let Some(load) = aftermath.load {
            facts.push(("load average after", environment::load(load)));
        }
        if let Some(stolen) = aftermath.stolen {
            facts.push(("stolen by the host", format!("{:.2} %", stolen * 100.0)));
        }
    }
    facts
}

/// Returns the extent of a comparison and the number of cores.
pub(super) fn summary(environment: &Environment, workloads: &[WorkloadAnalysis]) -> String {
    let backends = workloads.iter().map(|workload| workload.backends.len()).max().unwrap_or(0);
    let machines = workloads.first().map_or(0, |workload| workload.machines.len() as u64);
    let cores = counted(environment.cores as u64, "core", "cores");
    format!(
        "{} on {}, {}",
        counted(backends as u64, "backend", "backends"),
        counted(workloads.len() as u64, "scenario", "scenarios"),
        if machines > 0 { counted(machines, "machine", "machines") } else { cores },
    )
}

/// Returns the heading of a page: its scenarios, the machine and the date.
pub(super) fn heading(environment: &Environment, workloads: &[WorkloadAnalysis]) -> String {
    let names: Vec<&str> =
        workloads.iter().take(NAMED).map(|workload| workload.setup.scenario.as_str()).collect();
    let more = match workloads.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more} on {}, {}", names.join(", "), environment.cpu, date(environment))
}
