//! Comparisons beside other programs, and the doctor's checks of a machine.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;

use fetchbench::record::ComparisonRecord;
use serde_json::Value;

use crate::cli::text;
use crate::workshop::{Workshop, json};

/// Loops that keep the cores busy, until dropped.
struct BusyLoops(Vec<Child>);

impl BusyLoops {
    /// Starts a number of loops. Each ends by itself after a minute of processor time.
    fn start(count: usize) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -t 60; while :; do :; done"]);
        Self((0..count).map(|_| shell.spawn().unwrap()).collect())
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn cores() -> usize {
    thread::available_parallelism().unwrap().get()
}

#[test]
fn busy_loops_make_blocks_unfit() {
    let workshop = Workshop::new();
    let busy = BusyLoops::start(2 * cores());
    let output = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
        .current_dir(workshop.path())
        .args(["compare", "keepalive", "--backend", "floor@loop,hyper@tokio", "--record", "record"])
        .args(["--blocks", "3", "--rounds", "3", "--export-json", "figures.json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    drop(busy);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    // The host may take the cores, too.
    assert!(stderr.starts_with("warning: "), "{stderr}");
    assert!(stderr.contains("or expect no verdict; see `fetchbench doctor`"), "{stderr}");

    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    assert!(record.blocks.len() >= 3, "{:?}", record.blocks);
    let (mut others_s, mut all_s) = (0.0, 0.0);
    for block in &record.blocks {
        let others = block.fitness.others.unwrap();
        assert!(block.fitness.unfit.is_some() && others > 0.2, "{block:?}");
        others_s += others * block.seconds * cores() as f64;
        all_s += block.seconds * cores() as f64;
    }
    // Workers and the server are no others. Ticks are sampled, so the sum is not exact.
    let own_s: f64 = record.costs.iter().map(|cost| cost.cpu_s()).sum();
    assert!(own_s > 0.0 && (own_s + others_s) / all_s < 1.1, "{own_s} + {others_s} of {all_s} s");

    let report = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
        .current_dir(workshop.path())
        .args(["report", "record", "--html", "page.html", "--markdown", "page.md"])
        .output()
        .unwrap();
    assert!(report.status.success(), "{}", text(&report.stderr));
    let read = |file: &str| fs::read_to_string(workshop.path().join(file)).unwrap();
    let markdown = read("page.md");
    let sentence = markdown.lines().find(|line| line.starts_with("Unfit: ")).unwrap();
    assert!(read("page.html").contains(sentence), "{sentence}");
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(sentence), "{sentence}: {stdout}");

    let figures: Value = serde_json::from_str(&read("figures.json")).unwrap();
    let fitness = &figures["scenarios"][0]["fitness"];
    assert_eq!(fitness["fit"], false, "{fitness}");
    assert_eq!(fitness["unfit"].as_u64(), Some(record.blocks.len() as u64), "{fitness}");
}

#[test]
fn doctor_warns_by_exit_code() {
    let busy = BusyLoops::start(2 * cores());
    let output = Command::new(env!("CARGO_BIN_EXE_fetchbench"))
        .args(["doctor", "--format", "json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    drop(busy);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let findings = json(&output);
    let others = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == "other programs")
        .unwrap();
    assert_eq!(others["warning"], true, "{others}");
    assert!(others["result"].as_str().unwrap().ends_with(" % of the cores"), "{others}");
    assert!(others["advice"].as_str().unwrap().contains("stop them"), "{others}");
    for finding in findings.as_array().unwrap() {
        assert!(finding["advice"].is_string() || finding["warning"] == false, "{finding}");
    }
}
