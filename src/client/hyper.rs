//! The client hyper, on its low-level connections and a keep-alive pool of our own.
//!
//! A connection of hyper is two halves: a sender for requests, and a driver that moves bytes and must be polled. Usually
//! the driver is spawned as a task, and each fetch wakes one task from the other. Here the fetch itself polls the driver
//! of the connection that it has taken from the pool: no task to wake, no executor to spawn on, and an idle connection
//! that the server has closed shows it at the poll with which it is taken.

use std::collections::HashMap;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use futures_util::future::Either;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, LOCATION};
use http::{Request, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use rustls::pki_types::ServerName;
use smol_hyper::rt::FuturesIo;
use url::Url;

use super::{AsyncClient, Client, Runtime, Stream, addresses, host_header, origin_of, tls};
use crate::answer::{Head, Received};
use crate::error::{ErrorClass, FetchError};
use crate::fetch::{Connections, Credentials, Limits, Options};
use crate::site::Origin;

type Io<S> = FuturesIo<Either<S, TlsStream<S>>>;

/// hyper on a runtime.
pub struct Hyper<R: Runtime> {
    origins: Mutex<HashMap<Origin, Arc<Pool<R::Stream>>>>,
    headers: HeaderMap,
    headers_elsewhere: HeaderMap,
    tls: TlsConnector,
    keep: bool,
    runtime: PhantomData<fn() -> R>,
}

/// What is shared by all targets of an origin.
struct Pool<S: Stream> {
    origin: Origin,
    headers: HeaderMap,
    headers_elsewhere: HeaderMap,
    /// Connections that nobody uses; the one used last is taken first.
    idle: Mutex<Vec<Connection<S>>>,
}

/// A url made ready.
pub struct Target<S: Stream> {
    pool: Arc<Pool<S>>,
    /// Path and query alone, as they stand in the request line.
    uri: Uri,
    credentials: Credentials,
}

impl<R: Runtime> Client for Hyper<R> {
    const HTTPS: bool = true;

    type Target = Target<R::Stream>;

    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            origins: Mutex::default(),
            headers: options.request_headers(limits, Credentials::Send),
            headers_elsewhere: options.request_headers(limits, Credentials::Withhold),
            tls: tls::config(options)?.into(),
            keep: limits.connections != Connections::PerFetch,
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError> {
        let unsupported = |why: String| FetchError::new(ErrorClass::Unsupported, format!("{url}: {why}"));
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let uri = path.parse().map_err(|error: http::uri::InvalidUri| unsupported(error.to_string()))?;
        let host = HeaderValue::try_from(host_header(url)).map_err(|error| unsupported(error.to_string()))?;

        let origin = origin_of(url)?;
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = origins.entry(origin).or_insert_with_key(|origin| {
            Arc::new(Pool {
                origin: origin.clone(),
                headers: with_host(&host, &self.headers),
                headers_elsewhere: with_host(&host, &self.headers_elsewhere),
                idle: Mutex::default(),
            })
        });
        Ok(Target { pool: Arc::clone(pool), uri, credentials })
    }
}

/// The headers with `host` first, as RFC 9110, section 7.2, would have it; a `host` of the user's own stays.
fn with_host(host: &HeaderValue, headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(headers.len() + 1);
    all.insert(HOST, headers.get(HOST).unwrap_or(host).clone());
    all.extend(headers.clone().into_iter().filter(|(name, _)| *name != Some(HOST)));
    all
}

impl<R: Runtime> AsyncClient for Hyper<R> {
    async fn get(&self, target: &Self::Target, body: &mut Received) -> Result<Head, FetchError> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = match target.credentials {
            Credentials::Send => target.pool.headers.clone(),
            Credentials::Withhold => target.pool.headers_elsewhere.clone(),
        };

        let mut connection = match target.pool.take() {
            Some(connection) => connection,
            None => self.connect(&target.pool.origin).await?,
        };
        let response = connection.send(request).await?;
        let head = head(&response);
        connection.read(response.into_body(), body).await?;
        if self.keep && connection.driver.is_some() {
            target.pool.put(connection);
        }
        Ok(head)
    }
}

fn head(response: &hyper::Response<Incoming>) -> Head {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    Head {
        status: response.status().as_u16(),
        declared: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        location: text(LOCATION).map(str::to_owned),
    }
}

impl<R: Runtime> Hyper<R> {
    /// Connects to the first address of the origin that lets us.
    async fn connect(&self, origin: &Origin) -> Result<Connection<R::Stream>, FetchError> {
        let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
        for address in addresses::<R>(origin).await? {
            match R::connect(address).await {
                Ok(stream) => return self.handshake(stream, origin).await,
                Err(error) => failed = FetchError::io(&error, ErrorClass::Connect),
            }
        }
        Err(failed)
    }

    async fn handshake(&self, stream: R::Stream, origin: &Origin) -> Result<Connection<R::Stream>, FetchError> {
        let io = match &*origin.scheme {
            "https" => Either::Right(self.encrypt(stream, origin).await?),
            _ => Either::Left(stream),
        };
        let handshake = http1::handshake(FuturesIo::new(io)).await;
        let (sender, driver) = handshake.map_err(|error| failed(&error, ErrorClass::ClosedEarly))?;
        Ok(Connection { sender, driver: Some(driver), failure: None })
    }

    async fn encrypt(&self, stream: R::Stream, origin: &Origin) -> Result<TlsStream<R::Stream>, FetchError> {
        let host = origin.host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| FetchError::new(ErrorClass::Tls, format!("{host}: {error}")))?;
        self.tls.connect(name, stream).await.map_err(|error| match error.kind() {
            // The peer hung up or answered something else than TLS: in a handshake either is its failure.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                FetchError::new(ErrorClass::Tls, error.to_string())
            }
            _ => FetchError::io(&error, ErrorClass::Tls),
        })
    }
}

impl<S: Stream> Pool<S> {
    /// An idle connection that is still open.
    fn take(&self) -> Option<Connection<S>> {
        loop {
            let mut connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    fn put(&self, connection: Connection<S>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// The two halves of a connection.
struct Connection<S: Stream> {
    sender: http1::SendRequest<Empty<Bytes>>,
    /// Moves the bytes; gone when the connection has ended.
    driver: Option<http1::Connection<Io<S>, Empty<Bytes>>>,
    /// What the driver ended with, if it failed.
    failure: Option<hyper::Error>,
}

impl<S: Stream> Connection<S> {
    /// Whether an idle connection can take a request.
    ///
    /// This poll hears of a server that has hung up. Its waker is a dead one, since whoever takes the connection polls
    /// it again at once, and should not be woken by its own request on the way to the driver.
    fn is_open(&mut self) -> bool {
        self.poll_driver(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }

    /// Sends a request and waits for the head of its answer.
    async fn send(&mut self, request: Request<Empty<Bytes>>) -> Result<hyper::Response<Incoming>, FetchError> {
        let response = self.sender.send_request(request);
        self.drive(response).await.map_err(|error| self.failed(&error, ErrorClass::ClosedEarly))
    }

    /// Reads a body to its end.
    async fn read(&mut self, mut incoming: Incoming, body: &mut Received) -> Result<(), FetchError> {
        while let Some(frame) = self.drive(incoming.frame()).await {
            let frame = frame.map_err(|error| self.failed(&error, ErrorClass::BodyShort))?;
            if let Ok(data) = frame.into_data() {
                body.push(&data)?;
            }
        }
        Ok(())
    }

    /// Does `work`, which only the driver can bring forward, while moving the bytes.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            // The work is polled again right after the driver, so nobody needs to be woken for its sake.
            let mut unwoken = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = work.as_mut().poll(&mut unwoken) {
                return Poll::Ready(output);
            }
            self.poll_driver(context);
            work.as_mut().poll(&mut unwoken)
        })
        .await
    }

    fn poll_driver(&mut self, context: &mut Context<'_>) {
        if let Some(driver) = &mut self.driver
            && let Poll::Ready(ended) = Pin::new(driver).poll(context)
        {
            self.driver = None;
            self.failure = ended.err();
        }
    }

    /// The class of an error: of the driver's own where it has one, since the sender's may only say that there is no
    /// driver any more.
    fn failed(&self, error: &hyper::Error, incomplete: ErrorClass) -> FetchError {
        failed(self.failure.as_ref().unwrap_or(error), incomplete)
    }
}

/// The class of hyper's error; `incomplete` is what it means here that the connection has ended.
fn failed(error: &hyper::Error, incomplete: ErrorClass) -> FetchError {
    let message = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let class = match io {
        Some(io) if io.kind() == io::ErrorKind::UnexpectedEof => incomplete,
        Some(io) => ErrorClass::of_io(io).unwrap_or(ErrorClass::Protocol),
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => incomplete,
        None => ErrorClass::Protocol,
    };
    FetchError::new(class, message)
}
