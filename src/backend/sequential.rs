//! The executor `sequential`: the calling thread, one fetch after another.

use url::Url;

use super::blocking;
use super::job::{Opened, gather};
use crate::client::BlockingClient;
use crate::fetch::{Fetch, Limits, Options, Pass};

struct Sequential<C>(Opened<C>);

pub(super) fn open<C: BlockingClient>(
    options: &Options,
    limits: &Limits,
) -> anyhow::Result<Box<dyn Fetch>> {
    // The concurrency is still the connection budget: sequential fetches keep a connection to every
    // host too.
    Ok(Box::new(Sequential(Opened::<C>::new(options, limits)?)))
}

impl<C: BlockingClient> Fetch for Sequential<C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        Ok(gather(blocking::work(&self.0.start(urls)?)))
    }
}
