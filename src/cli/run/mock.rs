//! `fetchbench run` on a scenario, against the mock server.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use url::Url;

use super::args::RunArgs;
use super::entrants::{Entrant, backends, entrants, http2_entrants, reserve, selected};
use super::passes::{SiteSet, compare};
use crate::backend::open_fake;
use crate::cli::program::this_program;
use crate::cli::{net, usage};
use crate::client::UserOptions;
use crate::fetch::answer::Page;
use crate::fetch::origin::Origin;
use crate::fetch::{Fetch, Fetched, Pass, Progress};
use crate::render::numbers;
use crate::report::text::{self, ExampleLine};
use crate::scenario::Scenario;
use crate::scenario::network::Network;
use crate::scenario::versions::HttpVersions;
use crate::server::{Announcement, ServerProcess};

/// The visit that every backend makes, so that all meet the same delays. Each opens a new session,
/// so it cannot take an answer of an earlier visit for this one.
const VISIT: u64 = 0;

/// The article's scenario.
const ARTICLE: &str = "article";

/// One pass of each backend over a scenario, from its server.
struct MockRun {
    scenario: Arc<Scenario>,
    /// The factor on its delays.
    time_scale: f64,
    server: RunServer,
    is_article: bool,
    /// Notes on the backends left out.
    left_out: Vec<String>,
}

/// The server of a run.
struct RunServer {
    announcement: Announcement,
    origins: Vec<Origin>,
    /// Its process, unless another program started it.
    _process: Option<ServerProcess>,
}

impl RunServer {
    fn start(scenario: &str, time_scale: f64) -> anyhow::Result<Self> {
        let process = ServerProcess::start(&this_program()?, scenario, time_scale)?;
        let announcement = process.announcement().clone();
        Ok(Self { origins: announcement.origins()?, announcement, _process: Some(process) })
    }

    /// Returns the server that a file announces.
    fn elsewhere(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let announcement: Announcement = serde_json::from_slice(&text)?;
        Ok(Self { origins: announcement.origins()?, announcement, _process: None })
    }
}

/// Runs this command line again at the clients' end of a link.
fn run_at_distance(network: &Network, scenario: &str) -> anyhow::Result<ExitCode> {
    net::run_across(network, scenario, |announced| {
        let own = std::env::args_os().skip(1);
        let served = ["--served-by".into(), announced.as_os_str().to_owned()];
        let program = this_program()?.into_os_string();
        Ok(std::iter::once(program).chain(own).chain(served).collect())
    })
}

impl MockRun {
    fn line(&self, (site, fetched): (usize, &Fetched)) -> ExampleLine {
        ExampleLine {
            label: self.scenario.sites[site].label.clone(),
            led_to: None,
            ended: fetched.started + fetched.elapsed,
            elapsed: fetched.elapsed,
            // Any other than the programmed one is a wrong answer.
            status: None,
            result: fetched.result.as_ref().map_err(ToString::to_string).and_then(|page| {
                checked(&self.scenario, site, VISIT, page)?;
                Ok(page.beginning.text().into_owned())
            }),
        }
    }
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let name = args.scenario.as_deref().unwrap_or(ARTICLE);
    let scenario = Scenario::load(name).map_err(usage)?.over(args.network);
    let time_scale = scenario.time_scale(args.time_scale, 1.0).map_err(usage)?;
    let scenario = Arc::new(scenario.time_scaled(time_scale));
    let mut options = args.fetch.options().map_err(usage)?;
    // Backends that are not named speak what the server does.
    let only_http2 = scenario.http.versions == HttpVersions::Http2;
    let http = args.http.or(only_http2.then_some(HttpVersions::Http2));
    let (backends, left_out) =
        backends(selected(args)?, http, scenario.needs_https(), &options.headers).map_err(usage)?;
    let limits = args.fetch.applied_to(scenario.limits.clone());
    let entrants = match only_http2 {
        true => http2_entrants(backends, &limits),
        false => entrants(backends, &limits, &options.headers),
    };
    reserve(&entrants, scenario.origins.len())?;

    let server = match (&scenario.network, &args.served_by) {
        (Some(network), None) => return run_at_distance(network, name),
        (_, Some(file)) => RunServer::elsewhere(file)?,
        (None, None) => RunServer::start(name, time_scale)?,
    };
    options.roots = options.roots.or(server.announcement.roots()?);
    compare(
        MockRun { scenario, time_scale, server, is_article: name == ARTICLE, left_out },
        &entrants,
        &options,
        args.output.quiet,
    )
}

impl SiteSet for MockRun {
    fn urls(&self) -> Vec<Url> {
        self.scenario.urls(&self.server.origins, VISIT)
    }

    fn lines(&self, pass: &Pass) -> Vec<ExampleLine> {
        pass.fetched.iter().enumerate().map(|fetched| self.line(fetched)).collect()
    }

    fn ideal(&self, slots: NonZeroUsize) -> Option<Duration> {
        self.scenario.has_ideal().then(|| self.scenario.first_ideal(VISIT, slots))
    }

    fn open(
        &self,
        entrant: &Entrant,
        user: &UserOptions,
        progress: &Progress,
    ) -> anyhow::Result<Box<dyn Fetch>> {
        if !entrant.backend.is_fake() {
            return entrant.backend.open(user, &entrant.limits, progress);
        }
        let scenario = Arc::clone(&self.scenario);
        let script = Box::new(move |url: &Url| scenario.programmed(url));
        Ok(open_fake(script, &entrant.limits, progress))
    }

    fn notes(&self) -> Vec<String> {
        let article = self.is_article.then(|| text::ARTICLE_NOTE.to_owned());
        let scale = numbers::time_scale(self.time_scale);
        let served = format!("The mock server on this machine answered{scale}.");
        [served, text::ONE_PASS_NOTE.to_owned()]
            .into_iter()
            .chain(article)
            .chain(self.left_out.clone())
            .collect()
    }
}

fn checked(scenario: &Scenario, site: usize, visit: u64, page: &Page) -> Result<(), String> {
    scenario.judge(site, visit, page).map_err(|wrong| format!("wrong-answer: {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_answers_are_wrong() {
        let article = Scenario::load(ARTICLE).unwrap();
        let (expected, stale) = (article.page(0, 1), article.page(0, 0));
        assert_eq!(checked(&article, 0, 1, &expected), Ok(()));
        let problem = checked(&article, 0, 1, &stale).unwrap_err();
        assert!(
            problem.starts_with("wrong-answer: expected status 200, 50000 bytes, crc32 "),
            "{problem}"
        );
    }
}
