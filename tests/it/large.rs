//! A record of a million fetches: its report grows with its backends, not with its passes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fetchbench::fetch::error::{ErrorClass, FetchError};
use fetchbench::fetch::{Fetched, Pass};
use fetchbench::record::{
    Aftermath, ComparisonSetup, ComparisonWriter, Environment, Latencies, PassSample,
    WorkloadSetup, control,
};

use crate::fixtures;

const SCENARIO: &str = "keepalive";
const BACKENDS: [&str; 2] = ["hyper@smol", "surf@smol"];
const FETCHES: u64 = 1000;
/// What may be used of memory, in KiB, by the program as it is built for tests: of address space,
/// the code included.
const MEMORY_KIB: u64 = 200 << 10;

/// Writes a comparison of so many passes of 1,000 fetches each, in blocks of two rounds.
fn write(folder: &Path, passes: u32) {
    let mut writer =
        ComparisonWriter::create(folder, &Environment::capture("cargo test"), setup()).unwrap();
    let names = [BACKENDS[0].to_owned(), BACKENDS[1].to_owned(), control(BACKENDS[0])];
    for number in 0..passes {
        let (backend, round) = (number as usize % names.len(), number / names.len() as u32);
        // Noise that differs from pass to pass.
        let noise = f64::from(number * 7 % 101) / 2000.0;
        let seconds = 0.02 * (1.0 + noise + (backend % 2) as f64 / 10.0);
        writer
            .pass(&PassSample {
                round: Some(round % 2),
                visit: u64::from(round),
                latencies: latencies(number),
                ..fixtures::pass(SCENARIO, &names[backend], round / 2, seconds)
            })
            .unwrap();
    }
    writer.finish(true, Aftermath { seconds: 60.0, load: None, stolen: None }).unwrap();
}

/// What a thousand fetches took: from 0.1 to some 7 ms, with a tail.
fn latencies(seed: u32) -> Latencies {
    let fetched = |number: u32| Fetched {
        started: Duration::ZERO,
        elapsed: Duration::from_micros(u64::from(100 + (number * number + seed * 31) % 6_997)),
        final_url: None,
        result: Err(FetchError::new(ErrorClass::Dns, "")),
    };
    Latencies::service(&Pass {
        elapsed: Duration::ZERO,
        fetched: (0..FETCHES as u32).map(fetched).collect(),
    })
}

fn setup() -> ComparisonSetup {
    let workload = WorkloadSetup {
        description: "1,000 small pages".to_owned(),
        fetches: FETCHES,
        concurrency: 32,
        ..fixtures::workload(SCENARIO)
    };
    fixtures::setup(&BACKENDS, &[workload])
}

/// The page of a record of so many passes, made within the bounds of memory.
fn page(passes: u32) -> String {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    write(&record, passes);
    let mut command = Command::new("sh");
    command.args([
        "-c",
        &format!("ulimit -v {MEMORY_KIB}; exec \"$@\""),
        "sh",
        env!("CARGO_BIN_EXE_fetchbench"),
    ]);
    command.args(["report", "record", "--html", "page.html"]);
    let output = command.current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(folder.path().join("page.html")).unwrap()
}

#[test]
fn large_records_make_small_pages() {
    let (small, large) = (page(30), page(1002));
    assert!(large.contains("1,002 passes of 1,002,000 fetches"));
    // A dot stands for several blocks where there would be too many.
    let dots = |page: &str| page.matches("<circle").count();
    assert_eq!((dots(&small), dots(&large)), (2 * 5, 2 * 56));
    // What may be taken away as a file holds every block, and all else stays as it is.
    let blocks =
        large.split("blocks.csv\" href=\"").nth(1).unwrap().split('"').next().unwrap().len();
    assert!(
        large.len() < small.len() + 3 * blocks,
        "{} and {} bytes, {blocks} of blocks",
        small.len(),
        large.len()
    );
}
