//! `fetchbench fetch`: fetches urls with one backend.

use std::process::ExitCode;

use anyhow::anyhow;

use super::flags::{FetchFlags, Format, OutputFlags, SiteFlags, parse_backend};
use super::terminal::{PassBar, print};
use super::{EXIT_FETCH_FAILED, descriptors, interrupt, run, suggested, usage};
use crate::backend::Backend;
use crate::fetch::Progress;
use crate::report::fetched;
use crate::scenario::versions::HttpVersions;

const EXAMPLES: &str = "\
Examples:
  fetchbench fetch https://example.com
  fetchbench fetch --sites urls.txt --concurrency 100 --format json
  fetchbench fetch --backend ureq@threads --redirects 5 https://example.com
  fetchbench fetch -H 'Accept-Language: de' --timeout 5s https://example.com

Exit codes: 0 all fetched, whatever their status; 1 error; 2 usage; 3 some fetch
failed; 130 interrupted.";

/// A backend that supports https if the build does.
const DEFAULT_BACKEND: &str = if cfg!(feature = "hyper") { "hyper@smol" } else { "ureq@threads" };

/// Fetch urls with one backend and show the outcome of each.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FetchArgs {
    #[command(flatten)]
    sites: SiteFlags,
    /// Backend to fetch with: see `fetchbench list backends`
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_backend),
        hide_possible_values = true,
        default_value = DEFAULT_BACKEND,
    )]
    backend: Backend,
    /// HTTP version: 1, 2, or auto for HTTP/2 where a backend has it [default: 1, or 2 for names
    /// with +h2]
    #[arg(long, value_name = "VERSION")]
    http: Option<HttpVersions>,
    #[command(flatten)]
    fetch: FetchFlags,
    /// Format of the outcome
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    output: OutputFlags,
}

pub(super) fn run(args: FetchArgs) -> anyhow::Result<ExitCode> {
    interrupt::end_on_signals()?;
    let backend = args.backend.speaking(args.http).map_err(usage)?;
    let sites = args.sites.read().map_err(usage)?;
    if sites.is_empty() {
        return Err(usage(anyhow!(
            "nothing to fetch: name urls, or a file of them with --sites FILE"
        )));
    }
    let urls: Vec<_> = sites.into_iter().map(|site| site.url).collect();
    let options = args.fetch.options().map_err(usage)?;
    backend.check_headers(&options.headers).map_err(usage)?;
    let limits = args.fetch.applied_to(run::live::limits(urls.len(), 0));
    descriptors::reserve_fetches(backend.slots(&limits).get(), backend.descriptors(&limits), 0)
        .map_err(usage)?;

    let name = backend.to_string();
    let progress = Progress::default();
    let mut session = backend.open(&options, &limits, &progress)?;
    let bar = PassBar::show(&name, urls.len(), progress, args.output.quiet);
    let pass = session.fetch_all(&urls)?;
    drop(bar);
    print(&match args.format {
        Format::Text => fetched::text(&name, &urls, &pass),
        Format::Json => fetched::to_json(&name, &urls, &pass),
    })?;
    Ok(if fetched::failures(&pass) == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_FETCH_FAILED)
    })
}
