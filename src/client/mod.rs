//! Clients: what speaks HTTP. One file each; none knows which executor runs it.
//!
//! A client makes one request and reads one answer. What all have in common stands outside: the
//! loop that pulls the next site, the deadline, redirects, the body cap, the check of length and
//! checksum, and the classes of failure.

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
use crate::fetch::{Credentials, Limits, Options, Tier};

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
#[cfg(feature = "hyper-util")]
mod hyper_util;
#[cfg(feature = "isahc")]
mod isahc;
mod origins;
#[cfg(any(feature = "cyper", feature = "hyper-util", feature = "reqwest"))]
mod per_host;
#[cfg(any(feature = "hyper", feature = "ureq-proto"))]
mod targets;
mod pool;
#[cfg(any(feature = "hyper", feature = "ureq-proto"))]
mod pooled;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "reqwest-blocking")]
mod reqwest_blocking;
mod surf;
mod tls;
mod fair_stream;
mod ureq;
#[cfg(feature = "ureq-proto")]
mod ureq_proto;

#[cfg(feature = "attohttpc")]
pub use self::attohttpc::Attohttpc;
#[cfg(feature = "cyper")]
pub use self::cyper::Cyper;
#[cfg(feature = "hyper")]
pub use self::hyper::Hyper;
#[cfg(feature = "hyper-util")]
pub use self::hyper_util::HyperUtil;
#[cfg(feature = "isahc")]
pub use self::isahc::Isahc;
#[cfg(feature = "reqwest")]
pub use self::reqwest::Reqwest;
#[cfg(feature = "reqwest-blocking")]
pub use self::reqwest_blocking::ReqwestBlocking;
pub use self::surf::Surf;
pub use self::ureq::Ureq;
#[cfg(feature = "ureq-proto")]
pub use self::ureq_proto::UreqProto;

/// How many pieces of a body are read before others have their turn: a body that comes faster than
/// it is read would hold up the deadline.
const PIECES_PER_YIELD: u32 = 32;

/// What opens, and what makes a url ready. One client is shared by all tasks or threads of a
/// session.
pub trait Client: Send + Sync + Sized + 'static {
    /// Its name, which is that of its crate where a crate is one client.
    const NAME: &'static str;

    /// Its crate.
    const CRATE: &'static str = Self::NAME;

    /// Whether it speaks https.
    const HTTPS: bool;

    /// What else is to be known of its rows at a glance.
    const NOTE: &'static str = "";

    /// Whether it keeps connections, where it may.
    const KEEPS: bool = true;

    /// File descriptors of a fetch in flight.
    const DESCRIPTORS: usize = 1;

    /// Whether its rows take part where none is named.
    const USUAL: bool;

    /// What its options are set on.
    type Builder: 'static;

    /// The options that are set otherwise than the library would by itself, unless it is left as it
    /// comes. What is needed for any answer to be verified, or follows from the limits, is set
    /// beside them in every tier.
    const TUNED: &'static [Choice<Self::Builder>];

    /// A url made ready to be requested, outside the measured time.
    type Target: Send + Sync + 'static;

    /// Whether it can send this header.
    fn can_send(_name: &HeaderName, _value: &HeaderValue) -> bool {
        true
    }

    /// Opens the client with its pool empty.
    ///
    /// # Errors
    ///
    /// Options that the client cannot honour.
    fn open(options: &Options, limits: &Limits) -> anyhow::Result<Self>;

    /// Makes a url ready.
    ///
    /// # Errors
    ///
    /// A url that the client cannot request. Never one of https where there is no TLS: it does not
    /// get here.
    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError>;
}

/// An option of a client, set otherwise than its library would by itself.
pub struct Choice<B> {
    /// The option, as the library calls it, and what it is set to.
    pub option: &'static str,
    /// The reason.
    pub why: &'static str,
    /// Sets it.
    pub set: fn(B, &Limits) -> B,
}

/// A builder with what the tier of the options asks for.
fn tuned<C: Client>(builder: C::Builder, options: &Options, limits: &Limits) -> C::Builder {
    match options.tier {
        Tier::Tuned => {
            C::TUNED.iter().fold(builder, |builder, choice| (choice.set)(builder, limits))
        }
        Tier::Default => builder,
    }
}

/// A client that is driven by an executor.
pub trait AsyncClient: Client {
    /// Requests the target and reads its whole body into `body`.
    ///
    /// The caller drops this future when the deadline passes. Whatever was in use then must not be
    /// used again.
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
    /// Whatever kept the answer from arriving whole.
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

/// What an asynchronous client needs of the runtime under it.
pub trait Runtime: Send + Sync + 'static {
    /// A connected TCP stream of the runtime's own.
    type Stream: Stream;

    /// Connects, with `TCP_NODELAY` set.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Looks a name up without blocking the executor.
    fn resolve(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// Refuses an interim answer (1xx), which some clients take for the final one.
fn refuse_interim(client: &str, status: u16) -> Result<(), FetchError> {
    if !(100..=199).contains(&status) {
        return Ok(());
    }
    let message = format!(
        "{client} takes the interim answer {status} for the final one: use a row of hyper or ureq"
    );
    Err(FetchError::objection(ErrorClass::Unsupported, message))
}

/// Whether ureq and ureq-proto can send a header: they refuse credentials that are not text.
fn has_text_credentials(name: &HeaderName, value: &HeaderValue) -> bool {
    name != AUTHORIZATION || value.to_str().is_ok()
}

/// The addresses of an origin: at once where its host is a literal, else looked up.
async fn addresses<R: Runtime>(origin: &Origin) -> Result<Vec<SocketAddr>, FetchError> {
    if let Some(address) = origin.address() {
        return Ok(vec![address]);
    }
    let no_address =
        |why: &str| FetchError::new(ErrorClass::Dns, format!("{}: {why}", origin.host));
    let addresses = R::resolve(&origin.host, origin.port)
        .await
        .map_err(|error| no_address(&error.to_string()))?;
    if addresses.is_empty() { Err(no_address("the name has no address")) } else { Ok(addresses) }
}

/// Connects to the first address of an origin that lets us.
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

/// Finds out whether the peer of an idle connection has closed it, or has said something before it
/// was asked.
///
/// A stream may say nothing for once because its task has had its turn ([`turns::FairStream`], the
/// budget of tokio's tasks). Then a connection that is closed shows by the answer that does not
/// come.
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
            Poll::Ready(Err(error)) => Err(FetchError::io(&error, ErrorClass::Protocol)),
        })
    })
    .await
}

/// The origin of a url, which every http and https url has.
fn origin_of(url: &Url) -> Result<Origin, FetchError> {
    Origin::of(url).ok_or_else(|| bad_url(url, &"no host"))
}

/// Reports a url that a client cannot request.
fn bad_url(url: &Url, why: &dyn fmt::Display) -> FetchError {
    FetchError::new(ErrorClass::Unsupported, format!("{}: {why}", excerpt(url.as_str())))
}

/// The value of the `host` header: the port is left out where it is the scheme's own (RFC 9110,
/// section 7.2).
fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
