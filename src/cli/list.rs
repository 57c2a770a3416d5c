//! `fetchbench list`.

use std::process::ExitCode;

/// TODO
#[derive(Debug, clap::Args)]
pub struct ListArgs {}

pub fn run(_args: ListArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not written yet")
}
