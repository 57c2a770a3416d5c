//! Listening sockets.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::set_tcp_nodelay;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with};

/// How many connections may wait to be accepted. The 128 of the standard library are too few for
/// thousands of clients at once: the rest would try again after a second, and look slow. Most
/// systems allow no more than this (`somaxconn`).
const BACKLOG: i32 = 4096;

/// Listens at an address, on any free port where that is 0.
pub(super) fn listen(address: SocketAddr) -> io::Result<mio::net::TcpListener> {
    let listener = TcpListener::bind(address)?;
    // Listening again changes the backlog and nothing else.
    rustix::net::listen(&listener, BACKLOG)?;
    // Accepted sockets inherit it, which saves a call for each.
    set_tcp_nodelay(&listener, true)?;
    // There is no congestion within a machine, and what some systems control it with (BBR) would
    // pace the answers by timers of its own. This one is built into every Linux. Inherited, too.
    #[cfg(target_os = "linux")]
    rustix::net::sockopt::set_tcp_congestion(&listener, "reno")?;
    listener.set_nonblocking(true)?;
    Ok(mio::net::TcpListener::from_std(listener))
}

/// Takes an address, with any free port where that is 0, and does not listen there: who connects is
/// refused by the system, and nobody else gets the port meanwhile.
pub(super) fn occupy(address: SocketAddr) -> io::Result<(OwnedFd, u16)> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &address)?;
    let address = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok((socket, address.port()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn accepted_sockets_do_not_delay_small_segments() {
        let listener = listen(ANY_PORT).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        // On loopback a connection waits to be accepted before `connect` returns.
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
    }

    #[test]
    fn more_clients_than_the_standard_library_allows_for_may_wait_to_be_accepted() {
        let listener = listen(ANY_PORT).unwrap();
        let address = listener.local_addr().unwrap();
        // Beyond the backlog a connection is not made until somebody accepts, which nobody does
        // here.
        let patience = std::time::Duration::from_secs(10);
        let clients = (0..200).map(|_| std::net::TcpStream::connect_timeout(&address, patience));
        assert_eq!(clients.collect::<io::Result<Vec<_>>>().unwrap().len(), 200);
    }
}
