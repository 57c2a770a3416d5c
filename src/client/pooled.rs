//! A client made from a library that speaks HTTP over one connection, the executor's streams, and
//! fetchbench's pool.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use futures_util::future::Either;
use http::{HeaderName, HeaderValue};
use url::Url;

use super::fair_stream::FairStream;
use super::pool::Pool;
use super::targets::{PooledTarget, Targets};
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, Runtime, Stream, connect, tls,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::FetchError;
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// A stream, plain or encrypted. The encrypted one is boxed, because it would make a plain
/// connection several times as large.
pub(super) type WireStream<S> = Either<FairStream<S>, Box<TlsStream<FairStream<S>>>>;

/// A connection of a library that speaks HTTP and does nothing else.
pub trait PooledConnection<S: Stream>: Sized + Send + 'static {
    /// Name of the library.
    const CLIENT: &'static str;

    /// Its parts that are written here, and that no crate has.
    const WRITTEN_HERE: &'static str;

    /// Whether its backends run by default.
    const USUAL: bool;

    /// Returns whether the library can send this header.
    fn can_send(_name: &HeaderName, _value: &HeaderValue) -> bool {
        true
    }

    /// Opens a connection over a newly connected stream.
    fn open(wire: WireStream<S>) -> impl Future<Output = Result<Self, FetchError>> + Send;

    /// Returns whether it may be reused.
    fn is_alive(&self) -> bool;

    /// Sends a request and reads its complete response.
    fn fetch(
        &mut self,
        target: &PooledTarget,
        body: &mut Received,
    ) -> impl Future<Output = Result<Head, Failed>> + Send;
}

/// A fetch that failed.
#[derive(Debug)]
pub struct Failed {
    /// The reason.
    pub error: FetchError,
    /// Whether the server cannot have processed the request.
    pub unsent: bool,
}

/// A client on a runtime.
pub struct Pooled<R: Runtime, C> {
    targets: Targets,
    /// Boxed, because a connection is large and moves with every fetch.
    pool: Arc<Pool<Box<C>>>,
    tls: TlsConnector,
    keep: bool,
    runtime: PhantomData<fn() -> R>,
}

impl<R: Runtime, C: PooledConnection<R::Stream>> Client for Pooled<R, C> {
    const NAME: &'static str = C::CLIENT;
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const WRITTEN_HERE: &'static str = C::WRITTEN_HERE;
    const USUAL: bool = C::USUAL;
    /// The library keeps its defaults, and the pool is fetchbench's.
    const TUNED: &'static [Choice<()>] = &[];

    type Builder = ();
    type Target = PooledTarget;

    fn can_send(name: &HeaderName, value: &HeaderValue) -> bool {
        C::can_send(name, value)
    }

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            targets: Targets::new(options, limits),
            pool: Arc::new(Pool::new(limits.max_connections.get())),
            tls: tls::config(options)?.into(),
            keep: limits.connections != Connections::PerFetch,
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<PooledTarget, FetchError> {
        self.targets.target(url, credentials)
    }
}

impl<R: Runtime, C: PooledConnection<R::Stream>> AsyncClient for Pooled<R, C> {
    async fn get(&self, target: &PooledTarget, body: &mut Received) -> Result<Head, FetchError> {
        let mut lease = self.pool.lease(target.destination.number);
        loop {
            let (mut connection, was_idle) = match lease.idle_connection() {
                Some(connection) => (connection, true),
                None => {
                    lease.make_room();
                    // Boxed, because it would enlarge the future of every fetch, and most never
                    // connect.
                    (Box::pin(self.connect(&target.destination.origin)).await?, false)
                }
            };
            match connection.fetch(target, body).await {
                Ok(head) => {
                    if self.keep && connection.is_alive() {
                        lease.give_back(connection);
                    }
                    return Ok(head);
                }
                // The server closed the idle connection. Nothing was sent, so the next attempt is
                // not a retry.
                Err(Failed { unsent: true, .. }) if was_idle => {}
                Err(Failed { error, .. }) => return Err(error),
            }
        }
    }
}

impl<R: Runtime, C: PooledConnection<R::Stream>> Pooled<R, C> {
    async fn connect(&self, origin: &Origin) -> Result<Box<C>, FetchError> {
        let stream = FairStream::new(connect::<R>(origin).await?);
        let wire = match &*origin.scheme {
            "https" => Either::Right(Box::new(tls::encrypt(&self.tls, stream, origin).await?)),
            _ => Either::Left(stream),
        };
        Ok(Box::new(C::open(wire).await?))
    }
}
