//! `fetchbench serve`.

use std::process::ExitCode;

/// TODO
#[derive(Debug, clap::Args)]
pub struct ServeArgs {}

pub fn run(_args: ServeArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not written yet")
}
