//! Failures of streams and connections, and their classes.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::*;

#[test]
fn failures_spare_their_neighbours() {
    for backend in reaching() {
        let asked = AtomicU32::new(0);
        let silent: Arc<Mutex<Option<Request>>> = Arc::default();
        let unanswered = Arc::clone(&silent);
        let server = Http2Server::start(&[], move |request| {
            let stream = request.stream;
            // The first request warms a connection.
            match asked.fetch_add(1, Ordering::SeqCst) {
                2 => frame_of(RST_STREAM, stream, &[INTERNAL_ERROR]),
                // No status, which ends a connection of curl.
                3 if !is_curl(backend) => frame(HEADERS, 5, stream, &[]),
                // Too long.
                4 => begun(stream, &[0; 11]),
                // Reset in the body.
                5 => {
                    let reset = frame_of(RST_STREAM, stream, &[INTERNAL_ERROR]);
                    [begun(stream, b"some"), reset].concat()
                }
                // No answer.
                6 => {
                    *unanswered.lock().unwrap() = Some(request);
                    Vec::new()
                }
                _ => whole(stream, b"page"),
            }
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
        // One for each fetch in flight, and another for the one that the malformed response ended.
        let most = if is_shared(backend) { 1 } else { 9 };
        assert!(server.accepted() <= most, "{backend}: {}", server.accepted());
        let patience = Instant::now() + Duration::from_secs(5);
        // isahc abandons a fetch and leaves its stream.
        let given_up = silent.lock().unwrap().unwrap();
        while backend.entry().client != "isahc" && !server.resets().contains(&given_up) {
            assert!(Instant::now() < patience, "{backend}: {:?}", server.resets());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn ended_connections_have_a_class() {
    for backend in multiplexing() {
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
fn http_1_ends_connections() {
    let bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let server = RawServer::start(move |_| raw(bad, Then::Go));
    // curl and httpx wait for more until the deadline.
    for backend in multiplexing().filter(|backend| !is_curl(*backend)) {
        let began = Instant::now();
        let pass = fetch(backend, &limits(2), &[server.url("/"), server.url("/")]);
        let found = outcomes(&pass);
        // Some clients cancel what they have not sent, or see the end of the connection first.
        let expected = [Err(ErrorClass::Protocol), Err(ErrorClass::ClosedEarly)];
        assert!(found.iter().all(|found| expected.contains(found)), "{backend}: {pass:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "{backend}");
    }
}

#[test]
fn freed_streams_are_used() {
    let late = Http2Server::start(&[], |request| {
        std::thread::sleep(Duration::from_millis(500));
        whole(request.stream, b"page")
    });
    for backend in built(&["floor@loop+h2", "hyper@tokio+h2"]) {
        // Stream 3 is never answered, and leaves no room for another.
        let server = Http2Server::start(&[(MAX_STREAMS, 1)], |request| match request.stream {
            3 => Vec::new(),
            stream => whole(stream, b"page"),
        });
        let limits = Limits { deadline: Duration::from_secs(1), ..limits(2) };
        let mut session = warmed(backend, &limits, &server);
        // The third begins in the slot of the second, and waits for the deadline of the first.
        let urls = [server.urls(1), late.urls(1), server.urls(1)].concat();
        let pass = session.fetch_all(&urls).unwrap();
        let expected = [Err(ErrorClass::Timeout), Ok(4), Ok(4)];
        assert_eq!(outcomes(&pass), expected, "{backend}: {:?}", pass.fetched);
    }
}

#[test]
fn broken_connections_end_waits() {
    for backend in built(&["hyper@tokio:1+h2", "hyper@smol:1+h2"]) {
        let server = Http2Server::start(&[(MAX_STREAMS, 1)], |request| match request {
            Request { connection: 0, stream: 1 } => whole(1, b"page"),
            // DATA on stream 0 ends the connection, on which another request waits.
            Request { connection: 0, .. } => frame(DATA, 0, 0, b"?"),
            Request { stream, .. } => whole(stream, b"new"),
        });
        let pass = warmed(backend, &limits(2), &server).fetch_all(&server.urls(2)).unwrap();
        assert_eq!(outcomes(&pass), [Err(ErrorClass::Protocol); 2], "{backend}: {pass:?}");
    }
}
