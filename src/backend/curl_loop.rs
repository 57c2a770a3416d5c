//! The event loop of curl's multi interface, on the calling thread.

use std::time::{Duration, Instant};

use curl::easy::Easy2;
use curl::multi::{Easy2Handle, Multi};
use slab::Slab;
use url::Url;

use super::job::{Fetching, Job, Opened, SessionSettings, gather};
use super::options::BackendOptions;
use super::tasks::HandedIn;
use crate::client::curl_multi::{CurlMulti, Transfer};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Fetch, Pass};

/// The longest sleep of the loop. curl wakes it sooner for any event that it waits for.
const NAP: Duration = Duration::from_secs(1);

struct Session {
    opened: Opened<CurlMulti>,
    multi: Multi,
    idle: Vec<Easy2<Transfer>>,
}

pub(super) fn open(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    let opened = Opened::<CurlMulti>::new(settings)?;
    let multi = opened.client().multi()?;
    Ok(Box::new(Session { opened, multi, idle: Vec::new() }))
}

impl Fetch for Session {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        if self.opened.is_cold() {
            self.multi = self.opened.client().multi()?;
        }
        let job = self.opened.start(urls)?;
        let mut flights = Flights {
            job: &job,
            multi: &self.multi,
            idle: &mut self.idle,
            flying: Slab::with_capacity(job.workers()),
            handed_in: Vec::with_capacity(urls.len()),
        };
        flights.run()?;
        Ok(gather(flights.handed_in))
    }
}

/// A pass in progress.
struct Flights<'a> {
    job: &'a Job<CurlMulti>,
    multi: &'a Multi,
    idle: &'a mut Vec<Easy2<Transfer>>,
    flying: Slab<(Easy2Handle<Transfer>, Fetching<'a, CurlMulti>)>,
    handed_in: HandedIn,
}

impl<'a> Flights<'a> {
    fn run(&mut self) -> anyhow::Result<()> {
        loop {
            while self.flying.len() < self.job.workers()
                && let Some(fetching) = self.job.take()
            {
                self.launch(fetching);
            }
            if self.flying.is_empty() {
                return Ok(());
            }
            self.multi.perform()?;
            let landed = self.landed();
            if landed.is_empty() {
                self.multi.poll(&mut [], NAP)?;
            }
            for (key, result) in landed {
                self.land(key, result)?;
            }
        }
    }

    /// Begins a transfer, or ends the fetch with the reason why it cannot begin.
    fn launch(&mut self, fetching: Fetching<'a, CurlMulti>) {
        match self.begin(&fetching) {
            Ok(mut handle) => {
                let entry = self.flying.vacant_entry();
                // Cannot fail: a handle always has room for a number.
                let _ = handle.set_token(entry.key());
                entry.insert((handle, fetching));
            }
            Err(error) => self.handed_in.push(fetching.end(Err(error))),
        }
    }

    fn begin(
        &mut self,
        fetching: &Fetching<'a, CurlMulti>,
    ) -> Result<Easy2Handle<Transfer>, FetchError> {
        let target = fetching.target()?;
        let client = &self.job.client;
        let mut easy = self.idle.pop().map_or_else(|| client.handle(), Ok)?;
        client.prepare(
            &mut easy,
            target,
            fetching.deadline().saturating_duration_since(Instant::now()),
        )?;
        self.multi
            .add2(easy)
            .map_err(|error| FetchError::new(ErrorClass::LocalLimit, error.to_string()))
    }

    /// Returns the transfers that have ended.
    fn landed(&self) -> Vec<(usize, Result<(), curl::Error>)> {
        let mut landed = Vec::new();
        self.multi.messages(|message| {
            if let Ok(key) = message.token()
                && let Some((handle, _)) = self.flying.get(key)
                && let Some(result) = message.result_for2(handle)
            {
                landed.push((key, result));
            }
        });
        landed
    }

    /// Ends a fetch with the result of its transfer, or begins the next transfer after a redirect.
    fn land(&mut self, key: usize, result: Result<(), curl::Error>) -> anyhow::Result<()> {
        let (handle, mut fetching) = self.flying.remove(key);
        let mut easy = self.multi.remove2(handle)?;
        let finished = self.job.client.finish(&mut easy, result);
        self.idle.push(easy);
        let page = finished.and_then(|(head, body)| match fetching.follow(&head)? {
            true => Ok(None),
            false => body.finish(&head).map(Some),
        });
        match page.transpose() {
            Some(page) => self.handed_in.push(fetching.end(page)),
            None => self.launch(fetching),
        }
        Ok(())
    }
}
