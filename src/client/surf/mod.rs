//! The client surf. It uses http-client's `h1` client (async-h1) for http, and fetchbench's client
//! for https.
//!
//! `h1` is passed explicitly, because surf's default depends on the features of the whole
//! dependency tree. It has defects that would falsify a comparison. They are handled here:
//!
//! * It returns a connection to its pool with the rest of an abandoned response unread, and the
//!   next fetch reads that. So the client and its pool are replaced after any incomplete response,
//!   and after `connection: close`, which it ignores.
//! * It reads a body as empty if the connection ends it, or if its coding is not spelt `chunked`,
//!   and it mistakes an interim response (1xx) for the final one: reported as `unsupported`.
//! * It panics on header values that are not ASCII: reported as `crashed`.
//! * It reads a head or a chunk's size without limit, as fast as it arrives, and misses its
//!   deadline meanwhile: not fixed, because that would need another client.
//! * It never closes a connection to make room for another host: its client is replaced when it has
//!   connected to as many hosts as connections are allowed.
//! * It accepts a truncated body as complete: [`Received::finish`] compares the length with the
//!   declared one.
//! * Its name lookup blocks the executor on every fetch: it is given addresses only.
//! * Two simultaneous first requests to a host create two pools and lose one: the first request
//!   goes ahead.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use futures_lite::AsyncBufReadExt;
use futures_lite::future::yield_now;
use http::HeaderMap;
use http_client::Config;
use surf::http::Method;
use surf::http::headers::{HOST, HeaderName, HeaderValue};
use url::{Host, Url};

use self::answers::{announces_close, body_failed, head, head_failed};
use self::plain::Plain;
use self::secure::{Attempt, Secure};
use super::origins::Origins;
use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, PIECES_PER_YIELD, RequestHeaders,
    Runtime, addresses, host_header, origin_of, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::lock;
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

mod answers;
mod plain;
mod secure;

/// surf on a runtime. For http the runtime only looks up names, because `h1` always uses the
/// streams of async-std.
#[derive(Debug)]
pub struct Surf<R> {
    plain: Plain,
    secure: surf::Client,
    keep: bool,
    origins: Origins,
    headers: RequestHeaders<Headers>,
    /// Addresses of names, cached for the session.
    names: Mutex<HashMap<Origin, Arc<[SocketAddr]>>>,
    runtime: PhantomData<fn() -> R>,
}

type Headers = Vec<(HeaderName, HeaderValue)>;

#[derive(Debug)]
pub struct SurfTarget {
    url: Url,
    origin: Origin,
    host: usize,
    /// Whether the host is a name that needs a lookup.
    named: bool,
    credentials: Credentials,
}

impl<R: Runtime> Client for Surf<R> {
    const NAME: &'static str = "surf";
    const CAPABILITIES: Capabilities =
        Capabilities::of(&[Capability::Https, Capability::KeepAlive]);
    const NOTE: &'static str = "https by a client written here: async-h1 over rustls";
    const USUAL: bool = true;
    const TUNED: &'static [Choice<Config>] = TUNED;

    type Builder = Config;
    type Target = SurfTarget;

    /// Returns whether the value is ASCII, which is all that surf accepts.
    fn can_send(_name: &http::HeaderName, value: &http::HeaderValue) -> bool {
        value.to_str().is_ok()
    }

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let keep = limits.connections != Connections::PerFetch;
        let config = tuned::<Self>(Config::new().set_http_keep_alive(keep), options, limits);
        Ok(Self {
            plain: Plain::new(config, limits.max_connections.get()),
            secure: surf::Client::with_http_client(Secure::<R>::new(options, limits)?),
            keep,
            origins: Origins::default(),
            headers: RequestHeaders::new(options, limits).try_map(headers)?,
            names: Mutex::default(),
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<SurfTarget, FetchError> {
        let named = matches!(url.host(), Some(Host::Domain(_)));
        let origin = origin_of(url)?;
        let host = self.origins.number(origin.clone());
        Ok(SurfTarget { url: url.clone(), origin, host, named, credentials })
    }
}

const TUNED: &[Choice<Config>] = &[
    Choice {
        option: "max_connections_per_host: the connection budget",
        why: "surf opens at most 50 connections per host, and lets all other fetches wait",
        set: |config, limits| config.set_max_connections_per_host(limits.max_connections.get()),
    },
    Choice {
        option: "tcp_no_delay: true",
        why: "surf leaves Nagle's algorithm on; every other backend turns it off",
        set: |config, _| config.set_tcp_no_delay(true),
    },
    Choice {
        option: "timeout: none",
        why: "the harness sets the deadline; surf's covers neither connecting nor the body, and \
              sets a timer per fetch",
        set: |config, _| config.set_timeout(None),
    },
];

fn headers(map: &HeaderMap) -> anyhow::Result<Headers> {
    map.iter().map(|(name, value)| header(name, value)).collect()
}

fn header(
    name: &http::HeaderName,
    value: &http::HeaderValue,
) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let text = value.to_str().ok().and_then(|text| text.parse().ok());
    let value = text.with_context(|| format!("surf takes only ASCII in a header: {name}"))?;
    Ok((HeaderName::from(name.as_str()), value))
}

impl<R: Runtime> AsyncClient for Surf<R> {
    async fn get(&self, target: &SurfTarget, body: &mut Received) -> Result<Head, FetchError> {
        if target.url.scheme() == "https" {
            return self.get_secure(target, body).await;
        }
        if !target.named {
            return self.get_plain(target.url.clone(), target, body).await;
        }
        let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
        for address in &*self.look_up(&target.origin).await? {
            let mut url = target.url.clone();
            // An http url accepts any address.
            let _ = url.set_ip_host(address.ip());
            match self.get_plain(url, target, body).await {
                Err(error) if is_connect(error.class) => failed = error,
                ended => return ended,
            }
        }
        Err(failed)
    }
}

/// Returns whether connecting failed, so that no connection is in an unknown state.
fn is_connect(class: ErrorClass) -> bool {
    matches!(class, ErrorClass::Refused | ErrorClass::Connect | ErrorClass::LocalLimit)
}

impl<R: Runtime> Surf<R> {
    async fn look_up(&self, origin: &Origin) -> Result<Arc<[SocketAddr]>, FetchError> {
        let known = lock(&self.names).get(origin).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found: Arc<[SocketAddr]> = addresses::<R>(origin).await?.into();
        lock(&self.names).insert(origin.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// Fetches an http url with an address as its host.
    async fn get_plain(
        &self,
        url: Url,
        target: &SurfTarget,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut fetch = self.plain.send(target.host, self.request(url, target)).await;
        let response = fetch.answer().await?;
        let (head, is_whole) = read(response, body).await?;
        if is_whole {
            fetch.mark_clean();
        }
        Ok(head)
    }

    /// Fetches an https url.
    async fn get_secure(
        &self,
        target: &SurfTarget,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let attempt = Attempt { host: target.host, is_whole: Arc::default() };
        let mut request = self.request(target.url.clone(), target);
        AsMut::<surf::http::Request>::as_mut(&mut request).ext_mut().insert(attempt.clone());
        let mut response = self.secure.send(request).await.map_err(|error| head_failed(&error))?;
        let (head, is_whole) = read(&mut response, body).await?;
        attempt.is_whole.store(is_whole && self.keep, Ordering::Relaxed);
        Ok(head)
    }

    fn request(&self, url: Url, target: &SurfTarget) -> surf::Request {
        let mut request = surf::Request::new(Method::Get, url);
        if target.named {
            request.insert_header(HOST, host_header(&target.url));
        }
        for (name, value) in self.headers.select(target.credentials) {
            request.append_header(name.clone(), value.clone());
        }
        request
    }
}

/// Reads a response. Returns its head, and whether the connection may be reused.
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
    Ok((head, is_whole && !announces_close(response)))
}
