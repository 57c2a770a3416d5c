//! The requests of backends and their differences, as text, Markdown and JSON.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::record::{Audit, BackendAudit};
use crate::render::escape::markdown as escape;
use crate::render::escape::visible;
use crate::render::table::{Column, Side, tables, wrapped};

/// A request as it was sent.
struct Request<'a> {
    line: &'a str,
    /// Names and values as sent, in order.
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    fn parse(head: &'a str) -> Self {
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, value.trim()))
            .collect();
        Self { line, headers }
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

    fn names(&self) -> Vec<String> {
        self.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
    }
}

/// A name, and a function that returns the aspect of a request: empty if the header is not sent.
type Aspect = (&'static str, fn(&Request<'_>) -> String);

/// The aspects in which requests are compared.
static ASPECTS: &[Aspect] = &[
    ("request line", |request| request.line.to_owned()),
    ("case", case),
    ("order", |request| request.names().join(" ")),
    ("host", |request| request.value("host")),
    ("connection", |request| request.value("connection")),
    ("content-length", |request| request.value("content-length")),
    ("accept-encoding", |request| request.value("accept-encoding")),
    ("accept", |request| request.value("accept")),
    ("user-agent", |request| request.value("user-agent")),
    ("others", others),
];

/// Headers with a separate aspect.
const NAMED: [&str; 6] =
    ["host", "connection", "content-length", "accept-encoding", "accept", "user-agent"];

/// Returns the case of the header names.
fn case(request: &Request<'_>) -> String {
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

fn others(request: &Request<'_>) -> String {
    let headers = request.headers.iter();
    let others = headers
        .filter(|(name, _)| !NAMED.iter().any(|named| name.eq_ignore_ascii_case(named)))
        .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()));
    others.collect::<Vec<_>>().join("; ")
}

/// Returns the aspects of a backend's request.
fn aspects(backend: &BackendAudit) -> Vec<String> {
    let request = Request::parse(&backend.request);
    ASPECTS.iter().map(|(_, aspect)| aspect(&request)).collect()
}

/// Returns the most common value of each aspect; the first one if several are.
pub(crate) fn usual(audit: &Audit) -> Vec<String> {
    let backends: Vec<Vec<String>> = looked_at(audit).map(aspects).collect();
    (0..ASPECTS.len())
        .map(|index| most_common(backends.iter().map(|backend| &backend[index])))
        .collect()
}

fn most_common<'a>(values: impl Iterator<Item = &'a String> + Clone) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for value in values.clone() {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let mut values = values.filter(|value| counts[value.as_str()] == most);
    values.next().cloned().unwrap_or_default()
}

/// Returns the backends that sent a request.
pub(crate) fn looked_at(audit: &Audit) -> impl Iterator<Item = &BackendAudit> {
    audit.backends.iter().filter(|backend| !backend.request.is_empty())
}

/// Returns the differences between a backend and the most common aspects.
pub(crate) fn differences(backend: &BackendAudit, usual: &[String]) -> Vec<String> {
    let found = aspects(backend);
    let differing =
        ASPECTS.iter().zip(found.iter().zip(usual)).filter(|(_, (found, usual))| found != usual);
    let differences =
        differing.map(|((name, _), (found, usual))| match (found.as_str(), usual.as_str()) {
            ("", _) => format!("no {name}"),
            (found, "") => format!("{name}: {found}"),
            (found, _) => format!("{name} {found}"),
        });
    let mut differences: Vec<String> = match backend.request.is_empty() {
        true => Vec::new(),
        false => differences.collect(),
    };
    if backend.sockets != backend.sockets_ideal {
        differences
            .push(format!("{} sockets instead of {}", backend.sockets, backend.sockets_ideal));
    }
    differences.extend(backend.why.clone());
    differences
}

/// Returns the most common aspects in one line.
pub(crate) fn usually(usual: &[String]) -> String {
    let named = ASPECTS.iter().zip(usual).filter(|(_, value)| !value.is_empty());
    named.map(|((name, _), value)| format!("{name} {value}")).collect::<Vec<_>>().join("; ")
}

/// Returns the audit as text for a terminal of `columns` characters: the most common aspects, then
/// the differences of each backend.
pub fn text(audit: &Audit, columns: usize) -> String {
    let usual = usual(audit);
    let headings = [
        Column("backend", Side::Left),
        Column("sockets", Side::Right),
        Column("differs in", Side::Wrapped),
    ];
    let rows: Vec<Vec<String>> = audit
        .backends
        .iter()
        .map(|backend| {
            let differences = differences(backend, &usual).join("; ");
            let differences =
                if differences.is_empty() { "nothing".to_owned() } else { visible(&differences) };
            vec![visible(&backend.name), backend.sockets.to_string(), differences]
        })
        .collect();
    let usually = wrapped(columns, &format!("Most backends send: {}", visible(&usually(&usual))));
    format!("{usually}\n{}", tables(&headings, &rows, columns))
}

/// Returns the audit as a section of Markdown.
pub fn markdown(audit: &Audit) -> String {
    let usual = usual(audit);
    let mut text = format!("## Requests\n\nMost backends send: {}\n\n", escape(&usually(&usual)));
    text.push_str("| backend | sockets | ideal | differs in |\n|---|--:|--:|---|\n");
    for backend in &audit.backends {
        let differences = differences(backend, &usual).join("; ");
        let differences =
            if differences.is_empty() { "nothing".to_owned() } else { escape(&differences) };
        text.push_str(&format!(
            "| {} | {} | {} | {differences} |\n",
            escape(&backend.name),
            backend.sockets,
            backend.sockets_ideal
        ));
    }
    text
}

/// Returns the audit as JSON, with the requests.
pub fn json(audit: &Audit) -> Value {
    let usual = usual(audit);
    let backends: Vec<Value> =
        audit.backends.iter().map(|backend| backend_json(backend, &usual)).collect();
    json!({ "usual": aspects_json(usual), "backends": backends })
}

fn backend_json(backend: &BackendAudit, usual: &[String]) -> Value {
    json!({
        "backend": backend.name,
        "request": backend.request,
        "aspects": aspects_json(aspects(backend)),
        "differences": differences(backend, usual),
        "sockets": backend.sockets,
        "sockets_ideal": backend.sockets_ideal,
    })
}

fn aspects_json(values: Vec<String>) -> Value {
    let named = ASPECTS.iter().zip(values);
    named.map(|((name, _), value)| ((*name).to_owned(), Value::from(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::{TERMINAL, width};

    fn backend(name: &str, request: &str, sockets: u64) -> BackendAudit {
        BackendAudit {
            name: name.to_owned(),
            request: request.to_owned(),
            sockets,
            sockets_ideal: 4,
            why: None,
        }
    }

    fn three() -> Audit {
        let most = "GET /0/0 HTTP/1.1\r\nhost: HOST:PORT\r\naccept: */*\r\n\r\n";
        let odd = "GET /0/0 HTTP/1.1\r\nHost: HOST:PORT\r\nContent-Length: 0\r\n\r\n";
        Audit {
            backends: vec![backend("odd", odd, 8), backend("a", most, 4), backend("b", most, 4)],
        }
    }

    #[test]
    fn unusual_requests_are_listed() {
        let audit = three();
        let usual = usual(&audit);
        assert_eq!(differences(&audit.backends[1], &usual), [""; 0]);
        let odd = differences(&audit.backends[0], &usual);
        let expected = [
            "case Title",
            "order host content-length",
            "content-length: 0",
            "no accept",
            "8 sockets instead of 4",
        ];
        assert_eq!(odd, expected);
    }

    #[test]
    fn text_fits_a_terminal() {
        let many: String = (0..9).map(|number| format!("x-header-{number}: a value\r\n")).collect();
        let request = format!("GET /0/0 HTTP/1.1\r\nhost: HOST:PORT\r\n{many}\r\n");
        let audit = Audit {
            backends: vec![
                backend("odd", &request, 4),
                three().backends[1].clone(),
                three().backends[2].clone(),
            ],
        };
        let text = text(&audit, TERMINAL);
        assert!(width(&text) <= TERMINAL, "{text}");
        let all = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.contains("x-header-7: a value; x-header-8: a value"), "{text}");
    }

    #[test]
    fn requests_cannot_break_tables() {
        let audit =
            Audit { backends: vec![backend("a|b", "GET /|\u{1b}[31m HTTP/1.1\r\n\r\n", 4)] };
        assert!(!text(&audit, TERMINAL).contains("\u{1b}[31m"));
        assert!(markdown(&audit).contains("a\\|b"), "{}", markdown(&audit));
    }
}
