//! The executor smol: an executor on threads of this program, because the global one has as many
//! threads as the environment sets.

use std::cell::OnceCell;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Context;
use smol::channel::{self, Receiver, Sender};
use smol::net::{TcpStream, resolve};
use smol::{Executor, Timer};

use super::executor::{AsyncExecutor, Executor as Kind};
use crate::client::Runtime;

/// The streams and timers of smol, and the threads of one session.
pub(super) struct Smol {
    executor: Arc<Executor<'static>>,
    threads: Vec<JoinHandle<()>>,
    /// Closed when the session ends, which ends the threads.
    running: Sender<()>,
}

thread_local! {
    /// The executor that runs on this thread.
    static EXECUTOR: OnceCell<Arc<Executor<'static>>> = const { OnceCell::new() };
}

impl Runtime for Smol {
    type Stream = TcpStream;

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        resolve((host, port)).await
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        EXECUTOR.with(|executor| {
            if let Some(executor) = executor.get() {
                executor.spawn(task).detach();
            }
        });
    }
}

impl AsyncExecutor for Smol {
    const EXECUTOR: Kind = Kind::Smol;

    type Sleep = Timer;

    fn start(threads: NonZeroUsize) -> anyhow::Result<Self> {
        let executor = Arc::new(Executor::new());
        let (running, ended) = channel::bounded::<()>(1);
        let threads = (0..threads.get())
            .map(|number| start_thread(number, Arc::clone(&executor), ended.clone()))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { executor, threads, running })
    }

    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        self.executor.spawn(task)
    }

    fn sleep_until(deadline: Instant) -> Timer {
        Timer::at(deadline)
    }
}

/// Starts a thread that runs tasks until the session ends.
fn start_thread(
    number: usize,
    executor: Arc<Executor<'static>>,
    ended: Receiver<()>,
) -> anyhow::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(format!("smol-{number}"))
        .spawn(move || {
            EXECUTOR.with(|current| drop(current.set(Arc::clone(&executor))));
            // An error means that the session has ended.
            let _ = smol::block_on(executor.run(ended.recv()));
        })
        .context("cannot start a thread of smol")
}

impl Drop for Smol {
    fn drop(&mut self) {
        self.running.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
