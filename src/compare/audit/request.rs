//! Requests as backends sent them, and the aspects in which they are compared.

use crate::record::{BackendAudit, Http2Audit};

/// A request as it was sent.
pub(super) struct AuditedRequest<'a> {
    /// The request line; empty over HTTP/2.
    line: &'a str,
    /// Names and values as sent, in order.
    headers: Vec<(&'a str, &'a str)>,
    http2: Option<&'a Http2Audit>,
}

impl<'a> AuditedRequest<'a> {
    pub(super) fn new(backend: &'a BackendAudit) -> Self {
        let mut lines = backend.request.lines();
        let http2 = backend.http2.as_ref();
        let line = if http2.is_none() { lines.next().unwrap_or_default() } else { "" };
        Self { line, headers: lines.filter_map(field).collect(), http2 }
    }

    /// Returns the values of a header, joined in order.
    fn value(&self, name: &str) -> String {
        let values = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        values.collect::<Vec<_>>().join(", ")
    }

    /// Returns the names of the pseudo-headers, or those of all others.
    fn names(&self, are_pseudo: bool) -> String {
        let names = self.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        let names = names.filter(|name| name.starts_with(':') == are_pseudo);
        names.collect::<Vec<_>>().join(" ")
    }

    /// Returns a description of what it sent over HTTP/2.
    fn over_http2(&self, describe: fn(&Http2Audit) -> String) -> String {
        self.http2.map_or_else(String::new, describe)
    }
}

/// Splits a line at its colon; the name of a pseudo-header begins with one.
fn field(line: &str) -> Option<(&str, &str)> {
    let colon = 1 + line.get(1..)?.find(':')?;
    Some((&line[..colon], line[colon + 1..].trim()))
}

/// A name, and a function that returns the aspect of a request: empty if the header is not sent.
pub(super) type Aspect = (&'static str, fn(&AuditedRequest<'_>) -> String);

/// The aspects in which requests are compared.
pub(super) static ASPECTS: &[Aspect] = &[
    ("request line", |request| request.line.to_owned()),
    ("case", case),
    ("order", |request| request.names(false)),
    ("host", |request| request.value("host")),
    ("connection", |request| request.value("connection")),
    ("content-length", |request| request.value("content-length")),
    ("accept-encoding", |request| request.value("accept-encoding")),
    ("accept", |request| request.value("accept")),
    ("user-agent", |request| request.value("user-agent")),
    ("others", others),
];

/// The aspects in which requests over HTTP/2 are compared.
pub(super) static HTTP2_ASPECTS: &[Aspect] = &[
    ("settings", |request| request.over_http2(settings)),
    ("window updates", |request| request.over_http2(window_updates)),
    ("pseudo-headers", |request| request.names(true)),
    ("order", |request| request.names(false)),
    ("header bytes", |request| request.over_http2(header_bytes)),
    ("accept-encoding", |request| request.value("accept-encoding")),
    ("accept", |request| request.value("accept")),
    ("user-agent", |request| request.value("user-agent")),
    ("others", others),
];

/// Headers with a separate aspect.
const NAMED: [&str; 6] =
    ["host", "connection", "content-length", "accept-encoding", "accept", "user-agent"];

/// Returns the case of the header names.
fn case(request: &AuditedRequest<'_>) -> String {
    let mut initials = request.headers.iter().map(|(name, _)| name.bytes().next().unwrap_or(0));
    let name = if initials.clone().all(|byte| byte.is_ascii_lowercase()) {
        "lower"
    } else if initials.all(|byte| byte.is_ascii_uppercase()) {
        "Title"
    } else {
        "mixed"
    };
    name.to_owned()
}

fn others(request: &AuditedRequest<'_>) -> String {
    let headers = request.headers.iter();
    let others = headers
        .filter(|(name, _)| !NAMED.iter().any(|named| name.eq_ignore_ascii_case(named)))
        .filter(|(name, _)| !name.starts_with(':'))
        .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()));
    others.collect::<Vec<_>>().join("; ")
}

/// The names of settings, by their identifiers from 1 (RFC 9113, section 6.5.2).
const SETTINGS: [&str; 6] = [
    "header table",
    "push",
    "concurrent streams",
    "initial window",
    "frame size",
    "header list size",
];

fn settings(audit: &Http2Audit) -> String {
    let named = audit.settings.iter().map(|(identifier, value)| {
        let name = usize::from(*identifier).checked_sub(1).and_then(|index| SETTINGS.get(index));
        match name {
            Some(name) => format!("{name} {value}"),
            None => format!("{identifier:#x} {value}"),
        }
    });
    or_none(named.collect())
}

fn window_updates(audit: &Http2Audit) -> String {
    let updates = audit.window_updates.iter().map(|(stream, increment)| match stream {
        0 => format!("connection +{increment}"),
        _ => format!("stream {stream} +{increment}"),
    });
    or_none(updates.collect())
}

fn or_none(parts: Vec<String>) -> String {
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// Returns the length of the first header block, and that of the last, which may use what the
/// client has put into the dynamic table.
fn header_bytes(audit: &Http2Audit) -> String {
    match audit.header_bytes[..] {
        [first, .., last] => format!("{first}, later {last}"),
        [only] => only.to_string(),
        [] => String::new(),
    }
}
