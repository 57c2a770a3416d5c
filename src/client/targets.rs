//! Prepares urls for clients that take a request line and headers, as far as possible outside the
//! measured time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::header::{HOST, HeaderMap, HeaderValue};
use http::uri::{InvalidUri, PathAndQuery, Uri};
use http::{Request, uri};
use url::Url;

use super::{ClientOptions, Credentials, RequestHeaders, bad_url, host_header, origin_of};
use crate::fetch::error::FetchError;
use crate::fetch::origin::Origin;
use crate::fetch::{Limits, lock};

/// The origins of a session, and the headers for each.
pub(super) struct Targets {
    known: Mutex<HashMap<Origin, Arc<Destination>>>,
    headers: RequestHeaders,
    is_http2: bool,
}

/// The data that all targets of an origin share.
#[derive(Debug)]
pub(super) struct Destination {
    pub origin: Origin,
    /// Its number among the session's origins.
    pub number: usize,
    headers: RequestHeaders,
}

#[derive(Debug)]
pub struct PooledTarget {
    pub(super) destination: Arc<Destination>,
    request_target: RequestTarget,
    credentials: Credentials,
}

/// What the uri of a request is made of.
#[derive(Debug)]
enum RequestTarget {
    /// Path and query, for the request line of HTTP/1.1. They are cloned in fewer instructions than
    /// a whole uri.
    Path(PathAndQuery),
    /// The uri that HTTP/2 sends in parts.
    Whole(Uri),
}

impl Targets {
    pub fn new(options: &ClientOptions, limits: &Limits) -> Self {
        Self {
            known: Mutex::default(),
            headers: RequestHeaders::new(options, limits),
            is_http2: options.protocol.is_http2(),
        }
    }

    /// Prepares a url.
    pub fn target(&self, url: &Url, credentials: Credentials) -> Result<PooledTarget, FetchError> {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let path: PathAndQuery = path.parse().map_err(|error: InvalidUri| bad_url(url, &error))?;
        let host = HeaderValue::try_from(host_header(url)).map_err(|error| bad_url(url, &error))?;
        let request_target = match self.is_http2 {
            true => RequestTarget::Whole(self.whole_uri(url, path, &host)?),
            false => RequestTarget::Path(path),
        };
        // The first clone allocates, because it makes the text shared. It happens here, outside the
        // pass.
        drop(request_target.uri());

        let origin = origin_of(url)?;
        let mut known = lock(&self.known);
        let number = known.len();
        let destination = known.entry(origin).or_insert_with_key(|origin| {
            Arc::new(Destination {
                origin: origin.clone(),
                number,
                headers: self.headers.map(|headers| match self.is_http2 {
                    true => without_host(headers),
                    false => with_host(&host, headers),
                }),
            })
        });
        Ok(PooledTarget { destination: Arc::clone(destination), request_target, credentials })
    }

    /// Returns the whole uri. Its authority stands for `host`, also for one that the user set.
    fn whole_uri(
        &self,
        url: &Url,
        path: PathAndQuery,
        host: &HeaderValue,
    ) -> Result<Uri, FetchError> {
        let host = self.headers.select(Credentials::Send).get(HOST).unwrap_or(host);
        let uri = uri::Builder::new().scheme(url.scheme()).authority(host.as_bytes());
        uri.path_and_query(path).build().map_err(|error| bad_url(url, &error))
    }
}

impl PooledTarget {
    pub(super) fn request<B>(&self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.uri_mut() = self.request_target.uri();
        *request.headers_mut() = self.destination.headers.select(self.credentials).clone();
        request
    }
}

impl RequestTarget {
    fn uri(&self) -> Uri {
        match self {
            Self::Path(path) => path.clone().into(),
            Self::Whole(uri) => uri.clone(),
        }
    }
}

/// Returns the headers with `host` first, as RFC 9110, section 7.2, recommends. A `host` set by the
/// user stays.
fn with_host(host: &HeaderValue, headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::with_capacity(headers.len() + 1);
    all.insert(HOST, headers.get(HOST).unwrap_or(host).clone());
    all.extend(headers.clone().into_iter().filter(|(name, _)| *name != Some(HOST)));
    all
}

fn without_host(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(HOST);
    headers
}
