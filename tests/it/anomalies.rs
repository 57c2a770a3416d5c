//! What a comparison leaves behind when it does not come to its end: killed, interrupted, or out of
//! room.
//!
//! `scripts/torture` does the same a hundred times over.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fetchbench::record::{ComparisonRecord, Validity};
use nix::sys::signal::Signal;

use crate::workshop::{Workshop, python_is_missing, send};

/// Far more blocks than any test waits for.
const ENDLESS: [&str; 4] = ["--blocks", "1000", "--backend", "hyper@smol,surf@smol"];

/// Starts a comparison and waits until so many passes stand in its record.
fn start(workshop: &Workshop, arguments: &[&str], passes: usize) -> Child {
    let mut command = workshop.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while lines(workshop) < passes {
        assert!(
            child.try_wait().unwrap().is_none() && Instant::now() < patience,
            "nothing is measured"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

/// How many whole lines of passes there are.
fn lines(workshop: &Workshop) -> usize {
    let passes = fs::read(workshop.record().join("passes.jsonl")).unwrap_or_default();
    passes.iter().filter(|byte| **byte == b'\n').count()
}

/// How many processes run in a folder.
fn still_running(folder: &Path) -> usize {
    let is_there = |entry: &fs::DirEntry| {
        fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder)
    };
    fs::read_dir("/proc").unwrap().flatten().filter(is_there).count()
}

#[test]
fn interrupted_passes_are_kept() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let workshop = Workshop::new();
        let mut child = start(&workshop, &ENDLESS, 30);
        send(&child, signal);
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let record = ComparisonRecord::read(&workshop.record()).unwrap();
        assert!(
            !record.setup.complete && record.setup.aftermath.is_some() && record.passes.len() >= 30
        );
        assert_eq!(still_running(workshop.path()), 0);
    }
}

#[test]
fn interruptions_are_no_failures() {
    if python_is_missing() {
        return;
    }
    let workshop = Workshop::new();
    let (works, hangs) = (workshop.worker("works"), workshop.worker("hangs"));
    let arguments = [
        "--blocks",
        "9",
        "--backend",
        &works,
        "--backend",
        &hangs,
        "--export-json",
        "figures.json",
    ];
    // All have warmed up, and one hangs from then on.
    let mut child = start(&workshop, &arguments, 3);
    send(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    assert!(
        record
            .passes
            .iter()
            .all(|pass| matches!(pass.validity, Validity::Valid | Validity::Interrupted))
    );
    let figures = fs::read_to_string(workshop.path().join("figures.json")).unwrap();
    assert!(
        !figures.contains("\"interrupted\"") && figures.contains("\"complete\": false"),
        "{figures}"
    );

    // The second one is not waited for.
    let workshop = Workshop::new();
    let (works, hangs) = (workshop.worker("works"), workshop.worker("hangs"));
    let mut child = start(&workshop, &["--backend", &works, "--backend", &hangs], 3);
    // By then the pass that hangs has begun, which is waited for a second at a time.
    std::thread::sleep(Duration::from_millis(200));
    send(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(50));
    send(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        ComparisonRecord::read(&workshop.record()).unwrap().setup.aftermath.is_none(),
        "it ended at once"
    );
}

#[test]
fn kills_lose_at_most_one_pass() {
    for passes in [1, 7, 20] {
        let workshop = Workshop::new();
        let mut child = start(&workshop, &ENDLESS, passes);
        let before = lines(&workshop);
        child.kill().unwrap();
        child.wait().unwrap();
        let record = ComparisonRecord::read(&workshop.record()).unwrap();
        assert!(record.passes.len() >= before && !record.setup.complete);
    }
}

#[test]
fn a_full_disk_keeps_the_record() {
    // A file that may grow no further fails as on a full disk: first a short write, then an error.
    let workshop = Workshop::new();
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 8; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_fetchbench"),
    ]);
    command.args(["compare", "small.toml", "--allow-unfit", "--record", "record"]).args(ENDLESS);
    let output = command.current_dir(workshop.path()).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    // A busy machine is warned of first.
    let errors: Vec<_> = stderr.lines().filter(|line| !line.starts_with("warning: ")).collect();
    assert!(
        errors.len() == 1 && errors[0].contains("cannot write record/passes.jsonl"),
        "{stderr}"
    );
    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    let whole = lines(&workshop);
    assert!(
        whole > 3 && record.passes.len() == whole,
        "{whole} lines, {} passes",
        record.passes.len()
    );
    assert_eq!(still_running(workshop.path()), 0);

    let mut full = workshop.command(&[
        "--force",
        "--blocks",
        "1",
        "--rounds",
        "1",
        "--backend",
        "hyper@smol:1,surf@smol:1",
    ]);
    let full = full
        .args(["--export-json", "-"])
        .stdout(fs::File::create("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(5), "{}", String::from_utf8_lossy(&full.stderr));
}
