//! The link: an emulated distance between the mock server and its clients, without root.
//!
//! A child process makes two network namespaces, one for the server and one for the clients, with a
//! TUN device each, and relays packets between them. The kernel's own TCP runs at both ends, so
//! handshakes, slow start and retransmissions are real. Server and workers start inside a namespace
//! and keep their pipes to this process. [`Link`] is the parent's side:
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use fetchbench::link::{Link, LinkEnd};
//!
//! let program = std::path::Path::new("/usr/bin/fetchbench");
//! let link = Link::start(program, &"rtt=40ms,down=20Mbit".parse().map_err(anyhow::Error::msg)?)?;
//! let server = LinkEnd::Server.ip().to_string();
//! let words = link.command_at(LinkEnd::Client, &["ping".into(), server.into()]);
//! std::process::Command::new(&words[0]).args(&words[1..]).status()?;
//! # Ok(())
//! # }
//! ```

mod direction;
mod inside;
mod namespace;
mod phases;
mod process;
mod records;
mod relay;
mod remedy;
mod segment;
mod tun;
mod watch;

pub use self::inside::{LinkCommand, enter};
pub use self::phases::WirePhases;
pub use self::process::{Link, LinkLine, Relay};

use std::net::Ipv4Addr;

/// An end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkEnd {
    /// The server's end.
    Server,
    /// The clients' end.
    Client,
}

impl LinkEnd {
    /// Returns its address, from the range for benchmarks (RFC 2544).
    pub fn ip(self) -> Ipv4Addr {
        match self {
            Self::Server => Ipv4Addr::new(198, 18, 0, 1),
            Self::Client => Ipv4Addr::new(198, 18, 0, 2),
        }
    }

    /// Returns the other end.
    fn peer(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}
