//! What people met: lists, answers and environments from public bug reports, each written anew.
//!
//! They lie in `tests/corpus/people/`; what is right stands beside each of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fetchbench::backend::Backend;
use fetchbench::client::UserOptions;
use fetchbench::fetch::{Fetched, Limits, Progress};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::backends::backends;
use crate::families::families;
use crate::peers::skip;
use crate::raw_server::{RawServer, Then, path};

/// The exit code by which a script reports that this machine does not permit what it needs.
const SKIPPED: i32 = 77;

fn people() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/people")
}

/// A table of cases.
#[derive(Deserialize)]
struct Table<C> {
    case: Vec<C>,
}

/// Reads a table, and makes sure that it and the directory beside it name the same cases.
fn table<C: DeserializeOwned>(kind: &str, name: impl Fn(&C) -> String) -> Vec<C> {
    let text = fs::read_to_string(people().join(format!("{kind}.toml"))).unwrap();
    let cases = toml::from_str::<Table<C>>(&text).unwrap().case;
    let mut named: Vec<String> = cases.iter().map(name).collect();
    named.sort();
    assert_eq!(named, files(kind), "{kind}.toml and {kind}/");
    cases
}

/// The names of the files in a directory of the corpus, in order.
fn files(kind: &str) -> Vec<String> {
    let entries = fs::read_dir(people().join(kind)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An answer, and what is right for it. See the head of `answers.toml`.
#[derive(Deserialize)]
struct Answer {
    name: String,
    status: Option<u16>,
    bytes: Option<u64>,
    class: Option<String>,
    #[serde(default)]
    differs: BTreeMap<String, String>,
    #[serde(default)]
    spoils: Vec<String>,
    #[serde(default)]
    close: bool,
}

impl Answer {
    /// What a client should make of it, or is known to make of it.
    fn expected(&self, client: &str) -> String {
        let right = || match (&self.class, self.status, self.bytes) {
            (Some(class), None, None) => class.clone(),
            (None, Some(status), Some(bytes)) => format!("{status} {bytes}"),
            _ => panic!("{}: needs a class, or a status and bytes", self.name),
        };
        self.differs.get(client).cloned().unwrap_or_else(right)
    }
}

/// The status and length of a page, or the class of a failure.
fn outcome(fetched: &Fetched) -> String {
    match &fetched.result {
        Ok(page) => format!("{} {}", page.status, page.bytes),
        Err(error) => error.class.to_string(),
    }
}

#[test]
fn real_answers_are_read_right() {
    let answers = table("answers", |answer: &Answer| format!("{}.http", answer.name));
    let files: BTreeMap<String, (Vec<u8>, Then)> = answers
        .iter()
        .map(|answer| {
            let bytes = fs::read(people().join(format!("answers/{}.http", answer.name))).unwrap();
            (
                format!("/{}", answer.name),
                (bytes, if answer.close { Then::Close } else { Then::Go }),
            )
        })
        .collect();
    let limits = Limits { deadline: Duration::from_secs(5), ..Limits::new(1.try_into().unwrap()) };
    let mut wrong = Vec::new();
    for ip in families() {
        let files = files.clone();
        let server = RawServer::start_on(ip, move |head| match files.get(path(head)) {
            Some(answer) => answer.clone(),
            None => crate::raw_server::ok("next"),
        });
        for backend in backends() {
            let client = backend.entry().client;
            let mut session =
                backend.open(&UserOptions::default(), &limits, &Progress::default()).unwrap();
            for answer in &answers {
                let mut fetch = |path: &str| {
                    outcome(&session.fetch_all(&[server.url(path)]).unwrap().fetched[0])
                };
                let expected = answer.expected(client);
                let first = fetch(&format!("/{}", answer.name));
                if first != expected {
                    wrong.push(format!(
                        "{backend} on {ip}: {}: {first}, not {expected}",
                        answer.name
                    ));
                }
                // The end of a connection may arrive after the next request has left.
                if answer.close {
                    session = backend
                        .open(&UserOptions::default(), &limits, &Progress::default())
                        .unwrap();
                    continue;
                }
                let next = fetch("/next");
                if (next != "200 4") != answer.spoils.iter().any(|spoilt| spoilt == client) {
                    wrong.push(format!("{backend} on {ip}: behind {}: {next}", answer.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A list, and what is right for it. See the head of `lists.toml`.
#[derive(Deserialize)]
struct List {
    name: String,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    error: Vec<String>,
    #[serde(default)]
    converted: Vec<String>,
}

/// Reads a list as `fetchbench fetch --sites` does: its urls, or the message that refuses it.
///
/// The fake backend answers every url, so nothing is sent.
fn read_list(path: &str) -> Result<Vec<String>, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(["fetch", "--backend", "fake", "--format", "json", "--sites", path]);
    let output = command.current_dir(people().join("lists")).output().unwrap();
    if output.status.code() == Some(2) {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let fetched = listed["fetched"].as_array().unwrap();
    Ok(fetched.iter().map(|fetched| fetched["url"].as_str().unwrap().to_owned()).collect())
}

/// Runs the command that a message advises, and returns the lines that it prints.
fn converted(message: &str) -> Vec<String> {
    let advised = message.split_once("convert it with `").expect("a command is advised").1;
    let command = advised.rsplit_once('`').unwrap().0;
    let command = command.strip_suffix(" > urls.txt").unwrap();
    let directory = people().join("lists");
    let output = Command::new("sh").args(["-c", command]).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn real_lists_read_or_explain() {
    for List { name, urls, error, converted: wanted } in
        table("lists", |list: &List| list.name.clone())
    {
        match read_list(&name) {
            Ok(read) => assert_eq!((read, error), (urls, Vec::new()), "{name}"),
            Err(message) => {
                assert!(!error.is_empty() && urls.is_empty(), "{name}: {message}");
                for part in &error {
                    assert!(message.contains(part), "{name}: {part}: {message}");
                }
                if !wanted.is_empty() {
                    assert_eq!(converted(&message), wanted, "{name}: {message}");
                }
            }
        }
    }
}

const SCENARIO: &str = r#"
description = "a few small pages"
concurrency = 2
[[site]]
label = "page"
repeat = 4
bytes = 100
"#;

#[test]
fn real_environments_are_borne() {
    let backends: Vec<String> = Backend::set_up()
        .filter(|backend| !backend.is_fake() && !backend.entry().is_peer())
        .map(|backend| backend.to_string())
        .collect();
    let mut wrong = Vec::new();
    for script in files("environments") {
        let home = tempfile::tempdir().unwrap();
        let work = home.path().join("work");
        fs::create_dir(&work).unwrap();
        let scenario = home.path().join("small.toml");
        fs::write(&scenario, SCENARIO).unwrap();
        let output = Command::new("sh")
            .arg("-eu")
            .arg(people().join("environments").join(&script))
            .env("FETCHBENCH", env!("CARGO_BIN_EXE_fetchbench"))
            .env("SCENARIO", &scenario)
            .env("BACKENDS", backends.join(" "))
            .env("HOME", home.path())
            .current_dir(&work)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        if output.status.code() == Some(SKIPPED) {
            skip(&format!("{script}: {}", printed.trim()));
            continue;
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || errors.contains("panicked") {
            wrong.push(format!("{script}: {}\n{printed}\n{errors}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
