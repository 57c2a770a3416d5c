//! Instructions counted with valgrind, where the processor has no counters.
//!
//! Without valgrind the test is skipped, unless `FETCHBENCH_REQUIRE_PEERS` is set, as it is in CI.

use std::fs;
use std::process::{Command, Stdio};

use fetchbench::compare::no_instructions;
use fetchbench::record::ComparisonRecord;

use crate::peers::{say, skip};

const SCENARIO: &str = r#"
description = "small pages"
concurrency = 4
[[site]]
label = "page"
repeat = 50
bytes = 200
"#;

#[test]
fn valgrind_counts_alike_twice() {
    if no_instructions().is_none() {
        return say("skipped: the processor counts instructions");
    }
    let mut version = Command::new("valgrind");
    version.arg("--version");
    let Ok(version) = version.output() else { return skip("valgrind is not installed") };
    let folder = tempfile::tempdir().unwrap();
    let scenarios = ["once.toml", "again.toml"];
    for scenario in scenarios {
        fs::write(folder.path().join(scenario), SCENARIO).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.arg("compare").args(scenarios).args(["--instructions", "--record", "record"]);
    // The second has more threads than one.
    command.args(["--backend", "floor@loop,hyper@tokio:2", "--blocks", "1", "--rounds", "1"]);
    command.args(["--export-markdown", "tables.md"]);
    let output = command.current_dir(&folder).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let record = ComparisonRecord::read(&folder.path().join("record")).unwrap();
    let per_fetch = record.setup.workloads.iter().map(|workload| {
        let [floor] = workload.instructions.as_slice() else {
            panic!("one backend has one thread: {:?}", workload.instructions)
        };
        assert_eq!((floor.backend.as_str(), floor.fetches), ("floor@loop", 150));
        floor.instructions as f64 / floor.fetches as f64
    });
    let per_fetch: Vec<f64> = per_fetch.collect();
    let spread = (per_fetch[0] / per_fetch[1] - 1.0).abs();
    assert!(per_fetch[0] > 1_000.0 && spread < 0.01, "{per_fetch:?}");
    let tool = String::from_utf8(version.stdout).unwrap();
    let source = format!("Instructions: counted by {} cachegrind, ", tool.trim());
    let tables = fs::read_to_string(folder.path().join("tables.md")).unwrap();
    assert!(tables.contains(&source), "{tables}");
}
