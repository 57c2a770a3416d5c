//! The command line with headers of the user's that not every backend can send.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output, Stdio};

use fetchbench::backend::Backend;
use http::{HeaderMap, HeaderValue};

use crate::raw_server::{RawServer, ok};

const CAFE: &[u8] = "X-A: café".as_bytes();

fn run(arguments: &[&str], header: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(arguments).arg("-H").arg(OsStr::from_bytes(header));
    command.env_remove("CLICOLOR_FORCE").stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a run prints that leaves some backends out.
fn stdout(arguments: &[&str], header: &[u8]) -> String {
    let output = run(arguments, header);
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new()),
        "{}",
        text(&output.stdout)
    );
    text(&output.stdout)
}

/// The line that refuses a header before anything is fetched.
fn refusal(arguments: &[&str], header: &[u8]) -> String {
    let output = run(arguments, header);
    let stderr = text(&output.stderr);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(2), String::new()),
        "{arguments:?}: {stderr}"
    );
    assert_eq!(stderr.matches('\n').count(), 1, "{stderr}");
    stderr
}

/// Answers with the value of `x-a`, a byte for every byte.
fn echo() -> RawServer {
    RawServer::start(|head| {
        let value = head.lines().find_map(|line| line.strip_prefix("x-a: ")).unwrap_or_default();
        ok(&format!("{:?}", value))
    })
}

#[test]
fn run_leaves_out_and_names_who() {
    let server = echo();
    let url = server.url("/").to_string();
    for arguments in [&["run", &*url][..], &["run", "--time-scale", "0"]] {
        let text = stdout(arguments, CAFE);
        let note = "Left out, since they cannot send header x-a: surf@async-std, surf@smol";
        assert!(text.contains(note) && text.contains("floor@loop"), "{text}");
        assert!(!text.contains("surf@smol\n"), "{text}");
    }
}

#[test]
fn run_works_without_sequential() {
    let server = echo();
    let text = stdout(&["run", server.url("/").as_str()], "Authorization: café".as_bytes());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "cannot send header authorization: ureq@sequential, ureq@threads, surf@async-std";
    assert!(text.contains(note) && text.contains("floor@loop"), "{text}");
}

#[test]
fn named_backends_refuse_headers() {
    let mut headers = HeaderMap::new();
    headers.insert("x-a", HeaderValue::from_bytes("café".as_bytes()).unwrap());
    let url = "http://127.0.0.1:2/";
    for backend in Backend::set_up().filter(|backend| backend.check_headers(&headers).is_err()) {
        for command in ["run", "fetch"] {
            let line = refusal(&[command, "--backend", &backend.to_string(), url], CAFE);
            assert!(
                line.starts_with(&format!("error: {backend} cannot send header x-a: ")),
                "{line}"
            );
            assert!(line.ends_with("; take ureq@threads\n"), "{line}");
        }
    }
}

#[test]
fn bytes_of_any_kind_are_taken() {
    let server = echo();
    let url = server.url("/").to_string();
    let text =
        stdout(&["fetch", "--format", "json", "--backend", "floor@loop", &url], b"X-A: caf\xe9");
    // In quotes and in UTF-8, `café` has seven bytes.
    assert!(text.contains("\"bytes\": 7"), "{text}");
}

#[test]
fn too_many_headers_are_refused() {
    let many: Vec<String> = (0..30_000).map(|number| format!("-HX-{number}: a")).collect();
    let arguments: Vec<&str> =
        ["fetch", "http://127.0.0.1:2/"].into_iter().chain(many.iter().map(|one| &**one)).collect();
    let line = refusal(&arguments, CAFE);
    assert!(line.ends_with("bytes: send at most 65536\n"), "{line}");
}
