//! Which headers of the user's every backend sends, and that they arrive byte for byte.

use std::sync::mpsc;

use fetchbench::backend::Backend;
use fetchbench::client::{HEADERS_MAX, UserOptions};
use fetchbench::fetch::Progress;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::{backends, limits, outcomes};
use crate::raw_server::{RawServer, ok};

/// Names of every kind, and such as a client may have its own use for.
const NAMES: [&str; 17] = [
    "x",
    "x_y",
    "x-!#$%&'*+.^_`|~9",
    "accept",
    "accept-encoding",
    "authorization",
    "content-type",
    "cookie",
    "date",
    "expect",
    "keep-alive",
    "origin",
    "proxy-connection",
    "range",
    "referer",
    "trailer",
    "user-agent",
];

/// Values of text.
const TEXTS: [&[u8]; 9] =
    [b"", b"a", b"a  b", b"a\tb", b"\"a, b\"; c=d", b";", b":", b"@file", b"%41\\n"];

/// Values with bytes beyond ASCII.
const BYTES: [&[u8]; 4] = ["café".as_bytes(), b"caf\xe9", b"\x80\xff", b"\xa0"];

fn headers(name: &str, values: &[&[u8]]) -> HeaderMap {
    let name: HeaderName = name.parse().unwrap();
    values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value).unwrap())).collect()
}

/// The values of a header as a backend sends it, with a character for every byte.
fn sent(backend: Backend, name: &str, headers: HeaderMap) -> Vec<String> {
    let (sender, heads) = mpsc::channel();
    let server = RawServer::start(move |head| {
        sender.send(head.to_owned()).unwrap();
        ok("")
    });
    let options = UserOptions { headers, ..UserOptions::default() };
    let pass = backend
        .open(&options, &limits(1), &Progress::default())
        .unwrap()
        .fetch_all(&[server.url("/")])
        .unwrap();
    assert_eq!(outcomes(&pass), [Ok((200, 0))], "{backend}: {name}");
    let head = heads.recv().unwrap();
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_matches(' ').to_owned())
        .collect()
}

/// The bytes as [`RawServer`] shows them.
fn shown(value: &[u8]) -> String {
    value.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
fn headers_arrive_byte_for_byte() {
    for backend in Backend::all() {
        for name in NAMES {
            let is_sent = |value: &&[u8]| backend.check_headers(&headers(name, &[*value])).is_ok();
            let values: Vec<&[u8]> = TEXTS.into_iter().chain(BYTES).filter(is_sent).collect();
            let expected: Vec<String> = values.iter().map(|value| shown(value)).collect();
            assert_eq!(sent(backend, name, headers(name, &values)), expected, "{backend}: {name}");
        }
    }
}

#[test]
fn the_longest_header_arrives() {
    let value = "x".repeat(HEADERS_MAX - "x-a: \r\n".len());
    for backend in Backend::all() {
        assert!(
            sent(backend, "x-a", headers("x-a", &[value.as_bytes()])) == [&*value],
            "{backend}"
        );
    }
}

#[test]
fn what_cannot_be_sent_is_known() {
    for backend in backends() {
        let client = backend.entry().client;
        for name in NAMES {
            let is_sent = |value| backend.check_headers(&headers(name, &[value])).is_ok();
            let sends_bytes = match client {
                "surf" | "isahc" | "curl-multi" => false,
                "ureq" | "ureq-proto" => name != AUTHORIZATION.as_str(),
                _ => !backend.entry().is_peer(),
            };
            assert!(
                TEXTS.into_iter().all(|value| is_sent(value) != backend.entry().is_peer()),
                "{backend}: {name}"
            );
            assert!(
                BYTES.into_iter().all(|value| is_sent(value) == sends_bytes),
                "{backend}: {name}"
            );
        }
    }
}

#[test]
fn unsendable_headers_are_refused() {
    let options =
        UserOptions { headers: headers("x-a", &["café".as_bytes()]), ..UserOptions::default() };
    let backend: Backend = "surf@smol".parse().unwrap();
    let error = backend.open(&options, &limits(1), &Progress::default()).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "surf@smol cannot send header x-a: its value is not ASCII; take ureq@threads"
    );
}
