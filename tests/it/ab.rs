//! `fetchbench ab`, and programs with labels in `compare`.

use std::fs;
use std::process::{Command, Output};

use fetchbench::record::ComparisonRecord;

use crate::cli::text;
use crate::workshop::{Workshop, json};

const THIS: &str = env!("CARGO_BIN_EXE_fetchbench");

fn ab(workshop: &Workshop, arguments: &[&str]) -> Output {
    Command::new(THIS)
        .current_dir(workshop.path())
        .args(["ab", "--record", "record", "--force", "--allow-unfit"])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn builds_meet_in_one_run() {
    let workshop = Workshop::new();
    let blocks = ["--blocks", "5", "--rounds", "2", "--export-json", "figures.json"];
    let backend = ["keepalive", "--backend", "ureq@threads"];
    let output = ab(&workshop, &[&[THIS, THIS][..], &backend, &blocks].concat());
    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("ureq@threads on keepalive: "), "{stdout}");
    assert!(lines[0].contains("new") && lines[0].ends_with("; 5 blocks"), "{stdout}");

    let record = ComparisonRecord::read(&workshop.record()).unwrap();
    let names: Vec<&str> =
        record.setup.backends.iter().map(|backend| backend.name.as_str()).collect();
    assert_eq!((names.as_slice(), record.setup.reference.as_str()), (&["old", "new"][..], "old"));
    let folder = fs::read_to_string(workshop.record().join("environment.json")).unwrap();
    assert!(!folder.contains(env!("CARGO_MANIFEST_DIR")), "{folder}");
}

#[test]
fn limits_end_with_four() {
    let workshop = Workshop::new();
    let backends =
        "a=exec:./fetchbench worker hyper@tokio,b=exec:./fetchbench worker hyper@tokio+conns=1";
    std::os::unix::fs::symlink(THIS, workshop.path().join("fetchbench")).unwrap();
    let compare = |limit: &str, blocks: &str| {
        let output = workshop
            .command(&[
                "--backend",
                backends,
                "--reference",
                "a",
                "--blocks",
                blocks,
                "--rounds",
                "2",
                "--force",
            ])
            .args(["--fail-if", limit])
            .output()
            .unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let (code, error) = compare(">+100000%", "5");
    assert_eq!(code, Some(0), "{error}");
    let (code, error) = compare(">+10%", "5");
    let names_it = error.contains("error: b on ") && error.contains("against a, limit >+10%");
    assert!(code == Some(4) && names_it, "{code:?} {error}");
    let (code, error) = compare(">+5%", "1");
    assert!(code == Some(3) && error.contains("'time>+5%' compared nothing"), "{error}");
}

#[test]
fn broken_builds_end_early() {
    let workshop = Workshop::new();
    let arguments = ["/bin/true", THIS, "keepalive", "--backend", "hyper@tokio"];
    let output = ab(&workshop, &[&arguments[..], &["--export-json", "-"]].concat());
    assert_eq!(output.status.code(), Some(3));
    let result = json(&output);
    assert_eq!(result["scenarios"][0]["backends"][1]["validity"], "crashed");
    assert_eq!(ComparisonRecord::read(&workshop.record()).unwrap().blocks.len(), 1);
}

#[test]
fn wrong_builds_are_refused() {
    let workshop = Workshop::new();
    for (arguments, part) in [
        (vec!["nothing", THIS, "--backend", "hyper@tokio"], "\"nothing\" is not a program"),
        (vec![THIS, THIS, "--backend", "hyper"], "hyper stands for several backends: name one"),
        (vec![THIS, THIS, "--backend", "ureq@sequential"], "fan-out takes at least 50"),
        (vec![THIS, THIS, "--backend", "fetch@node"], "fetch@node is not part of a build"),
        (vec![THIS, THIS, "--backend", "hyper@tokio", "--fail-if", "2%"], "bad limit \"2%\""),
        (vec![THIS, THIS], "--backend"),
    ] {
        let output = ab(&workshop, &arguments);
        let error = text(&output.stderr);
        assert!(output.status.code() == Some(2) && error.contains(part), "{part}: {error}");
    }
}
