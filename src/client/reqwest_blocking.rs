//! reqwest's blocking client. A separate thread, which runs the asynchronous client on tokio, does
//! the work for all calling threads.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

use http::{HeaderMap, Method};
use reqwest::blocking::{Client as Blocking, ClientBuilder, Request};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use url::Url;

use super::origins::Origins;
use super::per_host::PerHost;
use super::reqwest::{Resolver, failed};
use super::{BlockingClient, Choice, Client, origin_of, tls, tuned};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Connections, Credentials, Limits, Options};

/// Size of the read buffer in bytes.
const PIECE_BYTES: usize = 16 << 10;

/// One client and its pool, shared by all threads.
pub struct ReqwestBlocking {
    clients: PerHost<Blocking>,
    origins: Origins,
    headers: HeaderMap,
    headers_elsewhere: HeaderMap,
    limits: Limits,
}

#[derive(Debug)]
pub struct Target {
    url: Url,
    host: usize,
    credentials: Credentials,
}

impl Client for ReqwestBlocking {
    const NAME: &'static str = "reqwest-blocking";
    const CRATE: &'static str = "reqwest";
    const HTTPS: bool = true;
    const NOTE: &'static str = "a thread of its own does the work";
    const USUAL: bool = false;
    const TUNED: &'static [Choice<ClientBuilder>] = TUNED;

    type Builder = ClientBuilder;
    type Target = Target;

    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self> {
        let tls = tls::config(options)?;
        let open = {
            let (options, limits) = (options.clone(), limits.clone());
            move || Ok(builder(&options, &limits, &tls).build()?)
        };
        Ok(Self {
            clients: PerHost::new(limits.concurrency, open)?,
            origins: Origins::default(),
            headers: options.request_headers(limits, Credentials::Send),
            headers_elsewhere: options.request_headers(limits, Credentials::Withhold),
            limits: limits.clone(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Target, FetchError> {
        let host = self.origins.number(origin_of(url)?);
        Ok(Target { url: url.clone(), host, credentials })
    }
}

const TUNED: &[Choice<ClientBuilder>] = &[
    Choice {
        option: "redirect: none",
        why: "redirects are followed by the harness, by the same rules for all",
        set: |builder, _| builder.redirect(Policy::none()),
    },
    Choice {
        option: "pool_idle_timeout: none",
        why: "reqwest closes a connection that was idle for 90 seconds, which other rows' turns \
              may take",
        set: |builder, _| builder.pool_idle_timeout(None),
    },
    Choice {
        option: "tcp_keepalive, tcp_user_timeout: none",
        why: "reqwest makes five calls of the system for each connection to set them, and no \
              other row has them",
        set: |builder, _| builder.tcp_keepalive(None).tcp_user_timeout(None),
    },
    Choice {
        option: "proxy: none",
        why: "reqwest would take one from the environment",
        set: |builder, _| builder.no_proxy(),
    },
];

fn builder(options: &Options, limits: &Limits, tls: &Arc<ClientConfig>) -> ClientBuilder {
    let builder = tuned::<ReqwestBlocking>(Blocking::builder(), options, limits)
        // The client's time-out limits each read of a body. A request's limits the whole fetch.
        .timeout(None)
        .dns_resolver(Arc::new(Resolver))
        .tls_backend_preconfigured(ClientConfig::clone(tls));
    match limits.connections {
        Connections::PerFetch => builder.pool_max_idle_per_host(0),
        Connections::Warm | Connections::Cold => builder,
    }
}

impl BlockingClient for ReqwestBlocking {
    fn get(
        &self,
        target: &Target,
        deadline: Instant,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(Method::GET, target.url.clone());
        *request.headers_mut() = match target.credentials {
            Credentials::Send => self.headers.clone(),
            Credentials::Withhold => self.headers_elsewhere.clone(),
        };
        *request.timeout_mut() = Some(deadline.saturating_duration_since(Instant::now()));
        let client = self.clients.client(target.host);
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
            None => FetchError::io(error, ErrorClass::Protocol),
        }
    }
}
