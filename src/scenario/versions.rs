//! The versions of HTTP that a server speaks, and its limits for HTTP/2.

use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::bail;

/// How the mock server of a scenario speaks HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// The versions.
    pub versions: HttpVersions,
    /// The limits for HTTP/2.
    pub limits: Http2Limits,
}

/// The versions of HTTP that a server speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HttpVersions {
    /// HTTP/1 only.
    Http1,
    /// HTTP/2 only.
    Http2,
    /// Both. Over TLS the client chooses by ALPN; otherwise HTTP/2 is what begins with its preface.
    #[default]
    Auto,
}

/// The limits that a server announces to HTTP/2 clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http2Limits {
    /// The most streams of a connection at one moment. Others are refused, to be tried again.
    pub max_concurrent_streams: NonZeroU32,
    /// How many bytes of a request's body a client may send before the server asks for more.
    pub initial_window: u32,
}

/// The largest window of flow control (RFC 9113, section 6.9.1).
const MAX_WINDOW: u32 = (1 << 31) - 1;

/// More streams than the server keeps for one connection.
const MAX_STREAMS: u32 = u16::MAX as u32;

impl HttpSettings {
    /// Returns the settings of a scenario's file.
    ///
    /// # Errors
    ///
    /// No client can obey the limits, or they are given for HTTP/1.
    pub(super) fn new(
        versions: Option<HttpVersions>,
        streams: Option<u32>,
        window: Option<u64>,
    ) -> anyhow::Result<Self> {
        let versions = versions.unwrap_or_default();
        if versions == HttpVersions::Http1 && (streams.is_some() || window.is_some()) {
            bail!(
                "1: max_concurrent_streams and initial_window are of HTTP/2: leave them out, or \
                 set http = \"auto\""
            );
        }
        let mut limits = Http2Limits::default();
        if let Some(streams) = streams {
            let valid = NonZeroU32::new(streams).filter(|streams| streams.get() <= MAX_STREAMS);
            let Some(valid) = valid else {
                bail!(
                    "1: bad max_concurrent_streams {streams}: it must be between 1 and \
                     {MAX_STREAMS}"
                );
            };
            limits.max_concurrent_streams = valid;
        }
        if let Some(window) = window {
            let valid = u32::try_from(window).ok().filter(|window| *window <= MAX_WINDOW);
            let Some(valid) = valid else {
                bail!("1: bad initial_window {window}: {MAX_WINDOW} at most");
            };
            limits.initial_window = valid;
        }
        Ok(Self { versions, limits })
    }
}

impl Default for Http2Limits {
    fn default() -> Self {
        // As many streams as the largest scenario has fetches in flight, three times over, so that
        // the concurrency of a scenario is the limit unless it sets one.
        let streams = NonZeroU32::new(1 << 14).unwrap_or(NonZeroU32::MAX);
        Self { max_concurrent_streams: streams, initial_window: 65_535 }
    }
}

impl HttpVersions {
    /// Returns the protocols to offer by ALPN, the preferred one first.
    pub fn protocols(self) -> &'static [&'static [u8]] {
        match self {
            Self::Http1 => &[b"http/1.1"],
            Self::Http2 => &[b"h2"],
            Self::Auto => &[b"h2", b"http/1.1"],
        }
    }
}

impl FromStr for HttpVersions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1" => Ok(Self::Http1),
            "2" => Ok(Self::Http2),
            "auto" => Ok(Self::Auto),
            _ => Err(format!("bad version of HTTP {text:?}: must be 1, 2 or auto")),
        }
    }
}
