//! The executor tokio: one runtime per session.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use anyhow::Context;
use async_channel::{self as channel, Sender};
use tokio::net::{TcpStream, lookup_host};
use tokio::runtime::{Builder, Handle, Runtime as TokioRuntime};
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep_until};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::executor::{AsyncExecutor, Executor};
use crate::client::Runtime;

/// The streams and timers of tokio, and the runtime of one session.
pub(super) struct Tokio {
    handle: Handle,
    /// Keeps the runtime going until the session ends.
    _threads: Threads,
}

enum Threads {
    /// The multi-thread scheduler.
    Many { _runtime: TokioRuntime },
    /// The current-thread scheduler, on a separate thread, so that the thread that waits for a pass
    /// does none of the work here either. With a single worker, the multi-thread scheduler would
    /// pay for stealing that it cannot do.
    One { running: Sender<()>, thread: Option<JoinHandle<()>> },
}

impl Runtime for Tokio {
    type Stream = Compat<TcpStream>;

    async fn connect(address: SocketAddr) -> io::Result<Self::Stream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream.compat())
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }
}

impl AsyncExecutor for Tokio {
    const EXECUTOR: Executor = Executor::Tokio;

    // A task that reads without pause uses up its budget, and tokio charges its timers to the same
    // budget: the deadline would never fire.
    type Sleep = Unconstrained<Pin<Box<Sleep>>>;

    fn start(threads: NonZeroUsize) -> anyhow::Result<Self> {
        let one = threads == NonZeroUsize::MIN;
        let mut builder =
            if one { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        if !one {
            builder.worker_threads(threads.get()).thread_name("tokio");
        }
        let runtime = builder.enable_io().enable_time().build().context("cannot start tokio")?;
        let handle = runtime.handle().clone();
        let threads =
            if one { Threads::one(runtime)? } else { Threads::Many { _runtime: runtime } };
        Ok(Self { handle, _threads: threads })
    }

    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let task = self.handle.spawn(task);
        async { task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) }
    }

    fn sleep_until(deadline: Instant) -> Self::Sleep {
        unconstrained(Box::pin(sleep_until(deadline.into())))
    }
}

impl Threads {
    fn one(runtime: TokioRuntime) -> anyhow::Result<Self> {
        let (running, ended) = channel::bounded::<()>(1);
        let thread = thread::Builder::new()
            .name("tokio".to_owned())
            .spawn(move || {
                // An error means that the session has ended.
                let _ = runtime.block_on(ended.recv());
            })
            .context("cannot start tokio's thread")?;
        Ok(Self::One { running, thread: Some(thread) })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Self::One { running, thread } = self {
            running.close();
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}
