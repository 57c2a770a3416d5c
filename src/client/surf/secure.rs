//! An https client for surf: async-h1, as in surf's usual client, over rustls and the executor's
//! streams.
//!
//! surf's usual https client dates from 2020 and has known vulnerabilities. This client replaces
//! it, so that surf can fetch https sites. Measurements include surf's request, parser and body,
//! and fetchbench's pool.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_lite::io::{AsyncRead, AsyncWrite};
use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use http_client::{Error, HttpClient, Request, Response, async_trait};
use surf::StatusCode;

use super::super::fair_stream::FairStream;
use super::super::pool::{Lease, Pool};
use super::super::{ClientOptions, Runtime, connect, origin_of, quiet, tls};
use crate::fetch::Limits;
use crate::fetch::error::FetchError;

type Stream<R> = TlsStream<FairStream<<R as Runtime>::Stream>>;

/// The connections of a session over TLS.
pub(super) struct Secure<R: Runtime> {
    pool: Arc<Pool<Stream<R>>>,
    tls: TlsConnector,
    runtime: PhantomData<fn() -> R>,
}

/// An extension of each request.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Number of the origin.
    pub host: usize,
    /// Whether the response was read completely and the connection may be reused.
    pub is_whole: Arc<AtomicBool>,
}

impl<R: Runtime> Secure<R> {
    pub fn new(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            pool: Arc::new(Pool::new(limits.max_connections.get())),
            tls: tls::config(options)?.into(),
            runtime: PhantomData,
        })
    }

    /// Returns an idle connection that is still open, or a new one.
    async fn stream(
        &self,
        request: &Request,
        attempt: Attempt,
    ) -> Result<InUse<Stream<R>>, FetchError> {
        let mut lease = self.pool.lease(attempt.host);
        let mut stream = None;
        while stream.is_none()
            && let Some(mut idle) = lease.idle_connection()
        {
            stream = quiet(&mut idle).await.is_ok().then_some(idle);
        }
        let stream = match stream {
            Some(stream) => stream,
            None => {
                lease.make_room();
                let origin = origin_of(request.url())?;
                tls::encrypt(&self.tls, FairStream::new(connect::<R>(&origin).await?), &origin)
                    .await?
            }
        };
        Ok(InUse { held: Some((stream, lease)), is_whole: attempt.is_whole })
    }
}

#[async_trait]
impl<R: Runtime> HttpClient for Secure<R> {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let attempt = request.ext().get::<Attempt>().cloned();
        let attempt = attempt.ok_or_else(|| {
            Error::from_str(StatusCode::BadRequest, "a request without its attempt")
        })?;
        let stream = self.stream(&request, attempt).await;
        let stream = stream.map_err(|error| Error::new(StatusCode::BadGateway, error))?;
        async_h1::connect(stream, request).await
    }
}

impl<R: Runtime> fmt::Debug for Secure<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure").finish_non_exhaustive()
    }
}

/// A connection during its response. It returns to the pool if the response was read
/// completely.
struct InUse<S> {
    /// `None` only during drop.
    held: Option<(S, Lease<S>)>,
    is_whole: Arc<AtomicBool>,
}

impl<S> Drop for InUse<S> {
    fn drop(&mut self) {
        if self.is_whole.load(Ordering::Relaxed)
            && let Some((stream, lease)) = self.held.take()
        {
            lease.give_back(stream);
        }
    }
}

impl<S: Unpin> InUse<S> {
    fn stream(self: Pin<&mut Self>) -> io::Result<Pin<&mut S>> {
        let held = self.get_mut().held.as_mut();
        held.map(|(stream, _)| Pin::new(stream)).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for InUse<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InUse<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_close(context)
    }
}
