//! `fetchbench report`.

use std::process::ExitCode;

/// TODO
#[derive(Debug, clap::Args)]
pub struct ReportArgs {}

pub fn run(_args: ReportArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not written yet")
}
