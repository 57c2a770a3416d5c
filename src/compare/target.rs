//! The target of fetches: the mock server, or the live sites of the user's list.

use std::ffi::OsString;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use url::Url;

use super::cost::Usage;
use super::placement::{Role, placed};
use super::{LiveSites, Plan, Workload};
use crate::fetch::Connections;
use crate::link::{Link, WirePhases};
use crate::scenario::Scenario;
use crate::server::ServerProcess;
use crate::server::witness::Witness;
use crate::worker::OpenOrder;

/// The pause after each pass over live sites.
const PAUSE: Duration = Duration::from_secs(1);

/// The target of fetches during a workload.
#[derive(Debug)]
pub(super) enum WorkloadTarget<'a> {
    Mock { server: Box<ServerProcess>, scenario: &'a Scenario },
    Live(&'a LiveSites),
}

impl<'a> WorkloadTarget<'a> {
    /// Starts the server, unless the sites are live.
    pub fn start(plan: &Plan, workload: &'a Workload) -> anyhow::Result<Self> {
        match workload {
            Workload::Live(live) => Ok(Self::Live(live)),
            Workload::Mock { name_or_path, scenario, time_scale } => {
                let server = placed(plan.placement, Role::Server, || match &scenario.network {
                    None => ServerProcess::start(&plan.program, name_or_path, *time_scale),
                    Some(network) => {
                        let link = Arc::new(Link::start(&plan.program, network)?);
                        ServerProcess::start_across(link, &plan.program, name_or_path)
                    }
                });
                let server =
                    server.with_context(|| format!("cannot compare on {}", scenario.name))?;
                Ok(Self::Mock { server: Box::new(server), scenario })
            }
        }
    }

    /// Returns the order to open a session, which is sent to workers.
    pub fn order(&self) -> OpenOrder {
        match self {
            Self::Live(live) => {
                OpenOrder::new(live.urls().map(Url::to_string).collect(), false, &live.limits)
            }
            Self::Mock { server, scenario } => {
                let sites = 0..scenario.sites.len();
                let urls = sites.map(|site| scenario.site_url(server.origins(), site));
                let mut limits = scenario.limits.clone();
                if scenario.fresh_session {
                    // A fresh session has no connections, and a cold pass would replace its client.
                    limits.connections = Connections::Warm;
                }
                OpenOrder {
                    cacert: server.cacert().map(str::to_owned),
                    ..OpenOrder::new(urls.collect(), true, &limits)
                }
            }
        }
    }

    /// Returns the server's counters and resets them; `None` for live sites.
    pub fn take_witness(&self) -> anyhow::Result<Option<Witness>> {
        match self {
            Self::Live(_) => Ok(None),
            Self::Mock { server, .. } => server.take_witness().map(Some),
        }
    }

    /// Returns the phases that the link saw since they were last taken, and resets them; `None`
    /// without a link.
    pub fn take_phases(&self) -> anyhow::Result<Option<WirePhases>> {
        let Self::Mock { server, .. } = self else { return Ok(None) };
        server.link().map(Link::take_phases).transpose()
    }

    /// Lets the link, if there is one, rest until the next pass. Otherwise it would busy-poll on the
    /// core of the other workloads' links.
    pub fn rest_link(&self) -> anyhow::Result<()> {
        match self {
            Self::Live(_) => Ok(()),
            Self::Mock { server, .. } => server.link().map_or(Ok(()), Link::rest),
        }
    }

    /// Returns the command line that starts a worker where it reaches the sites.
    pub fn worker_command(&self, command: &[OsString]) -> Vec<OsString> {
        match self {
            Self::Live(_) => command.to_vec(),
            Self::Mock { server, .. } => server.client_command(command),
        }
    }

    /// Returns the resources that the server and its link have used so far; `None` for live sites.
    pub fn whole_usage(&self) -> Option<Usage> {
        let Self::Mock { server, .. } = self else { return None };
        let usage = Usage::read(server.id())?;
        match server.link() {
            None => Some(usage),
            Some(link) => Some(usage.with(Usage::read(link.id())?)),
        }
    }

    /// Returns the resources that the server has used so far; `None` for live sites.
    pub fn usage(&self) -> Option<Usage> {
        match self {
            Self::Live(_) => None,
            Self::Mock { server, .. } => Usage::read(server.id()),
        }
    }

    /// Pauses after a pass over live sites, unless the run is interrupted.
    pub fn rest(&self, plan: &Plan) {
        let Self::Live(_) = self else { return };
        let end = Instant::now() + PAUSE;
        while Instant::now() < end && !plan.is_interrupted() {
            thread::sleep(Duration::from_millis(50));
        }
    }
}
