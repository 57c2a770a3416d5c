//! nginx over HTTP/2.

use super::*;
use crate::http2::{NO_RETRY, http2_backends};

#[test]
fn http2_backends_fetch_nginx() {
    let start = |tls, requests| nginx(tls, HTTP2, requests);
    let (Some(plain), Some(encrypted)) = (start(false, 25), start(true, 25)) else { return };
    let (Some(lasting), Some(lasting_tls)) = (start(false, 1000), start(true, 1000)) else {
        return;
    };
    for backend in http2_backends() {
        // The end of a connection may come while requests are under way.
        let (plain, encrypted) = match NO_RETRY.contains(&backend.entry().client) {
            true => (&lasting, &lasting_tls),
            false => (&plain, &encrypted),
        };
        plain.fetch_and_check(backend, &UserOptions::default(), "http");
        let missing = plain.url("http", "127.0.0.1", "missing");
        let pass = fetch_one(backend, &UserOptions::default(), missing);
        assert_eq!(pass.fetched[0].result.as_ref().unwrap().status, 404, "{backend}");
        if backend.entry().can(Capability::Https) {
            encrypted.fetch_and_check(backend, &encrypted.trusted(), "https");
        }
    }
}
