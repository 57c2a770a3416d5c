//! Prepares urls for clients that take a request line and headers, as far as possible outside the
//! measured time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::Request;
use http::header::{HOST, HeaderMap, HeaderValue};
use http::uri::{InvalidUri, PathAndQuery};
use url::Url;

use super::{ClientOptions, Credentials, RequestHeaders, bad_url, host_header, origin_of};
use crate::fetch::error::FetchError;
use crate::fetch::origin::Origin;
use crate::fetch::{Limits, lock};

/// The origins of a session, and the headers for each.
pub(super) struct Targets {
    known: Mutex<HashMap<Origin, Arc<Destination>>>,
    headers: RequestHeaders,
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
    /// Path and query of the request line.
    path: PathAndQuery,
    credentials: Credentials,
}

impl Targets {
    pub fn new(options: &ClientOptions, limits: &Limits) -> Self {
        Self { known: Mutex::default(), headers: RequestHeaders::new(options, limits) }
    }

    /// Prepares a url.
    pub fn target(&self, url: &Url, credentials: Credentials) -> Result<PooledTarget, FetchError> {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let path: PathAndQuery = path.parse().map_err(|error: InvalidUri| bad_url(url, &error))?;
        // The first clone allocates, because it makes the text shared. It happens here, outside the
        // pass.
        drop(path.clone());
        let host = HeaderValue::try_from(host_header(url)).map_err(|error| bad_url(url, &error))?;

        let origin = origin_of(url)?;
        let mut known = lock(&self.known);
        let number = known.len();
        let destination = known.entry(origin).or_insert_with_key(|origin| {
            Arc::new(Destination {
                origin: origin.clone(),
                number,
                headers: self.headers.map(|headers| with_host(&host, headers)),
            })
        });
        Ok(PooledTarget { destination: Arc::clone(destination), path, credentials })
    }
}

impl PooledTarget {
    pub(super) fn request<B>(&self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.uri_mut() = self.path.clone().into();
        *request.headers_mut() = self.destination.headers.select(self.credentials).clone();
        request
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
