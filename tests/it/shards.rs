//! Shards: `compare --shard`, and the same command again after a job was killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fetchbench::record::{ComparisonRecord, Environment, Shard};
use nix::sys::signal::Signal;

use crate::cli::text;
use crate::workshop::{Workshop, send};

/// The variables that number a job.
const VARIABLES: [&str; 7] = [
    "JOB_COMPLETION_INDEX",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_STEP",
    "SLURM_ARRAY_TASK_COUNT",
    "CI_NODE_INDEX",
    "CI_NODE_TOTAL",
];

/// A comparison that takes more than a second, because the first block does.
const SHORT: [&str; 7] =
    ["--blocks", "2", "--rounds", "2", "--backend", "hyper@smol:1,surf@smol:1", "--skip-complete"];

/// Returns the comparison of a shard, without a number in its environment.
fn command(workshop: &Workshop, shard: &str, arguments: &[&str]) -> Command {
    let mut command = workshop.command(&[&["--shard", shard], arguments].concat());
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

fn run(workshop: &Workshop, shard: &str, arguments: &[&str]) -> Output {
    command(workshop, shard, arguments).output().unwrap()
}

fn passes_of(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("passes.jsonl")).unwrap_or_default()
}

/// Starts the comparison of a shard, and ends it with a signal once some passes are recorded.
fn ended_by(workshop: &Workshop, shard: &str, folder: &Path, signal: Signal) -> Option<i32> {
    let mut command = command(workshop, shard, &SHORT);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while passes_of(folder).iter().filter(|byte| **byte == b'\n').count() < 3 {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < patience, "no passes");
        thread::sleep(Duration::from_millis(2));
    }
    send(&child, signal);
    child.wait().unwrap().code()
}

#[test]
fn killed_shards_are_completed() {
    let workshop = Workshop::new();
    let folder = |name: &str| -> PathBuf { workshop.path().join(name) };
    let [first, second, third] = ["record-1of3", "record-2of3", "record-3of3"].map(&folder);
    let stderr = text(&run(&workshop, "3/3", &SHORT).stderr);
    assert!(stderr.contains("The record: record-3of3"), "{stderr}");
    let kept = passes_of(&third);
    assert_eq!(ended_by(&workshop, "1/3", &first, Signal::SIGKILL), None);
    assert_eq!(ended_by(&workshop, "2/3", &second, Signal::SIGTERM), Some(143));
    let parts = [&first, &second].map(|folder| passes_of(folder));
    assert!(parts.iter().all(|part| !part.is_empty()));

    for (shard, said) in [
        ("1/3", "The interrupted record is now record-1of3-interrupted"),
        ("2/3", "The interrupted record is now record-2of3-interrupted"),
        ("3/3", "Complete already: record-3of3"),
    ] {
        let output = run(&workshop, shard, &SHORT);
        let stderr = text(&output.stderr);
        assert!(output.status.success() && stderr.contains(said), "{stderr}");
    }
    for folder in [&first, &second, &third] {
        assert!(ComparisonRecord::read(folder).unwrap().setup.complete);
    }
    let aside = ["record-1of3-interrupted", "record-2of3-interrupted"];
    assert_eq!(aside.map(|name| passes_of(&folder(name))), parts, "nothing is lost");
    assert_eq!(passes_of(&third), kept);
}

#[test]
fn records_name_their_shard() {
    let workshop = Workshop::new();
    let mut command = command(&workshop, "/8", &["--seed", "40", "--blocks", "1"]);
    command.args(["--rounds", "1", "--backend", "hyper@smol:1,surf@smol:1"]);
    let output = command.env("JOB_COMPLETION_INDEX", "2").output().unwrap();
    let stderr = text(&output.stderr);
    assert!(stderr.contains("shard 3/8, from JOB_COMPLETION_INDEX=2\n"), "{stderr}");
    let folder = workshop.path().join("record-3of8");
    let setup = ComparisonRecord::read(&folder).unwrap().setup;
    assert_eq!((setup.shard, setup.seed), (Some(Shard { number: 3, count: 8 }), 43));
    assert_eq!(setup.extent.map(|extent| (extent.blocks, extent.rounds)), Some((Some(1), 1)));
    crate::schema::assert_follows(&folder);

    let environment = Environment::read(&folder).unwrap();
    assert!(environment.target.is_some_and(|target| target.contains("linux")));
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let stored = fs::read_to_string(folder.join("environment.json")).unwrap();
    let hash = environment.boot_id_crc32.unwrap();
    assert!(hash.len() == 8 && !stored.contains(id.trim()), "{stored}");
}

#[test]
fn shards_measure_to_the_end() {
    let workshop = Workshop::new();
    let backends = ["--backend", "hyper@smol:1,slowed:hyper@smol:1:100%"];
    let arguments = [&["--budget", "8s", "--rounds", "2"][..], &backends].concat();
    assert!(run(&workshop, "1/2", &arguments).status.success());
    let record = ComparisonRecord::read(&workshop.path().join("record-1of2")).unwrap();
    assert!(record.blocks.iter().all(|block| block.spent.is_none()), "nothing is decided");
    let last = record.blocks.last().unwrap().block;
    let made = |backend: &str| {
        record.passes.iter().any(|pass| pass.block == last && pass.backend == backend)
    };
    assert!(last >= 5 && made("slowed:hyper@smol:1:100%"), "{last}");
}

#[test]
fn wrong_shards_are_refused() {
    let workshop = Workshop::new();
    let refused = |mut command: Command, code: i32, part: &str| {
        let output = command.output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{part}: {stderr}");
        assert!(stderr.lines().count() == 1 && stderr.contains(part), "{part}: {stderr}");
    };
    for (shard, part) in [
        ("0/8", "bad --shard \"0/8\": there is no shard 0 of 8"),
        ("9/8", "bad --shard \"9/8\": there is no shard 9 of 8"),
        ("x", "bad --shard \"x\": write 3/8, or /8"),
        ("/8", "--shard /8 needs JOB_COMPLETION_INDEX"),
    ] {
        refused(command(&workshop, shard, &[]), 2, part);
    }
    let mut total = command(&workshop, "/8", &[]);
    total.env("CI_NODE_INDEX", "1").env("CI_NODE_TOTAL", "4");
    refused(total, 2, "CI_NODE_TOTAL is 4, but --shard is of 8");
    let mut alone = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    alone.current_dir(workshop.path()).args(["compare", "--shard", "1/2"]);
    refused(alone, 2, "--record");
    assert_eq!(fs::read_dir(workshop.path()).unwrap().count(), 1, "nothing is written");

    let short = ["--blocks", "1", "--backend", "hyper@smol:1,surf@smol:1", "--rounds"];
    let rounds = |rounds| [&short[..], &[rounds, "--skip-complete"]].concat();
    assert!(run(&workshop, "1/2", &rounds("1")).status.success());
    let kept = passes_of(&workshop.path().join("record-1of2"));
    let part = "record-1of2 holds a complete record of another comparison (rounds: 1, now 2)";
    refused(command(&workshop, "1/2", &rounds("2")), 1, part);
    refused(command(&workshop, "1/2", &short[..4]), 1, "record-1of2 holds a record already");
    assert_eq!(passes_of(&workshop.path().join("record-1of2")), kept);
}
