//! Clients that want more than their share.

use std::io::ErrorKind;
use std::time::Duration;

use super::*;

const SITE: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\n";

/// The code of the GOAWAY that ends the connection.
fn end(mut client: RawClient) -> u32 {
    let code = client.wait_for(&[GOAWAY]).code();
    assert_eq!(client.next(), None, "nothing follows a GOAWAY");
    code
}

#[test]
fn endless_blocks_are_refused() {
    let server = Running::new(SITE);
    for payload in [&[0; 16_000][..], &[]] {
        let mut client = RawClient::new(&server);
        client.send(&frame(HEADERS, END_STREAM, 1, &request("GET", "/0/0", &[])));
        for _ in 0..100 {
            // The server may have closed by then.
            let more = frame(CONTINUATION, 0, 1, payload);
            if std::io::Write::write_all(&mut client.stream, &more).is_err() {
                break;
            }
        }
        assert_eq!(end(client), 11, "{} bytes each", payload.len());
    }
    assert_eq!(server.witness("/take").http2.connection_errors, 2);
}

#[test]
fn header_bombs_are_refused() {
    let server = Running::new(SITE);
    let mut client = RawClient::new(&server);
    // One entry of 4,000 bytes in the table, and then 10,000 references to it.
    let mut block = request("GET", "/0/0", &[]);
    block.extend([0x40, 1, b'x', 0x7f, 0xa1, 0x1e]);
    block.extend([b'y'; 4_000]);
    block.extend([0x80 | 62; 10_000]);
    client.send(&frame(HEADERS, WHOLE, 1, &block));
    assert_eq!(client.answer(1).status(), "431");
    client.send(&get(3, "/0/0"));
    assert_eq!(client.answer(3).body, server.body(0, 0), "and the connection works");
}

#[test]
fn floods_wait_for_their_answers() {
    let server = Running::new(SITE);
    let mut client = RawClient::new(&server);
    client.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    // Few at a time, because each arrival makes the server look.
    let pings = frame(PING, 0, 0, b"12345678").repeat(20);
    let mut sent = 0;
    let error = loop {
        match client.stream.write(&pings[sent % 17..]) {
            Ok(length) => sent += length,
            Err(error) => break error,
        }
        assert!(sent < 64 << 20, "the server reads without end what it cannot answer");
    };
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    let whole = sent / 17;
    for _ in 0..whole {
        assert_eq!(client.next().unwrap().kind, PING);
    }
}

#[test]
fn rapid_resets_are_counted() {
    let server = Running::new("[[site]]\nlabel = 'a'\nbytes = '10'\ndelay = '1h'\n");
    let mut client = RawClient::new(&server);
    for stream in (1..20_000).step_by(2) {
        let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
        client.send(&[get(stream, "/0/0"), reset].concat());
    }
    client.ping();
    let seen = server.witness("/take");
    assert_eq!((seen.requests, seen.http2.resets), (10_000, 10_000));
    assert_eq!(seen.peak_in_flight, 1);
}

#[test]
fn refused_streams_may_send_on() {
    let server = Running::new(&format!("max_concurrent_streams = 1\n{SITE}"));
    let mut client = RawClient::new(&server);
    let post = request("POST", "/0/0", &[]);
    let streams: Vec<u32> = (1..2_000).step_by(2).collect();
    let heads = streams.iter().flat_map(|stream| frame(HEADERS, END_HEADERS, *stream, &post));
    client.send(&heads.collect::<Vec<u8>>());
    // They were sent before the client knew that all but the first are refused.
    let bodies = streams.iter().rev().flat_map(|stream| frame(DATA, END_STREAM, *stream, b"a"));
    client.send(&bodies.collect::<Vec<u8>>());
    while client.read.iter().filter(|frame| frame.kind == RST_STREAM).count() < 999 {
        let next = client.next().expect("the connection stays open");
        client.read.push(next);
    }
    assert_eq!(client.answer(1).status(), "405");
    let seen = server.witness("/take").http2;
    assert_eq!((seen.refused, seen.connection_errors), (999, 0));
}
