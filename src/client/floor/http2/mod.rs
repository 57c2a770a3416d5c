//! `floor` over HTTP/2: many requests at once over one socket.
//!
//! The block of a request is encoded before the clock starts, and there is no dynamic table on
//! either side, so a request is copied and a response is read without any state of the connection.
//! Windows are always open. Everything else follows RFC 9113, as far as a client without bodies and
//! pushes needs it.

use http::header::{CONNECTION, HOST, HeaderMap};
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
    for (name, value) in headers.iter().filter(|(name, _)| **name != HOST && **name != CONNECTION) {
        hpack::push_field(&mut block, name.as_str(), value.as_bytes());
    }
    block.into()
}
