//! `fetchbench run`.

use std::process::ExitCode;

/// TODO
#[derive(Debug, clap::Args)]
pub struct RunArgs {}

pub fn run(_args: RunArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not written yet")
}
