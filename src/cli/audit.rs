//! `fetchbench audit`: shows the bytes that each backend sends, and its number of sockets.

use std::process::ExitCode;
use std::sync::Arc;

use super::compare::{Chosen, parse_chosen, participants, speaking};
use super::flags::PageFormat;
use super::interrupt::Interruption;
use super::program::this_program;
use super::terminal::{columns, print, print_note};
use super::{EXIT_INVALID, descriptors, suggested, usage};
use crate::backend::Backend;
use crate::compare::audit::view as audit;
use crate::render::escape::json_text;
use crate::scenario::versions::HttpVersions;

const EXAMPLES: &str = "\
Examples:
  fetchbench audit
  fetchbench audit --backend surf,hyper@tokio
  fetchbench audit --http 2
  fetchbench audit --format json | jq -r '.backends[].request'

Exit codes: 0 all backends audited, 1 error, 2 usage, 3 a backend failed.";

/// Show the requests of each backend, and their differences
///
/// A listener on 127.0.0.1 captures the first request of each backend and counts its connections
/// over two passes of eight fetches, four at a time. Over HTTP/2 it also captures the settings, the
/// window updates and the length of each header block.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    /// Backend, client or executor for all of its backends, or exec:PROGRAM; may be repeated
    /// [default: every usual backend]
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_chosen),
        hide_possible_values = true,
        value_delimiter = ',',
    )]
    backend: Vec<Chosen>,
    /// HTTP version: 1, 2, or auto for HTTP/2 where a backend has it [default: 1, or 2 for names
    /// with +h2]
    #[arg(long, value_name = "VERSION")]
    http: Option<HttpVersions>,
    /// Format of the output
    #[arg(long, value_enum, default_value_t = PageFormat::Text)]
    format: PageFormat,
}

/// The descriptors of a backend's connections: four at a time, with separate reading and writing.
const CONNECTIONS: usize = 8;

pub(super) fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let interruption = Interruption::on_signals()?;
    descriptors::reserve("an audit", CONNECTIONS, 1, None).map_err(usage)?;
    descriptors::raise_limit();
    let program = this_program()?;
    let (chosen, left_out) = speaking(args.backend, Backend::usual(), args.http).map_err(usage)?;
    left_out.iter().for_each(|note| print_note(note));
    let found = crate::compare::audit::audit(
        &participants(&chosen, &program),
        &Arc::clone(&interruption.flag),
    )?;
    print(&match args.format {
        PageFormat::Text => audit::text(&found, columns()),
        PageFormat::Markdown => audit::markdown(&found),
        PageFormat::Json => json_text(&audit::json(&found)),
    })?;
    let any_failed = found.backends.iter().any(|backend| backend.why.is_some());
    let ended = if any_failed { ExitCode::from(EXIT_INVALID) } else { ExitCode::SUCCESS };
    Ok(interruption.exit_code().unwrap_or(ended))
}
