//! `fetchbench worker`: one backend of a comparison, in a separate process.

use std::process::ExitCode;

use anyhow::anyhow;

use super::{descriptors, usage};
use crate::backend::Backend;
use crate::client::UserOptions;
use crate::fetch::{Progress, roots};
use crate::worker::{Ready, serve};

/// Fetch for a comparison: read orders from stdin and write results to stdout, a line of JSON each
///
/// `compare` starts one for each backend. docs/protocol.md describes how your own program can be one.
#[derive(Debug, clap::Args)]
pub(super) struct WorkerArgs {
    /// Backend to fetch with
    backend: String,
}

pub(super) fn run(args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let backend: Backend =
        args.backend.parse().map_err(|error: anyhow::Error| usage(anyhow!("{error}")))?;
    descriptors::raise_limit();
    serve(|open| {
        let limits = open.limits();
        descriptors::reserve_fetches(limits.concurrency.get(), backend.descriptors(&limits), 0)?;
        let names = backend.entry().capabilities.names();
        let speaks = names.into_iter().map(str::to_owned).collect();
        let ready = Ready {
            client: versioned(backend.entry().client, backend.entry().client_version()),
            executor: versioned(
                backend.entry().executor.name(),
                backend.entry().executor_version(),
            ),
            threads: backend.threads(&limits),
            speaks: Some(speaks),
            opening_ns: None,
        };
        let roots = open.cacert.as_deref().map(|pem| roots::read(pem.as_bytes())).transpose()?;
        let user = UserOptions { roots, ..UserOptions::default() };
        Ok((ready, backend.open(&user, &limits, &Progress::default())?))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn versioned(name: &str, version: Option<String>) -> String {
    version.map_or(name.to_owned(), |version| format!("{name} {version}"))
}
