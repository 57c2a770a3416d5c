//! The executors, each with a thread per core.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

use futures_lite::io::{AsyncRead, AsyncWrite};

/// What a loop needs of an executor.
pub trait Spawn: 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;
    /// What its tasks spawn others by. It does not keep the executor alive.
    type Handle: Clone + Send + Sync + Unpin + 'static;

    fn start() -> Self;

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T>;

    fn handle(&self) -> Self::Handle;

    fn detach(handle: &Self::Handle, work: impl Future<Output = ()> + Send + 'static);

    fn connect(address: SocketAddr) -> impl Future<Output = Self::Stream> + Send;
}

/// The global runtime.
pub struct AsyncStd;

impl Spawn for AsyncStd {
    type Stream = async_std::net::TcpStream;
    type Handle = ();

    fn start() -> Self {
        Self
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        async_std::task::spawn(work)
    }

    fn handle(&self) {}

    fn detach((): &(), work: impl Future<Output = ()> + Send + 'static) {
        drop(async_std::task::spawn(work));
    }

    async fn connect(address: SocketAddr) -> Self::Stream {
        let stream = Self::Stream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket can be set so");
        stream
    }
}

/// A runtime of tokio as it comes.
pub struct Tokio(tokio::runtime::Runtime);

impl Spawn for Tokio {
    type Stream = tokio_util::compat::Compat<tokio::net::TcpStream>;
    type Handle = tokio::runtime::Handle;

    fn start() -> Self {
        Self(
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .expect("threads can be started"),
        )
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = self.0.spawn(work);
        async { task.await.expect("no loop panics") }
    }

    fn handle(&self) -> Self::Handle {
        self.0.handle().clone()
    }

    fn detach(handle: &Self::Handle, work: impl Future<Output = ()> + Send + 'static) {
        drop(handle.spawn(work));
    }

    async fn connect(address: SocketAddr) -> Self::Stream {
        use tokio_util::compat::TokioAsyncReadCompatExt;
        let stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket can be set so");
        stream.compat()
    }
}

/// An executor on threads of its own, as smol's documentation shows.
pub struct Smol {
    executor: Arc<smol::Executor<'static>>,
    running: smol::channel::Sender<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Spawn for Smol {
    type Stream = smol::net::TcpStream;
    type Handle = Weak<smol::Executor<'static>>;

    fn start() -> Self {
        let executor = Arc::new(smol::Executor::new());
        let (running, ended) = smol::channel::bounded::<()>(1);
        let start = |_| {
            let (executor, ended) = (Arc::clone(&executor), ended.clone());
            // An error says that the loop has ended.
            thread::spawn(move || {
                let _ = smol::block_on(executor.run(ended.recv()));
            })
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (0..cores).map(start).collect();
        Self { executor, running, threads }
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        self.executor.spawn(work)
    }

    fn handle(&self) -> Self::Handle {
        Arc::downgrade(&self.executor)
    }

    fn detach(handle: &Self::Handle, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(executor) = handle.upgrade() {
            executor.spawn(work).detach();
        }
    }

    async fn connect(address: SocketAddr) -> Self::Stream {
        let stream = Self::Stream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket can be set so");
        stream
    }
}

impl Drop for Smol {
    fn drop(&mut self) {
        self.running.close();
        for thread in self.threads.drain(..) {
            thread.join().expect("no loop panics");
        }
    }
}
