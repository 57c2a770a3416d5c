//! Addresses that this machine has no route to: one class of error, whatever the client reports.
//!
//! The system refuses such an address with the error number of exhausted ports, or with that of an
//! invalid argument. Clients report anything from `dns` to `local-limit`.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket};
use url::Url;

use crate::fetch::error::ErrorClass;
use crate::fetch::origin::Origin;
use crate::fetch::{Fetch, Pass};

/// A session that sends its passes through [`mark_unreachable`].
pub(super) struct Marked(pub(super) Box<dyn Fetch>);

impl Fetch for Marked {
    fn fetch_all(&mut self, urls: &[Url]) -> anyhow::Result<Pass> {
        let mut pass = self.0.fetch_all(urls)?;
        mark_unreachable(&mut pass, urls);
        Ok(pass)
    }
}

/// Gives the class [`ErrorClass::Connect`] to each fetch that failed because this machine has no
/// route to the address, such as any IPv6 address on a machine without IPv6.
///
/// If ports or descriptors seem exhausted, looks up the name once more: if the machine has no route
/// to one of its addresses, that is the reason.
pub(crate) fn mark_unreachable<'a>(pass: &mut Pass, urls: impl IntoIterator<Item = &'a Url>) {
    let mut known = HashMap::new();
    for (fetched, url) in pass.fetched.iter_mut().zip(urls) {
        let Err(error) = &mut fetched.result else { continue };
        let Some(origin) = Origin::of(fetched.final_url.as_deref().unwrap_or(url)) else {
            continue;
        };
        let is_doubtful = match error.class {
            ErrorClass::LocalLimit => true,
            ErrorClass::Dns | ErrorClass::Refused | ErrorClass::Protocol => {
                origin.address().is_some()
            }
            _ => false,
        };
        if is_doubtful && *known.entry(origin).or_insert_with_key(is_unreachable) {
            error.class = ErrorClass::Connect;
        }
    }
}

fn is_unreachable(origin: &Origin) -> bool {
    match origin.address() {
        Some(address) => has_no_route_to(address),
        None => (origin.bare_host(), origin.port)
            .to_socket_addrs()
            .is_ok_and(|mut addresses| addresses.any(has_no_route_to)),
    }
}

/// Returns whether this machine lacks a route or a source address for connections to `address`.
///
/// Connecting a UDP socket chooses both as TCP does. It sends nothing and takes no TCP port.
fn has_no_route_to(address: SocketAddr) -> bool {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    match socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None) {
        // These errors do not depend on the address.
        Ok(socket) => connect(socket.as_raw_fd(), &SockaddrStorage::from(address))
            .is_err_and(|error| ![Errno::EAGAIN, Errno::ENOBUFS, Errno::ENOMEM].contains(&error)),
        Err(error) => error == Errno::EAFNOSUPPORT,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fetch::Fetched;
    use crate::fetch::error::FetchError;

    /// A link-local address without a scope leads nowhere on any machine.
    const NOWHERE: &str = "http://[fe80::1]/";

    fn parse(url: &str) -> Url {
        url.parse().unwrap()
    }

    fn marked(class: ErrorClass, url: &str, final_url: Option<&str>) -> ErrorClass {
        let mut pass = Pass {
            elapsed: Duration::ZERO,
            fetched: vec![Fetched {
                started: Duration::ZERO,
                elapsed: Duration::ZERO,
                final_url: final_url.map(|url| Box::new(parse(url))),
                result: Err(FetchError::new(class, "for a test")),
            }],
        };
        mark_unreachable(&mut pass, &[parse(url)]);
        pass.fetched.remove(0).result.unwrap_err().class
    }

    #[test]
    fn no_route_is_connect() {
        use ErrorClass::{Connect, Crashed, Dns, LocalLimit, Protocol, Refused, Timeout};
        for class in [LocalLimit, Dns, Refused, Protocol, Connect] {
            assert_eq!(marked(class, NOWHERE, None), Connect, "{class}");
        }
        for class in [Crashed, Timeout] {
            assert_eq!(marked(class, NOWHERE, None), class);
        }
    }

    #[test]
    fn other_failures_are_unchanged() {
        for class in ErrorClass::ALL {
            assert_eq!(marked(class, "http://127.0.0.1:1/", None), class);
        }
    }

    #[test]
    fn the_last_redirect_counts() {
        let here = "http://127.0.0.1:1/";
        assert_eq!(marked(ErrorClass::Protocol, here, Some(NOWHERE)), ErrorClass::Connect);
        assert_eq!(marked(ErrorClass::Protocol, NOWHERE, Some(here)), ErrorClass::Protocol);
    }
}
