//! The heads of a scenario's replies, rendered before any request arrives.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use http::StatusCode;

use crate::scenario::Scenario;
use crate::scenario::site::Reply;

/// The start of a response, without the parts that depend on the connection.
#[derive(Debug)]
pub(super) enum ResponseHead {
    /// The number of a prepared head.
    Prepared(u32),
    Bytes(Cow<'static, [u8]>),
}

/// The distinct heads of a scenario's replies: 100,000 sites with equal heads share one.
#[derive(Debug)]
pub(in crate::server) struct Heads {
    heads: Vec<Box<[u8]>>,
    numbers: Vec<u32>,
}

impl Heads {
    /// Renders the heads of all sites.
    pub fn prepare(scenario: &Scenario) -> Self {
        let mut known = HashMap::new();
        let mut heads = Vec::new();
        let site_numbers = scenario.sites.iter().map(|site| {
            let reply = &site.reply;
            *known.entry((reply.status, &reply.headers, reply.bytes)).or_insert_with(|| {
                heads.push(render(reply));
                heads.len() as u32 - 1
            })
        });
        let numbers = site_numbers.collect();
        Self { heads, numbers }
    }

    pub(super) fn prepared(&self, site: usize) -> ResponseHead {
        ResponseHead::Prepared(self.numbers[site])
    }

    /// Returns a number that sites with equal heads share.
    pub fn number(&self, site: usize) -> u32 {
        self.numbers[site]
    }

    /// Returns the head of a site's reply, without its empty line.
    pub fn faultless(&self, site: usize) -> &[u8] {
        &self.heads[self.numbers[site] as usize]
    }

    pub(super) fn bytes<'a>(&'a self, head: &'a ResponseHead) -> &'a [u8] {
        match head {
            ResponseHead::Prepared(number) => &self.heads[*number as usize],
            ResponseHead::Bytes(bytes) => bytes,
        }
    }
}

pub(super) fn status_line(status: StatusCode) -> String {
    format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default())
}

/// Renders the head of a reply without its empty line.
fn render(reply: &Reply) -> Box<[u8]> {
    let status = StatusCode::from_u16(reply.status).expect("scenarios hold no other");
    let mut head = status_line(status);
    // RFC 9110, section 8.6: not in a response that cannot have a body.
    if !matches!(reply.status, 204 | 304) {
        write!(head, "content-length: {}\r\n", reply.bytes).expect("strings grow");
    }
    let mut head = head.into_bytes();
    for (name, value) in &reply.headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::served::tests::reply;

    #[test]
    fn heads_hold_their_headers() {
        assert_eq!(
            *render(&reply(200, 7)),
            *b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nx-a: b c\r\n"
        );
        assert_eq!(
            *render(&reply(404, 0)),
            *b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-a: b c\r\n"
        );
        assert_eq!(*render(&reply(204, 0)), *b"HTTP/1.1 204 No Content\r\nx-a: b c\r\n");
        assert_eq!(
            *render(&reply(299, 1)),
            *b"HTTP/1.1 299 \r\ncontent-length: 1\r\nx-a: b c\r\n",
            "a nameless status"
        );
    }
}
