//! hyper over HTTP/2, on fetchbench's pool of connections that many fetches share.
//!
//! A task moves the bytes of a connection, because no single fetch can.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures_lite::FutureExt;
use futures_rustls::TlsConnector;
use futures_util::future::Either;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::rt::Executor;
use url::Url;

use super::super::fair_stream::FairStream;
use super::super::incoming::read;
use super::super::stream_pool::{Leased, StreamPool};
use super::super::targets::{PooledTarget, Targets};
use super::super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, Protocol, Runtime, causes, connect,
    tls,
};
use super::io::Io;
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// Maximum number of attempts for a request that the server did not process: it refused the stream,
/// or announced the end of the connection (RFC 9113, section 8.7).
const ATTEMPTS: u32 = 10;

/// hyper on a runtime.
pub struct HyperHttp2<R: Runtime> {
    targets: Targets,
    pool: StreamPool<MultiplexedConnection>,
    tls: TlsConnector,
    keep: bool,
    runtime: PhantomData<fn() -> R>,
}

/// A connection, shared by its fetches.
#[derive(Clone)]
struct MultiplexedConnection {
    sender: SendRequest<Empty<Bytes>>,
    /// Why the task that moves its bytes failed.
    failure: Arc<OnceLock<FetchError>>,
}

/// An attempt that failed.
struct FailedAttempt {
    error: FetchError,
    /// Whether the server has not processed the request.
    is_unprocessed: bool,
}

impl<R: Runtime> Client for HyperHttp2<R> {
    const NAME: &'static str = "hyper";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const WRITTEN_HERE: &'static str = "pool";
    const USUAL: bool = true;
    /// The library keeps its defaults, and the pool is fetchbench's.
    const TUNED: &'static [Choice<()>] = &[];

    type Builder = ();
    type Target = PooledTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let budget = limits.max_connections.get();
        let per_origin = match options.protocol {
            Protocol::Http2 { connections } => connections.get(),
            Protocol::Http1 => budget,
        };
        Ok(Self {
            targets: Targets::new(options, limits),
            pool: StreamPool::new(per_origin, budget),
            tls: tls::config(options)?.into(),
            keep: limits.connections != Connections::PerFetch,
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<PooledTarget, FetchError> {
        self.targets.target(url, credentials)
    }
}

impl<R: Runtime> AsyncClient for HyperHttp2<R> {
    async fn get(&self, target: &PooledTarget, body: &mut Received) -> Result<Head, FetchError> {
        for _ in 1..ATTEMPTS {
            match self.attempt(target, body).await {
                Err(FailedAttempt { is_unprocessed: true, .. }) => {}
                result => return result.map_err(|attempt| attempt.error),
            }
        }
        self.attempt(target, body).await.map_err(|attempt| attempt.error)
    }
}

impl<R: Runtime> HyperHttp2<R> {
    async fn attempt(
        &self,
        target: &PooledTarget,
        body: &mut Received,
    ) -> Result<Head, FailedAttempt> {
        let lease = self.pool.lease(target.destination.number);
        // Boxed, because it would enlarge the future of every fetch, and most never connect.
        let connect = || Box::pin(self.connect(&target.destination.origin));
        let leased = match self.keep {
            true => lease.connection(MultiplexedConnection::is_alive, connect).await,
            false => connect().await.map(|connection| Leased { connection, was_open: false }),
        };
        let Leased { mut connection, was_open } = leased.map_err(FailedAttempt::last)?;
        let response = connection.sender.try_send_request(target.request(Empty::new())).await;
        let response = response.map_err(|mut error| {
            // As over HTTP/1.1, the next attempt is no retry if nothing was sent over a connection
            // that an earlier fetch opened.
            let is_unsent = was_open && error.take_message().is_some();
            let error = error.into_error();
            let is_held_back = causes::is_held_back(&error) && connection.failure.get().is_none();
            FailedAttempt {
                is_unprocessed: is_unsent || is_held_back || causes::is_unprocessed(&error),
                error: connection.failed(&error),
            }
        })?;
        read(response, body).await.map_err(FailedAttempt::last)
    }

    async fn connect(&self, origin: &Origin) -> Result<MultiplexedConnection, FetchError> {
        let stream = FairStream::new(connect::<R>(origin).await?);
        let wire = match &*origin.scheme {
            "https" => {
                let stream = tls::encrypt(&self.tls, stream, origin).await?;
                tls::agreed_http2(stream.get_ref().1, origin)?;
                Either::Right(Box::new(stream))
            }
            _ => Either::Left(stream),
        };
        let (sender, mut driver) = handshake(Spawner::<R>(PhantomData), Io(wire))
            .await
            .map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
        let connection = MultiplexedConnection { sender, failure: Arc::default() };
        let failure = Arc::clone(&connection.failure);
        spawn::<R>(async move {
            // The requests that still wait end when the driver is dropped, after this.
            if let Err(error) = (&mut driver).await {
                let _ = failure.set(causes::failed(&error, ErrorClass::ClosedEarly));
            }
        });
        Ok(connection)
    }
}

impl MultiplexedConnection {
    fn is_alive(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Classifies the sender's error. If it only reports that the driver is gone, the driver's
    /// error is used.
    fn failed(&self, error: &hyper::Error) -> FetchError {
        let gone = error.is_canceled() || error.is_closed() || causes::is_held_back(error);
        match self.failure.get().filter(|_| gone) {
            Some(failure) => failure.clone(),
            None => causes::failed(error, ErrorClass::ClosedEarly),
        }
    }
}

impl FailedAttempt {
    fn last(error: FetchError) -> Self {
        Self { error, is_unprocessed: false }
    }
}

/// Runs hyper's tasks on a runtime.
struct Spawner<R>(PhantomData<fn() -> R>);

impl<R> Clone for Spawner<R> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<R: Runtime, F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner<R> {
    fn execute(&self, task: F) {
        spawn::<R>(task);
    }
}

/// Starts a task that may panic over what a server sends: on smol that would end a thread.
fn spawn<R: Runtime>(task: impl Future<Output = ()> + Send + 'static) {
    R::spawn(async move {
        let _ = AssertUnwindSafe(task).catch_unwind().await;
    });
}
