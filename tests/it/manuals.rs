//! The shells' completions and the manual pages that `scripts/manuals` writes.

use std::fs;
use std::process::Command;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fetchbench"))
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let output = program().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A description that wraps is indented further than a command.
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

#[test]
fn commands_have_manual_pages() {
    let folder = tempfile::tempdir().unwrap();
    assert!(program().arg("man").arg(folder.path()).status().unwrap().success());
    let names: Vec<String> = commands().iter().map(|name| format!("fetchbench-{name}.1")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names.iter().map(String::as_str).chain(["fetchbench.1"]) {
        let page = fs::read_to_string(folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for section in [".TH fetchbench", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(page.contains(section), "{name} lacks {section}: {page}");
        }
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = program().args(["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let text = String::from_utf8(output.stdout).unwrap();
        for command in commands() {
            assert!(text.contains(&command), "{shell} does not complete {command}");
        }
    }
}

#[test]
fn completions_know_values() {
    for shell in ["bash", "zsh", "fish"] {
        let output = program().args(["completions", shell]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for value in ["hyper@smol", "long-tail", "reset-in-body", "snippet"] {
            assert!(text.contains(value), "{shell} does not complete {value}");
        }
    }
    let output = program().args(["verify", "--help"]).output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("reset-in-body"));
}

#[test]
fn bash_reads_its_completions() {
    let output = program().args(["completions", "bash"]).output().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fetchbench.bash");
    fs::write(&file, output.stdout).unwrap();
    let status = Command::new("bash").arg("-n").arg(&file).status().unwrap();
    assert!(status.success());
}
