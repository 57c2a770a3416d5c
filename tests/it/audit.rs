//! `fetchbench audit`: the requests of backends.

use std::process::Command;

#[test]
fn requests_and_differences_shown() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(["audit", "--backend", "ureq@threads,hyper,surf@smol", "--format", "json"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for backend in found["backends"].as_array().unwrap() {
        let differences = backend["differences"].to_string();
        assert_eq!(
            differences.contains("content-length: 0"),
            backend["backend"] == "surf@smol",
            "{backend:#}"
        );
        assert_eq!(
            (&backend["sockets"], &backend["aspects"]["host"]),
            (&4.into(), &"HOST:PORT".into()),
            "{backend:#}"
        );
    }
}

#[test]
fn http2_is_not_audited() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(["audit", "--backend", "hyper@tokio,hyper@tokio+h2", "--format", "json"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let differences = |index: usize| found["backends"][index]["differences"].clone();
    assert_eq!(differences(0), serde_json::json!([]), "it is not compared with the other");
    let why = "not audited: the audit reads HTTP/1.1 only";
    assert_eq!(differences(1), serde_json::json!([why]));
}
