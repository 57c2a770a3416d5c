//! `fetchbench audit`: what rows send.

use std::process::Command;

#[test]
fn what_rows_send_is_shown_and_where_they_differ() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(["audit", "--backend", "ureq@threads,hyper,surf@smol", "--format", "json"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for backend in found["rows"].as_array().unwrap() {
        let differences = backend["differences"].to_string();
        assert_eq!(
            differences.contains("content-length: 0"),
            backend["row"] == "surf@smol",
            "{backend:#}"
        );
        assert_eq!(
            (&backend["sockets"], &backend["aspects"]["host"]),
            (&4.into(), &"HOST:PORT".into()),
            "{backend:#}"
        );
    }
}
