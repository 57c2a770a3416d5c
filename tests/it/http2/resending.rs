//! Requests that a server has not processed, and that can be sent again.

use super::*;

#[test]
fn refused_streams_are_asked_again() {
    for backend in multiplexing() {
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
        let limits = Limits { deadline: Duration::from_secs(2), ..limits(1) };
        let pass = fetch(backend, &limits, &server.urls(1));
        // Go waits before each attempt, twice as long each time.
        let is_patient = backend.entry().client == "net-http";
        let class = if is_patient { ErrorClass::Timeout } else { ErrorClass::Reset };
        assert_eq!(outcomes(&pass), [Err(class)], "{backend}: {:?}", pass.fetched);
    }
}

#[test]
fn a_goaway_spares_some() {
    for backend in multiplexing() {
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
fn held_back_requests_are_sent() {
    for backend in multiplexing() {
        let waiting = Mutex::new(Vec::new());
        // The first connection ends while two requests are with the server, and six wait.
        let server = Http2Server::start(&[(MAX_STREAMS, 2)], move |request| {
            if request.connection > 0 {
                return whole(request.stream, b"new");
            } else if request.stream == 1 {
                return whole(1, b"page");
            }
            let mut waiting = waiting.lock().unwrap();
            waiting.push(request.stream);
            let [first, second] = waiting[..] else { return Vec::new() };
            let farewell = frame_of(GOAWAY, 0, &[second, 0]);
            [farewell, whole(first, b"page"), whole(second, b"page")].concat()
        });
        let pass = warmed(backend, &limits(8), &server).fetch_all(&server.urls(8)).unwrap();
        let found = outcomes(&pass);
        // reqwest sends again all but the one that hyper has held back.
        let client = backend.entry().client;
        if client == "reqwest" || NO_RETRY.contains(&client) {
            let known = [Ok(3), Ok(4), Err(ErrorClass::ClosedEarly)];
            assert!(found.iter().all(|outcome| known.contains(outcome)), "{backend}: {pass:?}");
            let lost = found.iter().filter(|outcome| **outcome == known[2]).count();
            assert!(client != "reqwest" || lost <= 1, "{backend}: {pass:?}");
        } else {
            let answered = found.iter().filter(|outcome| **outcome == Ok(4)).count();
            assert_eq!(answered, 2, "{backend}: {:?}", pass.fetched);
            let resent = found.iter().filter(|outcome| **outcome == Ok(3)).count();
            assert_eq!(resent, 6, "{backend}: {:?}", pass.fetched);
        }
    }
}

#[test]
fn leaving_connections_are_replaced() {
    for name in ["floor@loop+h2+conns=2", "hyper@tokio:1+h2+conns=2"] {
        let backend: Backend = name.parse().unwrap();
        let first = Mutex::new(None);
        // The first connection announces its end before it has answered its first request, and no
        // other request is ever answered.
        let server = Http2Server::start(&[], move |request| {
            let mut first = first.lock().unwrap();
            match *first {
                None if request.connection == 0 => *first = Some(request.stream),
                Some(stream) if request.connection == 0 => {
                    return frame_of(GOAWAY, 0, &[stream, 0]);
                }
                _ => {}
            }
            Vec::new()
        });
        let limits = Limits { deadline: Duration::from_secs(1), ..limits(5) };
        let pass = fetch(backend, &limits, &server.urls(5));
        assert_eq!(outcomes(&pass), [Err(ErrorClass::Timeout); 5], "{backend}: {pass:?}");
        assert_eq!(server.accepted(), 3, "{backend}");
    }
}
