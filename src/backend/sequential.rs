//! The executor `sequential`: the calling thread, one fetch after another.

use url::Url;

use super::blocking;
use super::job::{Opened, SessionSettings, gather};
use super::options::BackendOptions;
use crate::client::BlockingClient;
use crate::fetch::{Fetch, Pass};

struct Sequential<C>(Opened<C>);

pub(super) fn open<C: BlockingClient>(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    Ok(Box::new(Sequential(Opened::<C>::new(settings)?)))
}

impl<C: BlockingClient> Fetch for Sequential<C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        Ok(gather(blocking::work(&self.0.start(urls)?)))
    }
}
