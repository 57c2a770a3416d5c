//! Answers that try every rule of RFC 9112 for status lines, fields, lengths, codings, chunks and
//! connections, each with its section and the right outcome.
//!
//! The floor has to get all of them right. Debian's curl and the backend `curl-multi` read the same
//! answers; a case lists what they do differently, and why.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::answer::{Head, Page, Received};
use fetchbench::fetch::error::ErrorClass;
use fetchbench::fetch::{Fetched, Limits, Progress};

use self::cases::Outcome::{Closed, Failed, Kept};
use self::cases::{Case, Outcome, cases};
use crate::peers::{run_or_skip, say};
use crate::raw_server::{RawServer, Then, ok, path, raw};

mod cases;

/// curl's code of a fetch that took too long.
const TIMED_OUT: u16 = 28;

/// Serves every case at its name, and a right answer anywhere else.
fn serve() -> RawServer {
    let cases = cases();
    RawServer::start(move |head| {
        let name = path(head).trim_start_matches('/');
        match cases.iter().find(|case| case.name == name) {
            Some(case) => (case.answer.clone(), if case.closes { Then::Close } else { Then::Go }),
            None => ok("next"),
        }
    })
}

fn page(status: u16, body: &str) -> Page {
    let mut received = Received::new(u64::MAX);
    received.push(body.as_bytes()).unwrap();
    received.finish(&Head { status, declared: None, location: None }).unwrap()
}

/// Compares an outcome with the expected one. `strict` compares the classes of failures as well.
fn matches(expected: Outcome, got: &Result<Page, ErrorClass>, kept: bool, strict: bool) -> bool {
    match (expected, got) {
        (Kept(status, body), Ok(got)) => kept && *got == page(status, body),
        (Closed(status, body), Ok(got)) => !kept && *got == page(status, body),
        (Failed(class), Err(got)) => {
            !kept && (class == *got || !strict && *got != ErrorClass::Timeout)
        }
        _ => false,
    }
}

/// Fetches every case with a backend, each in a session of its own, and then another page.
fn check(backend: &str, expected: impl Fn(&Case) -> Outcome, strict: bool) {
    let backend: Backend = backend.parse().unwrap();
    let server = serve();
    let limits = Limits { deadline: Duration::from_secs(5), ..Limits::new(NonZeroUsize::MIN) };
    let mut wrong = Vec::new();
    for case in cases() {
        let mut session =
            backend.open(&UserOptions::default(), &limits, &Progress::default()).unwrap();
        let mut fetch = |name: &str| -> Fetched {
            session.fetch_all(&[server.url(&format!("/{name}"))]).unwrap().fetched.remove(0)
        };
        let got = fetch(case.name).result;
        let accepted = server.accepted();
        let next = fetch("next").result;
        let kept = server.accepted() == accepted;
        if !matches(expected(&case), &got.clone().map_err(|error| error.class), kept, strict) {
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
    assert!(cases().len() >= 120);
    check("floor@loop", |case| case.right, true);
}

#[cfg(feature = "curl")]
#[test]
fn curl_multi_reads_as_curl() {
    check(
        "curl-multi@loop",
        |case| case.curl_multi.map_or(case.right, |(outcome, _)| outcome),
        false,
    );
}

/// Fetches a case and then another page with one run of curl. Returns the page of the case, and
/// whether its connection was kept.
fn run_curl(server: &RawServer, name: &str, folder: &Path) -> (Result<Page, ErrorClass>, bool) {
    let mut command = Command::new("curl");
    command.arg("-q");
    for name in [name, "next"] {
        command
            .args(["--silent", "--noproxy", "*", "--max-time", "5", "--output"])
            .arg(folder.join(name));
        command.args(["--write-out", "%{http_code} %{exitcode} %{num_connects}\\n"]);
        command.args([server.url(&format!("/{name}")).as_str(), "--next"]);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut fetches = output
        .lines()
        .map(|line| line.split(' ').map(|word| word.parse().unwrap()).collect::<Vec<u16>>());
    let fetch = fetches.next().unwrap();
    assert_ne!(fetch[1], TIMED_OUT, "{name}");
    let body = fs::read_to_string(folder.join(name)).unwrap_or_default();
    let result = if fetch[1] == 0 { Ok(page(fetch[0], &body)) } else { Err(ErrorClass::Protocol) };
    // curl gives up altogether over some answers.
    let next = fetches.next().unwrap_or(vec![200, 0, 1]);
    assert_eq!(next[..2], [200, 0], "{name}: the next fetch");
    (result, next[2] == 0)
}

/// Returns whether curl is installed in the version whose differences the table lists. Another
/// version has other differences, so the test is skipped for it.
fn curl_is_listed() -> bool {
    let mut command = Command::new("curl");
    command.args(["-q", "--version"]);
    let Some(output) = run_or_skip("curl", command) else { return false };
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_listed = version.starts_with("curl 7.88.");
    if !is_listed {
        let found = version.lines().next().unwrap_or_default();
        say(&format!("skipped: the table lists the differences of curl 7.88, not of {found}"));
    }
    is_listed
}

#[test]
fn curl_agrees_with_the_table() {
    if !curl_is_listed() {
        return;
    }
    let (server, folder) = (serve(), tempfile::tempdir().unwrap());
    let mut wrong = Vec::new();
    for case in cases() {
        let (got, kept) = run_curl(&server, case.name, folder.path());
        let expected = case.curl.map_or(case.right, |(outcome, _)| outcome);
        if !matches(expected, &got, kept, false) {
            wrong.push(format!("{case}: {expected:?}, not {got:?}, kept: {kept}"));
        }
    }
    assert!(wrong.is_empty(), "curl:\n{}", wrong.join("\n"));
}

#[test]
fn unasked_switches_disconnect() {
    let server = RawServer::start(|head| match path(head) {
        "/101" => raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n", Then::Silence),
        _ => ok("next"),
    });
    let limits = Limits { deadline: Duration::from_secs(20), ..Limits::new(NonZeroUsize::MIN) };
    let mut session = "floor@loop"
        .parse::<Backend>()
        .unwrap()
        .open(&UserOptions::default(), &limits, &Progress::default())
        .unwrap();
    let urls = ["/101", "/next"].map(|path| server.url(path));
    let results =
        session.fetch_all(&urls).unwrap().fetched.into_iter().map(|fetched| fetched.result);
    let results: Vec<_> = results.map(|result| result.map_err(|error| error.class)).collect();
    assert_eq!(results, [Err(ErrorClass::Protocol), Ok(page(200, "next"))]);
}

/// A location counts in the final head alone, with its folds replaced by spaces.
fn check_locations(backend: &str) {
    let server = RawServer::start(|head| match path(head) {
        "/fold" => {
            raw("HTTP/1.1 302 A\r\nLocation:\r\n /next\r\nContent-Length: 0\r\n\r\n", Then::Go)
        }
        "/fold-within" => {
            raw("HTTP/1.1 302 A\r\nLocation: /a \r\n\t b\r\nContent-Length: 0\r\n\r\n", Then::Go)
        }
        "/trailer" => raw(
            "HTTP/1.1 302 A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nLocation: /next\r\n\r\n",
            Then::Go,
        ),
        "/interim" => raw(
            "HTTP/1.1 103 A\r\nLocation: /next\r\n\r\nHTTP/1.1 302 A\r\nContent-Length: 0\r\n\r\n",
            Then::Go,
        ),
        _ => ok("next"),
    });
    let backend: Backend = backend.parse().unwrap();
    let limits = Limits { redirects: 10, ..Limits::new(NonZeroUsize::MIN) };
    let mut session = backend.open(&UserOptions::default(), &limits, &Progress::default()).unwrap();
    for (from, to) in [
        ("/fold", Some("/next")),
        ("/fold-within", Some("/a%20b")),
        ("/trailer", None),
        ("/interim", None),
    ] {
        let fetched = session.fetch_all(&[server.url(from)]).unwrap().fetched.remove(0);
        assert_eq!(
            fetched.final_url.map(|url| *url),
            to.map(|to| server.url(to)),
            "{backend}: {from}"
        );
        assert_eq!(
            fetched.result.unwrap().status,
            if to.is_some() { 200 } else { 302 },
            "{backend}: {from}"
        );
    }
}

#[test]
fn locations_count_in_final_heads() {
    check_locations("floor@loop");
    #[cfg(feature = "curl")]
    check_locations("curl-multi@loop");
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
