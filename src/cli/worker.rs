//! `fetchbench worker`: one backend of a comparison, in a separate process.

use std::process::ExitCode;

use anyhow::anyhow;

use super::{descriptors, usage};
use crate::backend::Row;
use crate::fetch::Options;
use crate::worker::{Ready, serve};

/// Fetch for a comparison: read orders from stdin and write results to stdout, a line of JSON each
///
/// `compare` starts one for each backend. PROTOCOL.md describes how your own program can be one.
#[derive(Debug, clap::Args)]
pub(super) struct WorkerArgs {
    /// Backend to fetch with
    row: String,
}

pub(super) fn run(args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let row: Row = args.row.parse().map_err(|error: anyhow::Error| usage(anyhow!("{error}")))?;
    descriptors::raise_limit();
    serve(|open| {
        let limits = open.limits();
        descriptors::reserve_fetches(limits.concurrency.get(), row.descriptors(&limits), 0)?;
        let ready = Ready {
            client: versioned(row.backend().client, row.backend().client_version()),
            executor: versioned(row.backend().executor.name(), row.backend().executor_version()),
            threads: row.threads(limits.concurrency),
        };
        let options = Options { roots: open.roots()?, ..Options::default() };
        Ok((ready, row.open(&options, &limits)?))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn versioned(name: &str, version: Option<String>) -> String {
    version.map_or(name.to_owned(), |version| format!("{name} {version}"))
}
