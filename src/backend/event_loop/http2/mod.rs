//! The executor `loop` over HTTP/2: one connection carries many fetches.
//!
//! All responses that a read finds are taken, then the next requests are added, and one system call
//! sends them.

use mio::Poll;
use url::Url;

use self::links::Links;
use self::pass::StreamPass;
use super::super::job::{Opened, SessionSettings, gather};
use super::super::options::BackendOptions;
use super::SCRATCH_BYTES;
use super::deadlines::FetchDeadlines;
use super::lookup::Lookups;
use crate::client::Protocol;
use crate::client::floor::Floor;
use crate::fetch::{Fetch, Pass};

mod links;
mod pass;

struct Session {
    opened: Opened<Floor>,
    poll: Poll,
    lookups: Lookups,
    links: Links,
    scratch: Box<[u8]>,
}

pub(in crate::backend) fn open(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    let poll = Poll::new()?;
    let budget = settings.limits.max_connections.get();
    let per_origin = match settings.client.protocol {
        Protocol::Http2 { connections } => connections.get(),
        Protocol::Http1 => budget,
    };
    Ok(Box::new(Session {
        lookups: Lookups::new(poll.registry())?,
        links: Links::new(per_origin, budget),
        opened: Opened::new(settings)?,
        poll,
        scratch: vec![0; SCRATCH_BYTES].into(),
    }))
}

impl Fetch for Session {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        if self.opened.is_cold() {
            // The numbers of the origins belong to the client, and a cold pass has a new one.
            self.links.close_all();
        }
        let job = self.opened.start(urls)?;
        let slots = job.workers();
        let mut pass = StreamPass {
            job: &job,
            poll: &mut self.poll,
            lookups: &mut self.lookups,
            links: &mut self.links,
            scratch: &mut self.scratch,
            flights: (0..slots).map(|_| None).collect(),
            free: (0..slots).rev().collect(),
            deadlines: FetchDeadlines::new(slots),
            unfinished: Vec::new(),
            changed: Vec::new(),
            handed_in: Vec::with_capacity(urls.len()),
        };
        pass.fetch_all()?;
        Ok(gather(pass.handed_in))
    }
}
