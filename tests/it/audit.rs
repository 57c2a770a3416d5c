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

/// Returns what `audit` prints as JSON.
fn audited(args: &[&str]) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let output = command.args(["audit", "--format", "json"]).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn versions_are_audited_apart() {
    let found = audited(&["--backend", "hyper@tokio,hyper@tokio+h2"]);
    let backend = |index: usize| &found["backends"][index];
    for (index, sockets) in [(0, 4), (1, 1)] {
        let (opened, ideal) = (&backend(index)["sockets"], &backend(index)["sockets_ideal"]);
        assert_eq!((opened, ideal), (&sockets.into(), &sockets.into()), "{found:#}");
        assert_eq!(backend(index)["differences"], serde_json::json!([]), "{found:#}");
    }
    assert_eq!(backend(0)["http2"], serde_json::Value::Null);
    assert_eq!(backend(1)["aspects"]["pseudo-headers"], ":method :scheme :authority :path");
    assert_eq!(backend(1)["aspects"]["order"], "user-agent accept accept-encoding");
}

#[test]
fn http2_clients_are_audited() {
    let names = ["hyper@tokio", "hyper-util@tokio", "floor@loop"];
    let found = audited(&["--http", "2", "--backend", &names.join(",")]);
    for (backend, name) in found["backends"].as_array().unwrap().iter().zip(names) {
        assert_eq!(backend["backend"], format!("{name}+h2"));
        let path = "\r\n:path: /0/0\r\n";
        assert!(backend["request"].as_str().unwrap().contains(path), "{backend:#}");
        let settings = backend["http2"]["settings"].as_array().unwrap();
        assert!(settings.contains(&serde_json::json!([2, 0])), "pushes are disabled: {backend:#}");
        let lengths = backend["http2"]["header_bytes"].as_array().unwrap();
        assert_eq!(lengths.len(), 16, "{backend:#}");
        // Only floor puts nothing into the dynamic table.
        let is_shorter = lengths[15].as_u64() < lengths[0].as_u64();
        assert_eq!(is_shorter, name != "floor@loop", "{backend:#}");
        assert_eq!(backend["http2"]["window_updates"][0][0], 0, "{backend:#}");
    }
}
