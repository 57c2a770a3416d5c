//! `fetchbench audit`: what each row sends, byte for byte, and how many sockets it opens.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;

use super::compare::{Chosen, parse_chosen, participants};
use super::interrupt::Interruption;
use super::program::this_program;
use super::terminal::print;
use super::{EXIT_INVALID, descriptors, usage};
use crate::compare::audit::view as audit;
use crate::render::escape;

const EXAMPLES: &str = "\
Examples:
  fetchbench audit
  fetchbench audit --backend surf,hyper@tokio
  fetchbench audit --format json | jq -r '.rows[].request'

Exit codes: 0 all rows looked at, 1 error, 2 usage, 3 some row failed.";

/// Show what each row sends, and where it differs from the others
///
/// A listener on 127.0.0.1 catches the first request of each row and counts its connections over
/// two passes of eight fetches, four at a time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    /// Row, client or executor for all of its rows, or exec:PROGRAM; may be repeated [default:
    /// every usual row]
    #[arg(long, value_name = "ROW", value_parser = parse_chosen, value_delimiter = ',')]
    backend: Vec<Chosen>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    format: AuditFormat,
}

/// The descriptors of the connections of a row: four at a time, each read and written by itself.
const CONNECTIONS: usize = 8;

/// What it may be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AuditFormat {
    Text,
    Markdown,
    Json,
}

pub(super) fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::on_signals()?;
    descriptors::reserve("an audit", CONNECTIONS, 1, None).map_err(usage)?;
    descriptors::raise_limit();
    let program = this_program()?;
    let found = crate::compare::audit::audit(
        &participants(&args.backend, &program),
        &Arc::clone(&interruption.flag),
    )?;
    print(&match args.format {
        AuditFormat::Text => audit::text(&found),
        AuditFormat::Markdown => audit::markdown(&found),
        AuditFormat::Json => escape::json(
            &(serde_json::to_string_pretty(&audit::json(&found)).context("values are JSON")?
                + "\n"),
        ),
    })?;
    let any_failed = found.rows.iter().any(|row| row.why.is_some());
    let ended = if any_failed { ExitCode::from(EXIT_INVALID) } else { ExitCode::SUCCESS };
    Ok(interruption.exit_code().unwrap_or(ended))
}
