//! The command line: what it prints and how it ends, with the fake backend wherever durations would
//! show.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::workshop::send;

/// The program with a plain environment: no colour is forced, and none is forbidden.
pub(crate) fn fetchbench(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(args).stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    fetchbench(args).output().unwrap()
}

/// What the program prints when all goes well.
pub(crate) fn stdout(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{args:?}");
    text(&output.stdout)
}

/// The one line that refuses a command line, before anything has been printed.
pub(crate) fn refusal(args: &[&str]) -> String {
    let output = run(args);
    let stderr = text(&output.stderr);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(2), String::new()),
        "{args:?}: {stderr}"
    );
    assert_eq!(stderr.matches('\n').count(), 1, "{args:?}: {stderr}");
    stderr
        .trim_end()
        .strip_prefix("error: ")
        .unwrap_or_else(|| panic!("{args:?}: {stderr}"))
        .to_owned()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A file in a directory that goes when the test ends.
pub(crate) fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    (directory, path)
}

/// A scenario whose labels and bodies try to break the lines and to steer the terminal.
const HOSTILE: &str = r#"
description = "hostile"
concurrency = 2

[[site]]
label = "\u001b]0;title\u0007 \u202Eevil\nRunning synchronous example"
begins = "\u001b[2J\r\na\u009bb\tcdefg"
bytes = "100"
delay = "20ms"

[[site]]
label = "short"
begins = "äöü€🦀äöü€🦀äöü"
bytes = "100"
delay = "10ms"
"#;

#[test]
fn run_prints_the_article() {
    insta::assert_snapshot!(stdout(&["--backend", "fake"]), @r#"
    Running synchronous example
    https://www.google.com/       : <!doctype  in 0:00:00.798940s
    https://www.yahoo.com/        : <?xml vers in 0:00:00.883083s
    http://www.bbc.co.uk/         : <!DOCTYPE  in 0:00:01.479646s
    https://en.wikipedia.org/wiki/: <!DOCTYPE  in 0:00:00.172367s
    https://de.wikipedia.org/wiki/: <!DOCTYPE  in 0:00:00.166793s
    https://news.ycombinator.com/ : <html op=" in 0:00:01.464526s
    https://www.tagesschau.de/    : <!DOCTYPE  in 0:00:00.991291s

    fake
    Running asynchronous example
    https://de.wikipedia.org/wiki/: <!DOCTYPE  in 0:00:00.166793s
    https://en.wikipedia.org/wiki/: <!DOCTYPE  in 0:00:00.172367s
    https://www.google.com/       : <!doctype  in 0:00:00.798940s
    https://www.yahoo.com/        : <?xml vers in 0:00:00.883083s
    https://www.tagesschau.de/    : <!DOCTYPE  in 0:00:00.991291s
    https://news.ycombinator.com/ : <html op=" in 0:00:01.464526s
    http://www.bbc.co.uk/         : <!DOCTYPE  in 0:00:01.479646s

    Synchronous example took 5.956646 seconds (fake at concurrency 1)
    Asynchronous example took 1.479646 seconds (fake)

    backend                  total  speed-up    ideal  efficiency
    fake at concurrency 1  5.957 s     1.00x  5.957 s     100.0 %
    fake                   1.480 s     4.03x  1.480 s     100.0 %

    The mock server on this machine answered.

    Each backend made one pass, connecting included: `compare` and `cargo bench`
    measure many.

    The article reports 12.03 s and 6.95 s, more than its delays imply (5.957 s one
    after another, 1.480 s at once): `elapsed` of Python's requests leaves out
    redirects and bodies, which the totals include.

    Fetching at once took 1.480 s, 4.0 times as fast as one after another:
    everything takes as long as the slowest site.
    "#);
}

#[test]
fn run_is_the_default_command() {
    let args = ["--backend", "fake", "--scenario", "long-tail", "--time-scale", "0.5"];
    assert_eq!(stdout(&args), stdout(&[&["run"], &args[..]].concat()));
}

#[test]
fn run_compares_with_sequential() {
    let printed = stdout(&["--backend", "hyper@smol", "--time-scale", "0.01"]);
    assert_eq!(
        // Within a minute, however busy the machine is.
        printed.matches("https://www.google.com/       : <!doctype  in 0:00:").count(),
        2,
        "{printed}"
    );
    assert!(
        printed.contains(" seconds (ureq@sequential)\nAsynchronous example took "),
        "{printed}"
    );
}

#[test]
fn delays_scale_and_slots_change() {
    let printed = stdout(&[
        "--backend",
        "fake",
        "--scenario",
        "fan-out",
        "--time-scale",
        "0.1",
        "--concurrency",
        "100",
    ]);
    assert!(
        printed.contains("\nSynchronous example took 5.000000 seconds (fake at concurrency 1)\n"),
        "{printed}"
    );
    assert!(printed.contains("\nAsynchronous example took 0.050000 seconds (fake)\n"), "{printed}");
    assert_eq!(
        printed.matches("\n… and 980 more\n").count(),
        2,
        "what went well is not told a thousand times"
    );
}

#[test]
fn no_delays_mean_no_ideal() {
    let printed = stdout(&["--backend", "fake", "--scenario", "bulk"]);
    assert!(!printed.contains("ideal") && !printed.contains("article's"), "{printed}");
}

#[test]
fn hostile_text_is_escaped() {
    let (_directory, path) = file("hostile.toml", HOSTILE);
    let printed = stdout(&["--backend", "fake", "--scenario", path.to_str().unwrap()]);
    insta::assert_snapshot!(printed, @r"
    Running synchronous example
    ␛]0;title␇ �evil␊Running synch: ␛[2J␍␊a�b␉ in 0:00:00.020000s
    short                         : äöü€🦀äöü€🦀 in 0:00:00.010000s

    fake
    Running asynchronous example
    short                         : äöü€🦀äöü€🦀 in 0:00:00.010000s
    ␛]0;title␇ �evil␊Running synch: ␛[2J␍␊a�b␉ in 0:00:00.020000s

    Synchronous example took 0.030000 seconds (fake at concurrency 1)
    Asynchronous example took 0.020000 seconds (fake)

    backend                  total  speed-up    ideal  efficiency
    fake at concurrency 1  0.030 s     1.00x  0.030 s     100.0 %
    fake                   0.020 s     1.50x  0.020 s     100.0 %

    The mock server on this machine answered.

    Each backend made one pass, connecting included: `compare` and `cargo bench`
    measure many.

    Fetching at once took 0.020 s, 1.5 times as fast as one after another:
    everything takes as long as the slowest site.
    ");
}

#[test]
fn live_sites_show_url_or_label() {
    let list =
        "[[site]]\nurl = 'http://a.example/'\n[[site]]\nurl = 'https://b.example/'\nlabel = 'B'\n";
    let (_directory, path) = file("list.toml", list);
    insta::assert_snapshot!(stdout(&["run", "--backend", "fake", "--sites", path.to_str().unwrap()]), @r"
    Running synchronous example
    http://a.example/             :  in 0:00:00.010000s
    B                             :  in 0:00:00.010000s

    fake
    Running asynchronous example
    http://a.example/             :  in 0:00:00.010000s
    B                             :  in 0:00:00.010000s

    Synchronous example took 0.020000 seconds (fake at concurrency 1)
    Asynchronous example took 0.010000 seconds (fake)

    backend                  total  speed-up
    fake at concurrency 1  0.020 s     1.00x
    fake                   0.010 s     2.00x

    The network is part of these figures: each backend fetched once, later than the
    one before, and name look-ups and handshakes are counted.

    Fetching at once took 0.010 s, 2.0 times as fast as one after another:
    everything takes as long as the slowest site.
    ");
}

#[test]
fn fetch_json_keeps_the_order() {
    let args = ["fetch", "--backend", "fake", "--concurrency", "1", "--format", "json"];
    let printed = stdout(&[&args[..], &["http://b.example/x#y", "https://a.example"]].concat());
    insta::assert_snapshot!(printed, @r#"
    {
      "backend": "fake",
      "elapsed_s": 0.02,
      "fetched": [
        {
          "url": "http://b.example/x",
          "final_url": "http://b.example/x",
          "status": 200,
          "bytes": 0,
          "crc32": "00000000",
          "started_s": 0.0,
          "elapsed_s": 0.01,
          "error": null
        },
        {
          "url": "https://a.example/",
          "final_url": "https://a.example/",
          "status": 200,
          "bytes": 0,
          "crc32": "00000000",
          "started_s": 0.01,
          "elapsed_s": 0.01,
          "error": null
        }
      ]
    }
    "#);
}

#[test]
fn fetch_prints_lines() {
    insta::assert_snapshot!(stdout(&["fetch", "--backend", "fake", "http://a.example"]), @r"
    status        bytes    crc32     elapsed  url
    200               0 00000000  0.010000 s  http://a.example/
    1 of 1 fetched in 0.010000 s by fake
    ");
}

#[test]
fn lists_come_from_stdin() {
    let mut child = fetchbench(&["fetch", "--backend", "fake", "--sites", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"# two\nhttp://a.example\n\nhttp://b.example\n")
        .unwrap();
    let printed = text(&child.wait_with_output().unwrap().stdout);
    assert!(printed.ends_with("2 of 2 fetched in 0.010000 s by fake\n"), "{printed}");
}

#[test]
fn failed_fetches_exit_with_3() {
    // A port that was just free, and on which nobody listens.
    let url =
        format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let output = run(&["fetch", "--backend", "ureq@sequential", "--format", "json", &url]);
    assert_eq!(output.status.code(), Some(3));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["fetched"][0]["error"]["class"], "refused");
    assert_eq!(json["fetched"][0]["status"], serde_json::Value::Null);

    let output = run(&["run", "--backend", "ureq@sequential", &url]);
    assert_eq!(output.status.code(), Some(3));
    let printed = text(&output.stdout);
    assert!(
        printed.contains(": refused: ") && printed.contains("invalid: 1 of 1 failed"),
        "{printed}"
    );
}

#[test]
fn built_in_things_are_listed() {
    let json = |what| {
        serde_json::from_str::<serde_json::Value>(&stdout(&["list", what, "--format", "json"]))
            .unwrap()
    };
    let names = |what| -> Vec<String> {
        let listed = json(what);
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("scenarios"),
        "article fan-out crowd keepalive connect bulk long-tail tls tls-cold tls-resumed \
         first-request h2c h2 h2-fan-out h2-bulk h2-limit"
            .split(' ')
            .collect::<Vec<_>>()
    );
    assert!(names("backends").contains(&"fake".to_owned()));
    let both = stdout(&["list"]);
    for name in [names("backends"), names("scenarios")].concat() {
        assert!(
            both.lines().any(|line| line.split_whitespace().next() == Some(&name)),
            "{name}: {both}"
        );
    }
}

#[test]
fn closed_pipes_are_no_error() {
    let list: String = (0..5_000).map(|n| format!("http://a.example/{n}\n")).collect();
    let (_directory, path) = file("list.txt", &list);
    let mut child = fetchbench(&["fetch", "--backend", "fake", "--sites", path.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More than a pipe holds is on its way, so the program is still writing when its reader leaves.
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn signals_set_the_exit_code() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let mut child =
            fetchbench(&["fetch", "--backend", "ureq@sequential", &url]).spawn().unwrap();
        // The fetch has begun once its connection is here; it would wait half a minute for an
        // answer.
        let _connection = silent.accept().unwrap();
        let started = Instant::now();
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn help_has_examples() {
    for command in [&["--help"][..], &["run", "--help"], &["fetch", "--help"], &["list", "--help"]]
    {
        let help = stdout(command);
        assert!(
            help.contains("Usage: fetchbench") && help.contains("Examples:\n  fetchbench"),
            "{help}"
        );
    }
}
