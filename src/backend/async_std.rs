//! The executor async-std: its one global runtime.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::bail;
use async_global_executor::GlobalExecutorConfig;
use async_std::net::{TcpStream, ToSocketAddrs};
use async_std::task;

use super::executor::{AsyncExecutor, Executor};
use crate::client::Runtime;

/// The streams of async-std. It has no timer that can be kept, but it runs on the reactor of smol.
pub(super) struct AsyncStd;

impl Runtime for AsyncStd {
    type Stream = TcpStream;

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs().await?.collect())
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        task::spawn(task);
    }
}

/// The number of threads of this process's runtime, which cannot be started again.
static THREADS: OnceLock<NonZeroUsize> = OnceLock::new();

impl AsyncExecutor for AsyncStd {
    const EXECUTOR: Executor = Executor::AsyncStd;

    type Sleep = async_io::Timer;

    /// Starts the runtime. Otherwise async-std would start it at its first task, with as many
    /// threads as the environment or the machine sets.
    fn start(threads: NonZeroUsize) -> anyhow::Result<Self> {
        let started = *THREADS.get_or_init(|| {
            // An environment variable would override the backend's threads. No variable has an
            // empty name.
            let config = GlobalExecutorConfig::default()
                .with_env_var("")
                .with_min_threads(threads.get())
                .with_max_threads(threads.get())
                .with_thread_name_fn(|| "async-std".to_owned());
            async_global_executor::init_with_config(config);
            threads
        });
        if started != threads {
            bail!(
                "async-std has one runtime a process, and this one runs on {started} threads, not \
                 {threads}"
            );
        }
        Ok(Self)
    }

    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        task::spawn(task)
    }

    fn sleep_until(deadline: Instant) -> async_io::Timer {
        async_io::Timer::at(deadline)
    }
}
