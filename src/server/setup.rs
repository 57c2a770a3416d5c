//! The settings of a server, apart from its scenario.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::Context;

use crate::fetch::origin::Origin;
use crate::scenario::network::Congestion;

/// The settings of a server. Measurements use the default.
#[derive(Debug)]
pub struct Setup {
    /// The address to listen at.
    pub address: IpAddr,
    /// The port of the first origin. The other origins and the control channel use the following
    /// ports. 0 uses any free ports.
    pub port: u16,
    /// The number of event loops, each in a separate thread.
    pub loops: NonZeroUsize,
    /// Whether they busy-poll before deadlines, and for a moment when idle.
    pub spins: bool,
    /// The most connections at one moment; further clients wait to be accepted.
    pub max_connections: usize,
    /// The longest time for a head, from its first byte to its last.
    pub head_timeout: Duration,
    /// The file that each response is logged to, if any.
    pub access_log: Option<File>,
    /// The congestion control of its connections. There is no congestion within a machine.
    pub congestion: Congestion,
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
            congestion: Congestion::default(),
        }
    }
}

impl Setup {
    /// Returns the address of listener `number`: the origins come first, then the control channel.
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

    /// Returns the origin of a listener at `port`.
    pub(super) fn origin(&self, scheme: &str, port: u16) -> Origin {
        let host = match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        Origin { scheme: scheme.to_owned(), host, port }
    }

    /// Whether each loop has a core to itself, as far as can be known. This process may run on one
    /// more.
    pub fn may_spin(loops: NonZeroUsize) -> bool {
        std::thread::available_parallelism().is_ok_and(|cores| cores > loops)
    }
}
