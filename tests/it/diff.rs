//! `fetchbench diff`, on records whose passes are made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fetchbench::record::{Aftermath, ComparisonSetup, ComparisonWriter, Environment, control};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::{self, cost, pass};
use crate::records::folder;

const SCENARIO: &str = "keepalive";
const BACKENDS: [&str; 3] = ["hyper@smol", "surf@smol", "ureq@threads"];

fn setup() -> ComparisonSetup {
    ComparisonSetup {
        complete: false,
        ..fixtures::setup(&BACKENDS, &[fixtures::workload(SCENARIO)])
    }
}

/// Writes a record of eight blocks, in which a backend's pass takes 10 ms times its factor, give or
/// take a percent.
fn record(parent: &Path, name: &str, environment: &Environment, factors: [f64; 3]) -> PathBuf {
    let folder = parent.join(name);
    let mut writer = ComparisonWriter::create(&folder, environment, setup()).unwrap();
    for block in 0..8 {
        let noise = |backend: usize| 1.0 + f64::from((block * 5 + backend as u32 * 3) % 7) / 500.0;
        for (backend, factor) in factors.into_iter().enumerate() {
            let seconds = 0.01 * factor * noise(backend);
            writer.pass(&pass(SCENARIO, BACKENDS[backend], block, seconds)).unwrap();
            writer.cost(&cost(SCENARIO, BACKENDS[backend], block, seconds)).unwrap();
        }
        let seconds = 0.01 * factors[0] * noise(3);
        writer.pass(&pass(SCENARIO, &control(BACKENDS[0]), block, seconds)).unwrap();
    }
    writer.finish(true, Aftermath { seconds: 1.0, load: None, stolen: None }).unwrap();
    folder
}

fn diff(old: &Path, new: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.arg("diff").args([old, new]).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(old: &Path, new: &Path, arguments: &[&str]) -> Value {
    let output = diff(old, new, &[arguments, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)))
}

/// Returns the verdicts on a figure, in the order of [`BACKENDS`].
fn verdicts(difference: &Value, figure: &str) -> Vec<Value> {
    let changes = difference["changes"].as_array().unwrap().iter();
    let mut verdicts: Vec<(String, Value)> = changes
        .filter(|change| change["figure"] == figure)
        .map(|change| (change["backend"].to_string(), change["verdict"].clone()))
        .collect();
    verdicts.sort_by(|one, other| one.0.cmp(&other.0));
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Writes two records with these factors on the times of the backends.
fn records(parent: &Path, old: [f64; 3], new: [f64; 3]) -> [PathBuf; 2] {
    let environment = Environment::capture("cargo test");
    [("before", old), ("after", new)]
        .map(|(name, factors)| record(parent, name, &environment, factors))
}

fn rewrite(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(file, text.replace(from, to)).unwrap();
}

#[test]
fn slower_backends_are_found() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0, 1.5, 2.0], [1.0, 1.65, 2.0]);
    let difference = json(&before, &after, &[]);
    assert_eq!(verdicts(&difference, "median"), ["equivalent", "slower", "equivalent"]);
    assert_eq!(verdicts(&difference, "ratio"), ["slower", "equivalent"]);
    assert_eq!(verdicts(&difference, "cpu"), ["equivalent", "more", "equivalent"]);
    let text = stdout(&diff(&before, &after, &[]));
    assert!(text.contains("Smallest difference found in four of five cases: "), "{text}");
    assert_eq!(text.matches("slower      +10.0 % (").count(), 2, "{text}");
    let markdown = stdout(&diff(&before, &after, &["--format", "markdown"]));
    assert!(markdown.contains("| surf@smol | median pass | 15."), "{markdown}");
    for (threshold, code) in [
        ("median>+5%", 4),
        ("ratio>+5%", 4),
        ("cpu>5%", 4),
        ("median>+12%", 0),
        ("median>+9.9%", 0),
    ] {
        let output = diff(&before, &after, &["--fail-if", threshold]);
        assert_eq!(output.status.code(), Some(code), "{threshold}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), usize::from(code == 4));
    }
    // In the other direction it has become faster, which exceeds no threshold.
    assert_eq!(diff(&after, &before, &["--fail-if", "median>+0%"]).status.code(), Some(0));
}

#[test]
fn equivalence_needs_its_margin() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0; 3], [1.0; 3]);
    let median = |margin| verdicts(&json(&before, &after, &["--equivalence", margin]), "median");
    assert_eq!(median("5%"), ["equivalent"; 3]);
    assert_eq!(median("0.1%"), ["inconclusive"; 3]);
    let output = diff(&before, &after, &["--equivalence", "much"]);
    assert_eq!((output.status.code(), stderr(&output).contains("write 2%")), (Some(2), true));
}

#[test]
fn reversals_need_known_orders() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0, 0.8, 1.2], [1.0, 1.2, 0.8]);
    let [reference, surf, ureq] = BACKENDS;
    let difference = json(&before, &after, &[]);
    for (was, is) in [(reference, ureq), (surf, reference), (surf, ureq)] {
        let pair = serde_json::json!({"scenario": SCENARIO, "was_faster": was, "is_faster": is});
        assert!(difference["reversed"].as_array().unwrap().contains(&pair), "{difference}");
    }
    assert_eq!(difference["reversed"].as_array().unwrap().len(), 3, "{difference}");
    let text = stdout(&diff(&before, &after, &[]));
    let line = "surf@smol was faster than ureq@threads on keepalive, and is slower now.";
    assert!(text.lines().any(|other| other == line), "{text}");
    // Both are slower than the reference, so nothing is known of their order.
    let other = TempDir::new().unwrap();
    let [before, after] = records(other.path(), [1.0, 1.5, 2.0], [1.0, 2.5, 2.0]);
    assert_eq!(json(&before, &after, &[])["reversed"], serde_json::json!([]));
}

#[test]
fn slow_machines_cancel_out() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0, 1.5, 2.0], [1.3, 1.95, 2.6]);
    assert_eq!(diff(&before, &after, &["--fail-if", "median>+20%"]).status.code(), Some(4));
    assert_eq!(diff(&before, &after, &["--fail-if", "ratio>+1%"]).status.code(), Some(0));
}

/// Checks that two records are refused for these reasons, and that `--force` shows figures only.
fn assert_refused(old: &Path, new: &Path, reasons: &[&str]) {
    let refused = diff(old, new, &[]);
    assert_eq!((refused.status.code(), stdout(&refused).as_str()), (Some(3), ""));
    for reason in [reasons, &["--force"]].concat() {
        assert!(stderr(&refused).contains(reason), "{reason}: {}", stderr(&refused));
    }
    let forced = json(old, new, &["--force"]);
    assert_eq!(forced["obstacles"].as_array().unwrap().len(), 1, "{forced}");
    for figure in ["median", "ratio", "cpu"] {
        assert!(verdicts(&forced, figure).iter().all(Value::is_null), "{forced}");
    }
    assert_eq!(diff(old, new, &["--force"]).status.code(), Some(0));
    let judged = diff(old, new, &["--force", "--fail-if", "median>+0%"]);
    assert_eq!(judged.status.code(), Some(3));
    assert_eq!(
        stderr(&judged),
        "error: --fail-if judges nothing, because the records are not comparable\n"
    );
}

#[test]
fn other_machines_are_refused() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let mut other = environment.clone();
    other.cores += 2;
    other.rustc = Some("rustc 0.1".to_owned());
    let here = record(parent.path(), "here", &environment, [1.0; 3]);
    let elsewhere = record(parent.path(), "elsewhere", &other, [1.5; 3]);
    assert_refused(&here, &elsewhere, &["different machines (cores: "]);
    let forced = stdout(&diff(&here, &elsewhere, &["--force"]));
    assert!(forced.contains("rustc: ") && forced.contains("-> rustc 0.1"), "{forced}");
    assert!(!forced.contains("slower") && !forced.contains("Smallest difference"), "{forced}");
}

#[test]
fn other_speeds_are_refused() {
    let [fast, slow, slow_too, slow_again] = [
        "2026-11-24T1851-amd-epyc",
        "2026-11-25T2055-amd-epyc",
        "2026-11-26T0010-amd-epyc",
        "2026-11-26T0416-amd-epyc",
    ]
    .map(folder);
    for other in [slow, slow_again] {
        assert_refused(fast, other, &["took 12 ns in the old record", "27 ns in the new one"]);
    }
    let judged = json(slow_too, slow_again, &[]);
    assert_eq!(judged["obstacles"], serde_json::json!([]));
    assert!(verdicts(&judged, "median").contains(&"equivalent".into()), "{judged}");
}

#[test]
fn nothing_in_common_is_refused() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0; 3], [1.0; 3]);
    rewrite(&before.join("comparison.json"), "\"concurrency\": 8", "\"concurrency\": 9");
    let reasons = ["no backend on the same scenario", "keepalive: its concurrency was 9 and is 8."];
    assert_refused(&before, &after, &reasons);
    assert_eq!(diff(&before, &parent.path().join("nowhere"), &[]).status.code(), Some(2));
}

#[test]
fn other_sites_are_incomparable() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0; 3], [1.0; 3]);
    for (folder, site) in [(&before, "b"), (&after, "c")] {
        let sites = format!("[\"http://a.example/\", \"http://{site}.example/\"]");
        let live = format!("\"live\": true, \"sites\": {sites}, \"concurrency\"");
        rewrite(&folder.join("comparison.json"), "\"concurrency\"", &live);
    }
    assert_refused(&before, &after, &["keepalive: its sites are not the same."]);
    assert_eq!(diff(&before, &before, &[]).status.code(), Some(0));
}

#[test]
fn invalid_backends_exit_with_3() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0; 3], [1.0; 3]);
    let passes = after.join("passes.jsonl");
    let broken = fs::read_to_string(&passes).unwrap().replacen(
        "\"valid\"",
        "\"errors\",\"why\":\"all is lost\"",
        1,
    );
    fs::write(&passes, broken).unwrap();
    let output = diff(&before, &after, &[]);
    assert_eq!(output.status.code(), Some(3));
    let line = "hyper@smol does not count in the new record: errors: all is lost";
    assert!(stdout(&output).lines().any(|other| other == line), "{}", stdout(&output));
    let difference = json(&before, &after, &[]);
    assert_eq!(difference["invalid"][0]["why"], "errors: all is lost");
    // It is the reference, so there is no ratio.
    assert!(verdicts(&difference, "ratio").is_empty());
    assert_eq!(verdicts(&difference, "median"), ["equivalent"; 2]);
    let reversed = diff(&after, &before, &[]);
    assert_eq!(reversed.status.code(), Some(0), "it is the new record that is judged");
}

#[test]
fn untested_limits_exit_with_3() {
    let parent = TempDir::new().unwrap();
    let [before, after] = records(parent.path(), [1.0; 3], [1.0; 3]);
    let judge = |threshold| {
        let output = diff(&before, &after, &["--fail-if", threshold]);
        (output.status.code(), stderr(&output))
    };
    assert_eq!(judge("median>+5%"), (Some(0), String::new()));

    // Four blocks are too few for a verdict.
    let passes = after.join("passes.jsonl");
    let all = fs::read_to_string(&passes).unwrap();
    let few = |line: &&str| (0..4).any(|block| line.contains(&format!("\"block\":{block},")));
    fs::write(
        &passes,
        all.lines().filter(few).map(|line| line.to_owned() + "\n").collect::<String>(),
    )
    .unwrap();
    let expected = "error: --fail-if 'median>+5%' compared nothing: no backend counts in both \
                    records with enough blocks\n";
    assert_eq!(judge("median>+5%"), (Some(3), expected.to_owned()));
    assert_eq!(judge("cpu>+5%").0, Some(0), "each figure by itself");
    let difference = json(&before, &after, &[]);
    assert!(verdicts(&difference, "median").iter().all(Value::is_null), "{difference}");
    assert_eq!(difference["changes"][0]["low"], Value::Null, "no interval from four blocks");
    assert_eq!(diff(&before, &after, &[]).status.code(), Some(0));
}
