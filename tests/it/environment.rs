//! Environments that are odd: streams that are closed or full, folders that are gone, few file
//! descriptors.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::cli::text;

/// Runs a script in which `$0` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_fetchbench");
    Command::new("sh").args(["-c", script, program]).current_dir(folder).output().unwrap()
}

/// The exit code of a script, and what it wrote to standard error.
fn ended(script: &str) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let output = shell(folder.path(), script);
    (output.status.code(), text(&output.stderr))
}

const COMPARE: &str = "\"$0\" compare keepalive --backend floor,ureq@threads --blocks 1 --rounds 1 \
                       --record r";

#[test]
fn streams_may_be_closed_or_full() {
    for streams in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"] {
        let (code, stderr) = ended(&format!("{COMPARE} {streams}"));
        assert_eq!(code, Some(0), "{streams}: {stderr}");
        let (code, stderr) =
            ended(&format!("\"$0\" fetch --backend fake http://a.example {streams}"));
        assert_eq!((code, &*stderr), (Some(0), ""), "{streams}");
    }
    assert_eq!(
        ended("\"$0\" fetch --sites - --backend fake <&-").0,
        Some(2),
        "a list from nowhere is empty"
    );
    for command in ["list scenarios", "fetch --backend fake http://a.example", "serve article"] {
        let (code, stderr) = ended(&format!("\"$0\" {command} >/dev/full"));
        assert_eq!(code, Some(5), "{command}: {stderr}");
        assert!(stderr.starts_with("error: cannot write to stdout: "), "{command}: {stderr}");
    }
}

#[test]
fn variables_may_hold_any_bytes() {
    let names = "HOME PATH TERM LANG LC_ALL NO_COLOR TMPDIR http_proxy NO_PROXY SSL_CERT_FILE RUST_LOG COLUMNS";
    let set = format!("for name in {names}; do export $name=\"$(printf 'l\\377')\"; done");
    for command in
        [COMPARE, "\"$0\" run --time-scale 0", "\"$0\" list backends", "\"$0\" run --help"]
    {
        let (code, stderr) = ended(&format!("{set}; {command}"));
        assert_eq!(code, Some(0), "{command}: {stderr}");
        let (code, stderr) =
            ended(&format!("for name in {names}; do unset $name; done; {command}"));
        assert_eq!(code, Some(0), "{command}, without any: {stderr}");
    }
}

#[test]
fn the_folder_may_be_gone() {
    let gone = "mkdir gone && cd gone && rmdir ../gone";
    assert_eq!(
        ended(&format!("{gone} && \"$0\" run --backend fake http://a.example")),
        (Some(0), String::new())
    );
    for (command, code) in
        [(COMPARE, 5), ("\"$0\" verify --record r", 5), ("\"$0\" report r", 2), ("\"$0\" man .", 5)]
    {
        let (ended, stderr) = ended(&format!("{gone} && {command}"));
        assert_eq!(ended, Some(code), "{command}: {stderr}");
        assert_eq!(stderr.matches('\n').count(), 1, "{command}: {stderr}");
    }
}

#[test]
fn grids_are_kept_in_new_folders() {
    let folder = TempDir::new().unwrap();
    let verify = "\"$0\" verify --backend ureq@sequential --fault stale";
    let output = shell(folder.path(), &format!("{verify} --record new/folder"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(folder.path().join("new/folder")).unwrap().count(), 2);

    fs::write(folder.path().join("file"), "no marker").unwrap();
    for (flag, code) in [("--record file", 5), ("--record /proc/self", 5)] {
        let output = shell(folder.path(), &format!("{verify} {flag}"));
        let stderr = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(code), String::new()),
            "{flag}: {stderr}"
        );
    }
    for command in ["compare keepalive --record file", "report file", "diff file file"] {
        let output = shell(folder.path(), &format!("\"$0\" {command}"));
        assert_eq!(
            text(&output.stderr).matches('\n').count(),
            1,
            "{command}: {}",
            text(&output.stderr)
        );
        assert!(matches!(output.status.code(), Some(2 | 5)), "{command}");
    }
}

#[test]
fn records_leave_the_folder_alone() {
    let folder = TempDir::new().unwrap();
    let compare = "XDG_STATE_HOME=$PWD/state \"$0\" compare keepalive --backend floor,ureq@threads --blocks 1 --rounds 1";
    let records = |script: &str, directory: &str| {
        let output = shell(folder.path(), &format!("unset CARGO_TARGET_DIR; {script}"));
        let directory = folder.path().join(directory);
        let stderr = text(&output.stderr);
        assert!(stderr.contains("The record: ") && stderr.contains("/fetchbench/2"), "{stderr}");
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{error}: {stderr}")).count()
    };
    assert_eq!(records(compare, "state/fetchbench"), 1);
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[workspace]").unwrap();
    assert_eq!(records(&format!("cd src && {compare}"), "target/fetchbench"), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "only the four made here");
}

#[test]
fn one_url_needs_few_descriptors() {
    let fetch = "\"$0\" fetch --backend hyper@smol http://127.0.0.1:1";
    // Nothing listens at port 1.
    assert_eq!(ended(&format!("ulimit -n 64 && {fetch}")).0, Some(3));
    let (code, stderr) = ended(&format!("ulimit -n 20 && {fetch}"));
    assert_eq!(code, Some(2), "{stderr}");
    assert_eq!(
        stderr,
        "error: concurrency 1 needs 33 file descriptors and at most 20 are allowed: raise the hard limit with \
         `ulimit -n 33` (as root)\n"
    );
}

#[test]
fn the_named_number_is_enough() {
    let commands = [
        "fetch --backend floor http://127.0.0.1:1 --concurrency 40",
        "run --time-scale 0",
        "compare keepalive --backend floor,ureq@threads --blocks 1 --rounds 1 --record r",
        "audit --backend ureq@threads",
        "verify --backend ureq@sequential --fault stale",
    ];
    assert_eq!(ended("ulimit -n 14 && \"$0\" serve tls").0, Some(2));
    for command in commands {
        let (code, stderr) = ended(&format!("ulimit -n 20 && \"$0\" {command}"));
        assert_eq!(code, Some(2), "{command}: {stderr}");
        let enough =
            stderr.split("`ulimit -n ").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
        let (code, stderr) = ended(&format!("ulimit -n {enough} && \"$0\" {command}"));
        assert!(matches!(code, Some(0 | 3)), "{command} with {enough}: {stderr}");
        assert!(
            !stderr.contains("descriptor") && !stderr.contains("open files"),
            "{command}: {stderr}"
        );
    }
}
