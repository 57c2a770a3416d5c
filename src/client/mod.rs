//! HTTP clients, one file or folder each. A client does not know which executor runs it.
//!
//! A client makes one request and reads one response. Everything shared is outside: the loop that
//! takes the next site, the deadline, redirects, the body cap, the check of length and checksum,
//! and the error classes.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use futures_lite::io::{AsyncRead, AsyncWrite};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError, excerpt};
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Limits};

#[cfg(feature = "attohttpc")]
mod attohttpc;
#[cfg(feature = "hyper")]
mod causes;
#[cfg(feature = "curl")]
mod curl_codes;
#[cfg(feature = "curl")]
pub mod curl_multi;
pub mod floor;
#[cfg(feature = "cyper")]
mod cyper;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "hyper-pool")]
mod hyper_pool;
#[cfg(feature = "hyper-util")]
mod hyper_util;
#[cfg(feature = "hyper")]
mod incoming;
#[cfg(feature = "isahc")]
mod isahc;
mod options;
mod origins;
mod per_host;
mod targets;
mod pool;
mod pooled;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "reqwest-blocking")]
mod reqwest_blocking;
#[cfg(feature = "hyper")]
mod stream_pool;
#[cfg(feature = "surf")]
mod surf;
mod tls;
mod tls_error;
mod fair_stream;
#[cfg(feature = "ureq")]
mod ureq;
#[cfg(feature = "ureq-proto")]
mod ureq_proto;

#[cfg(feature = "attohttpc")]
pub use self::attohttpc::Attohttpc;
#[cfg(feature = "cyper")]
pub use self::cyper::Cyper;
#[cfg(feature = "hyper")]
pub use self::hyper::{Hyper, HyperHttp2};
#[cfg(feature = "hyper-pool")]
pub use self::hyper_pool::HyperPool;
#[cfg(feature = "hyper-util")]
pub use self::hyper_util::HyperUtil;
#[cfg(feature = "isahc")]
pub use self::isahc::Isahc;
pub use self::options::{
    ClientOptions, Credentials, HEADERS_MAX, Protocol, RequestHeaders, Tier, UserOptions,
};
#[cfg(feature = "reqwest")]
pub use self::reqwest::Reqwest;
#[cfg(feature = "reqwest-blocking")]
pub use self::reqwest_blocking::ReqwestBlocking;
#[cfg(feature = "surf")]
pub use self::surf::Surf;
#[cfg(feature = "ureq")]
pub use self::ureq::Ureq;
#[cfg(feature = "ureq-proto")]
pub use self::ureq_proto::UreqProto;

/// Pieces of a body that are read before the task yields. Otherwise a body that arrives faster than
/// it is read would delay the deadline.
const PIECES_PER_YIELD: u32 = 32;

/// An HTTP client that prepares urls. All tasks or threads of a session share one client.
pub trait Client: Send + Sync + Sized + 'static {
    /// Name of the client: the name of its crate, if the crate has one client.
    const NAME: &'static str;

    /// Name of its crate.
    const CRATE: &'static str = Self::NAME;

    /// What it can do beyond plain HTTP/1.1.
    const CAPABILITIES: Capabilities;

    /// A short remark shown beside its backends.
    const NOTE: &'static str = "";

    /// Its parts that are written here, and that no crate has; empty if there are none.
    const WRITTEN_HERE: &'static str = "";

    /// File descriptors per fetch in flight.
    const DESCRIPTORS: usize = 1;

    /// Whether its backends run by default.
    const USUAL: bool;

    /// The value that its options are set on.
    type Builder: 'static;

    /// Options of the tuned tier that differ from the library's defaults. Options that verification
    /// needs, or that follow from the limits, are set in every tier and not listed here.
    const TUNED: &'static [Choice<Self::Builder>];

    /// A url that was prepared outside the measured time.
    type Target: Send + Sync + 'static;

    /// Returns whether the client can send this header.
    fn can_send(_name: &HeaderName, _value: &HeaderValue) -> bool {
        true
    }

    /// Opens the client with an empty pool.
    ///
    /// # Errors
    ///
    /// The client cannot honour the options.
    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self>;

    /// Prepares a url.
    ///
    /// # Errors
    ///
    /// The client cannot request the url. It is never an https url unless the client has
    /// [`Capability::Https`](crate::fetch::Capability): the caller checks.
    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError>;
}

/// An option of a client that differs from its library's default.
pub struct Choice<B> {
    /// The library's name of the option, and its value.
    pub option: &'static str,
    /// Why it differs.
    pub why: &'static str,
    /// Sets it.
    pub set: fn(B, &Limits) -> B,
}

/// Applies the tier's options to a builder.
fn tuned<C: Client>(builder: C::Builder, options: &ClientOptions, limits: &Limits) -> C::Builder {
    match options.tier {
        Tier::Tuned => {
            C::TUNED.iter().fold(builder, |builder, choice| (choice.set)(builder, limits))
        }
        Tier::Default => builder,
    }
}

/// A client that an executor drives.
pub trait AsyncClient: Client {
    /// Requests the target and reads its whole body into `body`.
    ///
    /// The caller drops this future when the deadline passes. The connection in use must then not
    /// be reused.
    fn get(
        &self,
        target: &Self::Target,
        body: &mut Received,
    ) -> impl Future<Output = Result<Head, FetchError>> + Send;
}

/// A client that blocks its thread.
pub trait BlockingClient: Client {
    /// Requests the target and reads its whole body into `body`, until `deadline` at the latest.
    ///
    /// # Errors
    ///
    /// The response did not arrive completely.
    fn get(
        &self,
        target: &Self::Target,
        deadline: Instant,
        body: &mut Received,
    ) -> Result<Head, FetchError>;
}

/// A connected stream of bytes.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static> Stream for S {}

/// The network functions that an asynchronous client needs from its runtime.
pub trait Runtime: Send + Sync + 'static {
    /// The runtime's connected TCP stream.
    type Stream: Stream;

    /// Connects, with `TCP_NODELAY` set.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Looks up a name without blocking the executor.
    fn resolve(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// Starts a task. Call it from a task of this runtime.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);
}

/// Refuses an interim response (1xx), which some clients mistake for the final one.
fn refuse_interim(client: &str, status: u16) -> Result<(), FetchError> {
    if !(100..=199).contains(&status) {
        return Ok(());
    }
    let message = format!(
        "{client} treats the interim response {status} as the final one: use hyper or ureq"
    );
    Err(FetchError::objection(ErrorClass::Unsupported, message))
}

/// Returns whether ureq and ureq-proto can send a header: they refuse credentials that are not
/// text.
fn has_text_credentials(name: &HeaderName, value: &HeaderValue) -> bool {
    name != AUTHORIZATION || value.to_str().is_ok()
}

/// Returns the addresses of an origin. A literal needs no lookup.
async fn addresses<R: Runtime>(origin: &Origin) -> Result<Vec<SocketAddr>, FetchError> {
    if let Some(address) = origin.address() {
        return Ok(vec![address]);
    }
    let found = R::resolve(&origin.host, origin.port).await;
    let addresses = found.map_err(|error| no_address(origin, &error))?;
    if addresses.is_empty() {
        return Err(no_address(origin, &"the name has no address"));
    }
    Ok(addresses)
}

fn no_address(origin: &Origin, why: &dyn fmt::Display) -> FetchError {
    FetchError::new(ErrorClass::Dns, format!("{}: {why}", origin.host))
}

/// Connects to the first address of an origin that accepts.
async fn connect<R: Runtime>(origin: &Origin) -> Result<R::Stream, FetchError> {
    let mut failed = FetchError::new(ErrorClass::Dns, "the name has no address");
    for address in addresses::<R>(origin).await? {
        match R::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = FetchError::io(&error, ErrorClass::Connect),
        }
    }
    Err(failed)
}

/// Returns an error if the peer of an idle connection has closed it or sent unrequested bytes.
///
/// A stream may also appear quiet because its task must yield first ([`fair_stream::FairStream`],
/// the budget of tokio's tasks). A closed connection then shows when the response does not arrive.
async fn quiet(stream: &mut (impl AsyncRead + Unpin)) -> Result<(), FetchError> {
    poll_fn(|context| {
        Poll::Ready(match Pin::new(&mut *stream).poll_read(context, &mut [0]) {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(0)) => {
                Err(FetchError::new(ErrorClass::ClosedEarly, "closed before it was asked"))
            }
            Poll::Ready(Ok(_)) => {
                Err(FetchError::new(ErrorClass::Protocol, "answered before it was asked"))
            }
            Poll::Ready(Err(error)) => Err(tls_error::io_failed(&error, ErrorClass::Protocol)),
        })
    })
    .await
}

/// Returns the origin of a url, which every http and https url has.
fn origin_of(url: &Url) -> Result<Origin, FetchError> {
    Origin::of(url).ok_or_else(|| bad_url(url, &"no host"))
}

/// Reports a url that a client cannot request.
fn bad_url(url: &Url, why: &dyn fmt::Display) -> FetchError {
    FetchError::new(ErrorClass::Unsupported, format!("{}: {why}", excerpt(url.as_str())))
}

/// Returns the value of the `host` header, without the scheme's default port (RFC 9110, section
/// 7.2).
fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
