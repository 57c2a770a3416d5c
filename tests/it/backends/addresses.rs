//! Addresses that lead nowhere, or only some of which do: one class for all backends.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use fetchbench::backend::Backend;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::record::ComparisonRecord;
use url::Url;

use super::{backends, fetch, limits, open, outcomes};
use crate::families::families;
use crate::namespace;
use crate::raw_server::{RawServer, ok, path};

/// What a fetch comes to: see [`super::outcome`].
type Outcome = Result<(u16, u64), ErrorClass>;

/// Nobody listens there in a namespace of a test. Clients refuse some lower ones by themselves.
const DEAD_PORT: u16 = 8080;

const LOOPBACK: &str = "ip link set lo up";

const ANSWERED: Outcome = Ok((200, 1));

#[track_caller]
fn check(hosts: &[&str], port: u16, expected: impl Fn(Backend) -> Outcome) {
    for backend in backends() {
        for host in hosts {
            let url: Url = format!("http://{host}:{port}/").parse().unwrap();
            let pass = fetch(backend, &limits(1), &[url]);
            let told = &pass.fetched[0].result;
            assert_eq!(outcomes(&pass), [expected(backend)], "{backend}: {host}: {told:?}");
        }
    }
}

/// The class of a refused connection, as far as the client reports it.
fn refused(backend: Backend) -> Outcome {
    Err(if backend.entry().client == "isahc" { ErrorClass::Connect } else { ErrorClass::Refused })
}

#[test]
fn unscoped_link_local_is_connect() {
    // The system refuses it before anything is sent.
    check(&["[fe80::1]"], DEAD_PORT, |_| Err(ErrorClass::Connect));
}

#[test]
fn unspecified_means_loopback() {
    for ip in families() {
        let server = RawServer::start_on(ip, |head| ok(path(head)));
        let hosts: &[&str] =
            if ip.is_ipv6() { &["[::]"] } else { &["0.0.0.0", "[::ffff:127.0.0.1]"] };
        check(hosts, server.port(), |_| ANSWERED);
    }
}

#[test]
fn no_ipv6_is_connect() {
    let disabled = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6";
    if !namespace::enter(
        "backends::addresses::no_ipv6_is_connect",
        &format!("{LOOPBACK}\n{disabled}"),
    ) {
        return;
    }
    check(&["[::1]", "[2001:db8::1]", "[fe80::1]"], DEAD_PORT, |_| Err(ErrorClass::Connect));
    check(&["127.0.0.1"], DEAD_PORT, refused);
    // Which of its addresses a client reports is the client's own choice.
    for backend in backends() {
        let url: Url = format!("http://localhost:{DEAD_PORT}/").parse().unwrap();
        let told = outcomes(&fetch(backend, &limits(1), &[url]));
        let expected = [ErrorClass::Refused, ErrorClass::Connect];
        assert!(expected.iter().any(|class| told == [Err(*class)]), "{backend}: {told:?}");
    }
}

/// `compare` talks to foreign programs itself. This one reports every failed connect as refused.
#[test]
fn compare_knows_no_ipv6_too() {
    let Some(curl) = backends().find(|backend| backend.entry().client == "curl") else { return };
    if !namespace::enter("backends::addresses::compare_knows_no_ipv6_too", "") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (sites, record) = (folder.path().join("sites.txt"), folder.path().join("record"));
    fs::write(&sites, format!("http://[::1]:{DEAD_PORT}/\n")).unwrap();
    let mut compare = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    compare.args(["compare", "--allow-unfit", "--blocks", "1", "--cycles", "1"]);
    compare.args(["--backend", &format!("{curl},hyper@smol")]);
    let output = compare.arg("--sites").arg(sites).arg("--record").arg(&record).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let comparison =
        ComparisonRecord::read(&record).unwrap_or_else(|error| panic!("{error:#}: {said}"));
    let probe = comparison.setup.workloads[0].probe.as_ref().unwrap();
    assert_eq!(probe.first_dead[0].classes, [ErrorClass::Connect], "{said}");
}

#[test]
fn no_network_is_connect() {
    if !namespace::enter("backends::addresses::no_network_is_connect", "") {
        return;
    }
    check(&["127.0.0.1", "192.0.2.1", "[::1]", "[2001:db8::1]"], DEAD_PORT, |_| {
        Err(ErrorClass::Connect)
    });
}

#[test]
fn no_free_port_is_local_limit() {
    if !namespace::enter("backends::addresses::no_free_port_is_local_limit", LOOPBACK) {
        return;
    }
    let ports = |range: &str| fs::write("/proc/sys/net/ipv4/ip_local_port_range", range).unwrap();
    for ip in families() {
        let listener = TcpListener::bind((ip, DEAD_PORT)).unwrap();
        let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        ports("40000 40000");
        let _held = TcpStream::connect((ip, DEAD_PORT)).unwrap();
        for backend in backends() {
            ports("32768 60999");
            // Some look at their machine when they start.
            let mut session = open(backend, &limits(1));
            ports("40000 40000");
            let pass = session.fetch_all(std::slice::from_ref(&url)).unwrap();
            let expected = match backend.entry().client {
                // They do not tell why they could not connect.
                "isahc" => ErrorClass::Connect,
                "curl" => ErrorClass::Refused,
                _ => ErrorClass::LocalLimit,
            };
            let error = pass.fetched[0].result.as_ref().unwrap_err();
            assert_eq!(error.class, expected, "{backend}: {url}: {error}");
            // By the number `compare` knows exhausted ports from exhausted descriptors.
            let has_number = error.is_out_of_ports();
            assert!(
                has_number || expected != ErrorClass::LocalLimit || backend.entry().is_peer(),
                "{backend}: {error}"
            );
        }
    }
}

#[test]
fn all_addresses_are_tried() {
    let hosts = "127.0.0.2 both.test\n127.0.0.1 both.test\n::1 mixed.test\n127.0.0.1 mixed.test\n";
    let setup = format!(
        "{LOOPBACK}\nmount -t tmpfs none /mnt\nprintf '{hosts}' > /mnt/hosts\nmount --bind \
         /mnt/hosts /etc/hosts"
    );
    if !namespace::enter("backends::addresses::all_addresses_are_tried", &setup) {
        return;
    }
    let server = RawServer::start_on(Ipv4Addr::LOCALHOST.into(), |head| ok(path(head)));
    check(&["both.test", "mixed.test"], server.port(), |_| ANSWERED);
    check(&["both.test", "mixed.test"], DEAD_PORT, refused);
}
