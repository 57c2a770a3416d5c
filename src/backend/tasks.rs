//! What a task does: takes the next site, fetches it before its deadline, until none is left.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use futures_lite::FutureExt;
use futures_lite::future::block_on;

use super::job::{Errand, Job, gather};
use crate::answer::{Page, Received};
use crate::client::{AsyncClient, Runtime};
use crate::error::FetchError;
use crate::fetch::{Fetched, Pass};

/// Works on a pass until no site is left.
pub(super) async fn work<R: Runtime, C: AsyncClient>(job: Arc<Job<C>>) -> Vec<(usize, Fetched)> {
    let mut handed_in = Vec::new();
    let mut alarm = Alarm::<R> { sleep: None };
    while let Some(mut errand) = job.take() {
        let deadline = errand.deadline();
        // Some clients panic over some answers: that costs the one fetch. What was in use is dropped with it.
        let fetched = AssertUnwindSafe(fetch(&job, &mut errand)).catch_unwind();
        let result = match alarm.before(deadline, fetched).await {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(FetchError::crashed()),
            None => Err(FetchError::timeout(job.limits.deadline)),
        };
        handed_in.push(errand.end(result));
    }
    handed_in
}

/// Waits for the workers of a pass and puts together what they hand in.
///
/// Not by a runtime's own `block_on`, which would make this thread one more that does the work.
pub(super) fn join<T>(workers: Vec<T>) -> Pass
where
    T: Future<Output = Vec<(usize, Fetched)>>,
{
    gather(block_on(async {
        let mut handed_in = Vec::new();
        for worker in workers {
            handed_in.extend(worker.await);
        }
        handed_in
    }))
}

async fn fetch<C: AsyncClient>(job: &Job<C>, errand: &mut Errand<'_, C>) -> Result<Page, FetchError> {
    loop {
        let mut body = Received::new(job.limits.max_body);
        let head = job.client.get(errand.target()?, &mut body).await?;
        if !errand.follow(&head)? {
            return body.finish(&head);
        }
    }
}

/// The deadlines of one worker's fetches, one after another.
///
/// To set a timer for every fetch would cost a system call each: the reactor has to be woken to hear of it. But each
/// fetch has the same time, so a timer that was set for an earlier one goes off before the deadline of this one: only
/// then is it set anew.
struct Alarm<R: Runtime> {
    sleep: Option<R::Sleep>,
}

impl<R: Runtime> Alarm<R> {
    /// Does `work` until `deadline`, and drops it then.
    async fn before<T>(&mut self, deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            loop {
                let sleep = self.sleep.get_or_insert_with(|| R::sleep_until(deadline));
                if Pin::new(sleep).poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
                if Instant::now() >= deadline {
                    return Poll::Ready(None);
                }
            }
        })
        .await
    }
}
