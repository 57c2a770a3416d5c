//! How connections end when the server does.

use std::time::Duration;

use super::*;

/// Connections must end long before.
const GRACE: Duration = Duration::from_secs(3_600);

const SITE: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\n";

/// Connects a client whose answer to stream 1 waits for a window.
fn held_up(server: &Running) -> RawClient {
    let mut client = RawClient::with_settings(server, &setting(4, 0));
    client.send(&get(1, "/0/0"));
    client.wait_for(&[HEADERS]);
    client
}

/// Asserts that the server has closed its side, without a reset.
fn assert_closed(mut client: RawClient) {
    assert_eq!(client.stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn idle_clients_get_a_goaway() {
    let server = Running::new(SITE);
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/0/0"));
    client.answer(1);
    server.stopper.finish(GRACE);
    let goaway = client.wait_for(&[GOAWAY]);
    assert_eq!((goaway.code(), &goaway.payload[..4]), (0, &[0, 0, 0, 1][..]));
    assert_closed(client);
}

#[test]
fn open_streams_are_finished() {
    let server = Running::new(SITE);
    let mut client = held_up(&server);
    server.stopper.finish(GRACE);
    server.stopper.finish(GRACE);
    assert_eq!(client.wait_for(&[GOAWAY]).code(), 0);
    // It was sent before the client knew.
    client.send(&get(3, "/0/1"));
    let refused = client.wait_for(&[RST_STREAM, GOAWAY]);
    assert_eq!((refused.kind, refused.stream, refused.code()), (RST_STREAM, 3, 7));
    client.send(&window_update(1, 10));
    assert_eq!(client.wait_for(&[DATA, GOAWAY]).payload, server.body(0, 0));
    assert_closed(client);
}

#[test]
fn goaways_never_accept_more() {
    let server = Running::new(SITE);
    let mut client = held_up(&server);
    server.stopper.finish(GRACE);
    client.wait_for(&[GOAWAY]);
    // A PING on a stream.
    client.send(&[get(3, "/0/1"), frame(PING, 0, 3, b"pingpong")].concat());
    let goaway = client.wait_for(&[GOAWAY]);
    assert_eq!((goaway.code(), &goaway.payload[..4]), (1, &[0, 0, 0, 1][..]));
    assert_closed(client);
}

#[test]
fn awaited_pings_are_awaited() {
    let server = Running::new(&format!("{SITE}fault = 'h2-ping'\n"));
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/0/0"));
    let ping = client.wait_for(&[PING]);
    server.stopper.finish(GRACE);
    client.wait_for(&[GOAWAY]);
    client.send(&frame(PING, 1, 0, &ping.payload));
    assert_eq!(client.answer(1).status(), "200");
    assert_closed(client);
}

#[test]
fn stalled_streams_hold_nothing_up() {
    let server = Running::new(&format!("{SITE}fault = 'h2-stall-in-body'\n"));
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/0/0"));
    while server.witness("/witness").requests == 0 {}
    server.stopper.finish(GRACE);
    client.wait_for(&[GOAWAY]);
    assert_closed(client);
}
