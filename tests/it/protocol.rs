//! docs/protocol.md says what is true, and its workers take part.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fetchbench::backend::Backend;
use fetchbench::fetch::error::ErrorClass;
use serde_json::Value;

use crate::workshop::{Workshop, json, python_is_missing};

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md")).unwrap()
}

/// Has a worker take part, and expects its backend to be valid.
fn takes_part(workshop: &Workshop, program: &str, name: &str) {
    let backend = format!("exec:{program}");
    let output = workshop.compare(&[
        "--blocks",
        "1",
        "--rounds",
        "1",
        "--backend",
        &backend,
        "--backend",
        "hyper@smol",
        "--export-json",
        "-",
    ]);
    let result = json(&output);
    let backends = result["scenarios"][0]["backends"].as_array().unwrap();
    let backend = backends.iter().find(|found| found["backend"] == name).unwrap();
    assert_eq!(
        (&backend["backend"], &backend["validity"]),
        (&Value::from(name), &Value::from("valid")),
        "{result:#}"
    );
}

#[test]
fn the_worker_on_the_page_works() {
    if python_is_missing() {
        return;
    }
    let page = page();
    let worker = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let workshop = Workshop::new();
    let path = workshop.path().join("my-worker");
    fs::write(&path, worker).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    // In the folder that one is in, whether or not it is said so.
    takes_part(&workshop, "./my-worker", "exec:./my-worker");
    fs::remove_dir_all(workshop.record()).unwrap();
    takes_part(&workshop, "my-worker", "exec:my-worker");
}

#[test]
fn the_example_worker_is_compared() {
    // `cargo test` has built it already; with `--test it` alone it has not.
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(env!("CARGO_MANIFEST_DIR")).args([
        "build",
        "--locked",
        "--quiet",
        "--example",
        "worker",
    ]);
    assert!(build.status().unwrap().success());
    // Beside the folder that this test's own program stands in, wherever the environment has cargo
    // build.
    let target = Path::new(env!("CARGO_BIN_EXE_fetchbench")).ancestors().nth(2).unwrap();
    let program = target.join("debug/examples/worker");
    takes_part(&Workshop::new(), program.to_str().unwrap(), "exec:worker");
}

#[test]
fn the_page_lists_every_class() {
    let page = page();
    let (_, table) = page.split_once("## The classes of failure").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let told: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(told, ErrorClass::ALL.map(ErrorClass::name));
}

#[test]
fn orders_out_of_place_are_errors() {
    let peers = Backend::set_up().filter(|backend| backend.entry().is_peer());
    for backend in peers.chain(["hyper@smol".parse().unwrap()]) {
        for order in [r#"{"pass":{"visit":0}}"#, "nonsense", r#"{"close":{}}"#] {
            let command = backend.worker(Path::new(env!("CARGO_BIN_EXE_fetchbench")));
            let mut worker = Command::new(&command[0])
                .args(&command[1..])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            writeln!(worker.stdin.take().unwrap(), "{order}").unwrap();
            let output = worker.wait_with_output().unwrap();
            let line = String::from_utf8(output.stdout).unwrap();
            let reply: Value = serde_json::from_str(&line).unwrap_or_default();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(reply["error"].is_string(), "{backend}: {order}: {line:?}, {errors}");
        }
    }
}
