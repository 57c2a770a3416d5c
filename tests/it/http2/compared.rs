//! Comparisons of versions of HTTP.

use std::fs;

use crate::cli::text;
use crate::workshop::{SCENARIO, Workshop, json};

const BRIEFLY: [&str; 5] = ["--blocks", "1", "--rounds", "2", "--backend"];

#[test]
fn streams_and_sockets_are_shown() {
    let workshop = Workshop::new();
    let backends = ["hyper@tokio,hyper@tokio+h2,hyper@tokio+h2+conns=2", "--export-json", "-"];
    let compared = json(&workshop.compare(&[&BRIEFLY[..], &backends].concat()));
    let sites = compared["scenarios"][0]["fetches"].as_f64().unwrap();
    let concurrency = compared["scenarios"][0]["concurrency"].as_f64().unwrap();
    let backends = compared["scenarios"][0]["backends"].as_array().unwrap();
    for (name, sockets) in [("+h2", 1.0), ("+h2+conns=2", 2.0), ("", concurrency)] {
        let name = format!("hyper@tokio{name}");
        let backend = backends.iter().find(|backend| backend["backend"] == *name).unwrap();
        assert_eq!(backend["sockets"], sockets, "{backend:#}");
        let streams = Some(sites / sockets).filter(|_| name.contains("+h2"));
        assert_eq!(backend["streams_per_socket"].as_f64(), streams, "{backend:#}");
    }
    let backends = ["hyper@tokio,hyper@tokio+h2", "--force"];
    let output = workshop.compare(&[&BRIEFLY[..], &backends].concat());
    let shown = text(&output.stdout);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("backend sockets streams/socket "), "{shown}");
}

#[test]
fn versions_leave_backends_out() {
    for (version, left_out, reference) in [
        ("2", "hyper@tokio, surf@smol", "hyper@tokio"),
        ("1", "hyper@tokio+h2, hyper@smol+h2", "hyper@smol+h2"),
    ] {
        let workshop = Workshop::new();
        let scenario = format!("http = '{version}'\n{SCENARIO}");
        fs::write(workshop.path().join("small.toml"), scenario).unwrap();
        let backends = "hyper@tokio,surf@smol,hyper@tokio+h2,hyper@smol+h2";
        let output = workshop.compare(&[&BRIEFLY[..], &[backends]].concat());
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shown} {}", text(&output.stderr));
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let note = format!(
            "Left out, because they do not speak the scenario's version of HTTP: {left_out}."
        );
        assert!(words.contains(&note), "{shown}");
        let arguments = ["--backend", backends, "--reference", reference];
        let output = workshop.compare(&arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("and the reference {reference} does not")), "{stderr}");
    }
}

#[test]
fn usual_backends_follow_the_server() {
    let workshop = Workshop::new();
    fs::write(workshop.path().join("small.toml"), format!("http = '2'\n{SCENARIO}")).unwrap();
    let output = workshop.compare(&["--blocks", "1", "--rounds", "1"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown} {}", text(&output.stderr));
    assert!(shown.contains("hyper@tokio+h2") && shown.contains("floor@loop+h2"), "{shown}");
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("version of HTTP: ureq@sequential, "), "{shown}");
}
