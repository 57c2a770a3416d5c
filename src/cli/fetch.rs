//! `fetchbench fetch`.

use std::process::ExitCode;

/// TODO
#[derive(Debug, clap::Args)]
pub struct FetchArgs {}

pub fn run(_args: FetchArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not written yet")
}
