//! The shells' completions and the manual pages that are committed are what the program says of itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fetchbench"))
}

/// The files of a folder by their names.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let file =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| file(entry.unwrap())).collect()
}

#[test]
fn manual_pages_and_completions_are_those_of_this_command_line() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let folder = tempfile::tempdir().unwrap();
    assert!(program().arg("man").arg(folder.path()).status().unwrap().success());
    let completions =
        [("bash", "fetchbench.bash"), ("zsh", "_fetchbench"), ("fish", "fetchbench.fish")].map(|(shell, file)| {
            let output = program().args(["completions", shell]).env("LC_ALL", "C.UTF-8").output().unwrap();
            assert!(output.status.success(), "{shell}");
            (file.to_owned(), String::from_utf8(output.stdout).unwrap())
        });
    for (name, made) in [("man", files(folder.path())), ("completions", BTreeMap::from(completions))] {
        let committed = files(&scripts.join(name));
        assert_eq!(committed.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "run scripts/manuals");
        for (file, text) in &made {
            assert!(committed[file] == *text, "scripts/{name}/{file} is stale: run scripts/manuals");
        }
    }
}
