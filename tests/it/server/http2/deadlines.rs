//! When answers come, and which streams are open meanwhile.

use std::time::{Duration, Instant};

use super::*;

const SLOW: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\ndelay = '50ms'\nrepeat = 20\n";
const DELAY: Duration = Duration::from_millis(50);

#[test]
fn streams_are_delayed_at_once() {
    let server = Running::new(SLOW);
    let mut client = RawClient::new(&server);
    let streams: Vec<u32> = (0..20).map(|number| 2 * number + 1).collect();
    let asked: Vec<u8> = (0..20).flat_map(|n| get(2 * n + 1, &format!("/{n}/0"))).collect();
    let start = Instant::now();
    client.send(&asked);
    let answers = client.answers(&streams);
    assert!(start.elapsed() >= DELAY);
    for (site, stream) in streams.iter().enumerate() {
        assert_eq!(answers[stream].body, server.body(site, 0));
    }
    let seen = server.whole_witness("/take");
    assert_eq!((seen.requests, seen.peak_in_flight, seen.connections), (20, 20, 1));
    assert_eq!((seen.http2.peak_streams, seen.delay_errors.count()), (20, 20));
    assert_eq!(seen.http2.shared_stamps, 19, "all came in one read");
}

#[test]
fn delays_start_where_headers_end() {
    let server = Running::new(SLOW);
    let mut client = RawClient::new(&server);
    let block = request("GET", "/0/0", &[]);
    client.send(&frame(HEADERS, END_STREAM, 1, &block[..9]));
    // Nothing may interrupt a header block.
    std::thread::sleep(DELAY);
    let start = Instant::now();
    client.send(&frame(CONTINUATION, END_HEADERS, 1, &block[9..]));
    assert_eq!(client.answer(1).body, server.body(0, 0));
    assert!(start.elapsed() >= DELAY, "{:?}", start.elapsed());
}

#[test]
fn bodies_take_their_time() {
    let site = "[[site]]\nlabel = 'a'\nbytes = '1kB'\nbody_time = '300ms'\n";
    let server = Running::new(site);
    let mut client = RawClient::new(&server);
    let start = Instant::now();
    client.send(&get(1, "/0/0"));
    let mut pieces = Vec::new();
    while pieces.last().is_none_or(|piece: &Frame| piece.flags & END_STREAM == 0) {
        pieces.push(client.wait_for(&[DATA]));
    }
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    assert!(pieces.len() > 1, "it came at once");
    let body: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.payload).collect();
    assert_eq!(body, server.body(0, 0));
    let seen = server.whole_witness("/take");
    assert_eq!((seen.delay_errors.count(), seen.http2.held_up), (1, 0));
}

#[test]
fn bodies_may_wait_for_the_client() {
    let site = "[[site]]\nlabel = 'a'\nbytes = '1kB'\nbody_time = '10ms'\n";
    let server = Running::new(site);
    let mut client = RawClient::with_settings(&server, &setting(4, 100));
    client.send(&get(1, "/0/0"));
    let first = client.wait_for(&[DATA]).payload;
    client.send(&window_update(1, 900));
    assert_eq!([first, client.answer(1).body].concat(), server.body(0, 0));
    let seen = server.whole_witness("/take");
    assert_eq!((seen.delay_errors.count(), seen.http2.held_up), (0, 1), "it was not late");
}

#[test]
fn resets_end_requests() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '10'\ndelay = '10s'\nrepeat = 2\n");
    let mut client = RawClient::new(&server);
    client.send(&[get(1, "/0/0"), get(3, "/1/0")].concat());
    client.ping();
    client.send(&frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes()));
    client.ping();
    let seen = server.witness("/take");
    assert_eq!((seen.requests, seen.peak_in_flight, seen.http2.resets), (2, 2, 1));
    let again = server.witness("/take");
    assert_eq!(again.peak_in_flight, 1, "the other is still in flight");
    drop(client);
    let start = Instant::now();
    while server.witness("/take").peak_in_flight > 0 {
        assert!(start.elapsed() < crate::server::PATIENCE, "a client that left is in flight");
    }
}

#[test]
fn further_streams_are_refused() {
    let limited = format!("max_concurrent_streams = 2\n{SLOW}");
    let server = Running::new(&limited);
    let mut client = RawClient::new(&server);
    client.send(&[get(1, "/0/0"), get(3, "/1/0"), get(5, "/2/0")].concat());
    let refused = client.wait_for(&[RST_STREAM]);
    assert_eq!((refused.stream, refused.code()), (5, 7));
    client.answers(&[1, 3]);
    client.send(&get(7, "/2/0"));
    assert_eq!(client.answer(7).body, server.body(2, 0), "and may be tried again");
    let seen = server.witness("/take");
    assert_eq!((seen.requests, seen.refused), (3, 0));
    assert_eq!((seen.http2.streams, seen.http2.refused, seen.http2.peak_streams), (3, 1, 2));
}
