//! `fetchbench report`, as it is called from a shell.

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use fetchbench::record::{BenchSample, BenchWriter, Environment, SampleKind};
use tempfile::TempDir;

use crate::markdown_block::markdown_block;
use crate::workshop::python_is_missing;

const PAGE: &str = "# A page\n<!-- BEGIN: report -->\nold\n<!-- END: report -->\n";

/// A folder to work in, which holds `results/one` and `results/two`.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    for name in ["one", "two"] {
        let environment = Environment::capture("cargo bench");
        let mut writer =
            BenchWriter::create(&place.path().join("results").join(name), &environment).unwrap();
        writer.append(&sample("ureq@threads", 0.02)).unwrap();
        writer.append(&sample("hyper@smol", 0.01)).unwrap();
    }
    place
}

fn sample(backend: &str, elapsed_s: f64) -> BenchSample {
    BenchSample {
        what: SampleKind::Pass,
        scenario: "keepalive".to_owned(),
        backend: backend.to_owned(),
        threads: 2,
        concurrency: 32,
        time_scale: 1.0,
        fetches: 1000,
        passes: NonZeroU64::MIN,
        elapsed_s,
        ideal_s: None,
    }
}

/// How a call in the folder ends, and what it prints on stdout and on stderr.
fn report(place: &TempDir, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let output = command.current_dir(place.path()).arg("report").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What a call prints when all goes well.
fn stdout(place: &TempDir, args: &[&str]) -> String {
    let (code, stdout, stderr) = report(place, args);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{args:?}");
    stdout
}

/// The one line of a call that is refused.
fn refusal(place: &TempDir, args: &[&str]) -> String {
    let (code, stdout, stderr) = report(place, args);
    assert_eq!(
        (code, stdout.as_str(), stderr.lines().count()),
        (Some(2), "", 1),
        "{args:?}: {stderr}"
    );
    stderr
}

fn write(place: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = place.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn markdown_goes_to_stdout() {
    let text = stdout(&place(), &["results/one"]);
    assert!(text.starts_with("# Record one\n"), "{text}");
    assert!(text.contains("| ureq@threads | 2 | 20.00 ms | 50,000/s | 2.00 × | 1 |"), "{text}");
}

/// Puts what a call in a folder of the place prints into a block of the page there.
fn insert(place: &TempDir, folder: &str, block: &str, args: &[&str]) {
    let folder = place.path().join(folder);
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    let output = command.current_dir(&folder).arg("report").args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.is_empty(), "{args:?}");
    let ended = markdown_block(&folder, &[block, "README.md"], &text);
    assert_eq!(ended, (Some(0), String::new()), "{args:?}");
}

#[test]
fn snippets_link_from_their_page() {
    if python_is_missing() {
        return;
    }
    let place = place();
    let top = write(&place, "README.md", PAGE);
    let records = "<!-- BEGIN: records -->\n<!-- END: records -->\n";
    let below = write(&place, "results/README.md", &format!("{PAGE}{records}"));
    // A page that is not there would be a dead link.
    write(&place, "results/one/report.md", "# A report\n");
    let in_short = ["--snippet", "--markdown", "-", "--svg"];
    let of_one = |record, svg| [&[record], &in_short[..], &[svg]].concat();
    insert(&place, "", "report", &of_one("results/one", "results/one/report.svg"));
    insert(&place, "results", "report", &of_one("one", "one/report.svg"));
    insert(&place, "results", "records", &["one", "--snippet", "--index", "-"]);
    let (top, below) = (read(&top), read(&below));
    assert!(top.starts_with("# A page\n") && !top.contains("old"), "{top}");
    assert!(
        top.contains("](results/one/report.svg)") && top.contains("[one](results/one/report.md)"),
        "{top}"
    );
    assert!(
        below.contains("](one/report.svg)") && below.contains("[one](one/report.md)"),
        "{below}"
    );
    assert!(below.contains("* [two](two/report.md): "), "{below}");
    assert!(read(&place.path().join("results/one/report.svg")).starts_with("<svg "));
}

#[test]
fn snippets_link_from_their_file() {
    let place = place();
    let args =
        ["results/one", "--snippet", "--markdown", "results/one/short.md", "--index", "list.md"];
    assert_eq!(stdout(&place, &args), "");
    let (short, list) = ("results/one/short.md", "list.md");
    let unlinked = read(&place.path().join(short));
    assert!(unlinked.contains("The whole record: one.\n"), "there is no page yet: {unlinked}");
    write(&place, "results/one/report.md", "# A report\n");
    assert_eq!(stdout(&place, &args), "");
    assert!(read(&place.path().join(short)).contains("[one](report.md)"));
    assert!(read(&place.path().join(list)).contains("* [two](results/two/report.md): "));
}

#[test]
fn snippets_need_a_form() {
    let (code, _, stderr) = report(&place(), &["results/one", "--snippet"]);
    assert!(code == Some(2) && stderr.contains("--markdown"), "{stderr}");
}

#[test]
fn what_is_no_record_is_named() {
    let place = place();
    assert!(
        refusal(&place, &["results/three"]).starts_with("error: results/three is not a directory")
    );
    assert!(
        refusal(&place, &["results"])
            .contains("results/environment.json: is this the folder of a record?")
    );
    write(&place, "results/two/environment.json", r#"{"schema_version": 9}"#);
    assert!(
        refusal(&place, &["results/two"])
            .contains("schema version 9 is newer than 1: update fetchbench")
    );
    write(&place, "results/one/samples.jsonl", "{}\n{}\n");
    assert!(
        refusal(&place, &["results/one"])
            .contains("results/one/samples.jsonl:1: no sample: missing field")
    );
}
