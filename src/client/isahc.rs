//! The client isahc, on any executor: curl's multi interface on a separate thread, and futures over
//! it. There is no TLS, because curl would bring a second TLS library.

use std::error::Error as _;
use std::io;

use anyhow::ensure;
use futures_lite::AsyncReadExt;
use futures_lite::future::yield_now;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use isahc::config::{Configurable, RedirectPolicy, VersionNegotiation};
use isahc::error::ErrorKind;
use isahc::{Error, HttpClient, HttpClientBuilder};
use url::Url;

use super::{
    AsyncClient, Choice, Client, ClientOptions, Credentials, PIECES_PER_YIELD, Protocol,
    RequestHeaders, bad_url, curl_codes, tuned,
};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::{Capabilities, Capability, Connections, Limits};

/// Size of the read buffer in bytes, which is the size of curl's reads.
const PIECE_BYTES: usize = 16 << 10;

/// isahc's client, which runs on a separate thread.
#[derive(Debug)]
pub struct Isahc {
    client: HttpClient,
    headers: RequestHeaders,
}

impl Client for Isahc {
    const NAME: &'static str = "isahc";
    const CAPABILITIES: Capabilities = Capabilities::of(&[Capability::KeepAlive]);
    const NOTE: &'static str = "its work runs on a separate thread";
    const USUAL: bool = false;
    const TUNED: &'static [Choice<HttpClientBuilder>] = TUNED;

    type Builder = HttpClientBuilder;
    type Target = (Uri, Credentials);

    /// Returns whether the value is ASCII. isahc panics on any other.
    fn can_send(_name: &HeaderName, value: &HeaderValue) -> bool {
        value.to_str().is_ok()
    }

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        let version = match options.protocol {
            Protocol::Http1 => VersionNegotiation::http11(),
            Protocol::Http2 { .. } => VersionNegotiation::http2(),
        };
        ensure!(
            !options.protocol.is_http2() || limits.connections != Connections::PerFetch,
            "isahc shares connections over HTTP/2: use curl-multi@loop+h2 for one of each fetch"
        );
        let builder = HttpClient::builder().version_negotiation(version);
        Ok(Self {
            client: tuned::<Self>(builder, options, limits).build()?,
            headers: RequestHeaders::new(options, limits),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<Self::Target, FetchError> {
        let uri = url[..url::Position::AfterQuery].parse();
        let uri = uri.map_err(|error| bad_url(url, &error))?;
        Ok((uri, credentials))
    }
}

const TUNED: &[Choice<HttpClientBuilder>] = &[
    Choice {
        option: "connection_cache_size: the connection budget",
        why: "isahc keeps four idle connections per concurrent fetch, beyond the budget of every \
              backend",
        set: |builder, limits| builder.connection_cache_size(limits.max_connections.get()),
    },
    Choice {
        option: "tcp_nodelay",
        why: "isahc turns Nagle's algorithm off by default; set explicitly, as for every backend",
        set: |builder, _| builder.tcp_nodelay(),
    },
    Choice {
        option: "redirect_policy: none, automatic_decompression: off, proxy: none",
        why: "the harness follows redirects, bodies are counted as sent, and no proxy from the \
              environment is used",
        set: |builder, _| {
            builder.redirect_policy(RedirectPolicy::None).automatic_decompression(false).proxy(None)
        },
    },
];

impl AsyncClient for Isahc {
    async fn get(
        &self,
        (uri, credentials): &Self::Target,
        body: &mut Received,
    ) -> Result<Head, FetchError> {
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = self.headers.select(*credentials).clone();
        let mut response = self.client.send_async(request).await.map_err(|error| failed(&error))?;
        let head = Head::of(response.status().as_u16(), response.headers());
        let mut piece = vec![0; PIECE_BYTES];
        for piece_number in 1_u32.. {
            if piece_number % PIECES_PER_YIELD == 0 {
                yield_now().await;
            }
            match response.body_mut().read(&mut piece).await.map_err(|error| body_failed(&error))? {
                0 => break,
                length => body.push(&piece[..length])?,
            }
        }
        if body.bytes() == 0 && !measures_its_body(&response) {
            let message = "an empty body without a length: the head may have been truncated, which \
                           isahc does not report";
            return Err(FetchError::objection(ErrorClass::ClosedEarly, message));
        }
        Ok(head)
    }
}

/// Returns whether a response declares the end of its body, or can have none.
fn measures_its_body<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING)
        || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Classifies isahc's error by the curl error that it wraps, if any.
fn failed(error: &Error) -> FetchError {
    if let Some(curl) = error.source().and_then(|source| source.downcast_ref()) {
        return curl_codes::failed(curl, None);
    }
    let class = match error.kind() {
        ErrorKind::NameResolution => ErrorClass::Dns,
        ErrorKind::ConnectionFailed => ErrorClass::Connect,
        _ => ErrorClass::Protocol,
    };
    FetchError::new(class, error.to_string())
}

/// Classifies an error in the body, which isahc wraps in an `io::Error`.
fn body_failed(error: &io::Error) -> FetchError {
    match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(error) => failed(error),
        None => FetchError::io(error, ErrorClass::BodyShort),
    }
}
