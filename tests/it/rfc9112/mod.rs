//! Answers by the rules of RFC 9112, and what a client makes of each: the floor's parser and curl's are
//! held to every rule for status lines, fields, lengths, codings, chunks and connections.
//!
//! Each case names its section. Debian's curl reads the same answers; where it does something else, the
//! case gives the reason.

use std::fmt;
use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Duration;

use fetchbench::answer::{Head, Page, Received};
use fetchbench::backend::Row;
use fetchbench::client::floor::examine;
use fetchbench::error::ErrorClass;
use fetchbench::fetch::{Fetched, Limits, Options};

use self::Outcome::{Closed, Failed, Kept};
use crate::peers::say;
use crate::raw_server::{RawServer, Then, ok, path};

mod chunks;
mod codings;
mod connection;
mod fields;
mod folds;
mod interim;
mod lengths;
mod status_line;
mod truncated;

/// What a client makes of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    /// A page of this status and body, after which the connection is used again.
    Kept(u16, &'static str),
    /// A page of this status and body, after which the connection is not used again.
    Closed(u16, &'static str),
    /// No page.
    Failed(ErrorClass),
}

/// Most answers are right, and keep the connection.
const PAGE: Outcome = Kept(200, "abcde");
const LAST_PAGE: Outcome = Closed(200, "abcde");
const PROTOCOL: Outcome = Failed(ErrorClass::Protocol);
const BODY_SHORT: Outcome = Failed(ErrorClass::BodyShort);
const CLOSED_EARLY: Outcome = Failed(ErrorClass::ClosedEarly);

/// An answer, and what is right to make of it.
struct Case {
    /// The RFC and its section.
    section: &'static str,
    /// Also the path that the answer is served at.
    name: &'static str,
    answer: Vec<u8>,
    then: Then,
    right: Outcome,
    /// What curl 7.88 makes of it, if that is something else, and why.
    curl: Option<(Outcome, &'static str)>,
    /// The same for the backend `curl-multi`, which has a newer curl.
    curl_multi: Option<(Outcome, &'static str)>,
}

/// A case in which the server keeps the connection open.
fn case(section: &'static str, name: &'static str, answer: impl AsRef<[u8]>, right: Outcome) -> Case {
    let answer = answer.as_ref().to_vec();
    Case { section, name, answer, then: Then::Go, right, curl: None, curl_multi: None }
}

/// A case with `lines` between a plain status line and a body of five bytes, whose length is among the lines.
fn fields(section: &'static str, name: &'static str, lines: impl AsRef<[u8]>, right: Outcome) -> Case {
    case(section, name, [b"HTTP/1.1 200 OK\r\n", lines.as_ref(), b"\r\nabcde"].concat(), right)
}

impl Case {
    /// The server closes the connection behind the answer.
    fn end(self) -> Self {
        Self { then: Then::Close, ..self }
    }

    /// curl 7.88 differs.
    fn old_curl(self, outcome: Outcome, why: &'static str) -> Self {
        assert!(self.curl.is_none());
        Self { curl: Some((outcome, why)), ..self }
    }

    /// The curl of the backend `curl-multi` differs.
    fn new_curl(self, outcome: Outcome, why: &'static str) -> Self {
        assert!(self.curl_multi.is_none());
        Self { curl_multi: Some((outcome, why)), ..self }
    }

    /// Both differ.
    fn any_curl(self, outcome: Outcome, why: &'static str) -> Self {
        self.old_curl(outcome, why).new_curl(outcome, why)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RFC {}, {}", self.section, self.name)
    }
}

fn cases() -> Vec<Case> {
    let tables = [
        status_line::cases(),
        fields::cases(),
        folds::cases(),
        lengths::cases(),
        codings::cases(),
        chunks::cases(),
        connection::cases(),
        interim::cases(),
        truncated::cases(),
    ];
    tables.into_iter().flatten().collect()
}

/// Serves every case at its name, and a right answer anywhere else.
fn serve() -> RawServer {
    let cases = cases();
    RawServer::start(move |head| {
        let name = path(head).trim_start_matches('/');
        match cases.iter().find(|case| case.name == name) {
            Some(case) => (case.answer.clone(), case.then),
            None => ok("next"),
        }
    })
}

fn page(status: u16, body: &str) -> Page {
    let mut received = Received::new(u64::MAX);
    received.push(body.as_bytes()).unwrap();
    received.finish(&Head { status, declared: None, location: None }).unwrap()
}

/// Whether an outcome is as expected. `is_own` is whether the classes of failure have to be the same as well.
fn matches(expected: Outcome, got: &Result<Page, ErrorClass>, kept: bool, is_own: bool) -> bool {
    match (expected, got) {
        (Kept(status, body), Ok(got)) => kept && *got == page(status, body),
        (Closed(status, body), Ok(got)) => !kept && *got == page(status, body),
        (Failed(class), Err(got)) => !kept && (class == *got || !is_own),
        _ => false,
    }
}

/// Fetches every case with a backend, each in a session of its own, and then another page.
fn check(backend: &str, expected: impl Fn(&Case) -> Outcome, is_own: bool) {
    let row: Row = backend.parse().unwrap();
    let server = serve();
    let limits = Limits { deadline: Duration::from_secs(5), ..Limits::new(NonZeroUsize::MIN) };
    let mut wrong = Vec::new();
    for case in cases() {
        let mut session = row.open(&Options::default(), &limits).unwrap();
        let mut fetch = |name: &str| -> Fetched {
            session.fetch_all(&[server.url(&format!("/{name}"))]).unwrap().fetched.remove(0)
        };
        let got = fetch(case.name).result;
        let accepted = server.accepted();
        let next = fetch("next").result;
        let kept = server.accepted() == accepted;
        if !matches(expected(&case), &got.clone().map_err(|error| error.class), kept, is_own) {
            wrong.push(format!("{case}: {:?}, not {got:?}, kept: {kept}", expected(&case)));
        }
        if next != Ok(page(200, "next")) {
            wrong.push(format!("{case}: the next fetch: {next:?}"));
        }
    }
    assert!(wrong.is_empty(), "{backend}:\n{}", wrong.join("\n"));
}

#[test]
fn the_floor_follows_rfc_9112() {
    assert!(cases().len() >= 120, "{} cases", cases().len());
    check("floor@loop", |case| case.right, true);
}

#[test]
fn no_answer_depends_on_its_pieces() {
    for case in cases() {
        examine(&case.answer);
    }
}

#[cfg(feature = "curl")]
#[test]
fn curl_multi_reports_what_curl_read() {
    check("curl-multi@loop", |case| case.curl_multi.map_or(case.right, |(outcome, _)| outcome), false);
}

/// The code, and the body, of each answer that curl fetched, and whether the next used its connection.
fn run_curl(server: &RawServer, folder: &std::path::Path) -> Option<Vec<(Result<Page, ErrorClass>, bool)>> {
    let mut config = String::new();
    for (index, case) in cases().iter().enumerate() {
        for (name, file) in [(case.name, format!("{index}")), ("next", format!("{index}-next"))] {
            let (url, file) = (server.url(&format!("/{name}")), folder.join(file));
            config += &format!("url = \"{url}\"\noutput = \"{}\"\nnoproxy = \"*\"\nmax-time = 5\n", file.display());
            config += "write-out = \"%{http_code} %{exitcode} %{num_connects} \"\nsilent\nnext\n";
        }
    }
    fs::write(folder.join("config"), config.trim_end_matches("next\n")).unwrap();
    let output = match Command::new("curl").args(["-q", "-K"]).arg(folder.join("config")).output() {
        Ok(output) => output,
        Err(error) => {
            let required = std::env::var_os("FETCHBENCH_REQUIRE_PEERS").is_some();
            assert!(!required, "curl is required here, but cannot be started: {error}");
            say("skipped: curl is not installed");
            return None;
        }
    };
    let numbers: Vec<u16> =
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(|word| word.parse().unwrap()).collect();
    let body = |file: String| fs::read(folder.join(file)).unwrap_or_default();
    let results = numbers.chunks(6).enumerate().map(|(index, numbers)| {
        let &[status, code, _, next_status, next_code, connects] = numbers else { panic!("{numbers:?}") };
        let next = body(format!("{index}-next"));
        assert_eq!((next_status, next_code, next), (200, 0, b"next".to_vec()), "{}", cases()[index]);
        let body = String::from_utf8_lossy(&body(format!("{index}"))).into_owned();
        let result = if code == 0 { Ok(page(status, &body)) } else { Err(ErrorClass::Protocol) };
        (result, connects == 0)
    });
    Some(results.collect())
}

#[test]
fn curl_agrees_or_the_table_says_why() {
    let (server, folder) = (serve(), tempfile::tempdir().unwrap());
    let Some(results) = run_curl(&server, folder.path()) else { return };
    assert_eq!(results.len(), cases().len());
    let mut wrong = Vec::new();
    for (case, (got, kept)) in cases().iter().zip(results) {
        let expected = case.curl.map_or(case.right, |(outcome, _)| outcome);
        if !matches(expected, &got, kept, false) {
            wrong.push(format!("{case}: {expected:?}, not {got:?}, kept: {kept}"));
        }
    }
    assert!(wrong.is_empty(), "curl:\n{}", wrong.join("\n"));
}

/// A difference that is none would hide the next one.
#[test]
fn every_listed_difference_is_one() {
    let mut names: Vec<&str> = cases().iter().map(|case| case.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two cases have one name");
    for case in cases() {
        for (outcome, why) in case.curl.into_iter().chain(case.curl_multi) {
            let fails = matches!((outcome, case.right), (Failed(_), Failed(_)));
            assert!(outcome != case.right && !fails && !why.is_empty(), "{case}");
        }
    }
}
