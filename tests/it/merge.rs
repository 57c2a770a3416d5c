//! `fetchbench merge`: shards that are measured here, and records of machines that are not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fetchbench::record::{
    ComparisonRecord, ComparisonSetup, Environment, Shard, WorkloadSetup, control,
};
use serde_json::Value;

use crate::cli::text;
use crate::fixtures;
use crate::schema::assert_follows;
use crate::workshop::{Workshop, json};

fn fetchbench(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

/// The files of a record, with their names, in order.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

const BACKENDS: [&str; 2] = ["hyper@tokio", "ureq@threads"];

/// Writes the record of a shard on a machine with this number. A pass of the second backend takes
/// `factor` times as long as one of the first, give or take a percent.
fn write_shard(parent: &Path, shard: Shard, machine: u32, factor: f64) -> PathBuf {
    let mut record = ComparisonRecord {
        setup: ComparisonSetup {
            shard: Some(shard),
            seed: shard.seed(1),
            ..fixtures::setup(&BACKENDS, &[workload()])
        },
        passes: Vec::new(),
        costs: Vec::new(),
        blocks: Vec::new(),
    };
    for block in 0..6 {
        let noise = |of: u32| 1.0 + f64::from((block * 5 + of * 3 + machine) % 7) / 500.0;
        let times = [noise(0), factor * noise(1), noise(2)];
        let names = [BACKENDS[0].to_owned(), BACKENDS[1].to_owned(), control(BACKENDS[0])];
        for (name, time) in names.iter().zip(times) {
            let seconds = 0.01 * f64::from(machine) * time;
            record.passes.push(fixtures::pass("keepalive", name, block, seconds));
        }
        record.blocks.push(fixtures::block("keepalive", block, 0.01));
    }
    let environment = Environment {
        cpu: format!("CPU {machine}"),
        cores: machine as usize,
        boot_id_crc32: Some(format!("{machine:08x}")),
        started: "2026-11-22T10:12:59Z".to_owned(),
        ..Environment::capture("fetchbench compare keepalive")
    };
    let folder = parent.join(format!("k-{}of{}", shard.number, shard.count));
    record.write(&folder, &environment).unwrap();
    folder
}

fn workload() -> WorkloadSetup {
    fixtures::workload("keepalive")
}

/// Writes a shard for each machine and factor, and returns their names.
fn write_shards(parent: &Path, shards: &[(u32, f64)]) -> Vec<String> {
    let count = shards.len() as u32;
    let folders = (1..).zip(shards).map(|(number, (machine, factor))| {
        write_shard(parent, Shard { number, count }, *machine, *factor)
    });
    folders.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn merge(folder: &Path, records: &[String], into: &str) -> Output {
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    fetchbench(folder, &[&["merge"][..], &records, &["--record", into]].concat())
}

fn figures(folder: &Path, record: &str) -> Value {
    json(&fetchbench(folder, &["report", record, "--json", "-"]))
}

#[test]
fn measured_shards_are_one_machine() {
    let workshop = Workshop::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let arguments = ["--shard", shard, "--blocks", "2", "--rounds", "2", "--backend"];
        let output = workshop.compare(&[&arguments[..], &["hyper@smol:1,surf@smol:1"]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let folder = workshop.path();
    let shards = ["record-1of3", "record-2of3", "record-3of3"].map(str::to_owned);
    let output = merge(folder, &shards, "merged");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "The record: merged\n");
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("6 blocks on 1 machine"), "{stdout}");
    assert!(words.contains("1 machine, 3 shards: no between-machine interval."), "{stdout}");
    assert_follows(&folder.join("merged"));
    for (flag, file) in [("--html", "page.html"), ("--svg", "p.svg"), ("--csv", "f.csv")] {
        let output = fetchbench(folder, &["report", "merged", "--allow-unfit", flag, file]);
        assert!(output.status.success() && folder.join(file).exists(), "{}", text(&output.stderr));
    }
    let page = fs::read_to_string(folder.join("page.html")).unwrap();
    assert!(page.contains(">Machines<") && page.contains("1&#x2f;3, 2&#x2f;3, 3&#x2f;3"));
    // Its blocks are those of the shards, with those that were unfit, and an interval over all.
    let found = json(&fetchbench(folder, &["report", "merged", "--allow-unfit", "--json", "-"]));
    let backends = found["scenarios"][0]["backends"].as_array().unwrap();
    let surf = backends.iter().find(|backend| backend["backend"] == "surf@smol:1").unwrap();
    let ratio = &surf["ratio"];
    assert!(
        ratio["blocks"].as_u64() >= Some(6) && ratio["low"].is_f64() && ratio["machines"].is_null(),
        "{found}"
    );
}

#[test]
fn any_order_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut shards =
        write_shards(folder.path(), &[(1, 1.2), (2, 1.3), (1, 1.25), (3, 1.1), (3, 1.15)]);
    assert!(merge(folder.path(), &shards, "merged").status.success());
    let first = files(&folder.path().join("merged"));
    for order in 0..5 {
        shards.rotate_left(2);
        shards.swap(0, order);
        let into = format!("again-{order}");
        assert!(merge(folder.path(), &shards, &into).status.success());
        assert!(files(&folder.path().join(&into)) == first, "{shards:?}");
    }
}

#[test]
fn machines_decide() {
    let folder = tempfile::tempdir().unwrap();
    let factors: [f64; 3] = [1.2, 1.25, 1.3];
    let shards = write_shards(folder.path(), &[(1, 1.2), (2, 1.25), (3, 1.3)]);
    let output = merge(folder.path(), &shards, "merged");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let found = figures(folder.path(), "merged");
    let workload = &found["scenarios"][0];
    let ratio = &workload["backends"][1]["ratio"];
    assert_eq!((&ratio["verdict"], &ratio["machines"]), (&"slower".into(), &3.into()));

    // Student's interval of the three means, of each machine's own figures.
    let machines = workload["machines"].as_array().unwrap();
    let means: Vec<f64> = machines
        .iter()
        .map(|machine| machine["backends"][0]["ratio"]["mean"].as_f64().unwrap().ln())
        .collect();
    for (mean, factor) in means.iter().zip(factors) {
        assert!((mean - factor.ln()).abs() < 0.01, "{means:?}");
    }
    let mean = means.iter().sum::<f64>() / 3.0;
    let variance = means.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 2.0;
    let margin = 4.302_652_73 * (variance / 3.0).sqrt();
    let close = |key: &str, ln: f64| (ratio[key].as_f64().unwrap().ln() - ln).abs() < 1e-6;
    assert!(close("mean", mean) && close("low", mean - margin), "{ratio}");
    assert!(close("high", mean + margin), "{ratio}");
    assert_eq!(workload["machines"][2]["counts"], true);
    let deviations = &workload["backends"][1]["deviations"];
    assert!(deviations["between"].as_f64() > deviations["within"].as_f64(), "{deviations}");
    assert_eq!(workload["order"]["holds"], true);
    let order = "the order holds on all 3 machines: no two show opposite orders.";
    assert!(workload["verdict"].as_str().unwrap().contains(order), "{}", workload["verdict"]);
    assert_eq!(found["machines"][1]["cpu"], "CPU 2");
}

#[test]
fn merged_records_are_not_diffed() {
    let folder = tempfile::tempdir().unwrap();
    let shards = write_shards(folder.path(), &[(1, 1.2), (2, 1.25)]);
    assert!(merge(folder.path(), &shards, "merged").status.success());
    let output = fetchbench(folder.path(), &["diff", "merged", "merged"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("of several machines"), "{stderr}");
}

#[test]
fn wrong_records_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let shards = write_shards(folder, &[(1, 1.2), (2, 1.25), (3, 1.2)]);
    let refused = |records: &[&str], code: i32, part: &str| {
        let arguments = [&["merge"][..], records, &["--record", "merged"]].concat();
        let output = fetchbench(folder, &arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{part}: {stderr}");
        assert!(stderr.lines().count() == 1 && stderr.contains(part), "{part}: {stderr}");
        assert!(!folder.join("merged").exists(), "{part}");
    };
    fs::create_dir(folder.join("empty")).unwrap();
    refused(&["empty"], 2, "empty/environment.json: is this the folder of a record?");
    refused(&["nowhere"], 2, "cannot read nowhere/environment.json");
    refused(&[], 2, "RECORD");
    fs::create_dir(folder.join("copy")).unwrap();
    for (name, content) in files(&folder.join("k-2of3")) {
        fs::write(folder.join("copy").join(name), content).unwrap();
    }
    let part = "the same shard twice: shard 2/3 in copy and k-2of3: leave one out";
    refused(&["k-1of3", "copy", "k-2of3"], 2, part);

    let mut alone = ComparisonRecord::read(&folder.join("k-1of3")).unwrap();
    let environment = Environment::read(&folder.join("k-1of3")).unwrap();
    alone.setup.shard = None;
    alone.write(&folder.join("alone"), &environment).unwrap();
    refused(&["alone"], 2, "alone is not a shard: measure it with `compare --shard`");

    let mut other = ComparisonRecord::read(&folder.join("k-3of3")).unwrap();
    let environment = Environment::read(&folder.join("k-3of3")).unwrap();
    other.setup.workloads[0].scenario = "bulk".to_owned();
    other.write(&folder.join("bulk"), &environment).unwrap();
    let part = "scenarios is keepalive in k-1of3 and bulk in bulk; --force merges them";
    refused(&["k-1of3", "bulk"], 1, part);
    other.setup.workloads[0].scenario = "keepalive".to_owned();
    other.setup.complete = false;
    other.write(&folder.join("killed"), &environment).unwrap();
    refused(&["k-1of3", "killed"], 1, "killed was interrupted");
    let forced = ["merge", "k-1of3", "killed", "--record", "forced", "--force"];
    let output = fetchbench(folder, &forced);
    let stderr = text(&output.stderr);
    assert!(output.status.success() && stderr.contains("1 shard is missing: 2/3"), "{stderr}");

    assert!(merge(folder, &shards, "whole").status.success());
    let kept = files(&folder.join("whole"));
    let output = merge(folder, &shards, "whole");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("whole holds a record already"));
    assert!(files(&folder.join("whole")) == kept, "nothing is overwritten");
    refused(&["whole"], 2, "whole is a merged record: name the shards");
}
