//! `--fail-if`: limits that make a command fail.

use std::process::ExitCode;

use super::terminal::print_error;
use super::{EXIT_INVALID, EXIT_REGRESSION};
use crate::compare::analysis::WorkloadAnalysis;
use crate::tools::fail_if::RatioLimit;

/// Reports the limits that are exceeded or could not be tested, and returns the exit code.
/// `is_invalid` makes the command fail anyway.
pub(super) fn exit_code(
    limits: &[RatioLimit],
    workloads: &[WorkloadAnalysis],
    is_invalid: bool,
) -> ExitCode {
    let exceeded: Vec<String> = limits.iter().flat_map(|limit| limit.exceeded(workloads)).collect();
    for phrase in &exceeded {
        print_error(phrase);
    }
    // A limit that was compared with nothing must not look like one that nothing exceeded.
    let untested: Vec<&RatioLimit> =
        limits.iter().filter(|limit| !limit.tests(workloads)).collect();
    for limit in &untested {
        print_error(&format!("--fail-if '{limit}' compared nothing: no interval is known"));
    }
    match (exceeded.is_empty(), is_invalid || !untested.is_empty()) {
        (false, _) => ExitCode::from(EXIT_REGRESSION),
        (true, true) => ExitCode::from(EXIT_INVALID),
        (true, false) => ExitCode::SUCCESS,
    }
}

/// Returns whether a workload makes a command fail: a backend is invalid, or no live site answers.
/// If it is strict, so does a site that was left out or ended differently for different backends.
pub(super) fn fails(workload: &WorkloadAnalysis, strict: bool) -> bool {
    let probe_fails = workload
        .setup
        .probe
        .as_ref()
        .is_some_and(|probe| probe.is_all_dead() || strict && probe.dead + probe.differing > 0);
    probe_fails || workload.backends.iter().any(|backend| !backend.is_valid())
}
