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
