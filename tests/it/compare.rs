//! `fetchbench compare`, from end to end: with workers in another language, good and broken, and
//! with workers written here.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::process::{Command, Stdio};

use fetchbench::record::{Audit, ComparisonRecord};
use serde_json::Value;

use crate::workshop::{SCENARIO, Workshop, json, python_is_missing};

#[test]
fn broken_workers_are_named() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let expected = [
        ("works", "valid"),
        ("skips", "wrong-answer"),
        ("twice", "contradicted"),
        ("caches", "wrong-answer"),
        ("truncates", "wrong-answer"),
        ("head-only", "wrong-answer"),
        ("answers-late", "wrong-answer"),
        ("boasts", "contradicted"),
        ("dawdles", "contradicted"),
        ("crashes", "crashed"),
        ("hangs", "timed-out"),
        ("floods", "crashed"),
        ("babbles", "crashed"),
    ];
    let workers: Vec<String> = expected.iter().map(|(mode, _)| workshop.worker(mode)).collect();
    let mut arguments = vec!["--blocks", "1", "--rounds", "2", "--export-json", "-"];
    arguments.extend(workers.iter().flat_map(|worker| ["--backend", worker]));
    let output = workshop.compare(&arguments);
    assert_eq!(output.status.code(), Some(3));
    let result = json(&output);
    let backends = result["scenarios"][0]["backends"].as_array().unwrap();
    let found: BTreeMap<&str, &str> = backends
        .iter()
        .map(|backend| {
            (
                backend["backend"].as_str().unwrap().strip_prefix("exec:").unwrap(),
                backend["validity"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, BTreeMap::from(expected), "{backends:#?}");
    let why = |mode: &str| {
        backends
            .iter()
            .find(|backend| backend["backend"].as_str().unwrap().ends_with(mode))
            .unwrap()["why"]
            .to_string()
    };
    assert!(why("crashes").contains("out of ideas"), "{}", why("crashes"));
    assert!(why("answers-late").contains("an earlier pass"), "{}", why("answers-late"));
}

#[test]
fn backends_are_compared_and_kept() {
    let workshop = Workshop::new();
    let backends = "hyper@smol:1,surf@smol:1,slowed:hyper@smol:1:100%";
    let arguments = [
        "--blocks",
        "5",
        "--rounds",
        "3",
        "--backend",
        backends,
        "--export-json",
        "-",
        "--export-csv",
        "t.csv",
    ];
    let output = workshop.compare(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result = json(&output);
    let workload = &result["scenarios"][0];
    assert_eq!(
        (&workload["blocks"], &workload["reference"]),
        (&Value::from(5), &Value::from("hyper@smol:1"))
    );
    let backend = |name: &str| {
        workload["backends"]
            .as_array()
            .unwrap()
            .iter()
            .find(|backend| backend["backend"] == name)
            .unwrap()
            .clone()
    };
    let slowed = backend("slowed:hyper@smol:1:100%");
    assert_eq!(slowed["ratio"]["verdict"], "slower", "{slowed}");
    assert!(slowed["ratio"]["mean"].as_f64().unwrap() > 1.5, "{slowed}");
    assert_eq!(
        slowed["sockets_ideal_per_pass"],
        backend("hyper@smol:1")["sockets_per_pass"],
        "three for each of five blocks"
    );
    assert!(backend("surf@smol:1")["allocations_per_fetch"].as_f64().unwrap() > 1.0);

    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    assert!(record.setup.complete);
    // Three backends and the reference again, a warm-up and three rounds, five times; and the server's
    // costs.
    assert_eq!(record.passes.len(), 4 * 4 * 5);
    assert_eq!(record.costs.len(), (4 + 1) * 5);
    assert_eq!(record.setup.workloads[0].sites.len(), 6);
    assert!(
        record.passes.iter().all(|pass| pass.starts.len() == 6),
        "each fetch of a short list has its start"
    );
    assert_eq!(record.setup.workloads[0].workers.len(), 4);
    assert_eq!(record.setup.workloads[0].workers[0].threads, 1);
    assert!(record.setup.aftermath.is_some_and(|aftermath| aftermath.seconds > 0.0));
    assert!(workload["server"]["threads"].as_f64().unwrap() >= 1.0);
    let mut report = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let report = report
        .arg("report")
        .arg(workshop.record())
        .args(["--allow-unfit", "--json", "-"])
        .output()
        .unwrap();
    assert_eq!(json(&report), result, "the record alone says the same");
    let audit = Audit::read(&workshop.record())
        .unwrap()
        .expect("a record holds the requests of its backends");
    let surf = &audit.backends[1];
    assert!(
        surf.request.starts_with("GET /0/0 HTTP/1.1\r\n")
            && surf.request.contains("content-length: 0"),
        "{surf:?}"
    );
    assert_eq!((audit.backends.len(), surf.sockets, surf.sockets_ideal), (3, 4, 4));
    let csv = fs::read_to_string(workshop.path().join("t.csv")).unwrap();
    assert_eq!(csv.lines().count(), 4, "{csv}");

    let again = workshop.compare(&arguments);
    assert_eq!(again.status.code(), Some(1), "a record is not overwritten");
    assert!(String::from_utf8_lossy(&again.stderr).contains("or replace it with --force"));
    let replaced = workshop.compare(&[
        "--blocks",
        "1",
        "--rounds",
        "1",
        "--backend",
        "hyper@smol:1,surf@smol:1",
        "--force",
    ]);
    assert_eq!(replaced.status.code(), Some(0), "{}", String::from_utf8_lossy(&replaced.stderr));
    assert_eq!(ComparisonRecord::read(&workshop.record()).unwrap().passes.len(), 3 * 2);
}

#[test]
fn slow_backends_stop_early() {
    let workshop = Workshop::new();
    let slow = "slowed:hyper@smol:1:5000%";
    let backends = format!("hyper@smol:1,surf@smol:1,{slow}");
    let output =
        workshop.compare(&["--budget", "20s", "--backend", &backends, "--export-json", "-"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result = json(&output);
    let backends = result["scenarios"][0]["backends"].as_array().unwrap();
    let last = backends.last().unwrap();
    assert_eq!((&last["backend"], &last["stopped"]["why"]), (&slow.into(), &"far-slower".into()));
    assert!(last["ratio"]["low"].is_null() && last["ratio"]["verdict"].is_null(), "{last}");
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    let passes = |name: &str| record.passes.iter().filter(|pass| pass.backend == name).count();
    // One pass warms up.
    assert_eq!(passes(slow), 3);
    assert!(passes("hyper@smol:1") > 3, "the others go on");
    // A given number of blocks is made of all backends.
    let slowed = format!("hyper@smol:1,{slow}");
    let blocks = ["--blocks", "2", "--rounds", "3", "--force", "--backend", &slowed];
    assert_eq!(workshop.compare(&blocks).status.code(), Some(0));
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    assert_eq!(record.passes.iter().filter(|pass| pass.backend == slow).count(), 2 * 4);
}

#[test]
fn decided_backends_end_the_run() {
    let workshop = Workshop::new();
    let backends = "hyper@smol:1,slowed:hyper@smol:1:400%";
    let output =
        workshop.compare(&["--budget", "40s", "--backend", backends, "--export-json", "-"]);
    let result = json(&output);
    let workload = &result["scenarios"][0];
    assert_eq!(workload["backends"][1]["ratio"]["verdict"], "slower", "{workload:#}");
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    let seconds = record.setup.aftermath.unwrap().seconds;
    assert!(seconds < 30.0, "{seconds} s, though all is decided");
    let spent: Vec<f64> = record.blocks.iter().filter_map(|block| block.spent).collect();
    assert!(spent.len() == record.blocks.len() && spent.is_sorted(), "{spent:?}");
}

#[test]
fn plain_backends_are_left_out() {
    let workshop = Workshop::new();
    fs::write(workshop.path().join("small.toml"), format!("tls = true\n{SCENARIO}")).unwrap();
    let backends = "floor@loop,hyper@smol,surf@smol";
    let output = workshop.compare(&["--blocks", "1", "--rounds", "1", "--backend", backends]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("Left out, because they cannot fetch https: floor@loop."), "{text}");
    if !python_is_missing() {
        let backends = format!("hyper@smol,surf@smol,{}", workshop.worker("plain"));
        let arguments = ["--blocks", "1", "--rounds", "1", "--force", "--backend", &backends];
        let output = workshop.compare(&arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Left out, because they cannot fetch https: exec:plain."), "{text}");
        // The first that is not sequential is the reference, unless it cannot fetch https.
        let backends = format!("{},hyper@smol,surf@smol", workshop.worker("plain"));
        let arguments = ["--blocks", "1", "--rounds", "1", "--force", "--backend", &backends];
        assert_eq!(workshop.compare(&arguments).status.code(), Some(0));
    }
    let output = workshop.compare(&["--backend", "floor@loop,hyper@smol"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("nothing to compare hyper@smol with"), "{stderr}");
    let output = workshop.compare(&["--backend", "hyper@smol", "--reference", "floor@loop"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the reference floor@loop cannot fetch https"), "{said}");
}

#[test]
fn bad_input_is_refused_early() {
    let workshop = Workshop::new();
    for (arguments, message) in [
        (&["--backend", "nope"][..], "unknown backend \"nope\""),
        (&["--backend", "fake"], "makes its durations up"),
        (&["--backend", "exec:./nobody"], "\"./nobody\" is not a program"),
        (&["--backend", "hyper@smol"], "add another --backend, or use `fetchbench run`"),
        (&["--backend", "hyper@smol,hyper@smol"], "nothing to compare hyper@smol with on small"),
        (&["--reference", "hyper"], "stands for several backends"),
        (&["--budget", "0s"], "bad budget"),
        (&["--budget", "999999999999h"], "a day at most"),
        (&["--blocks", "0"], "--blocks"),
        (
            &["--reference", "ureq@sequential", "--time-scale", "1000"],
            "with --time-scale, or choose",
        ),
    ] {
        let output = workshop.compare(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(message) && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
        assert!(!workshop.record().exists(), "{arguments:?}");
    }
}

#[test]
fn the_doctor_makes_every_check() {
    let output = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
        .arg("doctor")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let is_unfit = told.contains("\nThis machine is unfit to measure on; ");
    assert_eq!(output.status.code(), Some(i32::from(is_unfit)), "{told}");
    assert!(is_unfit || told.contains("\nThis machine is fit to measure on."), "{told}");
    for what in [
        "cores",
        "load",
        "governor",
        "open files",
        "ports",
        "backlog",
        "timers",
        "counters",
        "other programs",
        "stolen time",
        "noise",
    ] {
        assert!(told.lines().any(|line| line.starts_with(what)), "{what} is not looked at: {told}");
    }
    assert!(told.contains("-> measure an optimised build") == cfg!(debug_assertions), "{told}");
}

#[test]
fn records_hide_secrets_of_urls() {
    let workshop = Workshop::new();
    let serve = ["serve", "--end-with-stdin", "small.toml"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let server = command
        .current_dir(workshop.path())
        .args(serve)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut announced = String::new();
    std::io::BufReader::new(server.stdout.take().unwrap()).read_line(&mut announced).unwrap();
    let announced: Value = serde_json::from_str(&announced).unwrap();
    let url = announced["sites"][0]["url"].as_str().unwrap();
    fs::write(
        workshop.path().join("list"),
        format!("{url}\nhttp://127.0.0.1:9/?token=s3cret#s3cret\n"),
    )
    .unwrap();
    let compare = |list: &str, folder: &str| {
        let start = std::time::Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
        command.current_dir(workshop.path()).args(["compare", "--sites", list, "--record", folder]);
        command.args(["--allow-unfit", "--blocks", "1", "--rounds", "1"]);
        command.args(["--backend", "hyper@smol:1,surf@smol:1"]);
        (command.stdin(Stdio::null()).output().unwrap(), start.elapsed())
    };
    let (output, _) = compare("list", "broken");
    assert_eq!(
        output.status.code(),
        Some(0),
        "nobody listens at the second site, which is left out"
    );
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("http://127.0.0.1:9/?token=…\n(refused)") && told.contains("live sites"),
        "{told}"
    );
    for file in ["comparison.json", "environment.json", "passes.jsonl", "costs.jsonl"] {
        let text = fs::read_to_string(workshop.path().join("broken").join(file)).unwrap();
        assert!(!text.contains("s3cret"), "{file}: {text}");
    }

    fs::write(workshop.path().join("list"), url).unwrap();
    let (output, took) = compare("list", "live");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // The probes of two backends, then both and the control, warming up and once more.
    assert!(took.as_secs_f64() >= 8.0, "a second's pause after each pass, not {took:?} in all");
    drop(server.stdin.take());
    server.wait().unwrap();
}

#[test]
fn exports_are_checked_first() {
    let workshop = Workshop::new();
    for flag in ["--export-json", "--export-markdown", "--export-csv"] {
        let output = workshop.compare(&["--backend", "hyper@smol,surf@smol", flag, "no/file"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{stderr}");
        assert!(stderr.starts_with("error: cannot write no/file: No such file"), "{stderr}");
        assert!(!workshop.record().exists(), "{flag}");
    }
}

#[test]
fn quiet_keeps_results_and_errors() {
    let workshop = Workshop::new();
    let blocks = ["--blocks", "1", "--rounds", "1", "--backend", "hyper@smol:1,surf@smol:1"];
    let quiet = workshop.compare(&[&blocks[..], &["--quiet"]].concat());
    assert_eq!(String::from_utf8(quiet.stderr).unwrap(), "");
    assert!(String::from_utf8(quiet.stdout).unwrap().contains("\nsurf@smol:1 "));
    let taken = workshop.compare(&[&blocks[..], &["-q"]].concat());
    assert!(String::from_utf8(taken.stderr).unwrap().starts_with("error: record holds a record"));
}

#[test]
fn dead_workers_end_the_run() {
    let workshop = Workshop::new();
    let dead = ["--backend", "exec:/bin/cat", "--backend", "exec:/bin/false", "--blocks", "3"];
    let output = workshop.compare(&dead);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("On small no backend is valid: there is nothing to compare."), "{text}");
    assert!(text.contains("\nexec:cat: crashed") && !text.contains("\n\n\n"), "{text}");
    assert_eq!(ComparisonRecord::read(&workshop.record()).unwrap().blocks.len(), 1);
}

/// The mock server has the connections of all backends, and of the reference twice.
#[test]
fn too_many_backends_are_refused() {
    let script = "ulimit -n 250 && exec \"$0\" compare keepalive --backend hyper,surf";
    let refused =
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_fetchbench")]).output().unwrap();
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("room for 224 connections at once needs 257 file descriptors"),
        "{stderr}"
    );
    assert!(stderr.contains("or name fewer backends"), "{stderr}");
}
