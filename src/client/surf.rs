//! The client surf, over the `h1` client of http-client (async-h1): plain http only.
//!
//! That client is passed explicitly: which one surf takes by itself depends on the features of the whole tree. It has
//! traps that would falsify a comparison, and each is handled here:
//!
//! * It returns a connection to its pool with the rest of an abandoned answer unread, where the next fetch meets it. So
//!   after anything but a whole answer the client is replaced, and its pool with it. The same after an answer that says
//!   `connection: close`, which it does not heed.
//! * It takes a body that ends with the connection for an empty one, and so one whose coding is not spelt `chunked`, and
//!   an interim answer (1xx) for the final one: told as `unsupported`.
//! * It panics over header values that are not ASCII: told as `crashed`.
//! * It reads a head or a chunk's size without end, as fast as it comes, and hears of no deadline meanwhile: not mended,
//!   since only a client of our own could.
//! * It never closes a connection for the sake of another host's: its client is replaced after as many hosts as there
//!   may be connections.
//! * It takes a body that is cut short for a whole one: [`Received::finish`] compares with the declared length.
//! * It looks names up by blocking the executor, at every fetch: it is only ever given addresses.
//! * Two first requests to a host at the same moment make two pools of it, and lose one: the first is let go ahead.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::future::{Future, poll_fn};
use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};

use anyhow::Context as _;
use futures_lite::AsyncBufReadExt;
use futures_lite::future::yield_now;
use http::HeaderMap;
use http_client::Config;
use http_client::h1::H1Client;
use surf::http::Method;
use surf::http::headers::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, LOCATION, TRANSFER_ENCODING};
use url::{Host, Url};

use super::{
    AsyncClient, Choice, Client, PIECES_A_TURN, Runtime, addresses, host_header, origin_of, refuse_interim, tuned,
};
use crate::answer::{Head, Received};
use crate::error::{ErrorClass, FetchError};
use crate::fetch::{Connections, Credentials, Limits, Options};
use crate::site::Origin;

/// surf on a runtime, which only looks names up: the streams of surf's client are async-std's on every executor.
#[derive(Debug)]
pub struct Surf<R> {
    current: RwLock<Current>,
    most_hosts: usize,
    config: Config,
    headers: Headers,
    headers_elsewhere: Headers,
    /// What names were found to mean, for as long as the session lasts.
    names: Mutex<HashMap<Origin, Arc<[SocketAddr]>>>,
    runtime: PhantomData<fn() -> R>,
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// The client in use, until a fetch is abandoned or it knows too many hosts.
#[derive(Debug)]
struct Current {
    client: Arc<surf::Client>,
    /// The hosts that it has connections to.
    hosts: HashSet<Origin>,
}

impl Current {
    fn new(config: &Config) -> Self {
        let Ok(client) = H1Client::try_from(config.clone());
        Self { client: Arc::new(surf::Client::with_http_client(client)), hosts: HashSet::new() }
    }
}

/// A url made ready.
#[derive(Debug)]
pub struct Target {
    url: Url,
    origin: Origin,
    /// Whether the url's host is a name, to be looked up.
    named: bool,
    credentials: Credentials,
}

impl<R: Runtime> Client for Surf<R> {
    const NAME: &'static str = "surf";
    const HTTPS: bool = false;
    const USUAL: bool = true;
    const TUNED: &'static [Choice<Config>] = TUNED;

    type Builder = Config;
    type Target = Target;

    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self> {
        let keep = limits.connections != Connections::PerFetch;
        let config = tuned::<Self>(Config::new().set_http_keep_alive(keep), options, limits);
        Ok(Self {
            current: RwLock::new(Current::new(&config)),
            most_hosts: limits.concurrency.get(),
            config,
            headers: headers(options.request_headers(limits, Credentials::Send))?,
            headers_elsewhere: headers(options.request_headers(limits, Credentials::Withhold))?,
            names: Mutex::default(),
            runtime: PhantomData,
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Target, FetchError> {
        let named = matches!(url.host(), Some(Host::Domain(_)));
        Ok(Target { url: url.clone(), origin: origin_of(url)?, named, credentials })
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
        why: "the deadline is the harness's; surf's covers neither connecting nor the body, and sets a timer a fetch",
        set: |config, _| config.set_timeout(None),
    },
];

fn headers(map: HeaderMap) -> anyhow::Result<Headers> {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let text = value.to_str().ok().and_then(|text| text.parse().ok());
        let value: HeaderValue = text.with_context(|| format!("surf takes only ASCII in a header: {name}"))?;
        Ok((HeaderName::from(name.as_str()), value))
    };
    map.iter().map(header).collect()
}

impl<R: Runtime> AsyncClient for Surf<R> {
    async fn get(&self, target: &Target, body: &mut Received) -> Result<Head, FetchError> {
        if !target.named {
            return self.get_url(target.url.clone(), target, body).await;
        }
        let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
        for address in &*self.look_up(&target.origin).await? {
            let mut url = target.url.clone();
            // An http url takes any address and port.
            let _ = url.set_ip_host(address.ip());
            match self.get_url(url, target, body).await {
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
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(origin.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// Fetches a url whose host is an address.
    async fn get_url(&self, url: Url, target: &Target, body: &mut Received) -> Result<Head, FetchError> {
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

        let mut flight = self.send(&target.origin, request).await;
        let response = flight.answer().await?;
        let head = head(response)?;
        for piece in 1_u32.. {
            if piece % PIECES_A_TURN == 0 {
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
        if is_whole && !says_close(response) {
            flight.is_clean();
        }
        Ok(head)
    }

    /// Sends a request, as far as its first poll.
    ///
    /// In its first poll the client takes a connection from the host's pool, and makes a pool where there is none. So the
    /// client is chosen and first polled under one lock: whoever abandons a fetch replaces the client before the connection
    /// goes back to its pool, and nobody who chose the old one can still find it there. And to a host that is new to the
    /// client the lock is exclusive: two that make a pool at the same moment make two, of which one is lost.
    async fn send(&self, origin: &Origin, request: surf::Request) -> Flight<'_, R> {
        let mut request = Some(request);
        poll_fn(|context| {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            let flight = if current.hosts.contains(origin) {
                Flight::start(self, &current.client, request.take(), context)
            } else {
                drop(current);
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                if current.hosts.len() == self.most_hosts && !current.hosts.contains(origin) {
                    *current = Current::new(&self.config);
                }
                current.hosts.insert(origin.clone());
                Flight::start(self, &current.client, request.take(), context)
            };
            Poll::Ready(flight)
        })
        .await
    }

    /// Opens a new client in place of `old`, unless another fetch has done so already. Neighbours in flight end on the
    /// old one; its connections are closed when the last of them has.
    fn replace(&self, old: &Arc<surf::Client>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current.client, old) {
            *current = Current::new(&self.config);
        }
    }
}

type Sending = Pin<Box<dyn Future<Output = surf::Result<surf::Response>> + Send>>;

/// A fetch in flight. Dropped before its answer has been read to its end, it first replaces the client and only then
/// gives its connection back.
struct Flight<'a, R: Runtime> {
    surf: &'a Surf<R>,
    /// What is to be replaced.
    client: Option<Arc<surf::Client>>,
    sending: Option<Sending>,
    response: Option<surf::Result<surf::Response>>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a, R: Runtime> Flight<'a, R> {
    /// Begins to send, and polls once.
    fn start(
        surf: &'a Surf<R>,
        client: &Arc<surf::Client>,
        request: Option<surf::Request>,
        context: &mut Context<'_>,
    ) -> Self {
        let mut flight = Self { surf, client: Some(Arc::clone(client)), sending: None, response: None, panic: None };
        if let Some(request) = request {
            let client = Arc::clone(client);
            let sending = flight.sending.insert(Box::pin(async move { client.send(request).await }));
            // A panic here would replace the client while its lock is held: it waits until that has been let go.
            match catch_unwind(AssertUnwindSafe(|| sending.as_mut().poll(context))) {
                Ok(Poll::Ready(response)) => flight.response = Some(response),
                Ok(Poll::Pending) => {}
                Err(panic) => flight.panic = Some(panic),
            }
        }
        flight
    }

    /// Waits for the head of the answer.
    async fn answer(&mut self) -> Result<&mut surf::Response, FetchError> {
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        if self.response.is_none()
            && let Some(sending) = &mut self.sending
        {
            self.response = Some(sending.await);
        }
        if let Some(Err(error)) = &self.response {
            let error = head_failed(error);
            if is_connect(error.class) {
                self.is_clean();
            }
            return Err(error);
        }
        match &mut self.response {
            Some(Ok(response)) => Ok(response),
            _ => Err(FetchError::new(ErrorClass::Protocol, "nothing was sent")),
        }
    }

    fn is_clean(&mut self) {
        self.client = None;
    }
}

impl<R: Runtime> Drop for Flight<'_, R> {
    fn drop(&mut self) {
        if let Some(client) = &self.client {
            self.surf.replace(client);
        }
    }
}

/// Whether the server will close the connection behind this answer.
fn says_close(response: &surf::Response) -> bool {
    response.header(CONNECTION).is_some_and(|value| value.as_str().eq_ignore_ascii_case("close"))
}

fn head(response: &surf::Response) -> Result<Head, FetchError> {
    let status = u16::from(response.status());
    refuse_interim("surf", status)?;
    let lengths = response.header(CONTENT_LENGTH);
    if lengths.is_some_and(|lengths| lengths.iter().any(|length| length != lengths.last())) {
        return Err(FetchError::objection(ErrorClass::Protocol, "the answer has several lengths"));
    }
    let declared = lengths.and_then(|values| values.last().as_str().parse().ok());
    let is_chunked = response.header(TRANSFER_ENCODING).is_some_and(|coding| coding.last().as_str() == "chunked");
    if declared.is_none() && !is_chunked && !matches!(status, 204 | 304) {
        let message = "surf takes a body that is neither measured nor `chunked` for an empty one: use a row of hyper or \
                       ureq";
        return Err(FetchError::objection(ErrorClass::Unsupported, message));
    }
    let location = response.header(LOCATION).map(|values| values.last().as_str().to_owned());
    Ok(Head { status, declared, location })
}

/// The class of an error before the body. surf's errors hold an error of the system, a text that ends in its number, or
/// a text alone.
fn head_failed(error: &surf::Error) -> FetchError {
    let message = error.to_string();
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return FetchError::io(error, ErrorClass::Protocol);
    }
    // The pool tells why it could not connect in its text only, which ends as the standard library's does.
    let number = message.rsplit_once("(os error ").and_then(|(_, rest)| rest.trim_end_matches(')').parse().ok());
    if let Some(number) = number {
        return FetchError::io(&io::Error::from_raw_os_error(number), ErrorClass::Connect);
    }
    // The two texts of async-h1 for a connection that ended before or in the head.
    let class = match &*message {
        "connection closed" | "empty response" => ErrorClass::ClosedEarly,
        _ => ErrorClass::Protocol,
    };
    if message == "Unsupported HTTP version" {
        return FetchError::new(class, "surf reads answers of HTTP/1.1 only, and this is of another version");
    }
    FetchError::new(class, message)
}

fn body_failed(error: &io::Error) -> FetchError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => FetchError::new(ErrorClass::BodyShort, error.to_string()),
        _ => FetchError::io(error, ErrorClass::Protocol),
    }
}
