//! What is fetched from: the mock server, or the sites of the user's own list.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use url::Url;

use super::cost::Usage;
use super::placement::{Who, placed};
use super::{Plan, Workload};
use crate::scenario::site::Site;
use crate::server::ServerProcess;
use crate::server::witness::Witness;
use crate::worker::Open;

/// Where the sites of a workload are.
#[derive(Debug, Clone)]
pub enum Source {
    /// On the mock server, which loads this: a built-in name or a path.
    Mock(String),
    /// Out there.
    Live(Vec<Url>),
}

/// Live sites are left alone for so long after each pass.
const PAUSE: Duration = Duration::from_secs(1);

/// What is fetched from, while a workload lasts.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Mock(ServerProcess),
    Live(&'a [Url]),
}

impl<'a> Target<'a> {
    /// Starts the server, where there is to be one.
    pub fn start(plan: &Plan, workload: &'a Workload) -> anyhow::Result<Self> {
        match &workload.source {
            Source::Live(urls) => Ok(Self::Live(urls)),
            Source::Mock(name) => {
                let start = || ServerProcess::start(&plan.program, name, workload.time_scale);
                let server = placed(plan.placement, Who::Server, start);
                Ok(Self::Mock(
                    server
                        .with_context(|| format!("cannot compare on {}", workload.scenario.name))?,
                ))
            }
        }
    }

    /// What workers are told to open.
    pub fn order(&self, workload: &Workload) -> Open {
        let limits = &workload.scenario.limits;
        match self {
            Self::Live(urls) => Open::new(urls.iter().map(Url::to_string).collect(), false, limits),
            Self::Mock(server) => {
                let url = |(index, site): (usize, &Site)| {
                    format!("{}/{index}", server.origins()[site.origin])
                };
                let urls = workload.scenario.sites.iter().enumerate().map(url).collect();
                Open { cacert: server.cacert().map(str::to_owned), ..Open::new(urls, true, limits) }
            }
        }
    }

    /// What the server saw since this was last asked. Live sites do not tell.
    pub fn take_witness(&self) -> anyhow::Result<Option<Witness>> {
        match self {
            Self::Live(_) => Ok(None),
            Self::Mock(server) => server.take_witness().map(Some),
        }
    }

    /// What the server has used so far.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Live(_) => None,
            Self::Mock(server) => Usage::of(server.id()),
        }
    }

    /// Leaves live sites alone after a pass, unless the run is to end.
    pub fn rest(&self, plan: &Plan) {
        let Self::Live(_) = self else { return };
        let end = Instant::now() + PAUSE;
        while Instant::now() < end && !plan.is_interrupted() {
            thread::sleep(Duration::from_millis(50));
        }
    }
}
