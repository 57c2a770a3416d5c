//! The backends that speak HTTP/2, against servers that refuse, reset and announce their end.

use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Capability, Connections, Fetch, Limits, Pass, Progress};
use url::Url;

use crate::cli::{fetchbench, text};
use crate::http2_server::{
    GOAWAY, HEADERS, Http2Server, RST_STREAM, begun, frame, frame_of, whole,
};
use crate::raw_server::{RawServer, Then, raw};

/// Error codes of HTTP/2.
const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// The setting of the maximum number of streams.
const MAX_STREAMS: u16 = 3;

/// Every backend that speaks HTTP/2, with that option. cyper has a pool for each thread, so it gets
/// one thread.
pub fn http2_backends() -> Vec<Backend> {
    let able = Backend::set_up().filter(|backend| backend.entry().can(Capability::Http2));
    let named = able.map(|backend| match backend.entry().client {
        "cyper" => format!("{backend}:1+h2"),
        _ => format!("{backend}+h2"),
    });
    let backends: Vec<Backend> = named.map(|name| name.parse().unwrap()).collect();
    assert!(backends.len() >= 6, "{backends:?}");
    backends
}

fn limits(concurrency: usize) -> Limits {
    Limits {
        deadline: Duration::from_secs(10),
        ..Limits::new(NonZeroUsize::new(concurrency).unwrap())
    }
}

fn open(backend: Backend, limits: &Limits) -> Box<dyn Fetch> {
    backend.open(&UserOptions::default(), limits, &Progress::default()).unwrap()
}

fn fetch(backend: Backend, limits: &Limits, urls: &[Url]) -> Pass {
    open(backend, limits).fetch_all(urls).unwrap()
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
    for backend in http2_backends() {
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
    // curl opens further connections.
    for backend in http2_backends().into_iter().filter(|backend| !is_curl(*backend)) {
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

/// Clients that give a request up which the server has not processed.
pub const NO_RETRY: [&str; 2] = ["cyper", "hyper-util"];

#[test]
fn refused_streams_are_asked_again() {
    for backend in http2_backends() {
        let server = Http2Server::start(&[], |request| match request.stream {
            5 | 7 => frame_of(RST_STREAM, request.stream, &[REFUSED_STREAM]),
            stream => whole(stream, b"page"),
        });
        let pass = warmed(backend, &limits(2), &server).fetch_all(&server.urls(6)).unwrap();
        let lost = outcomes(&pass).iter().filter(|outcome| outcome.is_err()).count();
        match NO_RETRY.contains(&backend.entry().client) {
            true => assert_eq!(lost, 2, "{backend}"),
            false => assert_eq!(lost, 0, "{backend}: {:?}", pass.fetched),
        }
    }
}

#[test]
fn refusals_without_end_end() {
    for backend in http2_backends() {
        let server = Http2Server::start(&[], |request| {
            frame_of(RST_STREAM, request.stream, &[REFUSED_STREAM])
        });
        let pass = fetch(backend, &limits(1), &server.urls(1));
        assert_eq!(outcomes(&pass), [Err(ErrorClass::Reset)], "{backend}: {:?}", pass.fetched);
    }
}

#[test]
fn a_goaway_spares_some() {
    for backend in http2_backends() {
        let waiting = Mutex::new(Vec::new());
        // The first connection answers two of four, after it has announced its end.
        let server = Http2Server::start(&[], move |request| {
            if request.connection > 0 {
                return whole(request.stream, b"new");
            } else if request.stream == 1 {
                return whole(1, b"page");
            }
            let mut waiting = waiting.lock().unwrap();
            waiting.push(request.stream);
            if waiting.len() < 4 {
                return Vec::new();
            }
            let farewell = frame_of(GOAWAY, 0, &[waiting[1], 0]);
            [farewell, whole(waiting[0], b"page"), whole(waiting[1], b"page")].concat()
        });
        let pass = warmed(backend, &limits(4), &server).fetch_all(&server.urls(4)).unwrap();
        let mut found = outcomes(&pass);
        found.sort();
        if NO_RETRY.contains(&backend.entry().client) {
            let lost = Err(ErrorClass::ClosedEarly);
            assert_eq!(found, [Ok(4), Ok(4), lost, lost], "{backend}");
        } else {
            assert_eq!(found, [Ok(3), Ok(3), Ok(4), Ok(4)], "{backend}: {:?}", pass.fetched);
        }
    }
}

#[test]
fn failures_spare_their_neighbours() {
    for backend in http2_backends() {
        let server = Http2Server::start(&[], move |request| match request.stream {
            5 => frame_of(RST_STREAM, 5, &[INTERNAL_ERROR]),
            // No status, which ends a connection of curl.
            7 if !is_curl(backend) => frame(HEADERS, 5, 7, &[]),
            // Too long.
            9 => begun(9, &[0; 11]),
            // Reset in the body.
            11 => [begun(11, b"some"), frame_of(RST_STREAM, 11, &[INTERNAL_ERROR])].concat(),
            // No answer.
            13 => Vec::new(),
            stream => whole(stream, b"page"),
        });
        let limits = Limits { max_body: 10, deadline: Duration::from_secs(3), ..limits(8) };
        let mut session = warmed(backend, &limits, &server);
        let pass = session.fetch_all(&server.urls(8)).unwrap();
        let mut found = outcomes(&pass);
        found.sort();
        use ErrorClass::{BodyTooLarge, Protocol, Reset, Timeout};
        let malformed = if is_curl(backend) { Ok(4) } else { Err(Protocol) };
        let mut expected = vec![Ok(4), Ok(4), Ok(4), malformed];
        expected.extend([Timeout, Reset, Reset, BodyTooLarge].map(Err));
        expected.sort();
        assert_eq!(found, expected, "{backend}: {:?}", pass.fetched);
        // The connection goes on, and the server knows of what was given up.
        let pass = session.fetch_all(&server.urls(8)).unwrap();
        assert_eq!(outcomes(&pass), [Ok(4); 8], "{backend}");
        assert_eq!(server.accepted(), 1, "{backend}");
        let patience = Instant::now() + Duration::from_secs(5);
        // isahc abandons a fetch and leaves its stream.
        while backend.entry().client != "isahc" && !server.resets().contains(&13) {
            assert!(Instant::now() < patience, "{backend}: {:?}", server.resets());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn ended_connections_have_a_class() {
    for backend in http2_backends() {
        for (is_begun, class) in [(false, ErrorClass::ClosedEarly), (true, ErrorClass::BodyShort)] {
            // The second request closes the connection, on which the first one waits.
            let server = Http2Server::start_closing(&[], move |request| match request.stream {
                1 => Some(whole(1, b"page")),
                3 if is_begun => Some(begun(3, b"some")),
                3 => Some(Vec::new()),
                _ => None,
            });
            let pass = warmed(backend, &limits(2), &server).fetch_all(&server.urls(2)).unwrap();
            // curl reports an error of the framing layer.
            let class = if is_curl(backend) { ErrorClass::Protocol } else { class };
            assert!(outcomes(&pass).contains(&Err(class)), "{backend}: {class}, {pass:?}");
        }
    }
}

#[test]
fn http_1_is_a_protocol_error() {
    let bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let server = RawServer::start(move |_| raw(bad, Then::Go));
    // curl waits for more until its deadline.
    for backend in http2_backends().into_iter().filter(|backend| !is_curl(*backend)) {
        let began = Instant::now();
        let pass = fetch(backend, &limits(2), &[server.url("/"), server.url("/")]);
        // Some clients cancel what they have not sent when a connection fails.
        let expected = [Err(ErrorClass::Protocol), Err(ErrorClass::ClosedEarly)];
        assert!(
            outcomes(&pass).iter().all(|found| expected.contains(found)),
            "{backend}: {pass:?}"
        );
        assert!(began.elapsed() < Duration::from_secs(5), "{backend}");
    }
}

#[test]
fn each_fetch_may_have_a_connection() {
    // isahc has no option for it, and refuses.
    let backends = http2_backends().into_iter();
    for backend in backends.filter(|backend| backend.entry().client != "isahc") {
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
        // A fetch that waited for the connect of another only learns that it failed, or was cancelled.
        let others = [ErrorClass::Refused, ErrorClass::Connect, ErrorClass::Protocol];
        let is_known =
            |outcome: &Result<u64, ErrorClass>| outcome.is_err_and(|class| others.contains(&class));
        assert!(found.iter().all(is_known), "{backend}: {pass:?}");
    }
}

#[test]
fn clients_without_http_2_refuse_it() {
    let args = ["fetch", "--backend", "ureq@threads+h2", "http://a.example"];
    let output = fetchbench(&args).output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), stderr.matches('\n').count()), (Some(2), 1), "{stderr}");
    assert!(stderr.contains("ureq@threads has no HTTP/2: leave out +h2"), "{stderr}");
}
