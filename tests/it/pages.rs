//! What the pages show is what the latest record says: they are made by `scripts/pages`, and never by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies a folder and all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The record that a page shows, by the name that it is linked under.
fn record_shown(page: &str) -> String {
    let (_, link) = page.split_once("The whole record: [").expect("the page links to a record");
    link.split_once(']').expect("the link ends").0.to_owned()
}

#[test]
fn the_pages_are_what_the_record_that_they_show_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = tempfile::tempdir().unwrap();
    copy(&root.join("results"), &elsewhere.path().join("results"));
    fs::copy(root.join("README.md"), elsewhere.path().join("README.md")).unwrap();
    let name = record_shown(&fs::read_to_string(root.join("README.md")).unwrap());
    let record = PathBuf::from("results").join(name);

    let picture = record.join("report.svg");
    let spliced = [PathBuf::from("README.md"), PathBuf::from("results/README.md")];
    let index = PathBuf::from("results/index.html");
    // As scripts/pages does it.
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.current_dir(&elsewhere).arg("report").arg(&record).arg("--svg").arg(&picture).arg("--index").arg(&index);
    command.arg("--splice").args(&spliced);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    for page in spliced.iter().chain([&index, &picture]) {
        let (committed, now) = (fs::read(root.join(page)).unwrap(), fs::read(elsewhere.path().join(page)).unwrap());
        assert!(committed == now, "{} is stale: run scripts/pages {}", page.display(), record.display());
    }
}
