//! Encodes the heads of responses.

use std::time::Instant;

use http::HeaderName;

use super::hpack::encode::HpackEncoder;
use crate::scenario::site::Reply;
use crate::server::request::Refusal;
use crate::server::response::{Content, Response, server_timing};
use crate::server::served::ServedScenario;

/// Encodes the head of a response that starts at `start`. Its request was readable at `since`.
pub(super) fn encode_head(
    encoder: &mut HpackEncoder,
    block: &mut Vec<u8>,
    response: &Response,
    since: Instant,
    start: Instant,
    served: &ServedScenario,
) {
    block.clear();
    match &response.content {
        Content::Reply(visit) | Content::ReplyHead(visit) => {
            let (reply, number) = (served.reply(visit.site), served.heads.number(visit.site));
            encoder.repeated(block, number, |encoder, block| reply_head(encoder, block, reply));
        }
        Content::Refusal(refusal) | Content::RefusalHead(refusal) => {
            refusal_head(encoder, block, *refusal);
        }
        Content::Bytes(_) | Content::Witness(_) => {}
    }
    if response.is_timed {
        let value = server_timing(start - since, since.elapsed());
        encoder.once(block, b"server-timing", value.as_bytes());
    }
}

/// Encodes the head of a site's reply.
fn reply_head(encoder: &mut HpackEncoder, block: &mut Vec<u8>, reply: &Reply) {
    encoder.field(block, b":status", reply.status.to_string().as_bytes());
    // RFC 9110, section 8.6: not in a response that cannot have a body.
    if !matches!(reply.status, 204 | 304) {
        encoder.field(block, b"content-length", reply.bytes.to_string().as_bytes());
    }
    for (name, value) in reply.headers.iter().filter(|(name, _)| !is_of_connection(name)) {
        encoder.field(block, name.as_str().as_bytes(), value.as_bytes());
    }
}

/// Returns whether a header is connection-specific, and would make a response malformed (RFC 9113,
/// section 8.2.2). A scenario cannot set the others of this kind.
fn is_of_connection(name: &HeaderName) -> bool {
    matches!(name.as_str(), "keep-alive" | "proxy-connection" | "upgrade")
}

/// Encodes the head of a refusal. Its body is the reason.
fn refusal_head(encoder: &mut HpackEncoder, block: &mut Vec<u8>, refusal: Refusal) {
    encoder.begin(block);
    let length = refusal.status().canonical_reason().map_or(0, str::len);
    encoder.field(block, b":status", refusal.status().as_str().as_bytes());
    encoder.field(block, b"content-length", length.to_string().as_bytes());
    if let Some(methods) = refusal.allow() {
        encoder.field(block, b"allow", methods.as_bytes());
    }
}
