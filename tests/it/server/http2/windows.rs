//! Flow control: what may be sent, and whose turn it is.

use super::*;

const LARGE: &str = "[[site]]\nlabel = 'a'\nbytes = '100kB'\nrepeat = 3\n";

/// Reads DATA until so many bytes have come, and returns the lengths of the frames.
fn lengths(client: &mut RawClient, bytes: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    while lengths.iter().sum::<usize>() < bytes {
        lengths.push(client.wait_for(&[DATA]).payload.len());
    }
    lengths
}

#[test]
fn windows_of_streams_are_obeyed() {
    let server = Running::new(LARGE);
    let mut client = RawClient::with_settings(&server, &setting(4, 3));
    client.send(&get(1, "/0/0"));
    assert_eq!(lengths(&mut client, 3), [3]);
    // From 3 to 2: the window is now -1 (RFC 9113, section 6.9.2).
    client.send(&setting(4, 2));
    client.ping();
    client.send(&window_update(1, 1));
    client.ping();
    // The highest bit is reserved (section 6.9).
    client.send(&window_update(1, 1 << 31 | 5));
    assert_eq!(lengths(&mut client, 5), [5]);
    client.send(&setting(4, 12));
    assert_eq!(lengths(&mut client, 10), [10]);
    client.ping();
    assert!(client.read.iter().all(|frame| frame.kind != DATA), "more than the window");
    client.send(&window_update(1, 100_000));
    let rest = lengths(&mut client, 65_535 - 18);
    assert_eq!(rest.iter().sum::<usize>(), 65_535 - 18, "the connection has a window too");
}

#[test]
fn connection_windows_are_obeyed() {
    let server = Running::new(LARGE);
    let mut client = RawClient::with_settings(&server, &setting(4, 1 << 20));
    client.send(&get(1, "/0/0"));
    assert_eq!(lengths(&mut client, 65_535), [16_384, 16_384, 16_384, 16_383]);
    client.ping();
    assert!(client.read.iter().all(|frame| frame.kind != DATA), "more than the window");
    client.send(&window_update(0, 1));
    assert_eq!(lengths(&mut client, 1), [1]);
    client.send(&window_update(0, 1 << 20));
    let rest = lengths(&mut client, 100_000 - 65_536);
    assert_eq!(rest.iter().sum::<usize>(), 100_000 - 65_536);
}

#[test]
fn streams_take_turns() {
    let server = Running::new(LARGE);
    let mut client = RawClient::with_settings(&server, &setting(4, 1 << 20));
    client.send(&window_update(0, 1 << 20));
    client.send(&[get(1, "/0/0"), get(3, "/1/0"), get(5, "/2/0")].concat());
    let mut turns = Vec::new();
    let mut bodies = [const { Vec::new() }; 3];
    for _ in 0..3 * 7 {
        let data = client.wait_for(&[DATA]);
        turns.push(data.stream);
        bodies[data.stream as usize / 2].extend(data.payload);
    }
    assert_eq!(turns, [1, 3, 5].repeat(7));
    for (site, body) in bodies.iter().enumerate() {
        assert_eq!(*body, server.body(site, 0));
    }
    let seen = server.witness("/take");
    assert_eq!(seen.bytes, 300_000);
    assert_eq!(seen.http2.shared_stamps, 0, "without delays they do no harm");
}

#[test]
fn clients_may_not_know_the_window() {
    let server = Running::new(&format!("initial_window = 10\n{LARGE}"));
    let mut client = RawClient::new(&server);
    let post = request("POST", "/0/0", &[]);
    client.send(&frame(HEADERS, END_HEADERS, 1, &post));
    client.send(&frame(DATA, END_STREAM, 1, &[0; 11]));
    assert_eq!(client.answer(1).status(), "405");
    // With the acknowledgement of the settings, their window applies (RFC 9113, section 6.9.3).
    client.send(&frame(SETTINGS, 1, 0, &[]));
    client.send(&frame(HEADERS, END_HEADERS, 3, &post));
    client.send(&frame(DATA, END_STREAM, 3, &[0; 11]));
    let reset = client.wait_for(&[RST_STREAM, HEADERS, GOAWAY]);
    assert_eq!((reset.kind, reset.stream, reset.code()), (RST_STREAM, 3, 3));
    client.send(&frame(HEADERS, END_HEADERS, 5, &post));
    client.send(&frame(DATA, END_STREAM, 5, &[0; 10]));
    assert_eq!(client.answer(5).status(), "405");
}

#[test]
fn windows_may_be_the_largest() {
    let server = Running::new(LARGE);
    let mut client = RawClient::with_settings(&server, &setting(4, 100));
    client.send(&get(1, "/0/0"));
    assert_eq!(lengths(&mut client, 100), [100]);
    client.send(&window_update(0, 0x7fff_ffff - 65_435));
    client.send(&window_update(1, 0x7fff_ffff));
    assert_eq!(lengths(&mut client, 99_900).iter().sum::<usize>(), 99_900);
}

#[test]
fn the_last_window_counts() {
    let server = Running::new(LARGE);
    let windows = [0, 4, 0, 0, 0, 9, 0, 4, 0, 0, 0, 3];
    let mut client = RawClient::with_settings(&server, &frame(SETTINGS, 0, 0, &windows));
    client.send(&get(1, "/0/0"));
    assert_eq!(lengths(&mut client, 3), [3]);
}

#[test]
fn ended_streams_have_no_window() {
    let server = Running::new(LARGE);
    let mut client = RawClient::with_settings(&server, &setting(4, 3));
    client.send(&get(1, "/0/0"));
    assert_eq!(lengths(&mut client, 3), [3]);
    client.send(&[window_update(0, 1 << 20), window_update(1, 1 << 20)].concat());
    assert_eq!(lengths(&mut client, 99_997).iter().sum::<usize>(), 99_997);
    // With what stream 1 was granted, this would be too large.
    client.send(&setting(4, 0x7fff_ffff));
    client.ping();
}
