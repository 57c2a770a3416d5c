//! The client hyper-pool: hyper's connections under hyper-util's composable pool, which is a cache
//! of idle connections for each origin.
//!
//! The types of that pool have no names, so it stands behind a boxed function.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::client::pool::{cache, map::Map};
use tower_service::Service;
use url::Url;

use super::hyper_util::{Connector, Http, connector, http, read};
use super::per_host::PerHost;
use super::pooled::Failed;
use super::targets::{Destination, PooledTarget, Targets};
use super::{AsyncClient, Choice, Client, ClientOptions, Credentials, causes, tls, tuned};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Capabilities, Capability, Connections, Limits, lock};

/// The client with hyper-util's composable pool.
pub struct HyperPool {
    pools: PerHost<Pool>,
    targets: Targets,
}

/// Fetches a target over a connection of the pool.
type Pool = Arc<dyn for<'a> Fn(&'a PooledTarget, &'a mut Received) -> Exchange<'a> + Send + Sync>;

type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Head, FetchError>> + Send + 'a>>;

impl Client for HyperPool {
    const NAME: &'static str = "hyper-pool";
    const CRATE: &'static str = "hyper-util";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const NOTE: &'static str = "hyper-util's composable pool";
    const USUAL: bool = false;
    const TUNED: &'static [Choice<Http>] = &[Choice {
        option: "nodelay: true",
        why: "hyper-util leaves Nagle's algorithm on; every other backend turns it off",
        set: |mut http, _| {
            http.set_nodelay(true);
            http
        },
    }];

    type Builder = Http;
    type Target = PooledTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let http = tuned::<Self>(http(), options, limits);
        let connector = connector(http, &*tls::config(options)?);
        let keep = limits.connections != Connections::PerFetch;
        Ok(Self {
            pools: PerHost::new(limits.max_connections, move || Ok(pool(connector.clone(), keep)))?,
            targets: Targets::new(options, limits),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<PooledTarget, FetchError> {
        self.targets.target(url, credentials)
    }
}

impl AsyncClient for HyperPool {
    async fn get(&self, target: &PooledTarget, body: &mut Received) -> Result<Head, FetchError> {
        let pool = self.pools.client(target.destination.number);
        pool(target, body).await
    }
}

fn pool(connector: Connector, keep: bool) -> Pool {
    let caches = Map::builder::<Arc<Destination>>()
        .keys(|destination| destination.number)
        .values(move |_| {
            // Without an executor, a connect that an idle connection forestalls is cancelled. With
            // one it would be completed, beyond the connection budget.
            cache::builder().build(Handshake { connector: connector.clone(), keep })
        })
        .build();
    let caches = Mutex::new(caches);
    Arc::new(move |target, body| {
        let mut caches = lock(&caches);
        Box::pin(fetch(caches.service(&target.destination).clone(), keep, target, body))
    })
}

/// Fetches a target over an idle connection of `cache`, or a new one.
async fn fetch<C, S>(
    mut cache: C,
    keep: bool,
    target: &PooledTarget,
    body: &mut Received,
) -> Result<Head, FetchError>
where
    C: Service<Arc<Destination>, Response = S, Error = FetchError>,
    S: Service<Request<Empty<Bytes>>, Response = Response<Incoming>, Error = Failed>,
{
    loop {
        poll_fn(|context| cache.poll_ready(context)).await?;
        let mut connection = cache.call(Arc::clone(&target.destination)).await?;
        let response = match poll_fn(|context| connection.poll_ready(context)).await {
            Ok(()) => connection.call(target.request(Empty::new())).await,
            Err(closed) => Err(closed),
        };
        let head = match response {
            Ok(response) => read(response, body).await,
            // Nothing was sent over a connection of the cache, so the next attempt is not a retry.
            Err(Failed { unsent: true, .. }) => continue,
            Err(Failed { error, .. }) => Err(error),
        };
        if head.is_err() || !keep {
            // When it is dropped, the cache takes a connection back unless this finds it closed.
            let _ = poll_fn(|context| Poll::Ready(connection.poll_ready(context))).await;
        }
        return head;
    }
}

/// Connects to an origin; a task moves the connection's bytes.
#[derive(Clone)]
struct Handshake {
    connector: Connector,
    keep: bool,
}

impl Service<Arc<Destination>> for Handshake {
    type Response = Connection;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, FetchError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        self.connector.poll_ready(context).map_err(|error| unconnected(&*error))
    }

    fn call(&mut self, destination: Arc<Destination>) -> Self::Future {
        let origin = destination.origin.to_string();
        let connecting = origin.parse().map(|uri| self.connector.call(uri));
        let keep = self.keep;
        Box::pin(async move {
            let connecting = connecting.map_err(|error| unconnected(&error))?;
            let stream = connecting.await.map_err(|error| unconnected(&*error))?;
            let (sender, driver) = handshake(stream)
                .await
                .map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
            tokio::spawn(driver);
            Ok(Connection { sender, keep, is_used: false })
        })
    }
}

/// Classifies a failed connect, in which only a TLS handshake can be cut short.
fn unconnected(error: &(dyn Error + 'static)) -> FetchError {
    causes::failed(error, ErrorClass::Tls)
}

/// A connection, alone or in the cache.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// Whether it may be used again.
    keep: bool,
    is_used: bool,
}

impl Service<Request<Empty<Bytes>>> for Connection {
    type Response = Response<Incoming>;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Failed>> + Send>>;

    /// Waits until the last response is over. The request itself shows whether a new connection
    /// was closed.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        if !self.is_used {
            return Poll::Ready(Ok(()));
        }
        if !self.keep {
            let error = FetchError::new(ErrorClass::ClosedEarly, "used already");
            return Poll::Ready(Err(Failed { error, unsent: true }));
        }
        self.sender.poll_ready(context).map_err(|error| Failed {
            unsent: true,
            error: causes::failed(&error, ErrorClass::ClosedEarly),
        })
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        let was_used = std::mem::replace(&mut self.is_used, true);
        let response = self.sender.try_send_request(request);
        Box::pin(async move {
            response.await.map_err(|mut error| Failed {
                unsent: was_used && error.take_message().is_some(),
                error: causes::failed(&error.into_error(), ErrorClass::ClosedEarly),
            })
        })
    }
}
