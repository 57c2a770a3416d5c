//! How connections end when the server does.

use super::*;
use crate::server::PATIENCE;

const SITES: &str = "[[site]]\nlabel = 'quick'\nbytes = '10'\n\
                     [[site]]\nlabel = 'slow'\nbytes = '10'\ndelay = '300ms'\n";

#[test]
fn idle_clients_are_told() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/0/0"));
    client.answer(1);
    server.stopper.finish(PATIENCE);
    let goaway = client.wait_for(&[GOAWAY]);
    assert_eq!((goaway.code(), &goaway.payload[..4]), (0, &[0, 0, 0, 1][..]));
    assert_eq!(client.next(), None, "and the connection is closed");
}

#[test]
fn open_streams_are_finished() {
    let server = Running::new(SITES);
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/1/0"));
    while server.witness("/witness").requests == 0 {}
    server.stopper.finish(PATIENCE);
    assert_eq!(client.wait_for(&[GOAWAY]).code(), 0);
    // It was sent before the client knew.
    client.send(&get(3, "/0/0"));
    let refused = client.wait_for(&[RST_STREAM, DATA]);
    assert_eq!((refused.kind, refused.stream, refused.code()), (RST_STREAM, 3, 7));
    assert_eq!(client.answer(1).body, server.body(1, 0));
    assert_eq!(client.next(), None);
}
