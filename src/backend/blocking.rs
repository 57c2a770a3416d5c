//! The work of a thread: takes the next site and fetches it, until none is left.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::job::{Fetching, Job};
use crate::client::BlockingClient;
use crate::fetch::Fetched;
use crate::fetch::answer::{Page, Received};
use crate::fetch::error::FetchError;

/// Fetches the sites of a pass until none is left.
pub(super) fn work<C: BlockingClient>(job: &Job<C>) -> Vec<(usize, Fetched)> {
    let mut handed_in = Vec::new();
    while let Some(mut fetching) = job.take() {
        // A client that panics over an answer costs one fetch, not the thread.
        let fetched = catch_unwind(AssertUnwindSafe(|| fetch(job, &mut fetching)));
        let result = fetched.unwrap_or_else(|_| Err(FetchError::crashed()));
        handed_in.push(fetching.end(result));
    }
    handed_in
}

fn fetch<C: BlockingClient>(
    job: &Job<C>,
    fetching: &mut Fetching<'_, C>,
) -> Result<Page, FetchError> {
    loop {
        let mut body = Received::new(job.limits.max_body);
        let head = job.client.get(fetching.target()?, fetching.deadline(), &mut body)?;
        if !fetching.follow(&head)? {
            return body.finish(&head);
        }
    }
}
