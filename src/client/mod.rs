//! Clients: what speaks HTTP. One file each; none knows which executor runs it.
//!
//! A client makes one request and reads one answer. What all have in common stands outside: the loop that pulls the next
//! site, the deadline, redirects, the body cap, the check of length and checksum, and the classes of failure.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use futures_lite::io::{AsyncRead, AsyncWrite};
use url::Url;

use crate::answer::{Head, Received};
use crate::error::FetchError;
use crate::fetch::{Credentials, Limits, Options};

mod hyper;
mod surf;
mod tls;
mod ureq;

pub use self::hyper::Hyper;
pub use self::surf::Surf;
pub use self::ureq::Ureq;

/// A client that is driven by an executor. One is shared by all tasks of a session.
pub trait AsyncClient: Send + Sync + Sized + 'static {
    /// A url made ready to be requested, outside the measured time.
    type Target: Send + Sync + 'static;

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
    /// A url that the client cannot request, such as https in one without TLS.
    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError>;

    /// Requests the target and reads its whole body into `body`.
    ///
    /// The caller drops this future when the deadline passes. Whatever was in use then must not be used again.
    fn get(
        &self,
        target: &Self::Target,
        body: &mut Received,
    ) -> impl Future<Output = Result<Head, FetchError>> + Send;
}

/// A client that blocks its thread. One is shared by all threads of a session.
pub trait BlockingClient: Send + Sync + Sized + 'static {
    /// A url made ready to be requested, outside the measured time.
    type Target: Send + Sync + 'static;

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
    /// A url that the client cannot request.
    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError>;

    /// Requests the target and reads its whole body into `body`, until `deadline` at the latest.
    fn get(&self, target: &Self::Target, deadline: Instant, body: &mut Received) -> Result<Head, FetchError>;
}

/// What an asynchronous client needs of the runtime under it.
pub trait Runtime: Send + Sync + 'static {
    /// A connected TCP stream of the runtime's own.
    type Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static;

    /// Connects, with `TCP_NODELAY` set.
    fn connect(address: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Looks a name up without blocking the executor.
    fn resolve(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;

    /// Ends at `deadline`.
    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + Unpin;
}
