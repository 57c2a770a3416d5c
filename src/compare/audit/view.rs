//! What rows send, and where they differ: as text, as Markdown and as JSON.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::record::{Audit, RowAudit};
use crate::render::escape::markdown as escape;
use crate::render::escape::visible;
use crate::render::table::{Column, Side, TERMINAL, table, width, wrapped, wrapped_to};

/// A request as it was sent.
struct Request<'a> {
    line: &'a str,
    /// Names and values as they were sent, in order.
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    fn read(head: &'a str) -> Self {
        let mut lines = head.lines();
        let line = lines.next().unwrap_or_default();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, value.trim()))
            .collect();
        Self { line, headers }
    }

    /// The values of a header, as they stand there one after another.
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

/// Its name, and what it is in a request. An empty text is a header that is not sent.
type Aspect = (&'static str, fn(&Request<'_>) -> String);

/// What requests are compared by.
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

/// Headers that have an aspect of their own.
const NAMED: [&str; 6] =
    ["host", "connection", "content-length", "accept-encoding", "accept", "user-agent"];

/// How the names of headers are written.
fn case(request: &Request<'_>) -> String {
    let all_begin = |test: fn(u8) -> bool| {
        request.headers.iter().all(|(name, _)| name.bytes().next().is_some_and(test))
    };
    let name = if all_begin(|byte| byte.is_ascii_lowercase()) {
        "lower"
    } else if all_begin(|byte| byte.is_ascii_uppercase()) {
        "Title"
    } else {
        "mixed"
    };
    name.to_owned()
}

fn others(request: &Request<'_>) -> String {
    let other =
        |(name, _): &&(&str, &str)| !NAMED.iter().any(|named| name.eq_ignore_ascii_case(named));
    let shown = |(name, value): &(&str, &str)| format!("{}: {value}", name.to_ascii_lowercase());
    request.headers.iter().filter(other).map(shown).collect::<Vec<_>>().join("; ")
}

/// A row's request, aspect by aspect.
fn aspects(row: &RowAudit) -> Vec<String> {
    let request = Request::read(&row.request);
    ASPECTS.iter().map(|(_, aspect)| aspect(&request)).collect()
}

/// What most rows do, aspect by aspect; of several the one that comes first.
pub(crate) fn usual(audit: &Audit) -> Vec<String> {
    let rows: Vec<Vec<String>> = looked_at(audit).map(aspects).collect();
    let most = |index: usize| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for row in &rows {
            *counts.entry(&row[index]).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        rows.iter()
            .map(|row| &row[index])
            .find(|value| counts[value.as_str()] == most)
            .cloned()
            .unwrap_or_default()
    };
    (0..ASPECTS.len()).map(most).collect()
}

pub(crate) fn looked_at(audit: &Audit) -> impl Iterator<Item = &RowAudit> {
    audit.rows.iter().filter(|row| !row.request.is_empty())
}

/// What a row does otherwise than most.
pub(crate) fn differences(row: &RowAudit, usual: &[String]) -> Vec<String> {
    let found = aspects(row);
    let differing =
        ASPECTS.iter().zip(found.iter().zip(usual)).filter(|(_, (found, usual))| found != usual);
    let said =
        differing.map(|((name, _), (found, usual))| match (found.as_str(), usual.as_str()) {
            ("", _) => format!("no {name}"),
            (found, "") => format!("{name}: {found}"),
            (found, _) => format!("{name} {found}"),
        });
    let mut said: Vec<String> = said.collect();
    if row.sockets != row.sockets_ideal {
        said.push(format!("{} sockets where {} would do", row.sockets, row.sockets_ideal));
    }
    said.extend(row.why.clone());
    said
}

/// What most rows send, in one line.
pub(crate) fn usually(usual: &[String]) -> String {
    let named = ASPECTS.iter().zip(usual).filter(|(_, value)| !value.is_empty());
    named.map(|((name, _), value)| format!("{name} {value}")).collect::<Vec<_>>().join("; ")
}

/// The heading of a column whose cells are narrower.
const SOCKETS: &str = "sockets";

/// Room for what rows differ in, however long their names are, in characters.
const LEAST_ROOM: usize = 20;

/// What rows send, for people: what most do, then each with what it does otherwise.
pub fn text(audit: &Audit) -> String {
    let usual = usual(audit);
    let columns =
        [Column("row", Side::Left), Column(SOCKETS, Side::Right), Column("differs in", Side::Left)];
    let names = audit.rows.iter().map(|row| width(&visible(&row.row))).max().unwrap_or(0);
    let room = TERMINAL.saturating_sub(names + SOCKETS.len() + 4).max(LEAST_ROOM);
    let rows: Vec<Vec<String>> = audit
        .rows
        .iter()
        .map(|row| {
            let differences = differences(row, &usual).join("; ");
            let differences =
                if differences.is_empty() { "nothing".to_owned() } else { visible(&differences) };
            vec![visible(&row.row), row.sockets.to_string(), wrapped_to(room, &differences)]
        })
        .collect();
    let usually = wrapped(&format!("Most send: {}", visible(&usually(&usual))));
    format!("{usually}\n{}", table(&columns, &rows))
}

/// The same as a section of Markdown.
pub fn markdown(audit: &Audit) -> String {
    let usual = usual(audit);
    let mut text = format!("## Over the wire\n\nMost rows send: {}\n\n", escape(&usually(&usual)));
    text.push_str("| row | sockets | ideal | differs in |\n|---|--:|--:|---|\n");
    for row in &audit.rows {
        let differences = differences(row, &usual).join("; ");
        let differences =
            if differences.is_empty() { "nothing".to_owned() } else { escape(&differences) };
        writeln!(
            text,
            "| {} | {} | {} | {differences} |",
            escape(&row.row),
            row.sockets,
            row.sockets_ideal
        )
        .expect("a string takes everything");
    }
    text
}

/// The same with the requests themselves.
pub fn json(audit: &Audit) -> Value {
    let usual = usual(audit);
    let named = |values: Vec<String>| -> Value {
        ASPECTS
            .iter()
            .zip(values)
            .map(|((name, _), value)| ((*name).to_owned(), Value::from(value)))
            .collect()
    };
    let row = |row: &RowAudit| {
        json!({
            "row": row.row,
            "request": row.request,
            "aspects": named(aspects(row)),
            "differences": differences(row, &usual),
            "sockets": row.sockets,
            "sockets_ideal": row.sockets_ideal,
        })
    };
    json!({ "usual": named(usual.clone()), "rows": audit.rows.iter().map(row).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row: &str, request: &str, sockets: u64) -> RowAudit {
        RowAudit {
            row: row.to_owned(),
            request: request.to_owned(),
            sockets,
            sockets_ideal: 4,
            why: None,
        }
    }

    fn three() -> Audit {
        let most = "GET /0/0 HTTP/1.1\r\nhost: HOST:PORT\r\naccept: */*\r\n\r\n";
        let odd = "GET /0/0 HTTP/1.1\r\nHost: HOST:PORT\r\nContent-Length: 0\r\n\r\n";
        Audit { rows: vec![row("odd", odd, 8), row("a", most, 4), row("b", most, 4)] }
    }

    #[test]
    fn a_row_is_told_by_what_it_does_otherwise_than_most() {
        let audit = three();
        let usual = usual(&audit);
        assert_eq!(differences(&audit.rows[1], &usual), [""; 0]);
        let odd = differences(&audit.rows[0], &usual);
        let expected = [
            "case Title",
            "order host content-length",
            "content-length: 0",
            "no accept",
            "8 sockets where 4 would do",
        ];
        assert_eq!(odd, expected);
    }

    #[test]
    fn what_rows_send_fits_a_terminal() {
        let many: String = (0..9).map(|number| format!("x-header-{number}: a value\r\n")).collect();
        let request = format!("GET /0/0 HTTP/1.1\r\nhost: HOST:PORT\r\n{many}\r\n");
        let text = text(&Audit {
            rows: vec![row("odd", &request, 4), three().rows[1].clone(), three().rows[2].clone()],
        });
        assert!(width(&text) <= TERMINAL, "{text}");
        let all = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(all.contains("x-header-7: a value; x-header-8: a value"), "{text}");
    }

    #[test]
    fn what_a_row_sends_cannot_break_a_table() {
        let audit = Audit { rows: vec![row("a|b", "GET /|\u{1b}[31m HTTP/1.1\r\n\r\n", 4)] };
        assert!(!text(&audit).contains("\u{1b}[31m"));
        assert!(markdown(&audit).contains("a\\|b"), "{}", markdown(&audit));
    }
}
