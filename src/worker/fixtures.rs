//! A worker that fetches nothing, for tests of the protocol.

use std::time::Duration;

use url::Url;

use super::message::Ready;
use crate::fetch::{Fetch, Pass};

/// Fetches nothing. A pass takes a nanosecond for each url.
pub(super) struct Idle;

impl Fetch for Idle {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        Ok(Pass { elapsed: Duration::from_nanos(urls.len() as u64), fetched: Vec::new() })
    }
}

/// Returns its description of itself.
pub(super) fn ready() -> Ready {
    Ready {
        client: "idle".to_owned(),
        executor: "none".to_owned(),
        threads: 1,
        speaks: None,
        opening_ns: None,
    }
}
