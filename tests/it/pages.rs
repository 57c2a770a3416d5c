//! What the pages show is what the records that they name say: they are made by `scripts/pages`,
//! and never by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::markdown_block::markdown_block;
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

/// The pages that `scripts/pages` inserts blocks into, or writes.
const PAGES: [&str; 5] = [
    "README.md",
    "docs/choosing.md",
    "docs/leaving-async-std.md",
    "results/README.md",
    "results/index.html",
];

/// Copies the pages, and the records that they are made from.
fn copied() -> TempDir {
    let elsewhere = tempfile::tempdir().unwrap();
    for folder in ["results", "benches/footprint", "scripts", "docs"] {
        copy(&root().join(folder), &elsewhere.path().join(folder));
    }
    fs::copy(root().join("README.md"), elsewhere.path().join("README.md")).unwrap();
    elsewhere
}

/// Returns the first record that docs/choosing.md links to behind these words.
fn record_shown(words: &str) -> String {
    let page = fs::read_to_string(root().join("docs/choosing.md")).unwrap();
    let (_, rest) =
        page.split_once(words).unwrap_or_else(|| panic!("docs/choosing.md lacks: {words}"));
    rest.split(['[', ']']).nth(1).expect("a link follows").to_owned()
}

/// Fails where a page has become another when it was made anew.
fn assert_same(elsewhere: &Path, pages: &[PathBuf]) {
    for page in pages {
        let (committed, now) =
            (fs::read(root().join(page)).unwrap(), fs::read(elsewhere.join(page)).unwrap());
        assert!(committed == now, "{} is stale: run scripts/pages", page.display());
    }
}

#[test]
fn the_list_leads_to_files() {
    let page = fs::read_to_string(root().join("results/index.html")).unwrap();
    let links: Vec<&str> =
        page.split("href=\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect();
    let files: Vec<_> = links.iter().filter(|link| !link.starts_with("data:")).collect();
    assert!(!files.is_empty());
    for file in files {
        assert!(root().join("results").join(file).is_file(), "results/index.html: {file}");
    }
}

/// Blocks that are spoilt before they are made anew. Those left over name the records.
const STALE: [[&str; 2]; 6] = [
    ["example", "README.md"],
    ["choice", "README.md"],
    ["https", "docs/choosing.md"],
    ["records", "results/README.md"],
    ["footprint", "docs/leaving-async-std.md"],
    ["crowd", "docs/leaving-async-std.md"],
];

#[test]
fn pages_show_their_records() {
    if python_is_missing() {
        return;
    }
    let elsewhere = copied();
    let [record, field, crowd] =
        ["The whole record: ", "Time to sockets: ", "memory/fetch: "].map(record_shown);
    let records = [format!("{record}-tls"), record, field, crowd];
    let forms = ["report.html", "report.md", "report.svg"];
    let made: Vec<PathBuf> = records
        .iter()
        .flat_map(|record| forms.map(|form| Path::new("results").join(record).join(form)))
        .collect();
    made.iter().for_each(|page| fs::remove_file(elsewhere.path().join(page)).unwrap());
    for arguments in STALE {
        let ended = markdown_block(elsewhere.path(), &arguments, "stale");
        assert_eq!(ended, (Some(0), String::new()), "{arguments:?}");
    }
    let mut pages = Command::new("bash");
    pages.current_dir(&elsewhere).arg("scripts/pages");
    pages.env("FETCHBENCH", env!("CARGO_BIN_EXE_fetchbench"));
    let output = pages.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(elsewhere.path(), &PAGES.map(PathBuf::from));
    assert_same(elsewhere.path(), &made);
}
