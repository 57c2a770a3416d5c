//! What every row requests, of whom, and where redirects lead it.

use std::net::{IpAddr, SocketAddr};

use fetchbench::backend::Row;
use fetchbench::error::ErrorClass;
use fetchbench::fetch::{Connections, Limits, Options};
use url::Url;

use super::{fetch, limits, outcome, outcomes, rows};
use crate::families::over_families;
use crate::raw_server::{RawServer, Then, ok, path, raw};

#[test]
fn every_row_sends_the_same_request_as_far_as_its_client_allows() {
    over_families(|ip| {
        for row in rows() {
            for connections in [Connections::Warm, Connections::PerFetch] {
                let server = RawServer::start_on(ip, move |head| {
                    check_request(row, connections, ip, &head.to_ascii_lowercase());
                    ok("")
                });
                let url = server.url("/path?query=1#fragment");
                let pass = fetch(row, &Limits { connections, ..limits(1) }, &[url]);
                let note = "a panic of the server shows as a closed connection";
                assert_eq!(outcomes(&pass), [Ok((200, 0))], "{row} at {ip}: {note}");
            }
        }
    });
}

fn check_request(row: Row, connections: Connections, ip: IpAddr, head: &str) {
    assert!(head.starts_with("get /path?query=1 http/1.1\n"), "{row}: {head}");
    let agent = concat!("user-agent: fetchbench/", env!("CARGO_PKG_VERSION"));
    // The host is the address and a port, an IPv6 address in brackets.
    let host = format!("\nhost: {}:", SocketAddr::new(ip, 0).to_string().trim_end_matches(":0"));
    for line in ["accept: */*", "accept-encoding: identity", agent, &host] {
        assert_eq!(head.matches(line).count(), 1, "{row}: {line} in {head}");
    }
    // surf's h1 client says keep-alive whatever it is told.
    let close = connections == Connections::PerFetch && row.backend().client != "surf";
    let close = close || !row.backend().keeps;
    assert_eq!(head.contains("\nconnection: close"), close, "{row}: {head}");
}

/// `/hop/N` leads to `/hop/N-1`, and `/hop/0` to no further place.
fn redirecting(ip: IpAddr) -> RawServer {
    RawServer::start_on(ip, |head| {
        let to = |location: &str| {
            raw(&format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 3\r\n\r\nabc"), Then::Go)
        };
        match path(head).strip_prefix("/hop/").map(|number| number.parse::<u32>().unwrap()) {
            Some(0) => ok("arrived"),
            Some(number) => to(&format!("{}", number - 1)),
            None if path(head) == "/loop" => to("/loop"),
            None if path(head) == "/file" => to("file:///etc/passwd"),
            None => raw("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", Then::Go),
        }
    })
}

#[test]
fn redirects_are_followed_as_far_as_asked_by_the_same_rules_for_all() {
    over_families(|ip| {
        let server = redirecting(ip);
        let urls = ["/hop/3", "/hop/4", "/loop", "/file", "/nowhere"].map(|path| server.url(path));
        for row in rows() {
            let pass = fetch(row, &limits(2), &urls);
            let found = Ok((302, 3));
            let expected = [found, found, found, found, Ok((302, 0))];
            assert_eq!(outcomes(&pass), expected, "{row} at {ip}: none asked for");

            let pass = fetch(row, &Limits { redirects: 3, ..limits(2) }, &urls);
            let (endless, unsupported) = (Err(ErrorClass::RedirectLoop), Err(ErrorClass::Unsupported));
            let expected = [Ok((200, 7)), endless, endless, unsupported, Ok((302, 0))];
            assert_eq!(outcomes(&pass), expected, "{row} at {ip}");
            let arrived = Some(server.url("/hop/0"));
            assert_eq!(pass.fetched[0].final_url.as_deref(), arrived.as_ref(), "{row} at {ip}");
            assert_eq!(pass.fetched[4].final_url, None, "{row} at {ip}");
        }
    });
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let elsewhere = RawServer::start(|head| ok(&head.to_ascii_lowercase()));
    let away = elsewhere.url("/").to_string();
    let here = RawServer::start(move |head| match path(head) {
        "/away" => raw(&format!("HTTP/1.1 302 Found\r\nLocation: {away}\r\nContent-Length: 0\r\n\r\n"), Then::Go),
        "/stay" => raw("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", Then::Go),
        _ => ok(&head.to_ascii_lowercase()),
    });
    let mut options = Options::default();
    options.headers.insert("authorization", "secret".parse().unwrap());
    let length = |head: &str| head.len() as u64;
    for row in Row::all() {
        let mut session = row.open(&options, &Limits { redirects: 1, ..limits(1) }).unwrap();
        let pass = session.fetch_all(&[here.url("/stay"), here.url("/away")]).unwrap();
        let bytes: Vec<u64> = pass.fetched.iter().map(|fetched| fetched.result.as_ref().unwrap().bytes).collect();
        assert_eq!(bytes[0] - bytes[1], length("authorization: secret\n"), "{row}: ports are of the same length");
    }
}

#[test]
fn names_are_looked_up_and_a_name_without_an_address_has_its_class() {
    let server =
        RawServer::start(|head| ok(head.lines().find(|line| line.to_ascii_lowercase().starts_with("host:")).unwrap()));
    let named: Url = format!("http://localhost:{}/", server.port()).parse().unwrap();
    // No name has a label this long, so that no resolver has to be asked, which might take its time.
    let unknown: Url = format!("http://{}.invalid/", "a".repeat(64)).parse().unwrap();
    for row in rows() {
        let pass = fetch(row, &limits(1), &[named.clone(), unknown.clone()]);
        let page = pass.fetched[0].result.as_ref().unwrap_or_else(|error| panic!("{row}: {error}"));
        let host = format!("host: localhost:{}", server.port());
        assert!(page.beginning.text().eq_ignore_ascii_case(&host), "{row}: {:?}", page.beginning);
        assert_eq!(outcome(&pass.fetched[1]), Err(ErrorClass::Dns), "{row}: {:?}", pass.fetched[1].result);
    }
}

#[test]
fn a_row_without_tls_refuses_https_and_names_one_that_has_it() {
    let url: Url = "https://127.0.0.1:2/".parse().unwrap();
    for row in rows() {
        let pass = fetch(row, &limits(1), std::slice::from_ref(&url));
        let error = pass.fetched[0].result.as_ref().unwrap_err();
        if row.backend().https {
            assert_eq!(error.class, ErrorClass::Refused, "{row}");
        } else {
            assert_eq!(error.class, ErrorClass::Unsupported, "{row}");
            assert!(error.message.contains("ureq@threads"), "{row}: {error}");
        }
    }
}
