//! The client cyper, on compio: hyper-util's pool over completion I/O, without TLS.
//!
//! A client, and everything that it returns, belongs to the thread that created it. So each thread
//! has a client, and the executor divides the connection budget among its threads.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use compio::net::ToSocketAddrsAsync;
use cyper::redirect::Policy;
use cyper::resolve::Resolve;
use cyper::{ClientBuilder, Request};
use futures_lite::future::yield_now;
use futures_util::stream::{self, Stream, StreamExt};
use http::{Method, Uri};
use send_wrapper::SendWrapper;
use url::Url;

use super::origins::{OriginTarget, Origins};
use super::per_host::PerHost;
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, PIECES_PER_YIELD, Protocol,
    RequestHeaders, causes, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::without_brackets;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// The settings that the clients of all threads share.
pub struct Cyper {
    /// Its number among the sessions of this process.
    number: u64,
    origins: Origins,
    options: ClientOptions,
    limits: Limits,
    headers: RequestHeaders,
}

impl Client for Cyper {
    const NAME: &'static str = "cyper";
    const CAPABILITIES: Capabilities = Capabilities::of(&[Capability::KeepAlive]);
    const NOTE: &'static str = "io_uring, a pool for each thread";
    const USUAL: bool = false;
    const TUNED: &'static [Choice<ClientBuilder>] = &[
        Choice {
            option: "redirect: none",
            why: "the harness follows redirects, by the same rules for every backend",
            set: |builder, _| builder.redirect(Policy::none()),
        },
        Choice {
            option: "proxy: none",
            why: "cyper would use a proxy from the environment",
            set: |builder, _| builder.no_proxy(),
        },
    ];

    type Builder = ClientBuilder;
    type Target = OriginTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        Ok(Self {
            number: OPENED.fetch_add(1, Ordering::Relaxed),
            origins: Origins::default(),
            headers: RequestHeaders::new(options, limits),
            options: options.clone(),
            limits: limits.clone(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<OriginTarget, FetchError> {
        self.origins.target(url, credentials)
    }
}

impl AsyncClient for Cyper {
    async fn get(&self, target: &OriginTarget, body: &mut Received) -> Result<Head, FetchError> {
        // Only compio's tasks poll this, and they stay on their thread.
        SendWrapper::new(self.get_here(target, body)).await
    }
}

thread_local! {
    /// The client of this thread, with the number of its session.
    static CLIENT: RefCell<Option<(u64, PerHost<cyper::Client>)>> = const { RefCell::new(None) };
}

impl Cyper {
    async fn get_here(
        &self,
        target: &OriginTarget,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(Method::GET, target.url.clone());
        *request.headers_mut() = self.headers.select(target.credentials).clone();
        let client = self.client(target.origin)?;
        let response = client
            .execute(request)
            .await
            .map_err(|error| causes::failed(&error, ErrorClass::ClosedEarly))?;
        let head = Head::of(response.status().as_u16(), response.headers());
        let mut pieces = pin!(response.bytes_stream());
        for piece_number in 1_u32.. {
            if piece_number % PIECES_PER_YIELD == 0 {
                yield_now().await;
            }
            match pieces.next().await {
                Some(piece) => body
                    .push(&piece.map_err(|error| causes::failed(&error, ErrorClass::BodyShort))?)?,
                None => break,
            }
        }
        Ok(head)
    }

    /// Returns this thread's client for a host. Opens one if the thread has none of this session.
    fn client(&self, host: usize) -> Result<cyper::Client, FetchError> {
        CLIENT.with_borrow_mut(|current| {
            if self.is_fresh_each_time()
                || current.as_ref().is_none_or(|(number, _)| *number != self.number)
            {
                let opened = self.open_here();
                let opened = opened.map_err(|error| {
                    FetchError::new(ErrorClass::LocalLimit, format!("{error:#}"))
                })?;
                *current = Some((self.number, opened));
            }
            let (_, clients) = current.as_ref().expect("it was opened above");
            Ok(clients.client(host))
        })
    }

    /// Returns whether every fetch needs a client: over HTTP/2 no header closes a connection, and
    /// cyper has no option for it.
    fn is_fresh_each_time(&self) -> bool {
        self.options.protocol.is_http2() && self.limits.connections == Connections::PerFetch
    }

    fn open_here(&self) -> anyhow::Result<PerHost<cyper::Client>> {
        let (options, limits) = (self.options.clone(), self.limits.clone());
        PerHost::new(limits.max_connections, move || {
            let builder = match options.protocol {
                Protocol::Http1 => cyper::Client::builder(),
                Protocol::Http2 { .. } => cyper::Client::builder().http2_prior_knowledge(),
            };
            let builder = tuned::<Self>(builder, &options, &limits);
            Ok(builder.custom_resolver(Resolver).build()?)
        })
    }
}

/// Looks up names as cyper does by default, but with an error that differs from a failed connect.
struct Resolver;

impl Resolve for Resolver {
    type Err = cyper::Error;

    async fn resolve(&self, uri: &Uri) -> Result<impl Stream<Item = IpAddr> + '_, cyper::Error> {
        let host = without_brackets(uri.host().unwrap_or_default());
        let found = (host, 0).to_socket_addrs_async().await.map_err(|error| {
            let error = FetchError::new(ErrorClass::Dns, format!("{host}: {error}"));
            cyper::Error::System(io::Error::other(error))
        })?;
        Ok(stream::iter(found.map(|address| address.ip()).collect::<Vec<_>>()))
    }
}
