//! The client hyper-pool: hyper's connections under hyper-util's composable pool, which is a cache
//! of idle connections for each origin. Over HTTP/2 it is one connection to each origin.
//!
//! The types of that pool have no names, so it stands behind a boxed function.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper_util::client::pool::singleton::Singleton;
use hyper_util::client::pool::{cache, map::Map};
use tower_service::Service;
use url::Url;

use self::http1::Http1Handshake;
use self::http2::{ATTEMPTS, Http2Handshake};
use super::hyper_util::{Connector, Http, connector, http};
use super::incoming::read;
use super::per_host::PerHost;
use super::pooled::Failed;
use super::targets::{Destination, PooledTarget, Targets};
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, Protocol, causes, tls, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::FetchError;
use crate::fetch::{Capabilities, Capability, Connections, Limits, lock};

mod http1;
mod http2;

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
        let connector = connector(http, &*tls::config(options)?, options.protocol);
        let keep = limits.connections != Connections::PerFetch;
        let pool = match options.protocol {
            Protocol::Http1 => pool,
            Protocol::Http2 { .. } => http2_pool,
        };
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
            cache::builder().build(Http1Handshake { connector: connector.clone(), keep })
        })
        .build();
    let caches = Mutex::new(caches);
    Arc::new(move |target, body| {
        let mut caches = lock(&caches);
        let attempts = Attempts { most: u32::MAX, keep };
        Box::pin(fetch(caches.service(&target.destination).clone(), attempts, target, body))
    })
}

fn http2_pool(connector: Connector, keep: bool) -> Pool {
    let handshake = Http2Handshake { connector };
    let attempts = Attempts { most: ATTEMPTS, keep };
    if !keep {
        return Arc::new(move |target, body| {
            Box::pin(fetch(handshake.clone(), attempts, target, body))
        });
    }
    let shared = Map::builder::<Arc<Destination>>()
        .keys(|destination| destination.number)
        .values(move |_| Singleton::new(handshake.clone()))
        .build();
    let shared = Mutex::new(shared);
    Arc::new(move |target, body| {
        let mut shared = lock(&shared);
        Box::pin(fetch(shared.service(&target.destination).clone(), attempts, target, body))
    })
}

/// How often a request is sent that servers do not process, and over what.
#[derive(Clone, Copy)]
struct Attempts {
    most: u32,
    /// Whether connections are kept.
    keep: bool,
}

/// Fetches a target over a connection of `cache`, or a new one.
async fn fetch<C, S>(
    mut cache: C,
    attempts: Attempts,
    target: &PooledTarget,
    body: &mut Received,
) -> Result<Head, FetchError>
where
    C: Service<Arc<Destination>, Response = S, Error: Into<Box<dyn Error + Send + Sync>>>,
    S: Service<Request<Empty<Bytes>>, Response = Response<Incoming>, Error = Failed>,
{
    for attempt in 1.. {
        poll_fn(|context| cache.poll_ready(context)).await.map_err(no_connection)?;
        let mut connection =
            cache.call(Arc::clone(&target.destination)).await.map_err(no_connection)?;
        let response = match poll_fn(|context| connection.poll_ready(context)).await {
            Ok(()) => connection.call(target.request(Empty::new())).await,
            Err(closed) => Err(closed),
        };
        let head = match response {
            Ok(response) => read(response, body).await,
            // Nothing was sent over a connection of the cache, so the next attempt is not a retry.
            Err(Failed { unsent: true, .. }) if attempt < attempts.most => continue,
            Err(Failed { error, .. }) => Err(error),
        };
        if head.is_err() || !attempts.keep {
            // When it is dropped, the cache takes a connection back unless this finds it closed.
            let _ = poll_fn(|context| Poll::Ready(connection.poll_ready(context))).await;
        }
        return head;
    }
    unreachable!("the last attempt returns")
}

/// Classifies the error of a pool that has no connection.
fn no_connection(error: impl Into<Box<dyn Error + Send + Sync>>) -> FetchError {
    causes::unconnected(&*error.into())
}
