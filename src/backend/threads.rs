//! The executor `threads`: blocking threads, as many as the concurrency, started with the session.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use anyhow::{Context, anyhow};
use url::Url;

use super::blocking;
use super::job::{Job, Opened, SessionSettings, gather};
use super::options::BackendOptions;
use crate::client::BlockingClient;
use crate::fetch::{Fetch, Fetched, Pass};

/// A pass to work on, and the channel for its results.
type Order<C> = (Arc<Job<C>>, Sender<Vec<(usize, Fetched)>>);

struct Threads<C: BlockingClient> {
    opened: Opened<C>,
    threads: Vec<Thread<C>>,
}

/// A thread that waits for orders. It ends when its sender is dropped.
struct Thread<C: BlockingClient> {
    orders: Sender<Order<C>>,
    handle: JoinHandle<()>,
}

pub(super) fn open<C: BlockingClient>(
    _: &BackendOptions,
    settings: SessionSettings,
) -> anyhow::Result<Box<dyn Fetch>> {
    let threads = 0..settings.limits.concurrency.get();
    let opened = Opened::<C>::new(settings)?;
    let threads = threads.map(Thread::start).collect::<anyhow::Result<_>>()?;
    Ok(Box::new(Threads { opened, threads }))
}

impl<C: BlockingClient> Thread<C> {
    fn start(number: usize) -> anyhow::Result<Self> {
        let (orders, inbox): (_, Receiver<Order<C>>) = mpsc::channel();
        let handle = thread::Builder::new()
            .name(format!("fetch-{number}"))
            .spawn(move || {
                for (job, results) in inbox {
                    // The session waits for this. If it is gone, the results are not needed.
                    let _ = results.send(blocking::work(&job));
                }
            })
            .with_context(|| format!("cannot start thread {}: lower --concurrency", number + 1))?;
        Ok(Self { orders, handle })
    }
}

impl<C: BlockingClient> Fetch for Threads<C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let job = Arc::new(self.opened.start(urls)?);
        let (sender, results) = mpsc::channel();
        for thread in &self.threads[..job.workers()] {
            let order = (Arc::clone(&job), sender.clone());
            thread
                .orders
                .send(order)
                .map_err(|_| anyhow!("a thread has died: open the session anew"))?;
        }
        drop(sender);
        let handed_in: Vec<_> = results.into_iter().flatten().collect();
        if handed_in.len() < urls.len() {
            return Err(anyhow!(
                "a thread died and took {} results with it",
                urls.len() - handed_in.len()
            ));
        }
        Ok(gather(handed_in))
    }
}

impl<C: BlockingClient> Drop for Threads<C> {
    fn drop(&mut self) {
        for Thread { orders, handle } in self.threads.drain(..) {
            drop(orders);
            let _ = handle.join();
        }
    }
}
