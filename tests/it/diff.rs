//! `fetchbench diff`, on records whose passes are made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fetchbench::record::{Aftermath, ComparisonSetup, ComparisonWriter, Environment, control};
use tempfile::TempDir;

use crate::fixtures::{self, cost, pass};

const SCENARIO: &str = "keepalive";
const BACKENDS: [&str; 3] = ["hyper@smol", "surf@smol", "ureq@threads"];

fn setup() -> ComparisonSetup {
    ComparisonSetup {
        complete: false,
        ..fixtures::setup(&BACKENDS, &[fixtures::workload(SCENARIO)])
    }
}

/// A record of eight blocks, in which a row's pass takes 10 ms times its factor, give or take a per
/// cent.
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

#[test]
fn a_row_that_has_become_slower_is_found_and_those_that_have_not_are_left_in_peace() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let before = record(parent.path(), "before", &environment, [1.0, 1.5, 2.0]);
    let after = record(parent.path(), "after", &environment, [1.0, 1.65, 2.0]);
    let told = stdout(&diff(&before, &after, &[]));
    let lines = |backend: &str| {
        told.lines().filter(|line| line.starts_with(backend)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        lines("surf@smol").matches("slower +10 % (").count(),
        2,
        "as such and to the reference: {told}"
    );
    assert!(lines("surf@smol").contains("more +10 % ("), "{told}");
    for backend in ["hyper@smol", "ureq@threads"] {
        assert!(
            lines(backend).contains("same   +0.0 %") && !lines(backend).contains("slower"),
            "{told}"
        );
    }
    assert!(told.contains("\nNo two rows come out in opposite order.\n"), "{told}");
    for (threshold, code) in [
        ("median>+5%", 4),
        ("ratio>+5%", 4),
        ("cpu>5%", 4),
        ("median>+12%", 0),
        ("median>+9.9%", 0),
    ] {
        let output = diff(&before, &after, &["--fail-if", threshold]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{threshold}: {stderr}");
        assert_eq!(stderr.lines().count(), usize::from(code == 4), "{stderr}");
    }
    // The other way round it has become faster, which no threshold minds.
    assert_eq!(diff(&after, &before, &["--fail-if", "median>+0%"]).status.code(), Some(0));
}

#[test]
fn rows_that_come_out_in_opposite_order_are_named() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let before = record(parent.path(), "before", &environment, [1.0, 1.5, 2.0]);
    let after = record(parent.path(), "after", &environment, [1.0, 2.5, 2.0]);
    let told = stdout(&diff(&before, &after, &[]));
    assert!(
        told.contains(
            "\nsurf@smol was faster than ureq@threads on keepalive, and is slower now.\n"
        ),
        "{told}"
    );
    assert_eq!(told.matches("and is slower now").count(), 1, "{told}");
    let told = stdout(&diff(&after, &before, &[]));
    assert!(
        told.contains(
            "\nureq@threads was faster than surf@smol on keepalive, and is slower now.\n"
        ),
        "{told}"
    );
}

#[test]
fn what_slowed_the_whole_machine_is_not_in_the_ratio() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let before = record(parent.path(), "before", &environment, [1.0, 1.5, 2.0]);
    let after = record(parent.path(), "after", &environment, [1.3, 1.95, 2.6]);
    assert_eq!(diff(&before, &after, &["--fail-if", "median>+20%"]).status.code(), Some(4));
    assert_eq!(diff(&before, &after, &["--fail-if", "ratio>+1%"]).status.code(), Some(0));
}

#[test]
fn records_that_say_nothing_about_each_other_are_refused_or_said_to_be_left_out() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let mut other = environment.clone();
    other.cores += 2;
    other.rustc = Some("rustc 0.1".to_owned());
    let here = record(parent.path(), "here", &environment, [1.0; 3]);
    let elsewhere = record(parent.path(), "elsewhere", &other, [1.0; 3]);
    let refused = diff(&here, &elsewhere, &[]);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr.contains("different machines (cores: ") && stderr.contains("--force"),
        "{stderr}"
    );
    let forced = diff(&here, &elsewhere, &["--force"]);
    assert_eq!(forced.status.code(), Some(0));
    assert!(
        stdout(&forced).contains("rustc: ") && stdout(&forced).contains("-> rustc 0.1"),
        "{}",
        stdout(&forced)
    );

    let setup = here.join("comparison.json");
    let scaled =
        fs::read_to_string(&setup).unwrap().replace("\"concurrency\": 8", "\"concurrency\": 9");
    fs::write(&setup, scaled).unwrap();
    let told = stdout(&diff(&here, &elsewhere, &["--force"]));
    assert!(told.contains("keepalive: its concurrency was 9 and is 8."), "{told}");
    assert_eq!(diff(&here, &parent.path().join("nowhere"), &[]).status.code(), Some(2));
}

#[test]
fn other_live_sites_are_not_compared() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let lists =
        [["http://a.example/", "http://b.example/"], ["http://a.example/", "http://c.example/"]];
    let [before, after] = [0, 1].map(|number| {
        let folder = record(parent.path(), &number.to_string(), &environment, [1.0; 3]);
        let head = fs::read_to_string(folder.join("comparison.json")).unwrap();
        let live = format!("\"live\": true, \"sites\": {:?}, \"concurrency\"", lists[number]);
        fs::write(folder.join("comparison.json"), head.replace("\"concurrency\"", &live)).unwrap();
        folder
    });
    let text = stdout(&diff(&before, &after, &[]));
    assert!(text.contains("keepalive: its sites are not the same."), "{text}");
    assert!(!stdout(&diff(&before, &before, &[])).contains("sites"));
}

#[test]
fn a_row_that_counts_no_more_is_told_by_the_exit_code() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let before = record(parent.path(), "before", &environment, [1.0; 3]);
    let after = record(parent.path(), "after", &environment, [1.0; 3]);
    let passes = after.join("passes.jsonl");
    let broken = fs::read_to_string(&passes).unwrap().replacen(
        "\"valid\"",
        "\"errors\",\"why\":\"all is lost\"",
        1,
    );
    fs::write(&passes, broken).unwrap();
    let output = diff(&before, &after, &[]);
    assert_eq!(output.status.code(), Some(3));
    let told = stdout(&output);
    assert!(
        told.contains("hyper@smol does not count in the new record: errors: all is lost"),
        "{told}"
    );
    assert!(
        !told.contains("ratio to the reference"),
        "it is the reference that does not count: {told}"
    );
    let hyper = told.lines().find(|line| line.starts_with("hyper@smol ")).unwrap();
    assert!(
        !hyper.contains("same") && told.matches("same ").count() == 4,
        "two rows, by median and cpu: {told}"
    );
    assert_eq!(
        diff(&after, &before, &[]).status.code(),
        Some(0),
        "it is the new record that is judged"
    );
}

#[test]
fn nothing_compared_is_not_passed() {
    let parent = TempDir::new().unwrap();
    let environment = Environment::capture("cargo test");
    let before = record(parent.path(), "before", &environment, [1.0; 3]);
    let after = record(parent.path(), "after", &environment, [1.0; 3]);
    let code = |threshold: &str| {
        let output = diff(&before, &after, &["--fail-if", threshold]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(code("median>+5%"), (Some(0), String::new()));

    // Four blocks are too few for a verdict.
    let passes = after.join("passes.jsonl");
    let all = fs::read_to_string(&passes).unwrap();
    let few = |line: &&str| (0..4).any(|block| line.contains(&format!("\"block\":{block},")));
    fs::write(
        &passes,
        all.lines().filter(few).map(|line| line.to_owned() + "\n").collect::<String>(),
    )
    .unwrap();
    let (ended, stderr) = code("median>+5%");
    assert_eq!(ended, Some(3), "{stderr}");
    assert_eq!(
        stderr,
        "error: --fail-if 'median>+5%' compared nothing: no row counts in both records with \
         enough blocks\n"
    );
    assert_eq!(code("cpu>+5%").0, Some(0), "each figure by itself");

    let setup = after.join("comparison.json");
    let other = fs::read_to_string(&setup).unwrap().replace("keepalive", "connect");
    fs::write(&setup, other).unwrap();
    fs::write(&passes, all.replace("keepalive", "connect")).unwrap();
    assert_eq!(code("median>+5%").0, Some(3), "the scenarios differ");
    assert_eq!(
        diff(&before, &after, &[]).status.code(),
        Some(0),
        "without a threshold nothing is asked"
    );
}
