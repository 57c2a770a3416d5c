//! What holds for the tree as a whole: the order of the floors, the size of files, pages that say what is true.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use fetchbench::scenario::Scenario;

/// Longer files hold more than one idea.
const MAX_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no Rust files");
    found
}

fn modules() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let module = |line: &str| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned());
    text.lines().filter_map(module).collect()
}

/// The modules of the crate that a text names.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn a_module_uses_only_those_declared_above_it() {
    let modules = modules();
    let floor = |name: &str| modules.iter().position(|module| module == name);
    for (path, text) in sources("src") {
        let relative = path.strip_prefix(root().join("src")).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        let Some(own) = floor(module) else {
            assert!(matches!(module, "lib" | "main"), "{first} is not declared in lib.rs");
            continue;
        };
        for import in imports(&text) {
            let used = floor(import).unwrap_or_else(|| panic!("{first} names crate::{import}, which is no module"));
            assert!(used <= own, "{} uses {import}, which stands below it in lib.rs", relative.display());
            let both = [module, import];
            assert!(both != ["client", "server"] && both != ["server", "client"], "client and server know each other");
        }
    }
}

#[test]
fn no_file_holds_more_than_one_idea() {
    for folder in ["src", "benches", "examples", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines, more than {MAX_LINES}", path.display());
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (path, text) in sources("src") {
        let relative = path.strip_prefix(root().join("src")).unwrap();
        let prints = ["println!(", "print!("].iter().any(|print| text.contains(print));
        assert!(!prints || relative.starts_with("cli"), "{} prints", relative.display());
    }
}

#[test]
fn every_scenario_file_is_built_in() {
    let mut files: Vec<String> = fs::read_dir(root().join("benches/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let mut names: Vec<&str> = Scenario::names().collect();
    files.sort();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn the_page_on_scenarios_shows_one_that_can_be_read() {
    let page = fs::read_to_string(root().join("SCENARIOS.md")).unwrap();
    let toml = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    let scenario = Scenario::load(file.path().to_str().unwrap()).unwrap();
    assert_eq!(scenario.sites.len(), 1 + 100 + 50 + 1 + 1);
}

#[test]
fn the_changelog_speaks_of_this_version() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(text.contains(concat!("\n## ", env!("CARGO_PKG_VERSION"))), "CHANGELOG.md has no section of this version");
}

/// A block of a page under `<!-- prints: fetchbench … -->` is what that command prints.
#[test]
fn pages_show_what_the_program_prints() {
    let pages = ["README.md", "SCENARIOS.md"].map(|page| fs::read_to_string(root().join(page)).unwrap());
    let blocks: Vec<&str> = pages.iter().flat_map(|page| page.split("<!-- prints: fetchbench").skip(1)).collect();
    assert!(blocks.len() >= pages.len(), "the pages show nothing of the program's");
    for block in blocks {
        let (arguments, rest) = block.split_once("-->").unwrap();
        let shown = rest.split("```").nth(1).unwrap().split_once('\n').unwrap().1;
        let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
        let output = command.args(arguments.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "fetchbench{arguments}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.trim_end(), printed.trim_end(), "fetchbench{arguments}");
    }
}

#[test]
fn records_name_this_revision() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").current_dir(root()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    let top = git(&["rev-parse", "--show-toplevel"]);
    let is_checkout = top.is_some_and(|top| fs::canonicalize(top).unwrap() == root());
    let environment = fetchbench::record::Environment::capture("cargo test");
    let revision = environment.git.map(|git| git.revision);
    assert_eq!(revision, is_checkout.then(|| git(&["rev-parse", "HEAD"])).flatten());
    assert!(environment.rustc.unwrap().starts_with("rustc 1."));
}
