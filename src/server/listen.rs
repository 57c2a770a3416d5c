//! Listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket, sockopt,
};

use crate::scenario::network::Congestion;

/// As many connections as the system allows may wait to be accepted, usually 4096 (`somaxconn`).
/// The standard library's 128 are too few for thousands of clients at once: the rest would retry
/// after a second, and look slow.
const BACKLOG: Backlog = Backlog::MAXALLOWABLE;

/// Listens at an address; port 0 is any free port.
pub(super) fn listen(
    address: SocketAddr,
    congestion: Congestion,
) -> io::Result<mio::net::TcpListener> {
    let listener = TcpListener::bind(address)?;
    // A second call changes the backlog and nothing else.
    nix::sys::socket::listen(&listener, BACKLOG)?;
    // Accepted sockets inherit it, which saves one call for each.
    setsockopt(&listener, sockopt::TcpNoDelay, &true)?;
    // The default of some systems (BBR) would pace the responses with timers. Accepted sockets
    // inherit it, too.
    #[cfg(target_os = "linux")]
    setsockopt(&listener, sockopt::TcpCongestion, &congestion.name().into())?;
    listener.set_nonblocking(true)?;
    Ok(mio::net::TcpListener::from_std(listener))
}

/// Binds an address without listening; port 0 is any free port. The system refuses connections to
/// it, and no other program gets the port meanwhile.
pub(super) fn occupy(address: SocketAddr) -> io::Result<(OwnedFd, u16)> {
    let family = if address.is_ipv6() { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    let bound = TcpListener::from(socket);
    let port = bound.local_addr()?.port();
    Ok((bound.into(), port))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn accepted_sockets_use_nodelay() {
        let listener = listen(ANY_PORT, Congestion::Reno).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        // On loopback a connection waits to be accepted before `connect` returns.
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
    }

    #[test]
    fn the_backlog_exceeds_128() {
        let listener = listen(ANY_PORT, Congestion::Reno).unwrap();
        let address = listener.local_addr().unwrap();
        // Beyond the backlog a connection is not established until it is accepted, which never
        // happens here.
        let patience = std::time::Duration::from_secs(10);
        let clients = (0..200).map(|_| std::net::TcpStream::connect_timeout(&address, patience));
        assert_eq!(clients.collect::<io::Result<Vec<_>>>().unwrap().len(), 200);
    }
}
