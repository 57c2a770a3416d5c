//! Sessions on all executors of tasks, and how the fetches of a pass become tasks.

use std::future::Future;
use std::sync::Arc;

use async_lock::Semaphore;
use futures_lite::future::block_on;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use url::Url;

use super::executor::{AsyncExecutor, cores};
use super::job::{Job, Opened, SessionSettings, gather};
use super::options::{BackendOptions, Spawning};
use super::tasks::{HandedIn, work, work_once};
use crate::client::AsyncClient;
use crate::fetch::{Fetch, Limits, Pass};

/// An open executor and client.
struct Session<E, C> {
    executor: Arc<E>,
    opened: Opened<C>,
    spawning: Spawning,
}

/// Opens a session, with one thread per core unless the options set a number.
pub(super) fn open<E: AsyncExecutor, C: AsyncClient>(
    options: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    let threads = options.threads.unwrap_or_else(cores);
    let executor = Arc::new(E::start(threads)?);
    let max_connections = E::share_of_connections(settings.limits.max_connections, threads);
    let limits = Limits { max_connections, ..settings.limits };
    let opened = Opened::<C>::new(SessionSettings { limits, ..settings })?;
    Ok(Box::new(Session { executor, opened, spawning: options.spawning }))
}

impl<E: AsyncExecutor, C: AsyncClient> Fetch for Session<E, C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let job = Arc::new(self.opened.start(urls)?);
        // The session keeps its own reference, so the executor is never dropped on one of its
        // threads.
        let (executor, spawning) = (Arc::clone(&self.executor), self.spawning);
        // One task spawns the others. While the current-thread scheduler of tokio has work, it
        // looks only now and then for tasks from other threads: of 256 workers spawned from here,
        // no more than 124 were ever at work.
        let pass = self.executor.spawn(async move {
            match spawning {
                Spawning::Workers => workers(&*executor, &job).await,
                Spawning::PerSite => per_site(&*executor, &job).await,
                Spawning::OneTask => one_task::<E, C>(&job).await,
            }
        });
        // Not the `block_on` of a runtime, which would make this thread one more worker.
        Ok(gather(block_on(pass)))
    }
}

async fn workers<E: AsyncExecutor, C: AsyncClient>(executor: &E, job: &Arc<Job<C>>) -> HandedIn {
    join((0..job.workers()).map(|_| executor.spawn(work::<E, C>(Arc::clone(job)))).collect()).await
}

async fn per_site<E: AsyncExecutor, C: AsyncClient>(executor: &E, job: &Arc<Job<C>>) -> HandedIn {
    let permits = Arc::new(Semaphore::new(job.workers()));
    let tasks = (0..job.sites())
        .map(|_| executor.spawn(work_permitted::<E, C>(Arc::clone(job), Arc::clone(&permits))));
    join(tasks.collect()).await
}

/// Waits for a permit, then fetches the next site.
async fn work_permitted<E: AsyncExecutor, C: AsyncClient>(
    job: Arc<Job<C>>,
    permits: Arc<Semaphore>,
) -> HandedIn {
    let _permit = permits.acquire().await;
    work_once::<E, C>(job).await
}

async fn one_task<E: AsyncExecutor, C: AsyncClient>(job: &Arc<Job<C>>) -> HandedIn {
    let workers: FuturesUnordered<_> =
        (0..job.workers()).map(|_| work::<E, C>(Arc::clone(job))).collect();
    workers.concat().await
}

async fn join(tasks: Vec<impl Future<Output = HandedIn>>) -> HandedIn {
    let mut handed_in = Vec::new();
    for task in tasks {
        handed_in.extend(task.await);
    }
    handed_in
}
