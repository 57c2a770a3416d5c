//! The requests of backends and their differences, as text, Markdown and JSON.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::request::{ASPECTS, Aspect, AuditedRequest, HTTP2_ASPECTS};
use crate::record::{Audit, BackendAudit};
use crate::render::escape::markdown as escape;
use crate::render::escape::visible;
use crate::render::table::{Column, Side, tables, wrapped};

/// Returns the aspects in which a backend's request is compared.
fn table(backend: &BackendAudit) -> &'static [Aspect] {
    if backend.http2.is_some() { HTTP2_ASPECTS } else { ASPECTS }
}

/// Returns the aspects of a backend's request.
fn aspects(backend: &BackendAudit) -> Vec<String> {
    let request = AuditedRequest::new(backend);
    table(backend).iter().map(|(_, aspect)| aspect(&request)).collect()
}

/// The most common value of each aspect, over each version of HTTP.
#[derive(Debug)]
pub(crate) struct UsualAspects {
    http1: Vec<String>,
    http2: Vec<String>,
}

/// Returns the most common value of each aspect; the first one if several are.
pub(crate) fn usual(audit: &Audit) -> UsualAspects {
    let (http2, http1): (Vec<&BackendAudit>, Vec<&BackendAudit>) =
        looked_at(audit).partition(|backend| backend.http2.is_some());
    UsualAspects { http1: most_common_of(&http1), http2: most_common_of(&http2) }
}

/// Returns the most common value of each aspect of backends over one version of HTTP.
fn most_common_of(backends: &[&BackendAudit]) -> Vec<String> {
    let found: Vec<Vec<String>> = backends.iter().map(|backend| aspects(backend)).collect();
    let count = found.first().map_or(0, Vec::len);
    (0..count).map(|index| most_common(found.iter().map(|backend| &backend[index]))).collect()
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
pub(crate) fn differences(backend: &BackendAudit, usual: &UsualAspects) -> Vec<String> {
    let found = aspects(backend);
    let usual = if backend.http2.is_some() { &usual.http2 } else { &usual.http1 };
    let aspects = table(backend).iter().zip(found.iter().zip(usual));
    let differing = aspects.filter(|(_, (found, usual))| found != usual);
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

/// Returns the most common aspects, a line for each version of HTTP.
pub(crate) fn usually(usual: &UsualAspects) -> Vec<String> {
    let versions = [
        ("Most backends send: ", ASPECTS, &usual.http1),
        ("Over HTTP/2 most send: ", HTTP2_ASPECTS, &usual.http2),
    ];
    let seen = versions.into_iter().filter(|(_, _, usual)| !usual.is_empty());
    let lines = seen.map(|(most, aspects, usual)| {
        let named = aspects.iter().zip(usual).filter(|(_, value)| !value.is_empty());
        let named: Vec<_> = named.map(|((name, _), value)| format!("{name} {value}")).collect();
        format!("{most}{}", named.join("; "))
    });
    lines.collect()
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
    let usually = usually(&usual).into_iter().map(|line| wrapped(columns, &visible(&line)) + "\n");
    format!("{}{}", usually.collect::<String>(), tables(&headings, &rows, columns))
}

/// Returns the audit as a section of Markdown.
pub fn markdown(audit: &Audit) -> String {
    let usual = usual(audit);
    let mut text = "## Requests\n\n".to_owned();
    text.extend(usually(&usual).iter().map(|line| format!("{}\n\n", escape(line))));
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
    json!({
        "usual": aspects_json(ASPECTS, usual.http1),
        "usual_http2": aspects_json(HTTP2_ASPECTS, usual.http2),
        "backends": backends,
    })
}

fn backend_json(backend: &BackendAudit, usual: &UsualAspects) -> Value {
    json!({
        "backend": backend.name,
        "request": backend.request,
        "aspects": aspects_json(table(backend), aspects(backend)),
        "http2": backend.http2,
        "differences": differences(backend, usual),
        "sockets": backend.sockets,
        "sockets_ideal": backend.sockets_ideal,
    })
}

fn aspects_json(aspects: &[Aspect], values: Vec<String>) -> Value {
    let named = aspects.iter().zip(values);
    named.map(|((name, _), value)| ((*name).to_owned(), Value::from(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Http2Audit;
    use crate::render::table::{TERMINAL, width};

    fn backend(name: &str, request: &str, sockets: u64) -> BackendAudit {
        BackendAudit {
            name: name.to_owned(),
            request: request.to_owned(),
            http2: None,
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
    fn versions_are_compared_apart() {
        let mut audit = three();
        let sent = |settings| Http2Audit {
            settings,
            window_updates: vec![(0, 7), (1, 9)],
            header_bytes: vec![40, 20, 9],
        };
        let head = ":method: GET\r\n:path: /0/0\r\naccept: */*\r\n";
        for (name, settings) in [("c", vec![(2, 0)]), ("d", vec![(2, 0)]), ("e", vec![(8, 1)])] {
            let http2 = Some(sent(settings));
            audit.backends.push(BackendAudit { http2, ..backend(name, head, 4) });
        }
        let usual = usual(&audit);
        assert_eq!(differences(&audit.backends[3], &usual), [""; 0]);
        assert_eq!(differences(&audit.backends[5], &usual), ["settings 0x8 1"]);
        let lines = usually(&usual);
        assert!(lines[0].starts_with("Most backends send: request line GET /0/0 HTTP/1.1; "));
        assert_eq!(
            lines[1],
            "Over HTTP/2 most send: settings push 0; window updates connection +7, stream 1 +9; \
             pseudo-headers :method :path; order accept; header bytes 40, later 9; accept */*"
        );
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
