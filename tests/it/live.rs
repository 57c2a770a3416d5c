//! What `compare --sites` and `run` report of sites that are dead or treat backends differently.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use fetchbench::record::{ComparisonRecord, Probe};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::raw_server::{DeadPort, RawServer, Then, ok, path, raw};
use crate::workshop::{Workshop, json, python_is_missing, send};

const BACKENDS: &str = "hyper@smol:1,surf@smol:1";

/// A backend with its validity, if it is valid.
fn valid(backend: &str) -> (String, String) {
    (backend.to_owned(), "valid".to_owned())
}

/// The loopback addresses of this machine.
fn loopbacks() -> impl Iterator<Item = IpAddr> {
    let all: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    all.into_iter().filter(|ip| std::net::TcpListener::bind((*ip, 0)).is_ok())
}

/// The content length of a request without body is sent by surf alone.
fn is_surf(head: &str) -> bool {
    head.to_ascii_lowercase().contains("\ncontent-length: 0\n")
}

/// `fetchbench compare` on those sites, into the record.
fn command(workshop: &Workshop, sites: &[String], arguments: &[&str]) -> Command {
    fs::write(workshop.path().join("sites.txt"), sites.join("\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.current_dir(workshop.path()).args([
        "compare",
        "--sites",
        "sites.txt",
        "--record",
        "record",
    ]);
    command
        .args(["--allow-unfit", "--blocks", "1", "--rounds", "1"])
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn compare(workshop: &Workshop, sites: &[String], arguments: &[&str]) -> Output {
    command(workshop, sites, arguments).output().unwrap()
}

fn report(workshop: &Workshop, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command
        .current_dir(workshop.path())
        .args(["report", "record"])
        .args(arguments)
        .output()
        .unwrap()
}

/// A text without its line breaks and Markdown escapes.
fn flat(text: &[u8]) -> String {
    let text = String::from_utf8(text.to_vec()).unwrap().replace('\\', "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn probe(workshop: &Workshop) -> Probe {
    ComparisonRecord::read(&workshop.record()).unwrap().setup.workloads.remove(0).probe.unwrap()
}

/// The validity of each backend, in the order of their names.
fn validities(result: &Value) -> Vec<(String, String)> {
    let backends = result["scenarios"][0]["backends"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut found: Vec<_> =
        backends.map(|backend| (text(&backend["backend"]), text(&backend["validity"]))).collect();
    found.sort();
    found
}

#[test]
fn a_dead_site_is_left_out() {
    for ip in loopbacks() {
        let (alive, dead) = (RawServer::start_on(ip, |_| ok("hello")), DeadPort::new(ip));
        let workshop = Workshop::new();
        let sites = [dead.url("/?token=s3cret"), alive.url("/").to_string()];
        let files = ["--backend", "hyper@smol:1,ureq@threads", "--export-json", "figures.json"];
        let output = compare(&workshop, &sites, &files);
        let text = flat(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let note = format!(
            "Left out: 1 of 2 sites failed for every backend: {} (refused).",
            dead.url("/?token=…")
        );
        assert!(
            text.contains(&note) && text.contains("live: 1 fetch at concurrency 1"),
            "{note} {text}"
        );
        let result: Value =
            serde_json::from_slice(&fs::read(workshop.path().join("figures.json")).unwrap())
                .unwrap();
        assert_eq!(validities(&result), [valid("hyper@smol:1"), valid("ureq@threads")]);
        assert!(result["scenarios"][0]["backends"][0]["median_s"].is_f64(), "{result:#}");
        assert_eq!(result["scenarios"][0]["probe"]["dead"], 1);
        // The record alone says the same.
        assert!(flat(&report(&workshop, &[]).stdout).contains(&note));
        assert!(flat(&report(&workshop, &["--markdown", "-"]).stdout).contains(&note));
        let page = report(&workshop, &["--html", "-"]).stdout;
        assert!(
            String::from_utf8(page)
                .unwrap()
                .contains("Left out: 1 of 2 sites failed for every backend: ")
        );
        assert_eq!(json(&report(&workshop, &["--allow-unfit", "--json", "-"])), result);
        crate::schema::assert_follows(&workshop.record());
        let head = fs::read_to_string(workshop.record().join("comparison.json")).unwrap();
        assert!(!head.contains("s3cret"), "{head}");
    }
}

#[test]
fn strict_minds_a_dead_site() {
    let (alive, dead) =
        (RawServer::start(|_| ok("hello")), DeadPort::new(Ipv4Addr::LOCALHOST.into()));
    let workshop = Workshop::new();
    let sites = [alive.url("/").to_string(), dead.url("/")];
    let output =
        compare(&workshop, &sites, &["--backend", BACKENDS, "--strict", "--export-json", "-"]);
    assert_eq!(output.status.code(), Some(3));
    let found = validities(&json(&output));
    assert_eq!(found, BACKENDS.split(',').map(valid).collect::<Vec<_>>());
}

#[test]
fn strict_is_for_live_sites() {
    let refused = |output: Output| {
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        flat(&output.stderr)
    };
    assert!(
        refused(Workshop::new().compare(&["--strict"]))
            .contains("'[SCENARIO]...' cannot be used with '--strict'")
    );
    let alone = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
        .args(["compare", "--strict"])
        .output()
        .unwrap();
    assert!(refused(alone).contains("not provided: --sites <FILE>"));
}

#[test]
fn dead_sites_end_it_early() {
    let (dead, workshop) = (DeadPort::new(Ipv4Addr::LOCALHOST.into()), Workshop::new());
    let sites: Vec<String> = (0..12).map(|site| dead.url(&format!("/{site}"))).collect();
    let output = compare(&workshop, &sites, &["--backend", BACKENDS]);
    let text = flat(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("12 of 12 sites failed for every backend: "), "{text}");
    assert!(text.contains(&format!("{} (refused), and 2 more.", dead.url("/9"))), "{text}");
    assert!(
        text.contains("On live every site failed for every backend: there is nothing to compare."),
        "{text}"
    );
    assert_eq!(ComparisonRecord::read(&workshop.record()).unwrap().passes, []);
    crate::schema::assert_follows(&workshop.record());
}

#[test]
fn a_site_may_fail_for_some() {
    let picky =
        RawServer::start(|head| if is_surf(head) { raw("", Then::Reset) } else { ok("hello") });
    let workshop = Workshop::new();
    let sites = [picky.url("/?token=s3cret").to_string()];
    let output = compare(
        &workshop,
        &sites,
        &["--backend", "hyper@smol:1,surf@smol:1", "--export-json", "-"],
    );
    assert_eq!(output.status.code(), Some(3));
    let result = json(&output);
    let backend = |name: &str, validity: &str| (name.to_owned(), validity.to_owned());
    assert_eq!(
        validities(&result),
        [backend("hyper@smol:1", "valid"), backend("surf@smol:1", "errors")]
    );
    let text = flat(&report(&workshop, &[]).stdout);
    let why = format!(
        "1 of 1 failed, first {}: ",
        picky.url("/?token=…").as_str().replace("%E2%80%A6", "…")
    );
    assert!(text.contains(&format!("surf@smol:1: errors (2 passes): {why}reset")), "{text}");
    assert_eq!((probe(&workshop).dead, probe(&workshop).differing), (0, 0));
}

/// A server that redirects all but surf.
fn redirecting() -> RawServer {
    RawServer::start(|head| match path(head).split('?').next() {
        Some("/") if !is_surf(head) => {
            raw("HTTP/1.1 302 F\r\nLocation: /x?id=s3cret\r\nContent-Length: 0\r\n\r\n", Then::Go)
        }
        _ => ok("hello"),
    })
}

#[test]
fn different_urls_are_noted() {
    let (server, workshop) = (redirecting(), Workshop::new());
    let backends = "hyper@smol:1,surf@smol:1,ureq@threads";
    let output = compare(&workshop, &[server.url("/").to_string()], &["--backend", backends]);
    let text = flat(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let site = server.url("/");
    let note = format!(
        "{site} ended differently: 200 at {site}x?id=… (hyper@smol:1, ureq@threads); 200 at \
         {site} (surf@smol:1)."
    );
    assert!(text.contains(&note), "{note} {text}");
    assert!(flat(&report(&workshop, &[]).stdout).contains(&note));
    let figures = json(&report(&workshop, &["--json", "-"]));
    assert_eq!(
        figures["scenarios"][0]["probe"]["first_differing"][0]["endings"][1]["backends"][0],
        "surf@smol:1"
    );
    crate::schema::assert_follows(&workshop.record());
}

#[test]
fn strict_compares_statuses() {
    let server = RawServer::start(|head| match is_surf(head) {
        true => raw("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", Then::Go),
        false => ok("hello"),
    });
    let workshop = Workshop::new();
    let arguments = ["--backend", "hyper@smol:1,surf@smol:1", "--strict"];
    let output = compare(&workshop, &[server.url("/").to_string()], &arguments);
    let text = flat(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    let site = server.url("/");
    let note = format!(
        "{site} ended differently: 200 at {site} (hyper@smol:1); 403 at {site} (surf@smol:1)."
    );
    assert!(text.contains(&note), "{note} {text}");
}

#[test]
fn run_notes_different_urls() {
    let server = redirecting();
    let run = |backends: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
        let command = command.args(["run", "--backend", backends, server.url("/").as_str()]);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let output = run("ureq@sequential,hyper@smol,surf@smol");
    let text = flat(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let site = server.url("/");
    let note = format!(
        "{site} ended differently: 200 at {site}x?id=… (ureq@sequential, hyper@smol); 200 at \
         {site} (surf@smol)."
    );
    assert!(text.contains(&note), "{note} {text}");
    assert!(!flat(&run("ureq@sequential,hyper@smol").stdout).contains("ended differently"));
}

#[test]
fn workers_need_report_no_urls() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let worker = workshop.worker("works");
    // The worker follows no redirects, and reports none.
    let server = RawServer::start(|head| match path(head) {
        "/same/0" | "/same/1" => ok("hello"),
        "/there" => ok("hello"),
        _ => raw("HTTP/1.1 302 F\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", Then::Go),
    });
    // The worker puts the number of the visit behind every url.
    let sites = [server.url("/same/0").to_string(), server.url("/moved").to_string()];
    let output = compare(&workshop, &sites, &["--backend", &worker, "--backend", "hyper@smol:1"]);
    let text = flat(&output.stdout);
    let there = server.url("/there");
    let note =
        format!("{} ended differently: 302 (exec:works); 200 at {there} (hyper@smol:1).", sites[1]);
    assert!(text.contains(&note), "{note} {text}");
}

#[test]
fn the_probe_can_be_interrupted() {
    let (seen, heard) = mpsc::channel();
    let silent = RawServer::start(move |_| {
        let _ = seen.send(());
        raw("", Then::Silence)
    });
    let workshop = Workshop::new();
    let mut command = command(&workshop, &[silent.url("/").to_string()], &["--backend", BACKENDS]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    heard.recv_timeout(Duration::from_secs(60)).unwrap();
    send(&child, Signal::SIGINT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    assert!(
        !record.setup.complete
            && record.passes.is_empty()
            && record.setup.workloads[0].probe.is_none()
    );
}
