//! The flags of `serve` that configure the server, and their parsers.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::fetch::origin::without_brackets;
use crate::scenario::network::Congestion;
use crate::scenario::units::{MAX_DEADLINE, parse_duration};
use crate::server::Setup;

/// The configuration of the server.
#[derive(Debug, clap::Args)]
pub(super) struct ListenFlags {
    /// Address to listen at, such as 127.0.0.1:8080 or `[::1]`. With a port, the origins and then
    /// the control channel use it and the following ones; without, any free ports
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1", value_parser = parse_address)]
    listen: SocketAddr,
    /// Serve other machines too: required for any --listen that is not a loopback address
    #[arg(long)]
    allow_remote: bool,
    /// Number of event loops, each on a separate core; they get connections in turn
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_cores)]
    cores: NonZeroUsize,
    /// Busy-poll for half a millisecond before a reply is due, and for 50 µs after the last one, to
    /// avoid late wake-ups [default: on if the process may run on more cores than it has loops]
    #[arg(long, value_name = "WHEN")]
    spin: Option<Spin>,
    /// Append each answer to FILE as a line of JSON; `-` is stdout
    #[arg(long, value_name = "FILE")]
    access_log: Option<PathBuf>,
    /// Maximum number of open connections; further clients wait to be accepted [default: the number
    /// of descriptors]
    #[arg(long, value_name = "N")]
    max_connections: Option<NonZeroUsize>,
    /// Maximum time from the first byte of a request's head to its last
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_head_timeout)]
    head_timeout: Duration,
    /// Congestion control of all connections
    #[arg(long, value_name = "NAME", default_value = "reno", hide = true)]
    congestion: Congestion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Spin {
    On,
    Off,
}

impl ListenFlags {
    /// Returns whether other machines can reach the server.
    pub(super) fn is_remote(&self) -> bool {
        !self.listen.ip().is_loopback()
    }

    pub(super) fn setup(&self) -> anyhow::Result<Setup> {
        if self.is_remote() && !self.allow_remote {
            bail!(
                "{} can be reached from other machines: add --allow-remote if that is meant",
                self.listen.ip()
            );
        }
        Ok(Setup {
            address: self.listen.ip(),
            port: self.listen.port(),
            loops: self.cores,
            spins: self.spin.map_or_else(|| Setup::may_spin(self.cores), |spin| spin == Spin::On),
            max_connections: self.max_connections.map_or(usize::MAX, NonZeroUsize::get),
            head_timeout: self.head_timeout,
            access_log: self.access_log.as_deref().map(open_log).transpose()?,
            congestion: self.congestion,
        })
    }
}

fn open_log(path: &Path) -> anyhow::Result<File> {
    let opened = if path == Path::new("-") {
        io::stdout().as_fd().try_clone_to_owned().map(File::from)
    } else {
        OpenOptions::new().create(true).append(true).open(path)
    };
    opened.with_context(|| format!("cannot write the access log {}", path.display()))
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let address = without_brackets(text)
        .parse::<IpAddr>()
        .map(|ip| SocketAddr::new(ip, 0))
        .or_else(|_| text.parse());
    address.map_err(|_| {
        format!("bad address {text:?}: write it as 127.0.0.1, 127.0.0.1:8080 or [::1]:8080")
    })
}

fn parse_cores(text: &str) -> Result<NonZeroUsize, String> {
    const MOST: usize = 1024;
    let cores = text.parse().ok().filter(|cores: &NonZeroUsize| cores.get() <= MOST);
    cores.ok_or_else(|| {
        format!("bad number of cores {text:?}: must be a whole number from 1 to {MOST}")
    })
}

fn parse_head_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err(format!("bad time-out {text:?}: it must be longer than nothing")),
        timeout if timeout > MAX_DEADLINE => Err(format!("bad time-out {text:?}: a day at most")),
        timeout => Ok(timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        parse_address(text).map(|address| address.to_string())
    }

    #[test]
    fn ports_are_optional() {
        assert_eq!(read("127.0.0.1"), Ok("127.0.0.1:0".to_owned()));
        assert_eq!(read("127.0.0.1:80"), Ok("127.0.0.1:80".to_owned()));
        for text in ["::1", "[::1]", "[::1]:0"] {
            assert_eq!(read(text), Ok("[::1]:0".to_owned()), "{text}");
        }
        for bad in ["", "localhost", "127.0.0.1:", "127.0.0.1:99999", "[127.0.0.1", "::1:x"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
