//! What every backend makes of answers that are wrong, late or endless.

use std::net::IpAddr;
use std::time::Duration;

use fetchbench::fetch::Limits;
use fetchbench::fetch::error::ErrorClass;
use url::Url;

use super::{backends, fetch, limits, open, outcome, outcomes};
use crate::families::over_families;
use crate::raw_server::{DeadPort, RawServer, Then, ok, path, raw};

/// Answers by path; see the tests that use it.
fn faulty(ip: IpAddr) -> RawServer {
    RawServer::start_on(ip, |head| match path(head) {
        "/reset" => raw("", Then::Reset),
        "/reset-in-body" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Reset),
        "/close" => raw("", Then::Close),
        "/close-in-head" => raw("HTTP/1.1 200 OK\r\nContent-Le", Then::Close),
        "/short" => raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Close),
        "/short-chunks" => {
            raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", Then::Close)
        }
        "/chunks" => raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: \
             chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n",
            Then::Go,
        ),
        "/garbage" => raw("this is not HTTP\r\n\r\n", Then::Close),
        "/silent" => raw("", Then::Silence),
        "/silent-in-body" => {
            raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::Silence)
        }
        "/drip" => raw("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", Then::Drip),
        "/drip-head" => raw("HTTP/1.1 200 OK\r\nX: ", Then::Drip),
        "/endless" => raw("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", Then::Flood),
        "/interim" => raw(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: \
             5\r\n\r\nfinal",
            Then::Go,
        ),
        "/odd-coding" => raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
            Then::Go,
        ),
        "/two-lengths" => raw(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
            Then::Close,
        ),
        "/not-ascii" => {
            raw("HTTP/1.1 200 OK\r\nX: \u{e9}\r\nContent-Length: 5\r\n\r\nabcde", Then::Go)
        }
        "/until-close" => raw("HTTP/1.1 200 OK\r\n\r\nabcdef", Then::Close),
        other => ok(other),
    })
}

#[test]
fn failures_have_shared_classes() {
    over_families(|ip| {
        let server = faulty(ip);
        let dead = DeadPort::new(ip);
        let cases = [
            (dead.url("/").parse().unwrap(), ErrorClass::Refused),
            (server.url("/reset"), ErrorClass::Reset),
            (server.url("/reset-in-body"), ErrorClass::Reset),
            (server.url("/close"), ErrorClass::ClosedEarly),
            (server.url("/close-in-head"), ErrorClass::ClosedEarly),
            (server.url("/short"), ErrorClass::BodyShort),
            (server.url("/short-chunks"), ErrorClass::BodyShort),
            (server.url("/garbage"), ErrorClass::Protocol),
        ];
        for backend in backends() {
            for (url, class) in &cases {
                let expected = match (backend.entry().client, url.path()) {
                    // They take a reset in the body for its end, and then find it too short.
                    ("ureq" | "niquests", "/reset-in-body") => Err(ErrorClass::BodyShort),
                    // It takes a reset for the end of the connection.
                    ("niquests", "/reset") => Err(ErrorClass::ClosedEarly),
                    // They take the end of the connection for that of the head, and read what there
                    // is of it.
                    ("requests" | "curl", "/close-in-head") => Ok((200, 0)),
                    ("net-http", "/close-in-head") => Err(ErrorClass::Protocol),
                    // It does not tell why it could not connect.
                    ("isahc", "/") => Err(ErrorClass::Connect),
                    _ => Err(*class),
                };
                let pass = fetch(backend, &limits(1), std::slice::from_ref(url));
                assert_eq!(
                    outcomes(&pass),
                    [expected],
                    "{backend}: {url}: {:?}",
                    pass.fetched[0].result
                );
            }
        }
    });
}

#[test]
fn chunks_and_open_ends_are_read() {
    over_families(|ip| {
        let server = faulty(ip);
        for backend in backends() {
            let pass = fetch(
                backend,
                &limits(1),
                &[server.url("/chunks"), server.url("/until-close"), server.url("/chunks")],
            );
            let until_close = if backend.entry().client == "surf" {
                Err(ErrorClass::Unsupported)
            } else {
                Ok((200, 6))
            };
            assert_eq!(
                outcomes(&pass),
                [Ok((200, 8)), until_close, Ok((200, 8))],
                "{backend} at {ip}"
            );
        }
    });
}

#[test]
fn deadlines_end_every_phase() {
    over_families(|ip| {
        let server = faulty(ip);
        let urls =
            ["/silent", "/silent-in-body", "/drip", "/drip-head"].map(|path| server.url(path));
        for backend in backends() {
            let limits = Limits { deadline: Duration::from_millis(300), ..limits(4) };
            let pass = fetch(backend, &limits, &urls);
            for (url, fetched) in urls.iter().zip(&pass.fetched) {
                assert_eq!(
                    outcome(fetched),
                    Err(ErrorClass::Timeout),
                    "{backend}: {url}: {:?}",
                    fetched.result
                );
                assert!(
                    fetched.elapsed >= limits.deadline.mul_f64(0.99),
                    "{backend}: {url} after {:?}",
                    fetched.elapsed
                );
                // The server would go on for a minute.
                assert!(
                    fetched.elapsed < Duration::from_secs(5),
                    "{backend}: {url} after {:?}",
                    fetched.elapsed
                );
            }
        }
    });
}

#[test]
fn a_body_is_held_to_its_cap() {
    over_families(|ip| {
        let server = faulty(ip);
        for backend in backends() {
            let limits = Limits { max_body: 5, ..limits(2) };
            let pass = fetch(
                backend,
                &limits,
                &[server.url("/endless"), server.url("/1234"), server.url("/12345")],
            );
            let too_large = Err(ErrorClass::BodyTooLarge);
            assert_eq!(outcomes(&pass), [too_large, Ok((200, 5)), too_large], "{backend} at {ip}");
        }
    });
}

#[test]
fn failures_spoil_no_other_fetch() {
    over_families(|ip| {
        let server = faulty(ip);
        let faults = [
            "/silent",
            "/short",
            "/garbage",
            "/drip",
            "/endless",
            "/close",
            "/reset",
            "/short-chunks",
        ];
        let mixed: Vec<Url> = faults
            .iter()
            .enumerate()
            .flat_map(|(index, fault)| {
                [server.url(fault), server.url(&format!("/{}", "n".repeat(10 + index)))]
            })
            .collect();
        let good: Vec<Url> =
            (0..20).map(|index| server.url(&format!("/{}", "g".repeat(30 + index)))).collect();
        for backend in backends() {
            let limits =
                Limits { deadline: Duration::from_secs(1), max_body: 1 << 20, ..limits(4) };
            let mut session = open(backend, &limits);
            for round in 0..2 {
                let pass = session.fetch_all(&mixed).unwrap();
                for (index, pair) in pass.fetched.chunks(2).enumerate() {
                    assert!(
                        pair[0].result.is_err(),
                        "{backend} at {ip}, {round}: {}",
                        faults[index]
                    );
                    assert_eq!(
                        outcome(&pair[1]),
                        Ok((200, 11 + index as u64)),
                        "{backend} at {ip}, {round}: beside {}",
                        faults[index]
                    );
                }
                let pass = session.fetch_all(&good).unwrap();
                for (index, fetched) in pass.fetched.iter().enumerate() {
                    assert_eq!(
                        outcome(fetched),
                        Ok((200, 31 + index as u64)),
                        "{backend} at {ip}, {round}: {:?}",
                        fetched.result
                    );
                }
            }
        }
    });
}

#[test]
fn closed_sockets_are_not_reused() {
    over_families(|ip| {
        let server = RawServer::start_on(ip, |head| (ok(path(head)).0, Then::Close));
        for backend in backends() {
            let mut session = open(backend, &limits(1));
            for _ in 0..5 {
                let pass = session.fetch_all(&[server.url("/abc")]).unwrap();
                assert_eq!(
                    outcomes(&pass),
                    [Ok((200, 4))],
                    "{backend} at {ip}: {:?}",
                    pass.fetched[0].result
                );
                // The server's FIN is on its way.
                std::thread::sleep(Duration::from_millis(30));
            }
        }
    });
}

#[test]
fn odd_replies_spoil_nothing() {
    over_families(|ip| {
        let server = faulty(ip);
        let odd = ["/interim", "/odd-coding", "/two-lengths", "/not-ascii"];
        let urls: Vec<Url> =
            odd.iter().flat_map(|path| [server.url(path), server.url("/good")]).collect();
        let (unsupported, protocol) = (Err(ErrorClass::Unsupported), Err(ErrorClass::Protocol));
        for backend in backends() {
            let found = outcomes(&fetch(backend, &limits(1), &urls));
            let expected = match backend.entry().client {
                // Its h1 client takes the first two for empty answers, and panics over the last.
                "surf" => [unsupported, unsupported, protocol, Err(ErrorClass::Crashed)],
                // It takes the first for the final answer.
                "attohttpc" => [unsupported, Ok((200, 5)), protocol, Ok((200, 5))],
                // It takes an interim answer for the answer: its program finds that out and begins
                // anew.
                "requests" => [unsupported, Ok((200, 5)), protocol, Ok((200, 5))],
                "curl" => [Ok((200, 5)); 4],
                _ => [Ok((200, 5)), Ok((200, 5)), protocol, Ok((200, 5))],
            };
            for (index, expected) in expected.into_iter().enumerate() {
                assert_eq!(found[2 * index], expected, "{backend} at {ip}: {}", odd[index]);
                assert_eq!(
                    found[2 * index + 1],
                    Ok((200, 5)),
                    "{backend} at {ip}: behind {}",
                    odd[index]
                );
            }
        }
    });
}

#[test]
fn deadlines_end_fast_bodies() {
    over_families(|ip| {
        let server = faulty(ip);
        for backend in backends() {
            let limits =
                Limits { deadline: Duration::from_millis(300), max_body: u64::MAX, ..limits(1) };
            let pass = fetch(backend, &limits, &[server.url("/endless")]);
            assert_eq!(outcomes(&pass), [Err(ErrorClass::Timeout)], "{backend} at {ip}");
            assert!(pass.elapsed < Duration::from_secs(3), "{backend} at {ip}: {:?}", pass.elapsed);
        }
    });
}
