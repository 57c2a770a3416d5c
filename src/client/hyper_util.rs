//! hyper-util's legacy client: hyper with the pool that most users of hyper choose.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use http::{Request, Uri};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{Builder, Client as Legacy};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::net::lookup_host;
use tower_service::Service;
use url::Url;

use super::incoming::read;
use super::origins::{OriginTarget, Origins};
use super::per_host::PerHost;
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, Protocol, RequestHeaders, bad_url,
    causes, origin_of, tls, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Capabilities, Capability, Connections, Limits};

pub(super) type Http = HttpConnector<TokioResolver>;

/// Connects to http and https origins.
pub(super) type Connector = HttpsConnector<Http>;

/// The client with hyper-util's pool.
pub struct HyperUtil {
    clients: PerHost<Legacy<Connector, Empty<Bytes>>>,
    origins: Origins,
    headers: RequestHeaders,
}

impl Client for HyperUtil {
    const NAME: &'static str = "hyper-util";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const USUAL: bool = true;
    const TUNED: &'static [Choice<(Builder, Http)>] = TUNED;

    type Builder = (Builder, Http);
    type Target = OriginTarget<Uri>;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let tls = tls::config(options)?;
        let open = {
            let (options, limits) = (options.clone(), limits.clone());
            move || Ok(build(&options, &limits, &tls))
        };
        Ok(Self {
            clients: PerHost::new(limits.max_connections, open)?,
            origins: Origins::default(),
            headers: RequestHeaders::new(options, limits),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<OriginTarget<Uri>, FetchError> {
        let origin = self.origins.number(origin_of(url)?);
        let uri = url[..url::Position::AfterQuery].parse();
        let url = uri.map_err(|error| bad_url(url, &error))?;
        Ok(OriginTarget { url, origin, credentials })
    }
}

const TUNED: &[Choice<(Builder, Http)>] = &[
    Choice {
        option: "pool_idle_timeout: none",
        why: "hyper-util closes a connection after 90 idle seconds, and the passes of other \
              backends may take longer",
        set: |(mut builder, http), _| {
            builder.pool_idle_timeout(None);
            (builder, http)
        },
    },
    Choice {
        option: "nodelay: true",
        why: "hyper-util leaves Nagle's algorithm on; every other backend turns it off",
        set: |(builder, mut http), _| {
            http.set_nodelay(true);
            (builder, http)
        },
    },
];

fn build(
    options: &ClientOptions,
    limits: &Limits,
    tls: &ClientConfig,
) -> Legacy<Connector, Empty<Bytes>> {
    let mut builder = Legacy::builder(TokioExecutor::new());
    // Without a timer, idle connections are never closed, even if a time-out is set.
    builder.pool_timer(TokioTimer::new());
    builder.http2_only(options.protocol.is_http2());
    let (mut builder, http) = tuned::<HyperUtil>((builder, http()), options, limits);
    if limits.connections == Connections::PerFetch {
        builder.pool_max_idle_per_host(0);
    }
    builder.build(connector(http, tls, options.protocol))
}

/// Returns the part of a connector that makes TCP connections.
pub(super) fn http() -> Http {
    let mut http = HttpConnector::new_with_resolver(TokioResolver);
    http.enforce_http(false);
    http
}

/// Returns a connector that also encrypts.
pub(super) fn connector(http: Http, tls: &ClientConfig, protocol: Protocol) -> Connector {
    let mut tls = tls.clone();
    // The connector sets the protocols itself.
    tls.alpn_protocols.clear();
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    match protocol {
        Protocol::Http1 => https.enable_http1().wrap_connector(http),
        Protocol::Http2 { .. } => https.enable_http2().wrap_connector(http),
    }
}

impl AsyncClient for HyperUtil {
    async fn get(
        &self,
        target: &OriginTarget<Uri>,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = target.url.clone();
        *request.headers_mut() = self.headers.select(target.credentials).clone();
        let response = self.clients.client(target.origin).request(request).await.map_err(
            |error| match error.is_connect() {
                true => causes::unconnected(&error),
                false => causes::failed(&error, ErrorClass::ClosedEarly),
            },
        )?;
        read(response, body).await
    }
}

/// Looks up names without blocking, with an error that differs from a failed connect.
#[derive(Debug, Clone)]
pub struct TokioResolver;

impl Service<Name> for TokioResolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, FetchError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await;
            let found = found.map_err(|error| {
                FetchError::new(ErrorClass::Dns, format!("{}: {error}", name.as_str()))
            })?;
            Ok(found.collect::<Vec<_>>().into_iter())
        })
    }
}
