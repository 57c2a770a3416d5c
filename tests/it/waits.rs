//! Latencies from the start of the pass: the wait for a free slot is in them.

use std::process::{Command, Stdio};

use fetchbench::record::{ComparisonRecord, LatencyCounts, PassSample};

const BACKENDS: [&str; 4] = ["floor@loop", "hyper@tokio:1", "surf@smol:1", "ureq@threads"];

/// Returns how far the end of the last fetch is from the end of the pass, as shares of the pass.
fn gap(pass: &PassSample) -> f64 {
    let mut ends = LatencyCounts::default();
    pass.since_start.add_to(&mut ends).unwrap();
    assert_eq!(ends.total(), 1_000);
    (ends.quantile(1.0).unwrap() / pass.elapsed_s.unwrap() - 1.0).abs()
}

#[test]
fn last_fetches_end_their_pass() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    command.args([
        "compare",
        "fan-out",
        "--blocks",
        "1",
        "--rounds",
        "2",
        "--record",
        "record",
        "--allow-unfit",
    ]);
    command.args(BACKENDS.iter().flat_map(|backend| ["--backend", backend]));
    let output = command.current_dir(&folder).stdin(Stdio::null()).output().unwrap();
    // A busy machine may not have all fetches in flight at once, which makes a backend invalid.
    let is_measured = matches!(output.status.code(), Some(0 | 3));
    assert!(is_measured, "{}", String::from_utf8_lossy(&output.stderr));
    let record = ComparisonRecord::read(&folder.path().join("record")).unwrap();
    for backend in BACKENDS {
        let passes = record.passes.iter().filter(|pass| pass.backend == backend);
        // A worker in between is preempted now and then: one clean round is enough.
        let least = passes.map(gap).fold(f64::MAX, f64::min);
        // 0.1 ms of a pass of 100 ms: a histogram of three digits places its last bucket closer.
        assert!(least <= 1e-3, "{backend}: off by {least} of the pass");
    }
}
