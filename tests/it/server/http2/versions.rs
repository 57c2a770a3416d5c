//! Which version of HTTP a server speaks.

use super::*;
use crate::server::{exchange, get as get_http1};

const SITE: &str = "[[site]]\nlabel = 'a'\nbytes = '10'\n";

#[test]
fn both_versions_share_a_port() {
    let server = Running::new(SITE);
    let mut client = RawClient::new(&server);
    client.send(&get(1, "/0/0"));
    assert_eq!(client.answer(1).body, server.body(0, 0));
    let mut old = server.connect();
    old.write_all(&get_http1("/0/0")).unwrap();
    crate::server::expect(&mut old, &server.answer(0, 0));
    let seen = server.witness("/take");
    assert_eq!((seen.requests, seen.connections, seen.http2.connections), (2, 2, 1));
}

#[test]
fn first_bytes_may_be_few() {
    let server = Running::new(SITE);
    let mut stream = server.connect();
    for byte in PREFACE {
        stream.write_all(&[*byte]).unwrap();
    }
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[3], SETTINGS);
    // Like the preface in its first two bytes.
    let answer = exchange(server.connect(), b"PROPFIND / HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 405 "));
}

#[test]
fn servers_may_speak_one_version() {
    let old = Running::new(&format!("http = '1'\n{SITE}"));
    let answer = exchange(old.connect(), PREFACE);
    assert!(answer.starts_with(b"HTTP/1.1 505 "), "{}", answer.escape_ascii());
    let new = Running::new(&format!("http = '2'\n{SITE}"));
    let mut client = RawClient::new(&new);
    client.send(&get(1, "/0/0"));
    assert_eq!(client.answer(1).body, new.body(0, 0));
    let answer = exchange(new.connect(), &get_http1("/0/0"));
    let (settings, goaway) = answer.split_at(answer.len() - 17);
    assert_eq!((settings[3], goaway[3], goaway[16]), (SETTINGS, GOAWAY, 1));
    assert_eq!(new.witness("/take").http2.connection_errors, 1);
}

#[test]
fn settings_announce_the_limits() {
    let limits = "max_concurrent_streams = 7\ninitial_window = '64KiB'\n";
    let server = Running::new(&format!("{limits}{SITE}"));
    let mut stream = server.connect();
    stream.write_all(PREFACE).unwrap();
    let expected = [
        frame(SETTINGS, 0, 0, &[])[3..].to_vec(),
        vec![0, 3, 0, 0, 0, 7, 0, 4, 0, 1, 0, 0, 0, 6, 0, 0, 0x40, 0],
    ]
    .concat();
    crate::server::expect(&mut stream, &[&[0, 0, 18][..], &expected].concat());
}
