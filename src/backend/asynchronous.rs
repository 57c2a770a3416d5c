//! What all executors of tasks have in common: a session, and how the fetches of a pass become tasks.

use std::future::Future;
use std::sync::Arc;

use futures_lite::future::block_on;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smol::lock::Semaphore;
use url::Url;

use super::executor::{AsyncExecutor, cores};
use super::job::{Job, Opened, gather};
use super::tasks::{HandedIn, work, work_once};
use crate::client::AsyncClient;
use crate::fetch::{Fetch, Limits, Options, Pass, Spawning};

/// An open executor and client.
struct Session<E, C> {
    executor: E,
    opened: Opened<C>,
    spawning: Spawning,
}

/// Opens a session, on a thread per core unless the options say otherwise.
pub(super) fn open<E: AsyncExecutor, C: AsyncClient>(
    options: &Options,
    limits: &Limits,
) -> anyhow::Result<Box<dyn Fetch>> {
    let threads = options.threads.unwrap_or_else(cores);
    let executor = E::start(threads)?;
    let options = Options { threads: Some(threads), ..options.clone() };
    Ok(Box::new(Session { executor, opened: Opened::<C>::new(&options, limits)?, spawning: options.spawning }))
}

impl<E: AsyncExecutor, C: AsyncClient> Fetch for Session<E, C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let job = Arc::new(self.opened.start(urls)?);
        Ok(gather(match self.spawning {
            Spawning::Workers => self.workers(&job),
            Spawning::PerSite => self.per_site(&job),
            Spawning::OneTask => self.one_task(&job),
        }))
    }
}

impl<E: AsyncExecutor, C: AsyncClient> Session<E, C> {
    fn workers(&self, job: &Arc<Job<C>>) -> HandedIn {
        join((0..job.workers()).map(|_| self.executor.spawn(work::<E, C>(Arc::clone(job)))).collect())
    }

    fn per_site(&self, job: &Arc<Job<C>>) -> HandedIn {
        let permits = Arc::new(Semaphore::new(job.workers()));
        let task = |_| {
            let (job, permits) = (Arc::clone(job), Arc::clone(&permits));
            self.executor.spawn(async move {
                let _permit = permits.acquire().await;
                work_once::<E, C>(job).await
            })
        };
        join((0..job.sites()).map(task).collect())
    }

    fn one_task(&self, job: &Arc<Job<C>>) -> HandedIn {
        let job = Arc::clone(job);
        let task = async move {
            let workers: FuturesUnordered<_> = (0..job.workers()).map(|_| work::<E, C>(Arc::clone(&job))).collect();
            workers.concat().await
        };
        join(vec![self.executor.spawn(task)])
    }
}

/// Waits for the tasks of a pass.
///
/// Not by a runtime's own `block_on`, which would make this thread one more that does the work.
fn join(tasks: Vec<impl Future<Output = HandedIn>>) -> HandedIn {
    block_on(async {
        let mut handed_in = Vec::new();
        for task in tasks {
            handed_in.extend(task.await);
        }
        handed_in
    })
}
