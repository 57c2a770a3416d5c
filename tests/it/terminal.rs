//! Colours, and output on terminals of several widths.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::pty::{Winsize, openpty};

use crate::cli::{fetchbench, refusal, text};
use crate::records::folder;

/// Returns the output of a command on a terminal of some width, without styles.
fn on_terminal(args: &[&str], columns: u16) -> String {
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args(args).stdin(Stdio::null()).stdout(terminal.slave).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // It holds the slave too, and a terminal ends when the last slave is closed.
    drop(command);
    let mut output = Vec::new();
    let mut part = [0; 4096];
    let mut master = File::from(terminal.master);
    // The end is an error on a terminal.
    while let Ok(length @ 1..) = master.read(&mut part) {
        output.extend_from_slice(&part[..length]);
    }
    child.wait().unwrap();
    anstream::adapter::strip_str(&String::from_utf8(output).unwrap()).to_string()
}

/// Returns the widest line of a text. The lines of the article have a form of their own, and a url
/// is never broken.
fn widest(text: &str) -> usize {
    let fixed = [" in 0:00:", " example took ", "https://"];
    let is_fixed = |line: &str| fixed.iter().any(|part| line.contains(part));
    let widths = text.lines().filter(|line| !is_fixed(line)).map(|line| line.chars().count());
    widths.max().unwrap_or(0)
}

/// Runs a command on narrow and on wide terminals. Returns its widest line on a wide one.
fn check(args: &[&str]) -> usize {
    let [narrow, _, wide] = [60, 80, 200].map(|columns| {
        let output = on_terminal(args, columns);
        let widest = widest(&output);
        assert!(widest > 20 && widest <= usize::from(columns), "{args:?} at {columns}:\n{output}");
        widest
    });
    assert!(narrow <= wide);
    wide
}

#[test]
fn lists_use_the_width() {
    for kind in ["backends", "scenarios", "faults"] {
        assert!(check(&["list", kind]) > 80, "{kind}");
    }
    assert_eq!(on_terminal(&["list", "faults"], 20), on_terminal(&["list", "faults"], 60));
    assert_eq!(on_terminal(&["list", "faults"], 300), on_terminal(&["list", "faults"], 200));
}

#[test]
fn reports_use_the_width() {
    let [old, new] = ["2026-11-26T0010-amd-epyc", "2026-11-26T0416-amd-epyc"]
        .map(|record| folder(record).to_str().unwrap());
    check(&["report", new]);
    check(&["diff", old, new, "--force"]);
}

#[test]
fn run_uses_the_width() {
    assert!(check(&["run", "--backend", "fake"]) > 80);
    // Nothing listens at the port.
    assert!(check(&["run", "--backend", "ureq@threads", "http://127.0.0.1:1/"]) > 80);
}

#[test]
fn grids_use_the_width() {
    let backends = "hyper,surf,ureq,reqwest,floor,hyper@tokio:1,hyper@tokio:3,hyper@tokio:4,hyper@smol:1,\
                    hyper@smol:3,hyper@smol:4,surf@tokio:1,surf@tokio:3,surf@smol:1";
    check(&["verify", "--backend", backends, "--fault", "stale,until-reset"]);
    check(&["audit", "--backend", "ureq,floor"]);
}

#[test]
fn the_doctor_uses_the_width() {
    let output = on_terminal(&["doctor"], 60);
    assert!(widest(&output) <= 60 && output.contains("fit to measure on"), "{output}");
}

#[test]
fn colour_needs_a_terminal() {
    let printed = |name: &str, value: &str| {
        text(&fetchbench(&["list", "scenarios"]).env(name, value).output().unwrap().stdout)
    };
    assert!(!printed("TERM", "xterm-256color").contains('\u{1b}'), "a pipe");
    assert!(printed("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    let both = fetchbench(&["list", "scenarios"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!text(&both.stdout).contains('\u{1b}'), "NO_COLOR has the last word");
}

#[test]
fn color_is_a_choice() {
    let is_coloured = |args: &[&str], variable: &str| {
        let output = fetchbench(args).env(variable, "1").output().unwrap();
        text(&[output.stdout, output.stderr].concat()).contains('\u{1b}')
    };
    for place in
        [["--color", "always", "list", "scenarios"], ["list", "scenarios", "--color", "always"]]
    {
        assert!(is_coloured(&place, "NO_COLOR"), "{place:?}");
    }
    assert!(is_coloured(&["--help", "--color", "always"], "NO_COLOR"));
    assert!(is_coloured(&["--color=always", "list", "--oops"], "NO_COLOR"));
    for plain in [&["list", "scenarios"][..], &["list", "--help"], &["list", "--oops"]] {
        assert!(is_coloured(plain, "CLICOLOR_FORCE"), "{plain:?}");
        let never = [plain, &["--color", "never"]].concat();
        assert!(!is_coloured(&never, "CLICOLOR_FORCE"), "{never:?}");
    }
    let message = refusal(&["list", "--color", "sometimes"]);
    assert!(message.contains("sometimes") && message.contains("always"), "{message}");
}
