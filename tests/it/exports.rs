//! The exports for CI: their shapes, and the action that writes them from a committed record.
//! `scripts/schemas` gives them to parsers of others.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use boon::{Compiler, Schemas};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{fetchbench, run, text};
use crate::records::folder;
use crate::workshop::{Workshop, python_is_missing};

/// A comparison in which some backends are slower than the reference.
const RECORD: &str = "2026-11-26T0416-amd-epyc";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Checks a file against a schema in `tests/exports`.
fn assert_follows(schema: &str, file: &Path) {
    let mut compiler = Compiler::new();
    compiler.add_resource("urn:export", read(root().join("tests/exports").join(schema))).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("urn:export", &mut schemas).unwrap();
    let value = read(file);
    if let Err(error) = schemas.validate(&value, index) {
        panic!("{error}: {value}");
    }
}

fn read(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The script of the action in a job, with an empty summary.
struct Job {
    folder: TempDir,
}

impl Job {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("summary.md"), "# Before\n").unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, variables: &[(&str, &str)]) -> Output {
        let mut script = Command::new(root().join(".github/actions/compare/compare"));
        script
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("FETCHBENCH", env!("CARGO_BIN_EXE_fetchbench"))
            .env("GITHUB_STEP_SUMMARY", self.path().join("summary.md"))
            .env("GITHUB_OUTPUT", self.path().join("outputs"))
            .envs(variables.iter().copied());
        script.output().unwrap()
    }
}

#[test]
fn actions_report_a_record() {
    let job = Job::new();
    let record = folder(RECORD).to_str().unwrap();
    let output = job.run(&[("RECORD", record), ("OUTPUT", "files"), ("FAIL_IF", "\n>+9000%\n")]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    assert_follows("bmf.schema.json", &job.path().join("files/bencher.json"));
    assert_follows("benchmark-action.schema.json", &job.path().join("files/benchmark-action.json"));
    let expected = format!(
        "record={record}\nbencher=files/bencher.json\n\
         benchmark-action=files/benchmark-action.json\n"
    );
    assert_eq!(fs::read_to_string(job.path().join("outputs")).unwrap(), expected);
    let summary = fs::read_to_string(job.path().join("summary.md")).unwrap();
    assert!(summary.starts_with("# Before\nMeasured on "), "{summary}");
    assert!(summary.contains("\n| backend | pass |"), "{summary}");
}

#[test]
fn actions_fail_beyond_limits() {
    let record = folder(RECORD).to_str().unwrap();
    let code = |limits: &str| {
        let output = Job::new().run(&[("RECORD", record), ("FAIL_IF", limits)]);
        (output.status.code(), text(&output.stderr))
    };
    let (status, error) = code(">+2%\ncpu>+9000%");
    assert_eq!(status, Some(4), "{error}");
    assert!(error.starts_with("error: ") && error.contains("limit >+2%"), "{error}");
    assert_eq!(code("2%").0, Some(2));
}

#[test]
fn actions_measure() {
    let workshop = Workshop::new();
    let scenario = workshop.path().join("small.toml");
    let variables = [
        ("SCENARIO", scenario.to_str().unwrap()),
        ("BACKENDS", "floor,ureq@threads"),
        ("REFERENCE", "ureq@threads"),
        ("BUDGET", "1s"),
    ];
    let job = Job::new();
    let output = job.run(&variables);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(job.path().join("fetchbench/record/passes.jsonl").exists());
    // A record is never replaced.
    let again = job.run(&variables);
    assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
}

#[test]
fn action_inputs_reach_the_script() {
    let folder = root().join(".github/actions/compare");
    let action = fs::read_to_string(folder.join("action.yml")).unwrap();
    let script = fs::read_to_string(folder.join("compare")).unwrap();
    let (inputs, rest) = action.split_once("\noutputs:\n").unwrap();
    let keys = |text: &str| {
        let keys = text.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
        keys.filter(|key| !key.starts_with(' ')).map(str::to_owned).collect::<Vec<_>>()
    };
    for input in keys(inputs) {
        assert!(rest.contains(&format!("inputs.{input}")), "{input} is not used");
    }
    let outputs = keys(rest.split_once("\nruns:\n").unwrap().0);
    assert_eq!(outputs, ["record", "bencher", "benchmark-action"]);
    for output in outputs {
        assert!(script.contains(&format!("\n{output}=")), "{output} is not written");
    }
    let environment = rest.split_once("env:\n").unwrap().1.split("      run:").next().unwrap();
    for line in environment.lines() {
        let name = line.trim().split(':').next().unwrap();
        assert!(script.contains(&format!("${{{name}:")) || script.contains(&format!("${name}")));
    }
}

#[test]
fn summaries_stand_alone() {
    let workshop = Workshop::new();
    let arguments = ["--backend", "floor,ureq@threads", "--blocks", "1", "--rounds", "1"];
    let output = workshop.compare(&[&arguments[..], &["--export-markdown", "-"]].concat());
    let whole = text(&output.stdout);
    let record = workshop.record();
    let short = run(&["report", record.to_str().unwrap(), "--snippet", "--markdown", "-"]);
    for summary in [whole, text(&short.stdout)] {
        assert!(summary.contains("ureq@threads"), "{summary}");
        for reference in ["](", "<img", "href=", "src="] {
            assert!(!summary.contains(reference), "{reference}: {summary}");
        }
    }
}

#[test]
fn unfit_ratios_are_not_exported() {
    let workshop = Workshop::new();
    let arguments = ["--backend", "floor,ureq@threads", "--reference", "floor"];
    let blocks = ["--blocks", "1", "--rounds", "1"];
    let exports = ["--export-bencher", "bmf.json", "--export-benchmark-action", "-"];
    let output = workshop.compare(&[&arguments[..], &blocks, &exports].concat());
    assert_eq!(read(workshop.path().join("bmf.json")), json!({}));
    assert_eq!(text(&output.stdout), "[]\n");
    let note = "Without an interval on small, so not exported: ureq@threads\n";
    assert!(text(&output.stderr).contains(note), "{}", text(&output.stderr));
}

#[test]
fn reports_judge_by_limits() {
    let record = folder(RECORD);
    let judged = |limit: &str| {
        let output = fetchbench(&["report", "--fail-if", limit]).arg(record).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(judged(">+9000%"), (Some(0), String::new()));
    let (code, error) = judged("cpu>+2%");
    assert!(code == Some(4) && error.contains(": CPU +"), "{code:?} {error}");
}

#[test]
fn grids_are_junit() {
    if python_is_missing() {
        return;
    }
    let arguments = ["verify", "--backend", "ureq@sequential,floor", "--format", "junit"];
    let output = run(&[&arguments[..], &["--fault", "close-in-body,stale"]].concat());
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("junit.xml");
    fs::write(&file, &output.stdout).unwrap();
    let script = "import sys, xml.etree.ElementTree as tree\n\
                  for suite in tree.parse(sys.argv[1]).getroot():\n    \
                  print(suite.get('name'), [case.get('name') for case in suite.iter('testcase')])";
    let read = Command::new("python3").args(["-c", script]).arg(&file).output().unwrap();
    assert_eq!(
        text(&read.stdout),
        "ureq@sequential ['close-in-body', 'stale']\nfloor@loop ['close-in-body', 'stale']\n",
        "{}{}",
        text(&read.stderr),
        text(&output.stdout)
    );
}
