//! reqwest's blocking client. A separate thread, which runs the asynchronous client on tokio, does
//! the work for all calling threads.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use reqwest::blocking::{Client as Blocking, ClientBuilder, Request};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use url::Url;

use super::origins::{OriginTarget, Origins};
use super::per_host::PerHost;
use super::reqwest::{ReqwestResolver, failed, tuned_options};
use super::{
    BlockingClient, Choice, Client, ClientOptions, Credentials, RequestHeaders, Tier, tls,
    tls_error, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// Size of the read buffer in bytes.
const PIECE_BYTES: usize = 16 << 10;

/// One client and its pool, shared by all threads.
pub struct ReqwestBlocking {
    clients: PerHost<Blocking>,
    origins: Origins,
    headers: RequestHeaders,
    limits: Limits,
}

impl Client for ReqwestBlocking {
    const NAME: &'static str = "reqwest-blocking";
    const CRATE: &'static str = "reqwest";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const NOTE: &'static str = "its work runs on a separate thread";
    const USUAL: bool = false;
    const TUNED: &'static [Choice<ClientBuilder>] = tuned_options!(ClientBuilder);

    type Builder = ClientBuilder;
    type Target = OriginTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let tls = match options.tier {
            // reqwest lets the server choose by default.
            Tier::Default => tls::config_for_both(options)?,
            Tier::Tuned => tls::config(options)?,
        };
        let open = {
            let (options, limits) = (options.clone(), limits.clone());
            move || Ok(builder(&options, &limits, &tls).build()?)
        };
        Ok(Self {
            clients: PerHost::new(limits.max_connections, open)?,
            origins: Origins::default(),
            headers: RequestHeaders::new(options, limits),
            limits: limits.clone(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<OriginTarget, FetchError> {
        self.origins.target(url, credentials)
    }
}

fn builder(options: &ClientOptions, limits: &Limits, tls: &Arc<ClientConfig>) -> ClientBuilder {
    let builder = tuned::<ReqwestBlocking>(Blocking::builder(), options, limits)
        // The client's time-out limits each read of a body. A request's limits the whole fetch.
        .timeout(None)
        .dns_resolver(Arc::new(ReqwestResolver))
        .tls_backend_preconfigured(ClientConfig::clone(tls));
    match limits.connections {
        Connections::PerFetch => builder.pool_max_idle_per_host(0),
        Connections::Warm | Connections::Cold => builder,
    }
}

impl BlockingClient for ReqwestBlocking {
    fn get(
        &self,
        target: &OriginTarget,
        deadline: Instant,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(Method::GET, target.url.clone());
        *request.headers_mut() = self.headers.select(target.credentials).clone();
        *request.timeout_mut() = Some(deadline.saturating_duration_since(Instant::now()));
        let client = self.clients.client(target.origin);
        let mut response = client
            .execute(request)
            .map_err(|error| self.failed(&error, ErrorClass::ClosedEarly))?;
        let head = Head::of(response.status().as_u16(), response.headers());
        let mut piece = [0; PIECE_BYTES];
        loop {
            match response.read(&mut piece) {
                Ok(0) => return Ok(head),
                Ok(length) => body.push(&piece[..length])?,
                Err(error) => return Err(self.body_failed(&error)),
            }
        }
    }
}

impl ReqwestBlocking {
    fn failed(&self, error: &reqwest::Error, incomplete: ErrorClass) -> FetchError {
        if error.is_timeout() {
            FetchError::timeout(self.limits.deadline)
        } else {
            failed(error, incomplete)
        }
    }

    /// Classifies an error in the body, which reqwest wraps in an `io::Error`.
    fn body_failed(&self, error: &io::Error) -> FetchError {
        match error.get_ref().and_then(|error| error.downcast_ref()) {
            Some(error) => self.failed(error, ErrorClass::BodyShort),
            None => tls_error::io_failed(error, ErrorClass::Protocol),
        }
    }
}
