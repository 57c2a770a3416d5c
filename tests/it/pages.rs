//! What the pages show is what the records that they name say: they are made by `scripts/pages`,
//! and never by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::workshop::python_is_missing;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

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

/// The pages and the records that they are made of, to be made anew without touching those that are
/// committed.
fn copied() -> TempDir {
    let elsewhere = tempfile::tempdir().unwrap();
    for folder in ["results", "benches/footprint"] {
        copy(&root().join(folder), &elsewhere.path().join(folder));
    }
    for file in ["README.md", "docs/leaving-async-std.md", "scripts/footprint"] {
        fs::create_dir_all(elsewhere.path().join(file).parent().unwrap()).unwrap();
        fs::copy(root().join(file), elsewhere.path().join(file)).unwrap();
    }
    elsewhere
}

/// The record that the README links to behind these words.
fn record_shown(words: &str) -> PathBuf {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) =
        page.split_once(words).unwrap_or_else(|| panic!("README.md says nowhere: {words}"));
    Path::new("results").join(rest.split(['[', ']']).nth(1).expect("a link follows"))
}

fn fetchbench(folder: &Path, arguments: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.current_dir(folder).args(arguments);
    command
}

/// Fails where a page has become another when it was made anew.
fn assert_same(elsewhere: &Path, pages: &[&Path]) {
    for page in pages {
        let (committed, now) =
            (fs::read(root().join(page)).unwrap(), fs::read(elsewhere.join(page)).unwrap());
        assert!(committed == now, "{} is stale: run scripts/pages", page.display());
    }
}

#[test]
fn the_pages_are_what_the_record_that_they_show_says() {
    let elsewhere = copied();
    let record = record_shown("The whole record: ");
    let picture = record.join("report.svg");
    let pages = ["README.md", "results/README.md", "results/index.html"].map(Path::new);
    // As scripts/pages does it.
    let mut command = fetchbench(elsewhere.path(), &["report".as_ref(), &record]);
    command
        .arg("--svg")
        .arg(&picture)
        .arg("--splice")
        .args(&pages[..2])
        .arg("--index")
        .arg(pages[2]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(elsewhere.path(), &[pages[0], pages[1], pages[2], &picture]);
}

#[test]
fn what_rows_cost_is_what_the_record_that_is_named_and_the_footprint_say() {
    if python_is_missing() {
        return;
    }
    let elsewhere = copied();
    let record = record_shown("Time to sockets: ");
    // As scripts/pages does it.
    let figures = fetchbench(
        elsewhere.path(),
        &["report".as_ref(), &record, "--json".as_ref(), "-".as_ref()],
    );
    let mut figures = { figures }.stdout(Stdio::piped()).spawn().unwrap();
    let mut tables = Command::new("python3");
    tables.current_dir(&elsewhere).arg("scripts/footprint").arg("--tables").arg(&record);
    let output = tables.stdin(figures.stdout.take().unwrap()).output().unwrap();
    assert!(figures.wait().unwrap().success());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(elsewhere.path(), &["README.md", "docs/leaving-async-std.md"].map(Path::new));
}
