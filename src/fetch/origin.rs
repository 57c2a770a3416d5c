//! Origins, which connections belong to.

use std::fmt;
use std::net::SocketAddr;

/// The scheme, host and port that a connection belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// A name or an address, IPv6 in brackets.
    pub host: String,
    /// The port, even if it is the default of the scheme.
    pub port: u16,
}

impl Origin {
    /// Returns the origin of a url, or `None` if the url has no host (`data:`, `file:`).
    pub fn of(url: &url::Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    /// Returns the host in the form that resolvers and certificates use: see [`without_brackets`].
    pub(crate) fn bare_host(&self) -> &str {
        without_brackets(&self.host)
    }

    /// Returns the address to connect to if the host is an address, which needs no look-up.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.bare_host().parse().ok()?, self.port))
    }
}

/// Strips the brackets that a url puts around an IPv6 address.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}
