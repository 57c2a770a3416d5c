//! What two parsers of others, h11 and httptools, make of the server's answers.
//!
//! Where they are not installed the test says so and passes, unless `FETCHBENCH_REQUIRE_PEERS` is
//! set, as it is in CI.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{Running, exchange};
use crate::peers::say;

const SITES: &str = "[[site]]\nlabel = 'page'\nbytes = '1kB'\nbegins = '<html>'\nheaders = { x-a = 'b', etag = '\"c\"' }\n\
    [[site]]\nlabel = 'empty'\nbytes = '0'\n[[site]]\nlabel = 'none'\nbytes = '0'\nstatus = 204\n\
    [[site]]\nlabel = 'unchanged'\nbytes = '0'\nstatus = 304\n[[site]]\nlabel = 'nameless'\nbytes = '9'\nstatus = 299\n\
    [[site]]\nlabel = 'broken'\nbytes = '70kB'\nstatus = 503\ndelay = '1ms'\nbody_time = '20ms'\n";

/// A request, and the status and the length of the body of the answer that it must get.
const ASKED: [(&str, &str, u16, usize); 12] = [
    ("GET", "/0/7 HTTP/1.1\r\nhost: a\r\n", 200, 1_000),
    ("HEAD", "/0/7 HTTP/1.1\r\nhost: a\r\n", 200, 0),
    ("GET", "/0/8 HTTP/1.0\r\nconnection: keep-alive\r\n", 200, 1_000),
    ("GET", "/0/9 HTTP/1.1\r\nhost: a\r\nserver-timing: ?\r\n", 200, 1_000),
    ("GET", "/1/0 HTTP/1.1\r\nhost: a\r\n", 200, 0),
    ("GET", "/2/0 HTTP/1.1\r\nhost: a\r\n", 204, 0),
    ("GET", "/3/0 HTTP/1.1\r\nhost: a\r\n", 304, 0),
    ("GET", "/4/0 HTTP/1.1\r\nhost: a\r\n", 299, 9),
    ("GET", "/5/0 HTTP/1.1\r\nhost: a\r\n", 503, 70_000),
    ("GET", "/nowhere HTTP/1.1\r\nhost: a\r\n", 404, 0),
    ("DELETE", "/0/0 HTTP/1.1\r\nhost: a\r\n", 405, 0),
    ("GET", "/0/0 HTTP/1.1\r\n", 400, 0),
];

/// A Python that has both parsers.
fn python() -> Option<&'static str> {
    let has_both = |python: &&&str| {
        let import = Command::new(python)
            .args(["-c", "import h11, httptools"])
            .stderr(Stdio::null())
            .status();
        import.is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].iter().find(has_both).copied()
}

#[test]
fn other_parsers_read_every_reply() {
    let Some(python) = python() else {
        assert!(
            std::env::var_os("FETCHBENCH_REQUIRE_PEERS").is_none(),
            "h11 and httptools for python3 are required"
        );
        return say("skipped: h11 and httptools for python3 are not installed");
    };
    let server = Running::new(SITES);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/server/parsers.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut stdin = child.stdin.take().unwrap();
    for (method, rest, ..) in ASKED {
        // The first connection is kept, so what it is told must end by itself; the second is there
        // to end the stream.
        let request =
            format!("{method} {rest}\r\nGET /1/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let answers = exchange(server.connect(), request.as_bytes());
        let last = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let answer = answers.strip_suffix(last).unwrap_or(&answers);
        writeln!(stdin, "{}", serde_json::to_string(&(method, answer)).unwrap()).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "a parser refused an answer");
    let told: Vec<[serde_json::Value; 2]> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), ASKED.len());
    for ((method, rest, status, length), [by_h11, by_httptools]) in ASKED.into_iter().zip(&told) {
        assert_eq!(by_h11, by_httptools, "{method} {rest}");
        assert_eq!(
            (&by_h11["status"], &by_h11["rest"]),
            (&status.into(), &0.into()),
            "{method} {rest}"
        );
        assert_eq!(by_h11["body"].as_str().unwrap().len(), 2 * length, "{method} {rest}");
    }
}
