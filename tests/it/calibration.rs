//! `fetchbench calibration`, as it is called from a shell.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::records::folder;

const VALUES: &str = "results/calibration.jsonl";

/// Returns the output of a call, which must succeed.
fn stdout(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let output = command.env("LANG", "C.UTF-8").arg("calibration").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the directory of a comparison of two equal backends.
fn record() -> &'static str {
    folder("2026-11-24T1501-amd-epyc").to_str().unwrap()
}

#[test]
fn records_give_values_and_a_page() {
    let lines = stdout(&[record(), "--step", "long"]);
    assert_eq!(lines.lines().count(), 1 + 42);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.jsonl");
    fs::write(&file, lines).unwrap();
    let page = stdout(&["--page", file.to_str().unwrap()]);
    assert!(page.contains("| long | 2 cores of AMD EPYC, "), "{page}");
    assert!(page.contains("| surf@async-std:1 (again) | 0 % | 5 | 8 |"), "{page}");
    assert!(page.contains("| long | 9 | 5 | 0 |"), "{page}");
}

#[test]
fn old_flags_still_work() {
    let record = record();
    assert!(stdout(&[record, "--blocks", "5,15"]).contains("| 0 % | 15 | 2 |"));
    assert!(stdout(&[record, "--block-lengths"]).contains("\n| 10 | "));
}

/// Until `scripts/calibrate` has measured the values, the page is that of an older version.
#[test]
fn the_page_is_made_of_its_values() {
    if Path::new(VALUES).exists() {
        let page = fs::read_to_string("results/calibration.md").unwrap();
        assert!(stdout(&["--page", VALUES]) == page, "run scripts/calibrate page");
    }
}
