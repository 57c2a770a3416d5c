//! The versions of HTTP that a server speaks, and its limits for HTTP/2.

use std::fmt;
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
    /// No client can obey the limits.
    pub(super) fn new(
        versions: Option<HttpVersions>,
        streams: Option<u32>,
        window: Option<u64>,
    ) -> anyhow::Result<Self> {
        let versions = versions.unwrap_or_default();
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

impl fmt::Display for HttpVersions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Auto => "HTTP/1.1 and HTTP/2",
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn parse(head: &str, site: &str) -> Result<Scenario, String> {
        let sites = format!("[[site]]\nlabel = 'a'\nbytes = 1\n[[site]]\nlabel = 'b'\n{site}");
        let text = format!("description = 'd'\nconcurrency = 1\n{head}\n{sites}");
        crate::scenario::file::parse("test", &text).map_err(|error| error.to_string())
    }

    #[test]
    fn scenarios_set_versions() {
        let plain = parse("", "bytes = 1").unwrap();
        assert_eq!(plain.http, HttpSettings::default());
        assert_eq!(plain.versions(), [HttpVersions::Auto]);
        let limits = "http = '2'\nmax_concurrent_streams = 1\ninitial_window = 0";
        let http = parse(limits, "bytes = 1").unwrap().http;
        assert_eq!(http.versions, HttpVersions::Http2);
        assert_eq!((http.limits.max_concurrent_streams.get(), http.limits.initial_window), (1, 0));
        // An origin with a fault speaks its version only.
        for (fault, version) in [("stale", HttpVersions::Http1), ("h2-ping", HttpVersions::Http2)] {
            let faulty = format!("bytes = 1\norigin = 'o'\nfault = '{fault}'");
            let versions = parse("", &faulty).unwrap().versions();
            assert_eq!(versions, [HttpVersions::Auto, version]);
        }
    }

    #[test]
    fn bad_settings_are_refused() {
        for (head, site, why) in [
            ("http = '3'", "bytes = 1", "3: bad version of HTTP \"3\": must be 1, 2 or auto"),
            ("http = '2'", "bytes = 1\nfault = 'stale'", "1: site \"b\" has a fault of HTTP/1"),
            ("http = '1'", "bytes = 1\nfault = 'h2-ping'", "1: site \"b\" has a fault of HTTP/2"),
            (
                "",
                "bytes = 1\nfault = 'stale'\n[[site]]\nlabel = 'c'\nbytes = 1\nfault = 'h2-ping'",
                "1: site \"c\" has a fault of HTTP/2, and its origin one of HTTP/1",
            ),
            ("max_concurrent_streams = 0", "bytes = 1", "1: bad max_concurrent_streams 0"),
            ("initial_window = '2GiB'", "bytes = 1", "1: bad initial_window 2147483648"),
            ("http = '1'\ninitial_window = 9", "bytes = 1", "1: max_concurrent_streams and"),
        ] {
            let error = parse(head, site).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
