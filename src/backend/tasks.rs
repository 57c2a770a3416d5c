//! The work of a task: takes the next site and fetches it before its deadline, until none is left.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use super::executor::AsyncExecutor;
use super::job::{Fetching, Job};
use crate::client::AsyncClient;
use crate::fetch::Fetched;
use crate::fetch::answer::{Page, Received};
use crate::fetch::error::FetchError;

/// The results of a task: its fetches, each with the index of its url.
pub(super) type HandedIn = Vec<(usize, Fetched)>;

/// Fetches the sites of a pass until none is left.
pub(super) async fn work<E: AsyncExecutor, C: AsyncClient>(job: Arc<Job<C>>) -> HandedIn {
    let mut handed_in = Vec::with_capacity(job.sites().div_ceil(job.workers()));
    let mut alarm = Alarm::<E> { sleep: None };
    while let Some(fetching) = job.take() {
        handed_in.push(run(&job, fetching, &mut alarm).await);
    }
    handed_in
}

/// Fetches the next site of a pass only.
pub(super) async fn work_once<E: AsyncExecutor, C: AsyncClient>(job: Arc<Job<C>>) -> HandedIn {
    match job.take() {
        Some(fetching) => vec![run(&job, fetching, &mut Alarm::<E> { sleep: None }).await],
        None => Vec::new(),
    }
}

async fn run<E: AsyncExecutor, C: AsyncClient>(
    job: &Job<C>,
    mut fetching: Fetching<'_, C>,
    alarm: &mut Alarm<E>,
) -> (usize, Fetched) {
    let deadline = fetching.deadline();
    let result = {
        // Pinned where it is created, because such a future is large and would be copied wherever
        // it is passed on.
        let fetched = pin!(fetch(job, &mut fetching));
        alarm
            .before(deadline, fetched)
            .await
            .unwrap_or_else(|| Err(FetchError::timeout(job.limits.deadline)))
    };
    fetching.end(result)
}

async fn fetch<C: AsyncClient>(
    job: &Job<C>,
    fetching: &mut Fetching<'_, C>,
) -> Result<Page, FetchError> {
    loop {
        let mut body = Received::new(job.limits.max_body);
        let head = job.client.get(fetching.target()?, &mut body).await?;
        if !fetching.follow(&head)? {
            return body.finish(&head);
        }
    }
}

/// The deadlines of one worker's fetches, one after another.
///
/// A timer per fetch would cost a system call each, because the reactor has to be woken for it. But
/// all fetches have the same time, so the timer of an earlier fetch fires before the deadline of
/// this one. Only then is it set again.
struct Alarm<E: AsyncExecutor> {
    sleep: Option<E::Sleep>,
}

impl<E: AsyncExecutor> Alarm<E> {
    /// Does `work` until it completes or panics. Returns `None` if `deadline` passes first; the
    /// caller then drops the work.
    ///
    /// Some clients panic over some answers. That costs one fetch: everything that it used is
    /// dropped with it.
    async fn before(
        &mut self,
        deadline: Instant,
        mut work: Pin<&mut impl Future<Output = Result<Page, FetchError>>>,
    ) -> Option<Result<Page, FetchError>> {
        poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
            if let Poll::Ready(result) =
                polled.unwrap_or_else(|_| Poll::Ready(Err(FetchError::crashed())))
            {
                return Poll::Ready(Some(result));
            }
            loop {
                let sleep = self.sleep.get_or_insert_with(|| E::sleep_until(deadline));
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
