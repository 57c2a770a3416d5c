//! `fetchbench diff`: compares two records of comparisons.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::flags::PageFormat;
use super::flags::parse_margin;
use super::terminal::{columns, print, print_error, print_note};
use super::{EXIT_INCOMPARABLE, EXIT_INVALID, EXIT_REGRESSION, usage};
use crate::record::{ComparisonRecord, Environment};
use crate::render::escape::json_text;
use crate::tools::diff::view::{self, DiffView};
use crate::tools::diff::{
    BackendChange, Difference, Obstacle, OldNew, Threshold, difference, other_conditions,
};

const EXAMPLES: &str = "\
Examples:
  fetchbench diff results/2026-11-22T1222-cpu results/2026-12-01T0900-cpu
  fetchbench diff before after --fail-if 'ratio>+5%' --fail-if 'cpu>+10%'
  fetchbench diff before after --format json

median: change of the pass, including machine drift between the runs.
ratio: change of the pass relative to the reference in the same round, without
drift within a run, but including a change of the reference.
cpu: change of processor time per fetch.
All intervals of one figure hold together with 95 %.

Exit codes: 0 nothing exceeds a threshold, 1 error, 2 usage, 3 the records are
not comparable, a backend became invalid, or --fail-if compared nothing, 4 a
whole interval exceeds a threshold.";

/// Compare two records of `compare`: which backends became faster or slower, and is the difference
/// real?
///
/// Refuses records of different machines, records with bare loops that differ by more than 20 %,
/// and records that have nothing in common.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DiffArgs {
    /// Directory of the old record
    old: PathBuf,
    /// Directory of the new record
    new: PathBuf,
    /// Exit with 4 if any backend is shown to exceed THRESHOLD: median, ratio or cpu, and by how
    /// much; may be repeated
    #[arg(long, value_name = "THRESHOLD", value_parser = |text: &str| text.parse::<Threshold>())]
    fail_if: Vec<Threshold>,
    /// Call a change equivalent if its whole interval lies within ± PERCENT
    #[arg(long, value_name = "PERCENT", default_value = "2%", value_parser = parse_margin)]
    equivalence: f64,
    /// Format of the output
    #[arg(long, value_enum, default_value_t = PageFormat::Text)]
    format: PageFormat,
    /// Show the figures of records that are not comparable, without verdicts
    #[arg(long)]
    force: bool,
}

fn read(folder: &Path) -> anyhow::Result<(Environment, ComparisonRecord)> {
    Ok((Environment::read(folder)?, ComparisonRecord::read(folder)?))
}

pub(super) fn run(args: DiffArgs) -> anyhow::Result<ExitCode> {
    let (old_environment, old) = read(&args.old).map_err(usage)?;
    let (new_environment, new) = read(&args.new).map_err(usage)?;
    let difference = difference(&old, &new);
    let environments = OldNew { old: &old_environment, new: &new_environment };
    let obstacles = difference.obstacles(environments, OldNew { old: &old, new: &new });
    if !obstacles.is_empty() && !args.force {
        refuse(&obstacles, &difference);
        return Ok(ExitCode::from(EXIT_INCOMPARABLE));
    }
    let conditions = other_conditions(&old_environment, &new_environment);
    let view = DiffView {
        difference: &difference,
        conditions: &conditions,
        obstacles: &obstacles,
        equivalence: args.equivalence,
    };
    print(&match args.format {
        PageFormat::Text => view::text(&view, columns()),
        PageFormat::Markdown => view::markdown(&view),
        PageFormat::Json => json_text(&view::json(&view)),
    })?;
    Ok(ended(&difference, &obstacles, &args.fail_if))
}

/// Reports why the records are not compared.
fn refuse(obstacles: &[Obstacle], difference: &Difference) {
    let reasons: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    print_error(&format!(
        "the records are not comparable: {}; --force shows their figures without verdicts",
        reasons.join("; ")
    ));
    if obstacles.contains(&Obstacle::NothingInCommon) {
        difference.left_out.iter().for_each(|line| print_note(line));
    }
}

/// Reports the thresholds that are exceeded or could not be judged, and returns the exit code.
fn ended(difference: &Difference, obstacles: &[Obstacle], thresholds: &[Threshold]) -> ExitCode {
    if !obstacles.is_empty() && !thresholds.is_empty() {
        print_error("--fail-if judges nothing, because the records are not comparable");
        return ExitCode::from(EXIT_INCOMPARABLE);
    }
    let exceeded = view::exceeded(difference, thresholds);
    for line in &exceeded {
        print_error(line);
    }
    // A threshold that was compared with nothing must not look like one that nothing exceeded.
    let untested: Vec<&Threshold> =
        thresholds.iter().filter(|threshold| !difference.tests(threshold)).collect();
    for threshold in &untested {
        print_error(&format!(
            "--fail-if '{threshold}' compared nothing: no backend counts in both records with \
             enough blocks"
        ));
    }
    let counts_no_more = difference.backends.iter().any(BackendChange::counts_no_more);
    match (exceeded.is_empty(), counts_no_more || !untested.is_empty()) {
        (false, _) => ExitCode::from(EXIT_REGRESSION),
        (true, true) => ExitCode::from(EXIT_INVALID),
        (true, false) => ExitCode::SUCCESS,
    }
}
