//! The client hyper, on its low-level connections and a keep-alive pool of our own.
//!
//! A connection of hyper is two halves: a sender for requests, and a driver that moves bytes and must be polled. Usually
//! the driver is spawned as a task, and each fetch wakes one task from the other. Here the fetch itself polls the driver
//! of the connection that it has taken from the pool: no task to wake, and no executor to spawn on. An idle connection
//! that the server has closed is found out before the request is sent over it.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use futures_rustls::TlsConnector;
use futures_util::future::Either;
use http::Request;
use http::header::{HOST, HeaderMap, HeaderValue};
use http::uri::{InvalidUri, PathAndQuery};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use url::Url;

use self::connection::{Connection, Failed};
use self::io::Io;
use super::pool::Pool;
use super::turns::Turns;
use super::{AsyncClient, Choice, Client, Runtime, causes, connect, host_header, origin_of, tls};
use crate::answer::{Head, Received};
use crate::error::{ErrorClass, FetchError};
use crate::fetch::{Connections, Credentials, Limits, Options};
use crate::site::Origin;

mod bell;
mod connection;
mod io;

/// hyper on a runtime.
pub struct Hyper<R: Runtime> {
    origins: Mutex<HashMap<Origin, Arc<Place>>>,
    /// Boxed, since a connection is large and changes hands with every fetch.
    pool: Arc<Pool<Box<Connection<R::Stream>>>>,
    headers: HeaderMap,
    headers_elsewhere: HeaderMap,
    tls: TlsConnector,
    keep: bool,
    runtime: PhantomData<fn() -> R>,
}

/// What is shared by all targets of an origin.
#[derive(Debug)]
struct Place {
    origin: Origin,
    /// Which of the session's origins it is.
    number: usize,
    headers: HeaderMap,
    headers_elsewhere: HeaderMap,
}

/// A url made ready.
#[derive(Debug)]
pub struct Target {
    place: Arc<Place>,
    /// As they stand in the request line.
    path: PathAndQuery,
    credentials: Credentials,
}

impl Target {
    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.path.clone().into();
        *request.headers_mut() = match self.credentials {
            Credentials::Send => self.place.headers.clone(),
            Credentials::Withhold => self.place.headers_elsewhere.clone(),
        };
        request
    }
}

impl<R: Runtime> Client for Hyper<R> {
    const NAME: &'static str = "hyper";
    const HTTPS: bool = true;
    const NOTE: &'static str = "its pool is ours";
    const USUAL: bool = true;
    /// Its low-level connections leave nothing to choose, and the pool is ours.
    const TUNED: &'static [Choice<()>] = &[];

    type Builder = ();
    type Target = Target;

    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            origins: Mutex::default(),
            pool: Arc::new(Pool::new(limits.concurrency.get())),
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
        let path: PathAndQuery = path.parse().map_err(|error: InvalidUri| unsupported(error.to_string()))?;
        // The first clone makes the text a shared one, which takes an allocation: now, and not within the pass.
        drop(path.clone());
        let host = HeaderValue::try_from(host_header(url)).map_err(|error| unsupported(error.to_string()))?;

        let origin = origin_of(url)?;
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let number = origins.len();
        let place = origins.entry(origin).or_insert_with_key(|origin| {
            Arc::new(Place {
                origin: origin.clone(),
                number,
                headers: with_host(&host, &self.headers),
                headers_elsewhere: with_host(&host, &self.headers_elsewhere),
            })
        });
        Ok(Target { place: Arc::clone(place), path, credentials })
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
        let mut lease = self.pool.lease(target.place.number);
        loop {
            let (mut connection, was_idle) = match lease.idle_connection() {
                Some(connection) => (connection, true),
                None => {
                    lease.make_room();
                    // Boxed, since it would make the future of every fetch as large, most of which never connect.
                    (Box::pin(self.connect(&target.place.origin)).await?, false)
                }
            };
            match connection.fetch(|| target.request(), body).await {
                Ok(head) => {
                    if self.keep && connection.is_alive() {
                        lease.give_back(connection);
                    }
                    return Ok(head);
                }
                // The server hung up while the connection was idle. Nothing was sent, so the next is no second try.
                Err(Failed { unsent: true, .. }) if was_idle => {}
                Err(Failed { error, .. }) => return Err(error),
            }
        }
    }
}

impl<R: Runtime> Hyper<R> {
    async fn connect(&self, origin: &Origin) -> Result<Box<Connection<R::Stream>>, FetchError> {
        let stream = Turns::new(connect::<R>(origin).await?);
        let io = match &*origin.scheme {
            // Boxed, since it would make a connection without TLS several times as large.
            "https" => Either::Right(Box::new(tls::encrypt(&self.tls, stream, origin).await?)),
            _ => Either::Left(stream),
        };
        let handshake = http1::handshake(Io(io)).await;
        let (sender, driver) = handshake.map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
        Ok(Box::new(Connection::new(sender, driver)))
    }
}
