//! How a client is opened, and the headers of its requests.

use std::num::NonZeroUsize;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, COOKIE, HeaderMap, HeaderValue, USER_AGENT,
};

use crate::fetch::roots::Roots;
use crate::fetch::{AGENT, Connections, Limits};

/// The maximum size of the user's headers, over all lines, in bytes: the room that ureq-proto is
/// given.
pub const HEADERS_MAX: usize = 64 << 10;

/// The wishes of the user, which every client meets alike.
#[derive(Debug, Clone, Default)]
pub struct UserOptions {
    /// Headers that replace the harness's headers of the same name.
    pub headers: HeaderMap,
    /// Certificates to trust instead of the web's roots.
    pub roots: Option<Roots>,
}

/// How a client is opened, besides its limits.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// Whether the client is tuned or has its defaults.
    pub tier: Tier,
    /// The version of HTTP.
    pub protocol: Protocol,
    /// The user's headers and certificates.
    pub user: UserOptions,
}

/// The version of HTTP that a client speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: over TLS by ALPN, otherwise by prior knowledge.
    Http2 {
        /// Connections to each origin, for clients with a pool of fetchbench. Other clients decide
        /// themselves.
        connections: NonZeroUsize,
    },
}

impl Protocol {
    /// Returns whether it is HTTP/2.
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 { .. })
    }
}

/// How a client is configured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Tier {
    /// As its expert would configure it for many fetches at once. Every such option has its reason
    /// beside it in the code.
    #[default]
    Tuned,
    /// With its library's own options, headers and redirects, as far as answers can still be
    /// verified.
    Default,
}

/// Whether to send the user's `authorization` and `cookie` headers. An origin that a redirect chose
/// never gets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// To the origin that the user named.
    Send,
    /// To any other origin.
    Withhold,
}

/// The headers of a session's requests, with and without credentials, in a client's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeaders<H = HeaderMap> {
    with_credentials: H,
    without_credentials: H,
}

impl RequestHeaders {
    /// Returns the headers of every request, except `host`, which belongs to the url.
    ///
    /// They are the same for every client, as far as the client allows: whole bodies and no content
    /// coding, because decoding would be measured in some clients and not in others. A client with
    /// its defaults sends its own headers.
    pub fn new(options: &ClientOptions, limits: &Limits) -> Self {
        let mut headers = HeaderMap::new();
        if options.tier == Tier::Tuned {
            headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
            headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        for name in options.user.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &options.user.headers {
            headers.append(name, value.clone());
        }
        // HTTP/2 has no such header (RFC 9113, section 8.2.2).
        if limits.connections == Connections::PerFetch && !options.protocol.is_http2() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let mut without_credentials = headers.clone();
        without_credentials.remove(AUTHORIZATION);
        without_credentials.remove(COOKIE);
        Self { with_credentials: headers, without_credentials }
    }
}

impl<H> RequestHeaders<H> {
    /// Returns the headers to send.
    pub fn select(&self, credentials: Credentials) -> &H {
        match credentials {
            Credentials::Send => &self.with_credentials,
            Credentials::Withhold => &self.without_credentials,
        }
    }

    /// Converts both sets of headers.
    pub fn map<T>(&self, convert: impl Fn(&H) -> T) -> RequestHeaders<T> {
        RequestHeaders {
            with_credentials: convert(&self.with_credentials),
            without_credentials: convert(&self.without_credentials),
        }
    }

    /// Converts both sets of headers, if both can be converted.
    ///
    /// # Errors
    ///
    /// `convert` failed.
    pub fn try_map<T, E>(
        &self,
        convert: impl Fn(&H) -> Result<T, E>,
    ) -> Result<RequestHeaders<T>, E> {
        Ok(RequestHeaders {
            with_credentials: convert(&self.with_credentials)?,
            without_credentials: convert(&self.without_credentials)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_can_be_withheld() {
        let mut options = ClientOptions::default();
        options.user.headers.insert(AUTHORIZATION, HeaderValue::from_static("secret"));
        options.user.headers.insert(USER_AGENT, HeaderValue::from_static("mine"));
        let headers = RequestHeaders::new(&options, &Limits::new(NonZeroUsize::MIN));
        let sent = headers.select(Credentials::Send);
        assert_eq!(
            (&sent[AUTHORIZATION], &sent[USER_AGENT]),
            (&"secret".parse().unwrap(), &"mine".parse().unwrap())
        );
        assert!(!headers.select(Credentials::Withhold).contains_key(AUTHORIZATION));
    }
}
