//! The backends that speak HTTP/2, against servers that refuse, reset and announce their end.

use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fetchbench::backend::Backend;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Fetch, Limits, Pass};
use url::Url;

use crate::backends::{fetch, limits, open};
use crate::cli::{fetchbench, text};
use crate::http2_server::{
    DATA, GOAWAY, HEADERS, Http2Server, RST_STREAM, Request, begun, frame, frame_of, whole,
};
use crate::mock::Mock;
use crate::peers::skip;
use crate::raw_server::{RawServer, Then, raw};

mod compared;
mod failures;
mod resending;

/// Error codes of HTTP/2.
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// The setting of the maximum number of streams.
const MAX_STREAMS: u16 = 3;

/// Clients that give a request up which the server has not processed.
pub const NO_RETRY: [&str; 4] = ["cyper", "httpx", "hyper-util", "niquests"];

/// Clients without an option to close a connection after a fetch.
pub const NO_CLOSE: [&str; 2] = ["isahc", "net-http"];

/// Clients that give each fetch in flight a connection. In niquests, a task that waits for a
/// response holds the connection, and no other task can send or read on it.
const UNSHARED: [&str; 1] = ["niquests"];

/// Returns whether the fetches of a backend share a connection.
pub fn is_shared(backend: Backend) -> bool {
    !UNSHARED.contains(&backend.entry().client)
}

/// Every backend over HTTP/2 that opens stream 1, and has several streams in flight on a connection
/// although the server announces no limit. httpx then has one; Go opens stream 3 first.
fn multiplexing() -> impl Iterator<Item = Backend> {
    reaching().filter(|backend| is_shared(*backend))
}

/// As [`multiplexing`], and with those that have several connections with a stream each.
fn reaching() -> impl Iterator<Item = Backend> {
    let others = ["httpx", "net-http"];
    http2_backends().into_iter().filter(move |backend| !others.contains(&backend.entry().client))
}

/// Returns those of the backends that this build has.
pub fn built(names: &[&str]) -> Vec<Backend> {
    names.iter().filter(|name| is_built(name)).map(|name| name.parse().unwrap()).collect()
}

fn is_built(name: &str) -> bool {
    let plain = name.split([':', '+', '/']).next();
    Backend::all().any(|backend| Some(backend.to_string().as_str()) == plain)
}

/// Every backend that speaks HTTP/2, with that option. cyper has a pool for each thread, so it gets
/// one thread.
pub fn http2_backends() -> Vec<Backend> {
    let able = Backend::set_up().filter(|backend| backend.entry().can(Capability::Http2));
    let named = able.map(|backend| match backend.entry().client {
        "cyper" => format!("{backend}:1+h2"),
        "http2" => backend.to_string(),
        _ => format!("{backend}+h2"),
    });
    let backends = named.map(|name| name.parse::<Backend>().unwrap());
    // A peer that was set up by an older version speaks HTTP/1.1 only.
    let backends: Vec<Backend> = backends
        .filter(|backend| {
            let is_set_up = backend.is_set_up();
            if !is_set_up {
                skip(&format!("{backend} is not set up: run `fetchbench peers install`"));
            }
            is_set_up
        })
        .collect();
    assert!(backends.len() >= 6, "{backends:?}");
    backends
}

/// A session that has fetched one url, over stream 1: before that, isahc opens a connection for
/// every fetch.
fn warmed(backend: Backend, limits: &Limits, server: &Http2Server) -> Box<dyn Fetch> {
    let mut session = open(backend, limits);
    let pass = session.fetch_all(&server.urls(1)).unwrap();
    assert_eq!(outcomes(&pass), [Ok(4)], "{backend}: {pass:?}");
    session
}

/// The class of each failure, or the length of each page.
fn outcomes(pass: &Pass) -> Vec<Result<u64, ErrorClass>> {
    let results = pass.fetched.iter().map(|fetched| fetched.result.as_ref());
    results.map(|result| result.map(|page| page.bytes).map_err(|error| error.class)).collect()
}

#[test]
fn many_streams_share_a_socket() {
    for backend in multiplexing() {
        // Answers when four requests wait.
        let waiting = Mutex::new(Vec::new());
        let server = Http2Server::start(&[], move |request| {
            let mut waiting = waiting.lock().unwrap();
            waiting.push(request.stream);
            if request.stream > 1 && waiting.len() < 4 {
                return Vec::new();
            }
            waiting.drain(..).rev().flat_map(|stream| whole(stream, b"page")).collect()
        });
        let mut session = warmed(backend, &limits(4), &server);
        for _ in 0..2 {
            let pass = session.fetch_all(&server.urls(16)).unwrap();
            assert_eq!(outcomes(&pass), [Ok(4); 16], "{backend}");
        }
        assert_eq!(server.accepted(), 1, "{backend}");
    }
}

#[test]
fn names_set_the_connections() {
    let pools = |backend: &Backend| format!("{backend}+conns=3").parse::<Backend>().ok();
    let backends: Vec<Backend> = http2_backends().iter().filter_map(pools).collect();
    assert!(backends.len() >= 4, "{backends:?}");
    for backend in backends {
        assert_eq!(backend.slots(&limits(12)).get(), 12, "{backend}");
        let seen = std::sync::Arc::new(Mutex::new(vec![0; 3]));
        let counted = std::sync::Arc::clone(&seen);
        let waiting = Mutex::new([const { Vec::new() }; 3]);
        // Each connection answers when it has four requests.
        let server = Http2Server::start(&[], move |request| {
            let waiting = &mut waiting.lock().unwrap()[request.connection];
            waiting.push(request.stream);
            counted.lock().unwrap()[request.connection] += 1;
            let streams = if waiting.len() == 4 { std::mem::take(waiting) } else { Vec::new() };
            streams.iter().flat_map(|stream| whole(*stream, b"page")).collect()
        });
        let pass = fetch(backend, &limits(12), &server.urls(12));
        assert_eq!(outcomes(&pass), [Ok(4); 12], "{backend}");
        assert_eq!(*seen.lock().unwrap(), [4; 3], "{backend}");
    }
}

#[test]
fn stream_limits_are_kept() {
    // curl and Go open further connections, and niquests has one for each fetch.
    let opens_more = |backend: &Backend| {
        is_curl(*backend) || backend.entry().client == "net-http" || !is_shared(*backend)
    };
    for backend in http2_backends().into_iter().filter(|backend| !opens_more(backend)) {
        let open_streams = Mutex::new(Vec::new());
        let most = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&most);
        let server = Http2Server::start(&[(MAX_STREAMS, 2)], move |request| {
            let mut streams = open_streams.lock().unwrap();
            streams.push(request.stream);
            counted.fetch_max(streams.len(), Ordering::SeqCst);
            let ended = if streams.len() >= 2 || streams[0] == 1 {
                std::mem::take(&mut *streams)
            } else {
                Vec::new()
            };
            ended.iter().flat_map(|stream| whole(*stream, b"page")).collect()
        });
        // The first requests may precede the settings.
        let mut session = warmed(backend, &limits(8), &server);
        let pass = session.fetch_all(&server.urls(20)).unwrap();
        assert_eq!(outcomes(&pass), [Ok(4); 20], "{backend}");
        assert_eq!(most.load(Ordering::SeqCst), 2, "{backend}");
    }
}

/// Whether a backend's client is built on curl.
fn is_curl(backend: Backend) -> bool {
    matches!(backend.entry().client, "curl-multi" | "isahc")
}

#[test]
fn each_fetch_may_have_a_connection() {
    // isahc and Go have no option for it, and refuse.
    let backends = http2_backends().into_iter();
    for backend in backends.filter(|backend| !NO_CLOSE.contains(&backend.entry().client)) {
        let server = Http2Server::start(&[], |request| whole(request.stream, b"page"));
        let limits = Limits { connections: Connections::PerFetch, ..limits(3) };
        let pass = fetch(backend, &limits, &server.urls(6));
        assert_eq!(outcomes(&pass), [Ok(4); 6], "{backend}: {pass:?}");
        assert_eq!(server.accepted(), 6, "{backend}");
    }
}

#[test]
fn dead_ports_are_refused() {
    let dead = crate::raw_server::DeadPort::new(Ipv4Addr::LOCALHOST.into());
    let url: Url = dead.url("/").parse().unwrap();
    for backend in http2_backends() {
        let pass = fetch(backend, &limits(2), &[url.clone(), url.clone()]);
        let found = outcomes(&pass);
        // isahc reports any failed connect alike.
        let is_known = backend.entry().client != "isahc";
        assert_eq!(found.contains(&Err(ErrorClass::Refused)), is_known, "{backend}: {pass:?}");
        // A fetch that waited for the connect of another only learns that it failed, or was
        // cancelled.
        let others = [ErrorClass::Refused, ErrorClass::Connect, ErrorClass::Protocol];
        let is_known =
            |outcome: &Result<u64, ErrorClass>| outcome.is_err_and(|class| others.contains(&class));
        assert!(found.iter().all(is_known), "{backend}: {pass:?}");
    }
}

#[test]
fn bad_versions_are_explained() {
    for (args, why) in [
        (
            &["fetch", "--backend", "ureq@threads+h2", "http://a.example"][..],
            "ureq@threads has no HTTP/2: leave out +h2",
        ),
        (
            &["fetch", "--backend", "ureq@threads", "--http", "2", "http://a.example"],
            "ureq@threads has no HTTP/2: leave out --http 2",
        ),
        (
            &["run", "--backend", "hyper@tokio,ureq@threads", "--http", "2", "http://a.example"],
            "ureq@threads has no HTTP/2: leave out --http 2",
        ),
        (&["fetch", "--http", "3", "http://a.example"], "bad version of HTTP \"3\""),
        (&["serve", "h2-limit", "--http", "1"], "leave them out, or speak 2 or auto"),
    ] {
        let output = fetchbench(args).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(why), "{args:?}: {stderr}");
    }
}

#[test]
fn the_flag_chooses_the_version() {
    let mock = Mock::start("description = 'd'\nconcurrency = 1\n[[site]]\nlabel = 'a'\nbytes = 1");
    let url = mock.urls(0)[0].to_string();
    for command in ["fetch", "run"] {
        for (version, streams) in [("1", 0), ("2", 1), ("auto", 1)] {
            mock.take_witness();
            let args = [command, "--backend", "hyper@tokio", "--http", version, &url];
            let output = fetchbench(&args).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
            assert_eq!(mock.take_witness().http2.streams, streams, "{args:?}");
        }
    }
}
