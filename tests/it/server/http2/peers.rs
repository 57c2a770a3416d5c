//! What the clients of others make of the server: nghttp and h2load of nghttp2, and Python's h2.
//!
//! Where one is not installed the test says so and passes, unless `FETCHBENCH_REQUIRE_PEERS` is
//! set, as it is in CI.

use std::process::{Command, Stdio};

use super::*;
use crate::peers::skip;

const SITES: &str = "[[site]]\nlabel = 'page'\nbytes = '1kB'\nheaders = { x-a = 'b' }\n\
    [[site]]\nlabel = 'empty'\nbytes = '0'\n[[site]]\nlabel = 'none'\nbytes = '0'\nstatus = 204\n\
    [[site]]\nlabel = 'unchanged'\nbytes = '0'\nstatus = 304\n\
    [[site]]\nlabel = 'broken'\nbytes = '700kB'\nstatus = 503\ndelay = '1ms'\nbody_time = '20ms'\n";

/// Requests, and the status, length and bytes that each must get.
const ASKED: [(&str, &str, u16, Option<&str>, usize); 9] = [
    ("GET", "/0/7", 200, Some("1000"), 1_000),
    ("HEAD", "/0/7", 200, Some("1000"), 0),
    ("GET", "/1/0", 200, Some("0"), 0),
    ("GET", "/2/0", 204, None, 0),
    ("GET", "/3/0", 304, None, 0),
    ("GET", "/4/0", 503, Some("700000"), 700_000),
    ("GET", "/nowhere", 404, Some("9"), 9),
    ("HEAD", "/nowhere", 404, Some("9"), 0),
    ("DELETE", "/0/0", 405, Some("18"), 18),
];

/// Returns whether `program` runs with these arguments.
fn is_there(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = status.is_ok_and(|status| status.success());
    if !is_there {
        skip(&format!("{program} {} does not run here", arguments.join(" ")));
    }
    is_there
}

/// Runs a command, and returns its standard output.
fn run(program: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn python_reads_every_reply() {
    let python = "/usr/bin/python3";
    if !is_there(python, &["-c", "import h2"]) {
        return;
    }
    let server = Running::new(SITES);
    let port = server.origins[0].rsplit_once(':').unwrap().1;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/server/http2/peers.py");
    let input: String =
        ASKED.iter().map(|(method, path, ..)| format!("{method} {path}\n")).collect();
    let output = run(python, &[script, port], &input);
    assert_eq!(output.lines().count(), ASKED.len());
    for (line, (method, path, status, length, bytes)) in output.lines().zip(ASKED) {
        let told: (u16, Option<String>, String) = serde_json::from_str(line).unwrap();
        assert_eq!((told.0, told.1.as_deref()), (status, length), "{method} {path}");
        assert_eq!(told.2.len(), 2 * bytes, "{method} {path}");
    }
}

#[test]
fn nghttp_reads_every_reply() {
    if !is_there("nghttp", &["--version"]) {
        return;
    }
    let server = Running::new(SITES);
    for (method, path, status, length, _) in ASKED {
        let url = format!("http://{}{path}", server.origins[0]);
        let output = run("nghttp", &["-nv", "-t20", "-H", &format!(":method: {method}"), &url], "");
        assert!(output.contains(&format!(":status: {status}\n")), "{method} {path}: {output}");
        let length = length.map(|length| format!("content-length: {length}\n"));
        assert!(length.is_none_or(|line| output.contains(&line)), "{method} {path}: {output}");
        assert!(!output.contains("RST_STREAM"), "{output}");
    }
    // A body that needs more than both windows, and others beside it.
    let urls = ["/4/0", "/0/1", "/4/2"].map(|path| format!("http://{}{path}", server.origins[0]));
    let arguments = ["-t20", &urls[0], &urls[1], &urls[2]];
    let output = run("nghttp", &arguments, "");
    assert_eq!(output.len(), 1_401_000);
}

#[test]
fn h2load_succeeds_over_tls() {
    if !is_there("h2load", &["--version"]) {
        return;
    }
    for (site, scheme) in [("", "http"), ("tls = true\n", "https")] {
        let page = format!("[[site]]\nlabel = 'page'\nbytes = '20kB'\n{site}");
        let server = Running::new(&page);
        let url = format!("{scheme}://{}/0/0", server.origins[0]);
        let output = run("h2load", &["-n", "500", "-c", "3", "-m", "20", &url], "");
        assert!(output.contains("500 succeeded, 0 failed"), "{output}");
        let seen = server.witness("/take");
        assert_eq!((seen.requests, seen.bytes, seen.connections), (500, 10_000_000, 3));
        assert_eq!((seen.http2.streams, seen.http2.connections), (500, 3));
        assert!((2..=20).contains(&seen.http2.peak_streams), "{:?}", seen.http2);
    }
}
