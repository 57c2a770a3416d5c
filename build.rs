//! Records the revision and the compiler of a build, so that the program need not ask the machine
//! it runs on.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// What a published package holds of its repository: `{"git":{"sha1":"…"},…}`.
const PACKAGED: &str = ".cargo_vcs_info.json";

/// What a build is made of: a change of any of it is another build.
const SOURCES: [&str; 6] =
    ["build.rs", "src", "benches/scenarios", "Cargo.toml", "Cargo.lock", PACKAGED];

fn main() {
    // The log of HEAD grows with each commit.
    let log = output("git", &["rev-parse", "--git-path", "logs/HEAD"]).unwrap_or_default();
    for path in SOURCES.into_iter().chain([log.as_str()]).filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    if let Some(version) = output(&rustc, &["--version"]) {
        println!("cargo::rustc-env=FETCHBENCH_RUSTC={version}");
    }
    if let Ok(target) = env::var("TARGET") {
        println!("cargo::rustc-env=FETCHBENCH_TARGET={target}");
    }
    if let Some((revision, is_dirty)) = packaged().or_else(checked_out) {
        println!("cargo::rustc-env=FETCHBENCH_REVISION={revision}");
        println!("cargo::rustc-env=FETCHBENCH_DIRTY={is_dirty}");
    }
}

/// Returns the revision of a published package, and whether it had changes.
fn packaged() -> Option<(String, bool)> {
    let text = fs::read_to_string(PACKAGED).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    let revision = rest.split('"').nth(1)?;
    Some((revision.to_owned(), text.contains("\"dirty\": true")))
}

/// Returns the revision of this checkout, and whether its sources have changes.
///
/// A directory inside another repository is none: its revision would say nothing of this code.
fn checked_out() -> Option<(String, bool)> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = env::current_dir().ok()?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(here).ok()? {
        return None;
    }
    let changes = git(&["status", "--porcelain", "--", ".", ":!results"])?;
    Some((git(&["rev-parse", "HEAD"])?, !changes.is_empty()))
}

/// Returns what git prints.
fn git(arguments: &[&str]) -> Option<String> {
    output("git", &[&["--no-optional-locks"], arguments].concat())
}

/// Returns what a program prints, if it is installed and succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then_some(())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
