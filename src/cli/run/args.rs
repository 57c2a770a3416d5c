//! The arguments of `fetchbench run`.

use std::path::PathBuf;

use crate::cli::flags::{Backends, FetchFlags, OutputFlags, SiteFlags, parse_backends};
use crate::cli::suggested;
use crate::scenario::network::Network;
use crate::scenario::units::parse_time_scale;
use crate::scenario::versions::HttpVersions;

/// Examples of use, as shown by `--help`.
pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  fetchbench                                     the article, every backend
  fetchbench --backend hyper --time-scale 0.1    one client, shorter delays
  fetchbench run --scenario bulk --backend smol  large bodies, one executor
  fetchbench run https://example.com             a live site, every backend
  fetchbench run --sites my-sites.txt            the same with a file of urls
  fetchbench run --network rtt=100ms             the article from far away

Exit codes: 0 all fetched and right, 1 error, 2 usage, 3 some fetch failed or
was answered wrongly, 130 interrupted.";

/// Fetch the same sites one after another and then concurrently, once with each backend, and
/// compare the totals.
///
/// Without urls, the sites are those of a scenario, served by the built-in mock server on this
/// machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(super) sites: SiteFlags,
    /// Built-in scenario or path of a TOML file [default: article]
    #[arg(
        long,
        value_name = "NAME|PATH",
        value_parser = suggested::scenarios(),
        hide_possible_values = true,
        conflicts_with_all = ["urls", "sites"],
    )]
    pub(super) scenario: Option<String>,
    /// Multiply all delays of the scenario by FACTOR; 0 removes them
    #[arg(
        long,
        value_name = "FACTOR",
        value_parser = parse_time_scale,
        allow_negative_numbers = true,
        conflicts_with_all = ["urls", "sites"],
    )]
    pub(super) time_scale: Option<f64>,
    /// Profile or settings of a network to fetch over, such as 4g or rtt=40ms,down=20Mbit [default:
    /// the scenario's own, or none]
    #[arg(
        long,
        value_name = "NAME|SPEC",
        value_parser = suggested::networks(),
        hide_possible_values = true,
    )]
    pub(super) network: Option<Network>,
    /// File with the announcement of a server to fetch from, at the other end of a link
    #[arg(long, value_name = "FILE", hide = true)]
    pub(super) served_by: Option<PathBuf>,
    /// Backend, or client or executor for all of its backends; may be repeated [default: every
    /// backend that fetches for real]
    #[arg(
        long,
        value_name = "BACKEND",
        value_parser = suggested::backends(parse_backends),
        hide_possible_values = true,
        value_delimiter = ',',
    )]
    pub(super) backend: Vec<Backends>,
    /// HTTP version: 1, 2, or auto for HTTP/2 where a backend has it [default: 1, or 2 for names
    /// with +h2]
    #[arg(long, value_name = "VERSION")]
    pub(super) http: Option<HttpVersions>,
    #[command(flatten)]
    pub(super) fetch: FetchFlags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}
