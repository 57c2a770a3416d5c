//! Arguments that are not UTF-8: no command panics over one.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Output;

use clap::{Arg, Command};
use tempfile::TempDir;

use crate::cli::{fetchbench, text};

/// A word of Latin-1.
const WORD: &[u8] = b"l\xff";

/// What makes a command short, whatever else is said.
fn short(command: &str) -> &'static [&'static str] {
    const FETCH: [&str; 2] = ["--backend", "fake"];
    match command {
        "run" | "fetch" => &FETCH,
        "compare" => {
            &["keepalive", "--backend", "floor,ureq@threads", "--blocks", "1", "--rounds", "1"]
        }
        "ab" => &["/bin/true", "/bin/true", "keepalive", "--backend", "floor"],
        "verify" => &["--backend", "ureq@sequential", "--fault", "stale"],
        "audit" => &["--backend", "ureq@sequential"],
        "serve" => &["article", "--end-with-stdin"],
        "net" => &["rtt=1ms", "--", "true"],
        "enter" | "link" | "list" | "peers" | "report" | "diff" | "merge" | "doctor"
        | "completions" | "man" | "calibration" | "worker" | "help" => &[],
        other => panic!("no short call of {other} is known"),
    }
}

/// The calls that have a word as the value of an argument.
pub fn calls(command: &Command, word: &OsStr) -> Vec<Vec<OsString>> {
    let with = |argument: &Arg| -> Vec<OsString> {
        let flag = argument.get_long().map(|long| OsString::from(format!("--{long}")));
        let own = |given: &&&str| flag.as_deref() == Some(OsStr::new(**given));
        let all = short(command.get_name());
        // The word takes the place of the value that the call would have.
        let given = all.iter().position(|given| own(&given)).map_or(all.len(), |at| at);
        let (before, after) = (&all[..given], all.get(given + 2..).unwrap_or_default());
        let mut call = vec![OsString::from(command.get_name())];
        call.extend(before.iter().chain(after).map(OsString::from));
        call.extend(flag);
        call.push(word.to_owned());
        call
    };
    let takes_value = |argument: &&Arg| argument.get_action().takes_values();
    command
        .get_arguments()
        .filter(takes_value)
        .map(with)
        .chain([vec![command.get_name().into(), word.to_owned()]])
        .collect()
}

fn check(call: &[OsString], output: &Output) {
    let stderr = text(&output.stderr);
    assert!(
        output.status.code().is_some_and(|code| code != 101),
        "{call:?}: {:?}: {stderr}",
        output.status
    );
    assert!(!stderr.contains("panicked"), "{call:?}: {stderr}");
    if output.status.code() == Some(2) {
        assert!(
            stderr.starts_with("error: ") && stderr.matches('\n').count() == 1,
            "{call:?}: {stderr}"
        );
    }
}

#[test]
fn any_word_is_borne() {
    let folder = TempDir::new().unwrap();
    let mut root = fetchbench::cli::command();
    root.build();
    let mut count = 0;
    for command in root.get_subcommands() {
        for call in calls(command, OsStr::from_bytes(WORD)) {
            let output = fetchbench(&[]).args(&call).current_dir(&folder).output().unwrap();
            check(&call, &output);
            count += 1;
        }
    }
    assert!(count > 80, "only {count} calls were tried");
    for call in
        [vec![OsStr::from_bytes(WORD).to_owned()], vec![OsStr::from_bytes(b"--l\xff").to_owned()]]
    {
        check(&call, &fetchbench(&[]).args(&call).output().unwrap());
    }
}

#[test]
fn paths_need_not_be_utf_8() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(OsStr::from_bytes(WORD));
    fs::write(&path, "http://a.example\n").unwrap();
    let output =
        fetchbench(&["fetch", "--backend", "fake", "--sites"]).arg(&path).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    let record = folder.path().join(OsStr::from_bytes(b"r\xff"));
    let args = [
        "compare",
        "keepalive",
        "--backend",
        "floor,ureq@threads",
        "--blocks",
        "1",
        "--cycles",
        "1",
        "--record",
    ];
    let output = fetchbench(&args).arg(&record).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let environment = fs::read_to_string(record.join("environment.json")).unwrap();
    assert!(environment.contains("--record r\u{fffd}"), "the command is kept: {environment}");
    let output = fetchbench(&["report"]).arg(Path::new(&record)).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
