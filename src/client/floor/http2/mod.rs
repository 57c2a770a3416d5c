//! `floor` over HTTP/2: many requests at once over one socket.
//!
//! The block of a request is encoded before the clock starts, and there is no dynamic table on
//! either side, so a request is copied and a response is read without any state of the connection.
//! Windows are always open. Everything else follows RFC 9113, as far as a client without bodies and
//! pushes needs it.

use http::header::{HOST, HeaderMap, HeaderName};
use url::Url;

use super::super::host_header;

mod connection;
mod conversation;
#[cfg(any(test, fuzzing))]
mod examine;
mod frame;
mod hpack;
mod huffman;
mod response;
mod streams;

pub use self::connection::{FloorStreams, StreamsStep};
#[cfg(any(test, fuzzing))]
pub use self::examine::examine as examine_streams;
pub use self::streams::{StreamEnd, StreamOutcome};

/// Returns the block of a request, pseudo-headers first (RFC 9113, section 8.3.1).
pub(super) fn request(url: &Url, headers: &HeaderMap) -> Box<[u8]> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = host_header(url);
    let authority = headers.get(HOST).map_or(host.as_bytes(), |host| host.as_bytes());
    let mut block = Vec::new();
    for (name, value) in [
        (":method", &b"GET"[..]),
        (":scheme", url.scheme().as_bytes()),
        (":authority", authority),
        (":path", path.as_bytes()),
    ] {
        hpack::push_field(&mut block, name, value);
    }
    for (name, value) in headers.iter().filter(|(name, _)| !is_of_http1(name)) {
        hpack::push_field(&mut block, name.as_str(), value.as_bytes());
    }
    block.into()
}

/// Returns whether a header is `host` or belongs to a connection of HTTP/1 (RFC 9113, sections
/// 8.2.2 and 8.3.1). The user can choose none of the others of this kind.
fn is_of_http1(name: &HeaderName) -> bool {
    matches!(name.as_str(), "host" | "connection" | "keep-alive" | "proxy-connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_headers_stay_out() {
        let url = "http://a/b".parse().unwrap();
        let names = ["host", "connection", "keep-alive", "proxy-connection", "x-a"];
        let header = |name: &str| (name.parse().unwrap(), "a".parse().unwrap());
        let headers: HeaderMap = names.map(header).into_iter().collect();
        let mut only = HeaderMap::new();
        only.insert("x-a", "a".parse().unwrap());
        assert_eq!(request(&url, &headers), request(&url, &only));
    }
}
