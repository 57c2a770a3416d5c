//! What violates the protocol, and what the server makes of it.

use super::*;
use crate::server::exchange;

const SITES: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\n\
    [[site]]\nlabel = 'slow'\nbytes = '10'\ndelay = '10s'\n";

const PROTOCOL: u32 = 1;
const FLOW_CONTROL: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE: u32 = 6;
const COMPRESSION: u32 = 9;

fn malformed(more: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, WHOLE, 1, &request("GET", "/0/0", more))
}

fn headers(flags: u8, stream: u32) -> Vec<u8> {
    frame(HEADERS, flags, stream, &request("GET", "/1/0", &[]))
}

/// Frames, the section of RFC 9113 that they violate, and the code that ends the connection.
fn fatal() -> Vec<(&'static str, Vec<u8>, u32)> {
    let slow = || get(1, "/1/0");
    let post = |length| request("POST", "/0/0", &[("content-length", length)]);
    vec![
        ("4.2 long frame", frame(DATA, 0, 1, &[0; 16_385]), FRAME_SIZE),
        ("4.3 invalid block", frame(HEADERS, WHOLE, 1, &[0x80]), COMPRESSION),
        ("4.3 interrupted block", [headers(1, 1), frame(PING, 0, 0, &[0; 8])].concat(), PROTOCOL),
        ("4.3 another's block", [headers(1, 1), headers(5, 3)].concat(), PROTOCOL),
        ("5.1 data, idle", frame(DATA, 1, 1, b"a"), PROTOCOL),
        ("5.1 reset, idle", frame(RST_STREAM, 0, 1, &[0; 4]), PROTOCOL),
        ("5.1 window, idle", window_update(1, 1), PROTOCOL),
        ("5.1.1 even number", get(2, "/0/0"), PROTOCOL),
        ("5.1.1 lower number", [get(5, "/0/0"), get(3, "/0/0")].concat(), PROTOCOL),
        ("6.1 data, stream 0", frame(DATA, 0, 0, b"a"), PROTOCOL),
        (
            "6.1 padding",
            [frame(HEADERS, 4, 1, &post("4")), frame(DATA, 9, 1, b"\x06abcd")].concat(),
            PROTOCOL,
        ),
        ("6.2 headers, stream 0", frame(HEADERS, WHOLE, 0, &[]), PROTOCOL),
        ("6.3 priority, stream 0", frame(2, 0, 0, &[0; 5]), PROTOCOL),
        ("6.3 priority, length", frame(2, 0, 1, &[0; 4]), FRAME_SIZE),
        ("6.4 reset, length", [slow(), frame(RST_STREAM, 0, 1, &[0; 3])].concat(), FRAME_SIZE),
        ("6.5 settings, stream", frame(SETTINGS, 0, 1, &[]), PROTOCOL),
        ("6.5 settings, length", frame(SETTINGS, 0, 0, &[0; 5]), FRAME_SIZE),
        ("6.5 settings, ack", frame(SETTINGS, 1, 0, &[0; 6]), FRAME_SIZE),
        ("6.5.2 push", setting(2, 2), PROTOCOL),
        ("6.5.2 window", setting(4, 1 << 31), FLOW_CONTROL),
        ("6.5.2 frame size", setting(5, 16_383), PROTOCOL),
        ("6.6 push", frame(5, 4, 1, &[0; 4]), PROTOCOL),
        ("6.7 ping, stream", frame(PING, 0, 1, &[0; 8]), PROTOCOL),
        ("6.7 ping, length", frame(PING, 0, 0, &[0; 7]), FRAME_SIZE),
        ("6.8 goaway, stream", frame(GOAWAY, 0, 1, &[0; 8]), PROTOCOL),
        ("6.9 window of 0", window_update(0, 0), PROTOCOL),
        ("6.9 window, length", frame(WINDOW_UPDATE, 0, 0, &[1; 3]), FRAME_SIZE),
        ("6.9.1 window", window_update(0, 0x7fff_ffff), FLOW_CONTROL),
        ("6.9.2 windows", [slow(), window_update(1, 1 << 20), setting(4, 0x7fff_ffff)].concat(), 3),
        ("6.10 continuation", frame(CONTINUATION, 4, 1, &[]), PROTOCOL),
    ]
}

#[test]
fn connections_end_by_their_code() {
    let server = Running::new(SITES);
    for (section, frames, code) in fatal() {
        let mut client = RawClient::new(&server);
        client.send(&frames);
        assert_eq!(client.wait_for(&[GOAWAY]).code(), code, "{section}");
        assert_eq!(client.next(), None, "{section}");
    }
    let seen = server.witness("/take");
    assert_eq!(seen.http2.connection_errors, fatal().len() as u64);
    assert_eq!(server.witness("/take").peak_in_flight, 0, "no request stays in flight");
}

#[test]
fn closed_streams_stay_closed() {
    let server = Running::new(SITES);
    for again in [get(1, "/0/0"), frame(DATA, END_STREAM, 1, b"a")] {
        let mut client = RawClient::new(&server);
        client.send(&get(1, "/0/0"));
        client.answer(1);
        client.send(&again);
        assert_eq!(client.wait_for(&[GOAWAY]).code(), STREAM_CLOSED);
        assert_eq!(client.next(), None);
    }
}

#[test]
fn streams_end_by_their_code() {
    let server = Running::new(SITES);
    let slow = get(1, "/1/0");
    let upload = |length, data: Vec<u8>| {
        let post = request("POST", "/0/0", &[("content-length", length)]);
        [frame(HEADERS, END_HEADERS, 1, &post), data].concat()
    };
    let cases = [
        ("5.1 data, half closed", [&*slow, &frame(DATA, 1, 1, b"a")].concat(), STREAM_CLOSED),
        ("5.1 headers, half closed", [slow.clone(), slow.clone()].concat(), STREAM_CLOSED),
        ("6.9 window of 0", [&*slow, &window_update(1, 0)].concat(), PROTOCOL),
        ("6.9.1 window", [&*slow, &window_update(1, 0x7fff_ffff)].concat(), FLOW_CONTROL),
        ("8.1 trailers", upload("1", frame(HEADERS, 4, 1, &block(&[("a", "b")]))), PROTOCOL),
        ("8.1 pseudo trailers", upload("0", frame(HEADERS, 5, 1, &request("GET", "/", &[]))), 1),
        ("8.1.1 short body", upload("2", frame(DATA, 1, 1, b"a")), PROTOCOL),
        ("8.1.1 long body", upload("2", frame(DATA, 0, 1, b"abc")), PROTOCOL),
        ("8.1.1 no body", malformed(&[("content-length", "1")]), PROTOCOL),
        ("8.2 capitals", malformed(&[("X-A", "b")]), PROTOCOL),
        ("8.2.2 connection", malformed(&[("connection", "close")]), PROTOCOL),
        ("8.3 order", malformed(&[("x-a", "b"), (":authority", "a")]), PROTOCOL),
        ("8.3 unknown", malformed(&[(":status", "200")]), PROTOCOL),
        ("8.3.1 no path", frame(HEADERS, WHOLE, 1, &block(&[(":method", "GET")])), PROTOCOL),
    ];
    for (section, frames, code) in cases {
        let mut client = RawClient::new(&server);
        client.send(&frames);
        let reset = client.wait_for(&[RST_STREAM, GOAWAY]);
        assert_eq!((reset.kind, reset.stream), (RST_STREAM, 1), "{section}");
        assert_eq!(reset.code(), code, "{section}");
        // What the client had sent by then does no harm, and another stream is answered.
        client.send(&[frame(DATA, 1, 1, b"a"), get(3, "/0/0")].concat());
        assert_eq!(client.answer(3).body, server.body(0, 0), "{section}");
    }
    let seen = server.witness("/take");
    // All of section 8 are malformed requests.
    assert_eq!((seen.refused, seen.http2.connection_errors), (10, 0));
}

#[test]
fn what_is_allowed_is_ignored() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    client.send(&frame(0xfa, 0xff, 0x7fff_ffff, b"unknown"));
    client.send(&frame(2, 0, 9, &[0, 0, 0, 3, 16]));
    client.send(&frame(2, 0, 9, &[0, 0, 0, 9, 16]));
    client.send(&frame(PING, 1, 0, b"answered"));
    client.send(&setting(0x99, 1));
    client.send(&frame(GOAWAY, 0, 0, &[0; 12]));
    client.ping();
    client.send(&get(1, "/0/0"));
    assert_eq!(client.answer(1).body, server.body(0, 0));
    client.send(&[window_update(1, 1), frame(RST_STREAM, 0, 1, &[0; 4])].concat());
    let padded = [&[2][..], &[0, 0, 0, 1, 16], &request("GET", "/0/0", &[]), &[0; 2]].concat();
    client.send(&frame(HEADERS, WHOLE | 0x28, 3, &padded));
    assert_eq!(client.answer(3).body, server.body(0, 0));
    let seen = server.witness("/take").http2;
    assert_eq!((seen.goaways, seen.resets, seen.connection_errors), (1, 1, 0));
}

#[test]
fn priorities_are_ignored() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    // A stream that depends on itself (RFC 7540, section 5.3.1), and adds to the dynamic table.
    let entry = [0x40, 3, b'x', b'-', b'a', 1, b'b'];
    let itself = [&[0, 0, 0, 1, 16], &request("GET", "/0/0", &[])[..], &entry].concat();
    client.send(&frame(HEADERS, WHOLE | 0x20, 1, &itself));
    assert_eq!(client.answer(1).body, server.body(0, 0));
    let found = [&request("GET", "/0/0", &[])[..], &[0x80 | 62]].concat();
    client.send(&frame(HEADERS, WHOLE, 3, &found));
    assert_eq!(client.answer(3).body, server.body(0, 0), "the entry is in the table");
}

#[test]
fn floods_leave_the_goaway() {
    let server = Running::new(SITES);
    for _ in 0..5 {
        let mut client = RawClient::new(&server);
        // DATA on an idle stream, and far more than the server reads at a time.
        client.send(&frame(DATA, 0, 1, b"a"));
        client.send(&vec![0; 4 << 20]);
        let mut frames = std::iter::from_fn(|| client.next());
        assert!(frames.any(|frame| frame.kind == GOAWAY), "the reason is lost");
    }
}

#[test]
fn settings_come_first() {
    let server = Running::new(SITES);
    for first in [frame(SETTINGS, 1, 0, &[]), frame(PING, 0, 0, &[0; 8]), get(1, "/0/0")] {
        let answer = exchange(server.connect(), &[PREFACE, &first].concat());
        let (settings, goaway) = answer.split_at(answer.len() - 17);
        assert_eq!((settings[3], goaway[3]), (SETTINGS, GOAWAY), "{first:?}");
    }
    assert_eq!(server.witness("/take").http2.connection_errors, 3);
}
