//! The client reqwest on tokio, which it requires.

use std::sync::Arc;

use http::Method;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Request};
use rustls::ClientConfig;
use tokio::net::lookup_host;
use url::Url;

use super::origins::{OriginTarget, Origins};
use super::per_host::PerHost;
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, Protocol, RequestHeaders, Tier,
    causes, tls, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// reqwest's client with reqwest's pool.
pub struct Reqwest {
    clients: PerHost<reqwest::Client>,
    origins: Origins,
    headers: RequestHeaders,
}

impl Client for Reqwest {
    const NAME: &'static str = "reqwest";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const USUAL: bool = true;
    const TUNED: &'static [Choice<ClientBuilder>] = tuned_options!(ClientBuilder);

    type Builder = ClientBuilder;
    type Target = OriginTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let tls = match (options.protocol, options.tier) {
            // reqwest lets the server choose by default.
            (Protocol::Http1, Tier::Default) => tls::config_for_both(options)?,
            _ => tls::config(options)?,
        };
        let open = {
            let (options, limits) = (options.clone(), limits.clone());
            move || Ok(builder(&options, &limits, &tls).build()?)
        };
        Ok(Self {
            clients: PerHost::new(limits.max_connections, open)?,
            origins: Origins::default(),
            headers: RequestHeaders::new(options, limits),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<OriginTarget, FetchError> {
        self.origins.target(url, credentials)
    }
}

/// The options that both of reqwest's clients set, on the builder of either.
macro_rules! tuned_options {
    ($builder:ty) => {
        &[
            Choice {
                option: "redirect: none",
                why: "the harness follows redirects, by the same rules for every backend",
                set: |builder: $builder, _| builder.redirect(Policy::none()),
            },
            Choice {
                option: "pool_idle_timeout: none",
                why: "reqwest closes a connection after 90 idle seconds, and the passes of other \
                      backends may take longer",
                set: |builder, _| builder.pool_idle_timeout(None),
            },
            Choice {
                option: "tcp_keepalive, tcp_user_timeout: none",
                why: "reqwest makes five system calls per connection to set them, and no other \
                      backend has them",
                set: |builder, _| builder.tcp_keepalive(None).tcp_user_timeout(None),
            },
            Choice {
                option: "proxy: none",
                why: "reqwest would use a proxy from the environment",
                set: |builder, _| builder.no_proxy(),
            },
        ]
    };
}
pub(super) use tuned_options;

/// Returns a builder with the settings that all fetches share.
fn builder(options: &ClientOptions, limits: &Limits, tls: &Arc<ClientConfig>) -> ClientBuilder {
    let builder = match (options.protocol, options.tier) {
        (Protocol::Http2 { .. }, _) => reqwest::Client::builder().http2_prior_knowledge(),
        (Protocol::Http1, Tier::Tuned) => reqwest::Client::builder().http1_only(),
        (Protocol::Http1, Tier::Default) => reqwest::Client::builder(),
    };
    let builder = tuned::<Reqwest>(builder, options, limits)
        .dns_resolver(Arc::new(ReqwestResolver))
        .tls_backend_preconfigured(ClientConfig::clone(tls));
    match limits.connections {
        Connections::PerFetch => builder.pool_max_idle_per_host(0),
        Connections::Warm | Connections::Cold => builder,
    }
}

impl AsyncClient for Reqwest {
    async fn get(&self, target: &OriginTarget, body: &mut Received) -> Result<Head, FetchError> {
        let mut request = Request::new(Method::GET, target.url.clone());
        *request.headers_mut() = self.headers.select(target.credentials).clone();
        let client = self.clients.client(target.origin);
        let mut response = client
            .execute(request)
            .await
            .map_err(|error| failed(&error, ErrorClass::ClosedEarly))?;
        let head = Head::of(response.status().as_u16(), response.headers());
        while let Some(piece) =
            response.chunk().await.map_err(|error| failed(&error, ErrorClass::BodyShort))?
        {
            body.push(&piece)?;
        }
        Ok(head)
    }
}

/// Looks up names as reqwest does by default, but with an error that differs from a failed connect.
pub(super) struct ReqwestResolver;

impl Resolve for ReqwestResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await;
            let addresses: Vec<_> = found
                .map_err(|error| {
                    FetchError::new(ErrorClass::Dns, format!("{}: {error}", name.as_str()))
                })?
                .collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Classifies reqwest's error. `incomplete` is the class of an ended connection at this point.
pub(super) fn failed(error: &reqwest::Error, incomplete: ErrorClass) -> FetchError {
    if error.is_connect() { causes::unconnected(error) } else { causes::failed(error, incomplete) }
}
