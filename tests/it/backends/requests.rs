//! What every backend requests, and of whom.

use std::net::{IpAddr, SocketAddr};

use fetchbench::backend::Backend;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Limits, URL_MAX};
use url::Url;

use super::{backends, fetch, limits, outcome, outcomes};
use crate::families::over_families;
use crate::raw_server::{RawServer, ok, path};

#[test]
fn all_backends_send_one_request() {
    over_families(|ip| {
        for backend in backends() {
            for connections in [Connections::Warm, Connections::PerFetch] {
                let server = RawServer::start_on(ip, move |head| {
                    check_request(backend, connections, ip, &head.to_ascii_lowercase());
                    ok("")
                });
                let url = server.url("/path?query=1#fragment");
                let pass = fetch(backend, &Limits { connections, ..limits(1) }, &[url]);
                let note = "a panic of the server shows as a closed connection";
                assert_eq!(outcomes(&pass), [Ok((200, 0))], "{backend} at {ip}: {note}");
            }
        }
    });
}

fn check_request(backend: Backend, connections: Connections, ip: IpAddr, head: &str) {
    assert!(head.starts_with("get /path?query=1 http/1.1\n"), "{backend}: {head}");
    let agent = concat!("user-agent: fetchbench/", env!("CARGO_PKG_VERSION"));
    // The host is the address and a port, an IPv6 address in brackets.
    let host = format!("\nhost: {}:", SocketAddr::new(ip, 0).to_string().trim_end_matches(":0"));
    for line in ["accept: */*", "accept-encoding: identity", agent, &host] {
        assert_eq!(head.matches(line).count(), 1, "{backend}: {line} in {head}");
    }
    // surf's h1 client says keep-alive whatever it is told.
    let close = connections == Connections::PerFetch && backend.entry().client != "surf";
    let close = close || !backend.entry().can(Capability::KeepAlive);
    assert_eq!(head.contains("\nconnection: close"), close, "{backend}: {head}");
}

#[test]
fn unknown_names_have_their_class() {
    let server = RawServer::start(|head| {
        ok(head.lines().find(|line| line.to_ascii_lowercase().starts_with("host:")).unwrap())
    });
    let named: Url = format!("http://localhost:{}/", server.port()).parse().unwrap();
    // No name has a label this long, so that no resolver has to be asked, which might take its
    // time.
    let unknown: Url = format!("http://{}.invalid/", "a".repeat(64)).parse().unwrap();
    for backend in backends() {
        let pass = fetch(backend, &limits(1), &[named.clone(), unknown.clone()]);
        let page =
            pass.fetched[0].result.as_ref().unwrap_or_else(|error| panic!("{backend}: {error}"));
        let host = format!("host: localhost:{}", server.port());
        assert!(
            page.beginning.text().eq_ignore_ascii_case(&host),
            "{backend}: {:?}",
            page.beginning
        );
        assert_eq!(
            outcome(&pass.fetched[1]),
            Err(ErrorClass::Dns),
            "{backend}: {:?}",
            pass.fetched[1].result
        );
    }
}

#[test]
fn plain_backends_refuse_https() {
    let url: Url = "https://127.0.0.1:2/".parse().unwrap();
    for backend in backends() {
        let pass = fetch(backend, &limits(1), std::slice::from_ref(&url));
        let error = pass.fetched[0].result.as_ref().unwrap_err();
        if backend.entry().can(Capability::Https) {
            assert_eq!(error.class, ErrorClass::Refused, "{backend}");
        } else {
            assert_eq!(error.class, ErrorClass::Unsupported, "{backend}");
            assert!(error.message.contains("ureq@threads"), "{backend}: {error}");
        }
    }
}

/// Of hyper's own limit, which others do not have.
#[test]
fn one_limit_for_long_urls() {
    let server = RawServer::start(|head| ok(&path(head).len().to_string()));
    let of_length = |length: usize| {
        let url = server.url("/");
        let filler = "a".repeat(length - url.as_str().len());
        server.url(&format!("/{filler}"))
    };
    let urls = [of_length(URL_MAX), of_length(URL_MAX + 1), of_length(100_000)];
    for backend in backends() {
        let pass = fetch(backend, &limits(2), &urls);
        let unsupported = Err(ErrorClass::Unsupported);
        assert_eq!(
            outcomes(&pass),
            [Ok((200, 5)), unsupported, unsupported],
            "{backend}: {:?}",
            pass.fetched[0].result
        );
        for fetched in &pass.fetched[1..] {
            let message = &fetched.result.as_ref().unwrap_err().message;
            assert!(message.len() < 300 && message.contains("65534"), "{backend}: {message}");
        }
    }
}
