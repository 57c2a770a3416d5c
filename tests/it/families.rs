//! Loopback addresses of both families, for tests that hold over IPv4 and IPv6 alike.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::thread;

use crate::peers::skip;

/// Runs a test over both families at the same time, each in a thread of that name.
pub fn over_families(test: impl Fn(IpAddr) + Sync) {
    thread::scope(|scope| {
        for ip in families() {
            let test = &test;
            let thread = thread::Builder::new().name(ip.to_string());
            thread.spawn_scoped(scope, move || test(ip)).unwrap();
        }
    });
}

/// Returns `127.0.0.1` and `::1`, the latter if this machine has it.
pub fn families() -> Vec<IpAddr> {
    let mut families = vec![Ipv4Addr::LOCALHOST.into()];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        Ok(_) => families.push(Ipv6Addr::LOCALHOST.into()),
        Err(error) => skip(&format!("cannot listen at ::1: {error}")),
    }
    families
}
