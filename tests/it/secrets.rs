//! A marked secret, given to every command in every argument, is in no output: neither on stdout or
//! stderr, nor in a record, a page or a log.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::arguments::calls;
use crate::cli::{fetchbench, text};
use crate::raw_server::{RawServer, Then};
use crate::workshop::{Workshop, python_is_missing};

const SECRET: &str = "s3cret";

/// What a user may write in the wrong place.
const WORDS: [&str; 4] = [
    "https://me:s3cret@a.example/?token=s3cret#s3cret",
    "a.example/?token=s3cret",
    "Authorization: Bearer s3cret",
    "exec:./nothing --token s3cret",
];

/// Where programs with arguments are named. Elsewhere they are any text.
const EXEC_FLAGS: [&str; 2] = ["--backend", "--reference"];

/// Asserts that neither an output nor a file in the folder holds the secret.
fn assert_public(what: &str, output: &Output, folder: &Path) {
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(SECRET), "{what}: {stream}: {text}");
    }
    for file in files(folder) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(SECRET), "{what}: {}: {text}", file.display());
    }
}

/// Returns the files below a folder, except those that the test wrote.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let is_given = |path: &PathBuf| path.ends_with("list.txt") || path.ends_with("list.toml");
    entries.flat_map(below).filter(|path| !is_given(path)).collect()
}

#[test]
fn no_argument_is_repeated() {
    let mut root = fetchbench::cli::command();
    root.build();
    let mut count = 0;
    for command in root.get_subcommands() {
        for word in WORDS {
            for call in calls(command, OsStr::new(word)) {
                let flag = call[call.len() - 2].to_str().unwrap();
                if word.starts_with("exec:") && !EXEC_FLAGS.contains(&flag) {
                    continue;
                }
                let folder = TempDir::new().unwrap();
                let output = fetchbench(&[]).args(&call).current_dir(&folder).output().unwrap();
                assert_public(&format!("{call:?}"), &output, folder.path());
                count += 1;
            }
        }
    }
    assert!(count > 240, "only {count} calls were tried");
}

#[test]
fn usage_errors_hide_values() {
    let url = "http://a.example/?token=s3cret";
    for call in [
        &["compare", "-H", "Authorization: Bearer s3cret"][..],
        &["fetch", "--header"],
        &["fetch", url, "--hedaer", "Authorization: Bearer s3cret"],
        &["fetch", url, "--hedaer=Authorization: Bearer s3cret"],
        &["fetch", url, "-Hs3cret"],
        &["fetch", url, "--user=me:s3cret"],
        &["fetch", url, "-ume:s3cret"],
        &["fetch", url, "--proxy", "http://me:s3cret@proxy.example:8080"],
        &["fetch", url, "--cookie=Cookie: id=s3cret"],
        &["fetch", "ftp://a.example/?token=s3cret"],
        &["fetch", "http://a.example/?token=s3cret x"],
        &["fetch", "http://a.example:x/?token=s3cret"],
        &["fetch", "me:s3cret@a.example"],
        &["fetch", "X-Api-Key: s3cret"],
        &["run", "--scenario", "https://me:s3cret@a.example/list.toml"],
        &["compare", "--backend", "exec:./nothing 'not closed s3cret"],
        &["compare", "--backend", "mine=exec:./nothing --token s3cret"],
        &["fetch", url, "--backend", "exec:./nothing --token s3cret"],
        &["ab", "./nothing", "./nothing", "--backend", "exec:./nothing --token s3cret"],
    ] {
        let folder = TempDir::new().unwrap();
        let output = fetchbench(call).current_dir(&folder).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{call:?}: {}", text(&output.stderr));
        assert_public(&format!("{call:?}"), &output, folder.path());
    }
}

#[test]
fn lists_are_not_repeated() {
    let folder = TempDir::new().unwrap();
    for list in [
        "https://me:s3cret@a.example/\n",
        "ftp://a.example/?token=s3cret\nb.example/?token=s3cret\n",
        "1,https://a.example/?token=s3cret\n",
        "GET https://a.example/?token=s3cret HTTP/1.1\nAuthorization: Bearer s3cret\n",
    ] {
        let path = folder.path().join("list.txt");
        fs::write(&path, list).unwrap();
        let toml = folder.path().join("list.toml");
        fs::write(&toml, format!("[[site]]\nurl = '''{}'''\n", list.trim_end())).unwrap();
        for file in [&path, &toml] {
            for command in ["run", "fetch", "compare"] {
                let output = fetchbench(&[command, "--sites"]).arg(file).output().unwrap();
                assert_eq!(output.status.code(), Some(2), "{list}: {}", text(&output.stderr));
                assert_public(&format!("{command} {list}"), &output, folder.path());
            }
        }
    }
}

/// `fetchbench serve` with an access log.
struct Mock {
    child: Child,
    url: String,
}

impl Drop for Mock {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

impl Mock {
    fn start(folder: &Path) -> Self {
        let arguments = ["serve", "small.toml", "--end-with-stdin", "--access-log", "access.jsonl"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
            .current_dir(folder)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = announced_url(child.stdout.take().unwrap());
        Self { child, url }
    }
}

fn announced_url(stdout: ChildStdout) -> String {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let announced: Value = serde_json::from_str(&line).unwrap();
    announced["sites"][0]["url"].as_str().unwrap().to_owned()
}

/// A server that redirects to a url with a user name, and at `/bad` to one that is not followed.
fn redirecting() -> RawServer {
    RawServer::start(|head| {
        let answer = if head.starts_with("GET /bad") {
            "302 Found\r\nlocation: ftp://me:s3cret@a.example/?token=s3cret\r\n"
        } else if head.starts_with("GET /end") {
            "200 OK\r\n"
        } else {
            "302 Found\r\nlocation: /end?code=s3cret#s3cret\r\n"
        };
        (format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n").into_bytes(), Then::Go)
    })
}

#[test]
fn fetches_hide_secrets() {
    let workshop = Workshop::new();
    let mock = Mock::start(workshop.path());
    let redirecting = redirecting();
    let urls = [
        // The log has no line for a target with a query, which no site has.
        format!("{}#s3cret", mock.url),
        format!("{}?token=s3cret#s3cret", mock.url),
        redirecting.url("/?token=s3cret").to_string(),
        redirecting.url("/bad?token=s3cret").to_string(),
        "http://127.0.0.1:9/?token=s3cret".to_owned(),
        "http://nowhere.invalid/?token=s3cret".to_owned(),
        "https://127.0.0.1:9/?token=s3cret".to_owned(),
    ];
    let header = ["-H", "Authorization: Bearer s3cret"];
    let run = |arguments: &[&str]| {
        let output = fetchbench(arguments)
            .args(["--redirects", "3", "--timeout", "5s"])
            .args(&urls)
            .current_dir(workshop.path())
            .output()
            .unwrap();
        let shown = text(&output.stdout);
        // `run` cuts urls.
        assert!(shown.contains("/?token=…"), "{arguments:?}: {shown}{}", text(&output.stderr));
        assert_public(&format!("{arguments:?}"), &output, workshop.path());
    };
    for backend in crate::backends::backends() {
        // Programs in other languages send no headers.
        let header = if backend.entry().is_peer() { &header[..0] } else { &header[..] };
        let backend = backend.to_string();
        for format in ["text", "json"] {
            run(&[&["fetch", "--format", format, "--backend", &backend][..], header].concat());
        }
    }
    run(&[&["run", "--backend", "hyper@tokio,ureq@threads"][..], &header[..]].concat());
    let log = fs::read_to_string(workshop.path().join("access.jsonl")).unwrap();
    assert!(log.contains("\"status\":") && !log.contains(SECRET), "{log}");
}

/// The forms of a report, with their files.
const FORMS: [(&str, &str); 8] = [
    ("--html", "page.html"),
    ("--svg", "picture.svg"),
    ("--markdown", "report.md"),
    ("--json", "figures.json"),
    ("--csv", "figures.csv"),
    ("--bencher", "bmf.json"),
    ("--benchmark-action", "benchmark-action.json"),
    ("--index", "index.html"),
];

#[test]
fn records_hide_secrets() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let mock = Mock::start(workshop.path());
    let url = format!("{}?token=s3cret#s3cret", mock.url);
    let list = format!("{url}\nhttp://127.0.0.1:9/?token=s3cret\n");
    fs::write(workshop.path().join("list.txt"), list).unwrap();
    let worker = workshop.worker("right");
    let backends = format!("hyper@tokio,mine={worker} --token s3cret");
    let call = |arguments: &[&str]| {
        let output = fetchbench(arguments).current_dir(workshop.path()).output().unwrap();
        assert_public(&format!("{arguments:?}"), &output, workshop.path());
        output
    };
    let once = ["--backend", &backends, "--blocks", "1", "--rounds", "1", "--allow-unfit"];
    let exports = ["--export-json", "a.json", "--export-markdown", "a.md", "--export-csv", "a.csv"];
    let compare = |arguments: &[&str]| {
        call(&[&["compare"], arguments, &once, &exports].concat());
    };
    compare(&["--sites", "list.txt", "--record", "live"]);
    compare(&["small.toml", "--record", "old"]);
    compare(&["small.toml", "--record", "new"]);
    let environment = fs::read_to_string(workshop.path().join("old/comparison.json")).unwrap();
    assert!(environment.contains(" …"), "the arguments are left out: {environment}");
    for record in ["live", "old"] {
        call(&["report", record]);
        for (flag, file) in FORMS {
            call(&["report", record, flag, file]);
        }
        call(&["report", record, "--snippet", "--markdown", "-"]);
    }
    for format in ["text", "markdown", "json"] {
        call(&["diff", "old", "new", "--force", "--format", format]);
        call(&["audit", "--backend", &backends, "--format", format]);
    }
    for format in ["text", "markdown", "snippet", "json", "junit"] {
        call(&["verify", "--backend", &backends, "--fault", "stale", "--format", format]);
    }
}

#[test]
fn every_form_of_report_is_tried() {
    let mut root = fetchbench::cli::command();
    root.build();
    let report = root.find_subcommand("report").unwrap();
    for argument in report.get_arguments() {
        let is_file = argument.get_value_names().is_some_and(|names| names[0] == "FILE");
        let Some(long) = argument.get_long().filter(|_| is_file) else { continue };
        assert!(FORMS.iter().any(|(flag, _)| flag.trim_start_matches("--") == long), "--{long}");
    }
}
