//! The client of the backend `floor`: raw sockets, the fastest that one core can fetch.
//!
//! The bytes of requests are built before the clock starts. Responses are parsed in the buffer that
//! the kernel filled. The event loop in `backend/event_loop` waits until sockets are ready. `floor`
//! meets the contract of every backend, counts and checksums included, so the time that another
//! backend takes longer is the cost of its client and executor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::header::{HOST, HeaderMap};
use url::Url;

use super::{Choice, Client, ClientOptions, Credentials, RequestHeaders, host_header, origin_of};
use crate::fetch::error::FetchError;
use crate::fetch::lock;
use crate::fetch::origin::Origin;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

mod answer;
mod chunks;
mod connection;
#[cfg(any(test, fuzzing))]
mod examine;
mod head;
mod http2;

pub use self::connection::{FloorConnection, FloorStep};
#[cfg(any(test, fuzzing))]
pub use self::examine::examine;
#[cfg(any(test, fuzzing))]
pub use self::http2::examine_streams;
pub use self::http2::{FloorStreams, StreamEnd, StreamOutcome, StreamsStep};

/// Prepares requests.
#[derive(Debug)]
pub struct Floor {
    origins: Mutex<HashMap<Origin, Arc<FloorOrigin>>>,
    headers: RequestHeaders,
    /// Whether connections are kept.
    pub keep: bool,
    is_http2: bool,
}

/// An origin of the session.
#[derive(Debug)]
pub struct FloorOrigin {
    /// Its number among the session's origins.
    pub number: usize,
    /// Scheme, host and port.
    pub origin: Origin,
}

/// A prepared url.
#[derive(Debug)]
pub struct FloorTarget {
    /// The origin to send to.
    pub destination: Arc<FloorOrigin>,
    /// The complete bytes of the request; over HTTP/2, its block of headers.
    pub request: Box<[u8]>,
}

impl Client for Floor {
    const NAME: &'static str = "floor";
    const CAPABILITIES: Capabilities = Capabilities::of(&[Capability::KeepAlive]);
    const USUAL: bool = true;
    /// It uses no library, so no defaults can differ.
    const TUNED: &'static [Choice<()>] = &[];

    type Builder = ();
    type Target = FloorTarget;

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            origins: Mutex::default(),
            headers: RequestHeaders::new(options, limits),
            keep: limits.connections != Connections::PerFetch,
            is_http2: options.protocol.is_http2(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<FloorTarget, FetchError> {
        let headers = self.headers.select(credentials);
        let origin = origin_of(url)?;
        let mut origins = lock(&self.origins);
        let number = origins.len();
        let destination = origins
            .entry(origin)
            .or_insert_with_key(|origin| Arc::new(FloorOrigin { number, origin: origin.clone() }));
        let request = match self.is_http2 {
            true => http2::request(url, headers),
            false => request(url, headers),
        };
        Ok(FloorTarget { destination: Arc::clone(destination), request })
    }
}

/// Returns the bytes of a request, `host` first (RFC 9110, section 7.2).
fn request(url: &Url, headers: &HeaderMap) -> Box<[u8]> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut bytes = format!("GET {path} HTTP/1.1\r\n").into_bytes();
    if !headers.contains_key(HOST) {
        push_header(&mut bytes, "host", host_header(url).as_bytes());
    }
    for (name, value) in headers {
        push_header(&mut bytes, name.as_str(), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.into()
}

fn push_header(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    for piece in [name.as_bytes(), b": ", value, b"\r\n"] {
        bytes.extend_from_slice(piece);
    }
}
