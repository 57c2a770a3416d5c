//! A directory with a small scenario, and workers in Python that are right or broken.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

pub const SCENARIO: &str = r#"
description = "small pages"
concurrency = 3
deadline = "1s"
[[site]]
label = "page"
repeat = 6
bytes = 200
delay = "2ms"
"#;

/// A worker that fetches one after another, and does what its name says is wrong.
const WORKER: &str = r#"#!/usr/bin/env python3
import http.client, json, sys, time, urllib.parse, zlib
mode = "MODE"
connections, cache, last = {}, {}, None

def fetch(url):
    parts = urllib.parse.urlsplit(url)
    if parts.netloc not in connections:
        connections[parts.netloc] = http.client.HTTPConnection(parts.netloc)
    connections[parts.netloc].request("GET", parts.path)
    answer = connections[parts.netloc].getresponse()
    return answer.status, answer.read()

def outcome(start, url, index):
    began = time.perf_counter_ns()
    status, body = fetch(url)
    if mode == "twice" and index == 0:
        fetch(url)
    if mode == "truncates":
        body = body[:100]
    if mode == "head-only":
        body = b""
    return [began - start, time.perf_counter_ns() - began, status, len(body), zlib.crc32(body)]

for line in sys.stdin:
    order = json.loads(line)
    if "open" in order:
        task = order["open"]
        print(json.dumps({"ready": {"client": "http.client", "executor": "python", "threads": 1, **({"speaks": []} if mode == "plain" else {})}}), flush=True)
        continue
    visit = order["pass"]["visit"]
    if mode == "crashes" and visit > 0:
        sys.exit("out of ideas")
    if mode == "hangs" and visit > 0:
        time.sleep(60)
    if mode == "floods" and visit > 0:
        while True:
            sys.stdout.write("x" * 65536)
    if mode == "babbles" and visit > 0:
        print("hello", flush=True)
        continue
    urls = [url + "/" + str(visit) for url in task["urls"]]
    start = time.perf_counter_ns()
    if mode == "caches" and cache:
        fetched = cache["first"]
    elif mode == "skips":
        fetched = [outcome(start, url, index) for index, url in enumerate(urls[:-1])]
        fetched.append(fetched[-1])
    else:
        fetched = [outcome(start, url, index) for index, url in enumerate(urls)]
    cache.setdefault("first", fetched)
    elapsed = time.perf_counter_ns() - start
    if mode == "answers-late" and last is not None:
        fetched, last = last, fetched
    elif mode == "answers-late":
        last = fetched
    if mode == "boasts":
        elapsed //= 2
    if mode == "dawdles":
        elapsed, fetched = 2**64 - 1, [[2**64 - 1] * 2 + told[2:] for told in fetched]
    print(json.dumps({"pass": {"visit": visit, "elapsed_ns": elapsed, "fetched": fetched}}), flush=True)
"#;

/// A folder to compare in.
pub struct Workshop(TempDir);

impl Workshop {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("small.toml"), SCENARIO).unwrap();
        Self(folder)
    }

    /// A worker of that mode, as `--backend` takes it.
    pub fn worker(&self, mode: &str) -> String {
        let path = self.0.path().join(mode);
        fs::write(&path, WORKER.replace("MODE", mode)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        format!("exec:{}", path.display())
    }

    pub fn record(&self) -> std::path::PathBuf {
        self.0.path().join("record")
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// `fetchbench compare` on the small scenario, into the record, with these arguments. Every block
    /// counts, because other tests run beside it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
        command
            .current_dir(self.path())
            .args(["compare", "small.toml", "--allow-unfit", "--record", "record"])
            .args(arguments);
        command.stdin(Stdio::null());
        command
    }

    pub fn compare(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

/// What a command printed, as JSON.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

pub fn python_is_missing() -> bool {
    let missing = Command::new("python3").arg("-V").output().is_err();
    let required = std::env::var_os("FETCHBENCH_REQUIRE_PEERS").is_some();
    assert!(!(missing && required), "python3 is required here");
    if missing {
        crate::peers::say("skipped: python3 is not installed");
    }
    missing
}

/// Sends a signal to a child process.
pub fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
}
