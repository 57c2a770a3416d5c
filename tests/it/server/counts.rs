//! What the server says that it saw.

use std::io::{Read, Write};
use std::net::TcpStream;

use fetchbench::server::witness::Witness;

use super::{Running, connect, exchange, expect, get};

const SITES: &str = "[[site]]\nlabel = 'quick'\nbytes = '10'\n[[site]]\nlabel = 'slow'\nbytes = '10'\ndelay = '300ms'\n\
    [[site]]\nlabel = 'never'\nbytes = '10'\ndelay = '3000s'\n";

/// Waits until the server has seen what a connection was just told: it answers in the order of what
/// happens.
fn until_seen(server: &Running, is_seen: impl Fn(Witness) -> bool) {
    let start = std::time::Instant::now();
    while !is_seen(server.witness("/witness")) {
        assert!(start.elapsed() < super::PATIENCE, "{:?}", server.witness("/witness"));
    }
}

#[test]
fn counts_are_exact() {
    let server = Running::new(SITES);
    assert_eq!(server.witness("/witness"), Witness::default());
    let mut streams: Vec<TcpStream> = (0..5).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&get("/1/0")).unwrap();
    }
    for stream in &mut streams {
        expect(stream, &server.answer(1, 0));
    }
    for visit in 0..3 {
        streams[0].write_all(&get(&format!("/0/{visit}"))).unwrap();
        expect(&mut streams[0], &server.answer(0, visit));
    }
    streams[0].write_all(&get("/nowhere")).unwrap();
    streams[0].read_exact(&mut [0; 26]).unwrap();
    let seen = Witness {
        requests: 8,
        connections: 5,
        peak_in_flight: 5,
        bytes: 80,
        refused: 1,
        ..Witness::default()
    };
    assert_eq!(server.witness("/witness"), seen);
    assert_eq!(server.witness("/take"), seen, "asking changes nothing");
    assert_eq!(server.witness("/take"), Witness::default(), "taking starts anew");
}

#[test]
fn resets_keep_pending_requests() {
    let server = Running::new(SITES);
    let mut streams: Vec<TcpStream> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&get("/2/0")).unwrap();
    }
    until_seen(&server, |witness| witness.requests == 3);
    server.witness("/take");
    assert_eq!(server.witness("/take"), Witness { peak_in_flight: 3, ..Witness::default() });
}

#[test]
fn gone_clients_are_not_pending() {
    let server = Running::new(SITES);
    let mut streams: Vec<TcpStream> = (0..3).map(|_| server.connect()).collect();
    for stream in &mut streams {
        stream.write_all(&get("/2/0")).unwrap();
    }
    until_seen(&server, |witness| witness.requests == 3);
    drop(streams);
    until_seen(&server, |_| {
        server.witness("/take");
        server.witness("/take").peak_in_flight == 0
    });
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    expect(&mut stream, &server.answer(0, 0));
    assert_eq!(
        server.witness("/take"),
        Witness {
            requests: 1,
            connections: 1,
            peak_in_flight: 1,
            bytes: 10,
            refused: 0,
            ..Witness::default()
        }
    );
}

#[test]
fn control_is_never_counted() {
    let server = Running::new(SITES);
    for target in ["/0/0", "/", "/witness/"] {
        let mut stream = connect(&server.control);
        stream.write_all(&get(target)).unwrap();
        expect(&mut stream, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    }
    exchange(connect(&server.control), b"nonsense\r\n\r\n");
    assert_eq!(server.witness("/witness"), Witness::default());
}

#[test]
fn aborted_bodies_are_not_pending() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '256MiB'\n");
    let mut stream = server.connect();
    stream.write_all(&get("/0/0")).unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    drop(stream);
    until_seen(&server, |_| {
        server.witness("/take");
        server.witness("/take").peak_in_flight == 0
    });
}
