//! The executor smol: an executor on threads of our own, since the global one has as many as the environment says.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Context;
use smol::channel::{self, Sender};
use smol::net::{TcpStream, resolve};
use smol::{Executor, Timer};
use url::Url;

use super::job::Opened;
use super::{Executor as Kind, tasks};
use crate::client::{AsyncClient, Runtime};
use crate::fetch::{Fetch, Limits, Options, Pass};

/// smol's own streams and timers.
pub(super) struct Smol;

impl Runtime for Smol {
    type Stream = TcpStream;
    type Sleep = Timer;

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        resolve((host, port)).await
    }

    fn sleep_until(deadline: Instant) -> Timer {
        Timer::at(deadline)
    }
}

struct Session<C> {
    opened: Opened<C>,
    executor: Arc<Executor<'static>>,
    threads: Vec<JoinHandle<()>>,
    /// Closed when the session ends, and the threads with it.
    running: Sender<()>,
}

pub(super) fn open<C: AsyncClient>(options: &Options, limits: &Limits) -> anyhow::Result<Box<dyn Fetch>> {
    let opened = Opened::<C>::new(options, limits)?;
    let executor = Arc::new(Executor::new());
    let (running, ended) = channel::bounded::<()>(1);
    let start = |number| {
        let (executor, ended) = (Arc::clone(&executor), ended.clone());
        let run = move || {
            // An error says that the session has ended.
            let _ = smol::block_on(executor.run(ended.recv()));
        };
        thread::Builder::new().name(format!("smol-{number}")).spawn(run).context("cannot start a thread of smol")
    };
    let count = options.threads.map(usize::from).or(Kind::Smol.default_threads()).unwrap_or(1);
    let threads = (0..count).map(start).collect::<anyhow::Result<_>>()?;
    Ok(Box::new(Session { opened, executor, threads, running }))
}

impl<C: AsyncClient> Fetch for Session<C> {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let job = Arc::new(self.opened.start(urls)?);
        let workers = (0..job.workers()).map(|_| self.executor.spawn(tasks::work::<Smol, C>(Arc::clone(&job))));
        Ok(tasks::join(workers.collect()))
    }
}

impl<C> Drop for Session<C> {
    fn drop(&mut self) {
        self.running.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
