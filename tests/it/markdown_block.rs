//! `scripts/markdown_block.py`, which puts text into a block of a page.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::workshop::python_is_missing;

const PAGE: &str = "# Title\r\n<!-- BEGIN: report -->\nold\nolder\n<!-- END: report -->  \nend";

/// Runs the script in a folder, and returns its exit code and what it prints on stderr.
pub fn markdown_block(folder: &Path, arguments: &[&str], text: &str) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/markdown_block.py");
    let mut command = Command::new("python3");
    command.arg(script).args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The script may end without reading.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn write(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Checks that the block `report` of a page cannot be replaced, and returns why.
fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let page = write(&folder, "page.md", text);
    let [inserted, checked] = [&["report", "page.md"][..], &["--check", "report", "page.md"]]
        .map(|arguments| markdown_block(folder.path(), arguments, "new"));
    assert_eq!(inserted, checked);
    assert_eq!((inserted.0, inserted.1.lines().count()), (Some(2), 1), "{}", inserted.1);
    assert_eq!(fs::read_to_string(page).unwrap(), text);
    inserted.1.strip_prefix("error: page.md: ").unwrap().trim_end().to_owned()
}

#[test]
fn only_the_block_is_replaced() {
    if python_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = write(&folder, "page.md", PAGE);
    for text in ["new\n\n", "new\n"] {
        let ended = markdown_block(folder.path(), &["report", "page.md"], text);
        assert_eq!(ended, (Some(0), String::new()));
        assert_eq!(
            fs::read_to_string(&page).unwrap(),
            "# Title\r\n<!-- BEGIN: report -->\nnew\n<!-- END: report -->  \nend"
        );
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left lying about");
}

#[test]
fn bad_markers_are_named() {
    if python_is_missing() {
        return;
    }
    assert!(refusal("").starts_with("there is no line <!-- BEGIN: report -->"));
    assert!(refusal("<!-- BEGIN: report -->").starts_with("there is no line <!-- END: report -->"));
    assert!(refusal(&format!("{PAGE}\n{PAGE}")).ends_with("stands there twice"));
    assert!(refusal("<!-- END: report -->\n<!-- BEGIN: report -->").contains("stands before"));
}

#[test]
fn checks_change_nothing() {
    if python_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = write(&folder, "page.md", PAGE);
    write(&folder, "file", "no marker");
    for (block, file, code) in
        [("report", "page.md", 0), ("records", "page.md", 2), ("report", "file", 2)]
    {
        let (ended, stderr) = markdown_block(folder.path(), &["--check", block, file], "new");
        assert_eq!(ended, Some(code), "{block} of {file}: {stderr}");
    }
    let (ended, stderr) = markdown_block(folder.path(), &["--check", "report", "none"], "");
    assert_eq!(ended, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: none: cannot be read: "), "{stderr}");
    assert_eq!(fs::read_to_string(page).unwrap(), PAGE);
}

#[test]
fn one_bad_page_stops_all() {
    if python_is_missing() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let good = write(&folder, "good.md", PAGE);
    write(&folder, "bad.md", "# A page\n");
    let (code, error) = markdown_block(folder.path(), &["report", "good.md", "bad.md"], "new");
    assert_eq!(code, Some(2));
    assert_eq!(
        error,
        "error: bad.md: there is no line <!-- BEGIN: report -->: add it where the tables are to \
         stand\n"
    );
    assert_eq!(fs::read_to_string(good).unwrap(), PAGE);
}
