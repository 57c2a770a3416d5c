//! curl through its multi interface: the options of transfers, and their results.
//! There is no TLS, because curl would bring a second TLS library.
//!
//! The event loop in `backend/curl_loop.rs` drives it.

use std::io;
use std::time::Duration;

use anyhow::Context;
use curl::easy::{Easy2, HttpVersion, List};
use curl::multi::Multi;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use self::transfer::Part;
pub use self::transfer::Transfer;
use super::{Choice, Client, ClientOptions, Credentials, RequestHeaders, curl_codes, tuned};
use crate::fetch::answer::{Head, Received};
use crate::fetch::error::{ErrorClass, FetchError};
use crate::fetch::redirect::Location;
use crate::fetch::{Capabilities, Capability, Connections, Limits};

mod transfer;

/// The settings that all transfers share.
#[derive(Debug)]
pub struct CurlMulti {
    settings: CurlSettings,
    headers: RequestHeaders<Vec<String>>,
    keep: bool,
    is_http2: bool,
    limits: Limits,
}

/// The options that a tier sets.
#[derive(Debug, Default)]
pub struct CurlSettings {
    max_connects: Option<usize>,
    max_concurrent_streams: Option<usize>,
    no_proxy: bool,
}

/// A prepared url.
#[derive(Debug)]
pub struct CurlTarget {
    url: String,
    credentials: Credentials,
}

impl Client for CurlMulti {
    const NAME: &'static str = "curl-multi";
    const CRATE: &'static str = "curl";
    const CAPABILITIES: Capabilities = Capabilities::of(&[Capability::KeepAlive]);
    const USUAL: bool = false;
    const TUNED: &'static [Choice<CurlSettings>] = &[
        Choice {
            option: "max_connects: the connection budget",
            why: "curl keeps four idle connections per transfer, beyond the budget of every \
                  backend",
            set: |settings, limits| CurlSettings {
                max_connects: Some(limits.max_connections.get()),
                ..settings
            },
        },
        Choice {
            option: "max_concurrent_streams: the concurrency",
            why: "curl opens another connection over HTTP/2 for each 100 transfers",
            set: |settings, limits| CurlSettings {
                max_concurrent_streams: Some(limits.concurrency.get()),
                ..settings
            },
        },
        Choice {
            option: "proxy: none",
            why: "curl would use a proxy from the environment",
            set: |settings, _| CurlSettings { no_proxy: true, ..settings },
        },
    ];

    type Builder = CurlSettings;
    type Target = CurlTarget;

    /// Returns whether the value is text, which is all that the crate accepts.
    fn can_send(_name: &HeaderName, value: &HeaderValue) -> bool {
        value.to_str().is_ok()
    }

    fn open(options: &ClientOptions, limits: &Limits) -> anyhow::Result<Self> {
        Ok(Self {
            settings: tuned::<Self>(CurlSettings::default(), options, limits),
            headers: RequestHeaders::new(options, limits).try_map(lines)?,
            keep: limits.connections != Connections::PerFetch,
            is_http2: options.protocol.is_http2(),
            limits: limits.clone(),
        })
    }

    fn target(&self, url: &Url, credentials: Credentials) -> Result<CurlTarget, FetchError> {
        Ok(CurlTarget { url: url.as_str().to_owned(), credentials })
    }
}

fn lines(headers: &HeaderMap) -> anyhow::Result<Vec<String>> {
    headers.iter().map(|(name, value)| header_line(name, value)).collect()
}

/// Formats a header for curl: `name;` if the value is empty, otherwise `name: value`.
fn header_line(name: &HeaderName, value: &HeaderValue) -> anyhow::Result<String> {
    let text =
        value.to_str().ok().with_context(|| format!("curl takes only text in a header: {name}"))?;
    Ok(if text.is_empty() { format!("{name};") } else { format!("{name}: {text}") })
}

impl CurlMulti {
    /// Opens the connection cache and event loop of a session.
    ///
    /// # Errors
    ///
    /// curl rejects an option.
    pub fn multi(&self) -> anyhow::Result<Multi> {
        let mut multi = Multi::new();
        if let Some(connects) = self.settings.max_connects {
            multi.set_max_connects(connects)?;
        }
        if let Some(streams) = self.settings.max_concurrent_streams {
            multi.set_max_concurrent_streams(streams)?;
        }
        Ok(multi)
    }

    /// Opens a handle, which is reused for one transfer after another.
    ///
    /// # Errors
    ///
    /// curl rejects an option.
    pub fn handle(&self) -> Result<Easy2<Transfer>, FetchError> {
        let mut easy = Easy2::new(Transfer::new(self.limits.max_body));
        self.configure(&mut easy).map_err(rejected)?;
        Ok(easy)
    }

    fn configure(&self, easy: &mut Easy2<Transfer>) -> Result<(), curl::Error> {
        easy.get(true)?;
        easy.http_version(match self.is_http2 {
            true => HttpVersion::V2PriorKnowledge,
            false => HttpVersion::V11,
        })?;
        // Otherwise each transfer that begins before the first connection is made opens another.
        easy.pipewait(self.is_http2 && self.keep)?;
        // A connection that is not reused is yet shared by transfers at the same time.
        easy.fresh_connect(self.is_http2 && !self.keep)?;
        easy.forbid_reuse(!self.keep)?;
        if self.settings.no_proxy {
            easy.proxy("")?;
        }
        easy.signal(false)
    }

    /// Prepares a handle for a target.
    ///
    /// # Errors
    ///
    /// curl rejects an option.
    pub fn prepare(
        &self,
        easy: &mut Easy2<Transfer>,
        target: &CurlTarget,
        left: Duration,
    ) -> Result<(), FetchError> {
        let sent_before = easy.get_ref().sent;
        *easy.get_mut() =
            Transfer { sent: Some(target.credentials), ..Transfer::new(self.limits.max_body) };
        self.set_request(easy, target, left, sent_before).map_err(rejected)
    }

    /// Sets url, time-out and headers. The headers are kept if the last request `sent_before` the
    /// same ones.
    fn set_request(
        &self,
        easy: &mut Easy2<Transfer>,
        target: &CurlTarget,
        left: Duration,
        sent_before: Option<Credentials>,
    ) -> Result<(), curl::Error> {
        easy.url(&target.url)?;
        // curl's time-out covers the whole transfer. Zero would disable it.
        easy.timeout(left.max(Duration::from_millis(1)))?;
        if sent_before == Some(target.credentials) {
            return Ok(());
        }
        let mut list = List::new();
        for line in self.headers.select(target.credentials) {
            list.append(line)?;
        }
        easy.http_headers(list)
    }

    /// Returns the head and body of a finished transfer.
    ///
    /// # Errors
    ///
    /// The transfer failed.
    pub fn finish(
        &self,
        easy: &mut Easy2<Transfer>,
        result: Result<(), curl::Error>,
    ) -> Result<(Head, Received), FetchError> {
        if let Some(error) = easy.get_mut().refused.take() {
            return Err(error);
        }
        if let Err(error) = result {
            if error.is_operation_timedout() {
                return Err(FetchError::timeout(self.limits.deadline));
            }
            let connecting = easy.os_errno().ok().map(io::Error::from_raw_os_error);
            return Err(curl_codes::failed(&error, connecting));
        }
        let status =
            easy.response_code().ok().and_then(|code| u16::try_from(code).ok()).unwrap_or_default();
        if status == 101 {
            // Without `upgrade` in the request the server must not switch (RFC 9110, section 7.8).
            let message =
                "the server switched protocols, unasked; curl takes that for the final answer";
            return Err(FetchError::objection(ErrorClass::Protocol, message));
        }
        let transfer = easy.get_ref();
        let locations = transfer.locations.iter().map(|line| &**line);
        if transfer.part != Part::Body {
            return Err(FetchError::objection(
                ErrorClass::ClosedEarly,
                "the connection ended in the head of the answer",
            ));
        }
        let head = Head {
            location: Location::from_lines(locations),
            ..Head::of(status, &transfer.headers)
        };
        Ok((head, transfer.body.clone()))
    }
}

/// Reports an option that curl rejects.
fn rejected(error: curl::Error) -> FetchError {
    curl_codes::failed(&error, None)
}
