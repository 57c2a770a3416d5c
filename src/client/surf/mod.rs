//! The client surf: over the `h1` client of http-client (async-h1) for http, and over one of ours
//! for https.
//!
//! The first is passed explicitly: which one surf takes by itself depends on the features of the
//! whole tree. It has traps that would falsify a comparison, and each is handled here:
//!
//! * It returns a connection to its pool with the rest of an abandoned answer unread, where the
//!   next fetch meets it. So after anything but a whole answer the client is replaced, and its pool
//!   with it. The same after an answer that says `connection: close`, which it does not heed.
//! * It takes a body that ends with the connection for an empty one, and so one whose coding is not
//!   spelt `chunked`, and an interim answer (1xx) for the final one: told as `unsupported`.
//! * It panics over header values that are not ASCII: told as `crashed`.
//! * It reads a head or a chunk's size without end, as fast as it comes, and hears of no deadline
//!   meanwhile: not mended, since only a client of our own could.
//! * It never closes a connection for the sake of another host's: its client is replaced after as
//!   many hosts as there may be connections.
//! * It takes a body that is cut short for a whole one: [`Received::finish`] compares with the
//!   declared length.
//! * It looks names up by blocking the executor, at every fetch: it is only ever given addresses.
//! * Two first requests to a host at the same moment make two pools of it, and lose one: the first
//!   is let go ahead.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use futures_lite::AsyncBufReadExt;
use futures_lite::future::yield_now;
use http::HeaderMap;
use http_client::Config;
use surf::http::Method;
use surf::http::headers::{HOST, HeaderName, HeaderValue};
use url::{Host, Url};

use self::answers::{body_failed, head, head_failed, says_close};
use self::plain::Plain;
use self::secure::{Attempt, Secure};
use super::origins::Origins;
use super::{
    AsyncClient, Choice, Client, PIECES_PER_YIELD, Runtime, addresses, host_header, origin_of,
    tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::origin::Origin;
use crate::fetch::{Connections, Credentials, Limits, Options};

mod answers;
mod plain;
mod secure;

/// surf on a runtime, which for http only looks names up: the streams of surf's own client are
/// async-std's everywhere.
#[derive(Debug)]
pub struct Surf<R> {
    plain: Plain,
    secure: surf::Client,
    keep: bool,
    origins: Origins,
    headers: Headers,
    headers_elsewhere: Headers,
    /// What names were found to mean, for as long as the session lasts.
    names: Mutex<HashMap<Origin, Arc<[SocketAddr]>>>,
    runtime: PhantomData<fn() -> R>,
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// A url made ready.
#[derive(Debug)]
pub struct Target {
    url: Url,
    origin: Origin,
    host: usize,
    /// Whether the url's host is a name, to be looked up.
    named: bool,
    credentials: Credentials,
}

impl<R: Runtime> Client for Surf<R> {
    const NAME: &'static str = "surf";
    const HTTPS: bool = true;
    const NOTE: &'static str = "https by a client of ours: async-h1 over rustls";
    const USUAL: bool = true;
    const TUNED: &'static [Choice<Config>] = TUNED;

    type Builder = Config;
    type Target = Target;

    /// Its headers are ASCII.
    fn can_send(_name: &http::HeaderName, value: &http::HeaderValue) -> bool {
        value.to_str().is_ok()
    }

    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self> {
        let keep = limits.connections != Connections::PerFetch;
        let config = tuned::<Self>(Config::new().set_http_keep_alive(keep), options, limits);
        Ok(Self {
            plain: Plain::new(config, limits.concurrency.get()),
            secure: surf::Client::with_http_client(Secure::<R>::new(options, limits)?),
            keep,
            origins: Origins::default(),
            headers: headers(options.request_headers(limits, Credentials::Send))?,
            headers_elsewhere: headers(options.request_headers(limits, Credentials::Withhold))?,
            names: Mutex::default(),
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Target, FetchError> {
        let named = matches!(url.host(), Some(Host::Domain(_)));
        let origin = origin_of(url)?;
        let host = self.origins.number(origin.clone());
        Ok(Target { url: url.clone(), origin, host, named, credentials })
    }
}

const TUNED: &[Choice<Config>] = &[
    Choice {
        option: "max_connections_per_host: the concurrency",
        why: "surf keeps to 50 connections a host, and lets all fetches beyond wait",
        set: |config, limits| config.set_max_connections_per_host(limits.concurrency.get()),
    },
    Choice {
        option: "tcp_no_delay: true",
        why: "surf leaves Nagle's algorithm on, and every other row has it off",
        set: |config, _| config.set_tcp_no_delay(true),
    },
    Choice {
        option: "timeout: none",
        why: "the deadline is the harness's; surf's covers neither connecting nor the body, and \
              sets a timer a fetch",
        set: |config, _| config.set_timeout(None),
    },
];

fn headers(map: HeaderMap) -> anyhow::Result<Headers> {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let text = value.to_str().ok().and_then(|text| text.parse().ok());
        let value: HeaderValue =
            text.with_context(|| format!("surf takes only ASCII in a header: {name}"))?;
        Ok((HeaderName::from(name.as_str()), value))
    };
    map.iter().map(header).collect()
}

impl<R: Runtime> AsyncClient for Surf<R> {
    async fn get(&self, target: &Target, body: &mut Received) -> Result<Head, FetchError> {
        if target.url.scheme() == "https" {
            return self.get_secure(target, body).await;
        }
        if !target.named {
            return self.get_plain(target.url.clone(), target, body).await;
        }
        let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
        for address in &*self.look_up(&target.origin).await? {
            let mut url = target.url.clone();
            // An http url takes any address and port.
            let _ = url.set_ip_host(address.ip());
            match self.get_plain(url, target, body).await {
                Err(error) if is_connect(error.class) => failed = error,
                ended => return ended,
            }
        }
        Err(failed)
    }
}

/// Whether no connection was made, so that none is left in an unknown state.
fn is_connect(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Refused | ErrorClass::Connect | ErrorClass::LocalLimit)
}

impl<R: Runtime> Surf<R> {
    async fn look_up(&self, origin: &Origin) -> Result<Arc<[SocketAddr]>, FetchError> {
        let known = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found: Arc<[SocketAddr]> = addresses::<R>(origin).await?.into();
        self.names
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(origin.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// Fetches a url of http whose host is an address.
    async fn get_plain(
        &self,
        url: Url,
        target: &Target,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut flight = self.plain.send(target.host, self.request(url, target)).await;
        let response = flight.answer().await?;
        let (head, is_whole) = read(response, body).await?;
        if is_whole {
            flight.is_clean();
        }
        Ok(head)
    }

    /// Fetches a url of https.
    async fn get_secure(&self, target: &Target, body: &mut Received) -> Result<Head, FetchError> {
        let attempt = Attempt { host: target.host, is_whole: Arc::default() };
        let mut request = self.request(target.url.clone(), target);
        AsMut::<surf::http::Request>::as_mut(&mut request).ext_mut().insert(attempt.clone());
        let mut response = self.secure.send(request).await.map_err(|error| head_failed(&error))?;
        let (head, is_whole) = read(&mut response, body).await?;
        attempt.is_whole.store(is_whole && self.keep, Ordering::Relaxed);
        Ok(head)
    }

    fn request(&self, url: Url, target: &Target) -> surf::Request {
        let mut request = surf::Request::new(Method::Get, url);
        if target.named {
            request.insert_header(HOST, host_header(&target.url));
        }
        let headers = match target.credentials {
            Credentials::Send => &self.headers,
            Credentials::Withhold => &self.headers_elsewhere,
        };
        for (name, value) in headers {
            request.append_header(name.clone(), value.clone());
        }
        request
    }
}

/// Reads an answer, and says whether its connection may be used again.
async fn read(
    response: &mut surf::Response,
    body: &mut Received,
) -> Result<(Head, bool), FetchError> {
    let head = head(response)?;
    for piece in 1_u32.. {
        if piece % PIECES_PER_YIELD == 0 {
            yield_now().await;
        }
        let piece = response.fill_buf().await.map_err(|error| body_failed(&error))?;
        if piece.is_empty() {
            break;
        }
        body.push(piece)?;
        let length = piece.len();
        response.consume(length);
    }
    let is_whole = head.declared.is_none_or(|declared| body.bytes() == declared);
    Ok((head, is_whole && !says_close(response)))
}
