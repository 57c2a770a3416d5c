//! How a server is to run, beside what it serves.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::Context;

use crate::fetch::origin::Origin;

/// How a server is to run. The default is what measurements start.
#[derive(Debug)]
pub struct Setup {
    /// The address to listen at.
    pub address: IpAddr,
    /// The port of the first origin; the others and the control channel take those that follow. 0
    /// for any free ports.
    pub port: u16,
    /// Event loops, each in a thread of its own.
    pub loops: NonZeroUsize,
    /// Whether they spin before deadlines, and for a moment when all is answered.
    pub spins: bool,
    /// The most connections at one moment; further clients wait to be accepted.
    pub max_connections: usize,
    /// The longest that a head may take from its first byte to its last.
    pub head_timeout: Duration,
    /// Where each answer is written down, if anywhere.
    pub access_log: Option<File>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            loops: NonZeroUsize::MIN,
            spins: Self::may_spin(NonZeroUsize::MIN),
            max_connections: usize::MAX,
            head_timeout: Duration::from_secs(10),
            access_log: None,
        }
    }
}

impl Setup {
    /// What the listener of that number is bound to: those of the origins come first, then that of
    /// the control channel.
    pub(super) fn socket_address(&self, number: usize) -> anyhow::Result<SocketAddr> {
        let port = match self.port {
            0 => Some(0),
            first => u16::try_from(number).ok().and_then(|number| first.checked_add(number)),
        };
        let port = port.with_context(|| {
            format!("listener {} would be beyond port 65535: listen at a lower port", number + 1)
        })?;
        Ok(SocketAddr::new(self.address, port))
    }

    /// Where what listens at `port` is found.
    pub(super) fn origin(&self, scheme: &str, port: u16) -> Origin {
        let host = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Origin { scheme: scheme.to_owned(), host, port }
    }

    /// Whether so many loops have cores to themselves, as far as can be known: this process may run
    /// on one more.
    pub fn may_spin(loops: NonZeroUsize) -> bool {
        std::thread::available_parallelism().is_ok_and(|cores| cores > loops)
    }
}
