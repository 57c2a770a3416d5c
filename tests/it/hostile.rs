//! Programs that take part with bad intentions: each costs one clear line, and nothing that it
//! started outlives it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn fetchbench(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(args);
    command
}

/// The one line that is said of what went wrong.
fn only_line(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), said.matches('\n').count()), (Some(1), 1), "{said:?}");
    assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{said:?}");
    said
}

#[test]
fn hostile_programs_cost_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("ends", "exit 7", "it ended: exit status: 7"),
        ("floods", "exec cat /dev/zero", "it wrote more than 67108864 bytes in one line"),
        ("babbles", "exec yes", "invalid reply"),
        ("whispers", "head -c 9999999 /dev/urandom >&2", "it ended"),
        (
            "colours",
            "read a; printf '{\"error\":\"\\\\u001b[31m\\\\u202e=cmd\"}\\n'",
            "␛[31m\u{fffd}=cmd",
        ),
        (
            "forks",
            "sleep 1000 >/dev/null 2>&1 & echo $! > forked; exit 3",
            "it ended: exit status: 3",
        ),
    ];
    thread::scope(|scope| {
        for (name, script, expected) in cases {
            let program = folder.path().join(name);
            fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            let backend = format!("exec:{}", program.display());
            let mut verify = fetchbench(&["verify", "--backend", &backend, "--fault", "stale"]);
            verify.current_dir(folder.path());
            scope.spawn(move || {
                let line = only_line(&verify.output().unwrap());
                assert!(
                    line.contains(&format!("exec:{name} cannot be verified: "))
                        && line.contains(expected),
                    "{line}"
                );
            });
        }
    });
    let forked = fs::read_to_string(folder.path().join("forked")).unwrap();
    let state = || fs::read_to_string(format!("/proc/{}/stat", forked.trim())).unwrap_or_default();
    // It takes a moment to die, and whoever inherits it may not bury it at once.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !state().is_empty() && !state().contains(") Z ") {
        assert!(Instant::now() < deadline, "{}", state());
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn excessive_orders_are_refused() {
    let order = r#"{"open":{"protocol":1,"urls":["http://127.0.0.1:1/"],"visits":false,"concurrency":18446744073709551615,"deadline_ms":18446744073709551615,"max_body":1,"redirects":0,"connections":"warm"}}"#;
    let mut worker = fetchbench(&["worker", "ureq@threads"]);
    let mut worker =
        worker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut worker.stdin.take().unwrap(), order.as_bytes()).unwrap();
    let line = only_line(&worker.wait_with_output().unwrap());
    assert!(line.contains("needs 18446744073709551615 file descriptors"), "{line}");
}
