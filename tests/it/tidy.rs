//! What holds for the tree as a whole: the order of the floors, the size of files, pages that say
//! what is true, one type per name.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use fetchbench::scenario::Scenario;

/// Longer files hold more than one idea.
const MAX_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the Rust files below a folder, by their path in it, with their text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let top = folder;
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let name =
                    path.strip_prefix(root().join(top)).unwrap().to_str().unwrap().to_owned();
                found.push((name, text));
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

/// More rooms than a reader keeps in mind.
const MAX_ROOMS: usize = 14;

#[test]
fn rooms_are_few_and_declared() {
    let entries = fs::read_dir(root().join("src")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut rooms: Vec<String> =
        names.filter(|name| name != "lib.rs" && name != "main.rs").collect();
    let mut declared = modules();
    rooms.sort();
    declared.sort();
    assert_eq!(rooms, declared, "the rooms of src/, and those that lib.rs declares");
    assert!(rooms.len() <= MAX_ROOMS, "{} rooms", rooms.len());
}

#[test]
fn imports_lead_upwards_in_lib_rs() {
    let modules = modules();
    let floor = |name: &str| modules.iter().position(|module| module == name);
    for (file, text) in sources("src") {
        let Some((room, _)) = file.split_once('/') else { continue };
        for import in imports(&text) {
            let used = floor(import)
                .unwrap_or_else(|| panic!("{file} names crate::{import}, which is no module"));
            assert!(
                Some(used) <= floor(room),
                "{file} uses {import}, which stands below it in lib.rs"
            );
            let both = [room, import];
            assert!(
                both != ["client", "server"] && both != ["server", "client"],
                "client and server know each other"
            );
        }
    }
}

/// Returns the names of the types that a file declares for other files.
fn visible_types(text: &str) -> Vec<&str> {
    let mut indent = "";
    let mut names = Vec::new();
    for line in text.lines() {
        if line == "}" {
            indent = "";
        } else if !line.starts_with(' ') && line.ends_with('{') && line.contains("mod ") {
            indent = "    ";
        }
        names.extend(line.strip_prefix(indent).and_then(visible_type));
    }
    names
}

/// Returns the name of the type that an unindented line declares, unless it is private.
fn visible_type(line: &str) -> Option<&str> {
    let item = line.strip_prefix("pub")?;
    let item = match item.strip_prefix('(') {
        Some(restricted) => restricted.split_once(')')?.1,
        None => item,
    };
    let (keyword, name) = item.strip_prefix(' ')?.split_once(' ')?;
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    ["enum", "struct", "trait", "type", "union"].contains(&keyword).then(|| &name[..end])
}

#[test]
fn type_names_are_unique() {
    let sources = sources("src");
    let mut files: HashMap<&str, &str> = HashMap::new();
    for (file, text) in &sources {
        for name in visible_types(text) {
            let first = *files.entry(name).or_insert(file);
            assert_eq!(first, file, "two files of src declare {name}");
        }
    }
    assert!(files.len() > 200, "{} types are found", files.len());
}

#[test]
fn visible_types_are_found() {
    let text = "pub struct A<B>(B);\nstruct C;\nimpl D for C {\n    pub type E = C;\n}\n\
                mod f {\n    pub(in crate::g) enum H {}\n    type I = H;\n}\n";
    assert_eq!(visible_types(text), ["A", "H"]);
}

#[test]
fn no_file_exceeds_400_lines() {
    for folder in ["src", "benches", "examples", "tests"] {
        for (file, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= MAX_LINES, "{folder}/{file} has {lines} lines, more than {MAX_LINES}");
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (file, text) in sources("src") {
        let prints = ["println!(", "print!("].iter().any(|print| text.contains(print));
        assert!(!prints || file.starts_with("cli/"), "{file} prints");
    }
}

#[test]
fn scenario_files_are_built_in() {
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
fn the_page_has_a_valid_scenario() {
    let page = fs::read_to_string(root().join("docs/scenarios.md")).unwrap();
    let toml = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    let scenario = Scenario::load(file.path().to_str().unwrap()).unwrap();
    assert_eq!(scenario.sites.len(), 1 + 100 + 50 + 1 + 1);
}

#[test]
fn the_changelog_is_current() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(
        text.contains(concat!("\n## ", env!("CARGO_PKG_VERSION"))),
        "CHANGELOG.md has no section of this version"
    );
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
