//! `fetchbench run` on live sites.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use url::Url;

use super::args::RunArgs;
use super::entrants::{backends, entrants, reserve, selected};
use super::passes::{SiteSet, compare};
use crate::cli::usage;
use crate::compare::endings::Endings;
use crate::fetch::public::public_url;
use crate::fetch::{Fetched, Limits, Pass};
use crate::render::escape::visible;
use crate::report::probe;
use crate::report::text::{self, ExampleLine};
use crate::scenario::site_list::ListedSite;

/// The default number of redirects to follow: home pages are often behind one or two.
pub(in crate::cli) const REDIRECTS: u32 = 10;
/// The highest default concurrency, to spare other people's sites.
const CONCURRENCY_MAX: usize = 64;

/// One pass of each backend over live sites.
struct LiveRun {
    sites: Vec<ListedSite>,
    /// Notes on the backends left out.
    left_out: Vec<String>,
    endings: Endings,
}

/// Returns the default limits for a number of live sites and of redirects.
pub(in crate::cli) fn limits(sites: usize, redirects: u32) -> Limits {
    let concurrency = NonZeroUsize::new(sites.min(CONCURRENCY_MAX)).unwrap_or(NonZeroUsize::MIN);
    Limits { redirects, ..Limits::new(concurrency) }
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let sites = args.sites.read().map_err(usage)?;
    let options = args.fetch.options().map_err(usage)?;
    let needs_https = sites.iter().any(|site| site.url.scheme() == "https");
    let (backends, left_out) =
        backends(selected(args)?, args.http, needs_https, &options.headers).map_err(usage)?;
    let entrants = entrants(
        backends,
        &args.fetch.applied_to(limits(sites.len(), REDIRECTS)),
        &options.headers,
    );
    reserve(&entrants, 0)?;
    compare(
        LiveRun { sites, left_out, endings: Endings::default() },
        &entrants,
        &options,
        args.output.quiet,
    )
}

impl SiteSet for LiveRun {
    fn urls(&self) -> Vec<Url> {
        self.sites.iter().map(|site| site.url.clone()).collect()
    }

    fn lines(&self, pass: &Pass) -> Vec<ExampleLine> {
        self.sites.iter().zip(&pass.fetched).map(|(site, fetched)| line(site, fetched)).collect()
    }

    fn observe(&mut self, backend: &str, pass: &Pass) {
        self.endings.add(backend, self.sites.iter().map(|site| &site.url), pass, true);
    }

    fn ideal(&self, _slots: NonZeroUsize) -> Option<Duration> {
        None
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![text::NETWORK_NOTE.to_owned()];
        notes.extend(self.left_out.clone());
        let probe = self.endings.probe(|index| self.sites[index].public_name());
        let differences: Vec<String> =
            probe::differences(&probe).iter().map(|line| visible(line)).collect();
        notes.extend(Some(differences.join("\n")).filter(|lines| !lines.is_empty()));
        notes
    }
}

/// Returns the line of a site. Like the article's, it shows the url that redirects led to; a label
/// from the user's list stays in front.
fn line(site: &ListedSite, fetched: &Fetched) -> ExampleLine {
    let final_url = fetched.final_url.as_deref();
    ExampleLine {
        label: site.label.clone().unwrap_or_else(|| public_url(final_url.unwrap_or(&site.url))),
        led_to: site.label.as_ref().and(final_url).map(public_url),
        ended: fetched.started + fetched.elapsed,
        elapsed: fetched.elapsed,
        status: fetched
            .result
            .as_ref()
            .ok()
            .map(|page| page.status)
            .filter(|status| !(200..300).contains(status)),
        result: match &fetched.result {
            Ok(page) => Ok(page.beginning.text().into_owned()),
            Err(error) => Err(error.to_string()),
        },
    }
}
