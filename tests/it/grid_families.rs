//! The conformance grid over both families: the address does not change how a client takes a fault.
//!
//! Compares one backend of each client, with the faults that do not wait. With FETCHBENCH_GRID=complete
//! it compares every backend and every fault, which takes minutes.

use std::collections::HashSet;
use std::net::IpAddr;
use std::process::Command;
use std::thread;

use fetchbench::scenario::fault::{self, End, Fault, Listening, Made};
use fetchbench::tools::verify::{Cell, Grid};

use crate::backends::backends;
use crate::families::families;

/// Runs `fetchbench verify` with its server at `ip`.
fn grid(ip: IpAddr, backends: &str, faults: &str) -> Grid {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_fetchbench"));
    verify.args(["verify", "--ip", &ip.to_string(), "--backend", backends, "--fault", faults]);
    let output = verify.args(["--deadline", "500ms", "--format", "json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{ip}: {error}: {said}"))
}

/// Makes the grid over each family at the same time, and returns the cells that differ.
fn differing(backends: &str, faults: &str) -> Vec<(Cell, Cell)> {
    let grids: Vec<Grid> = thread::scope(|scope| {
        let made: Vec<_> = families()
            .into_iter()
            .map(|ip| scope.spawn(move || grid(ip, backends, faults)))
            .collect();
        made.into_iter().map(|grid| grid.join().unwrap()).collect()
    });
    let [four, six] = &grids[..] else { return Vec::new() };
    assert!(!four.cells.is_empty() && four.cells.len() == six.cells.len());
    let verdict = |cell: &Cell| (cell.client, cell.checked, cell.reported.clone());
    let pairs =
        four.cells.iter().zip(&six.cells).filter(|(four, six)| verdict(four) != verdict(six));
    pairs.map(|(four, six)| (four.clone(), six.clone())).collect()
}

fn waits(fault: &Fault) -> bool {
    let end = match (fault.script(), &fault.made) {
        (Some(script), _) => script.end,
        (None, Made::Listener(Listening::Greets(_, end))) => *end,
        _ => return false,
    };
    matches!(end, End::Stay | End::Forever(..))
}

#[test]
fn a_fault_is_the_same_over_ipv6() {
    let complete = std::env::var_os("FETCHBENCH_GRID").is_some_and(|grid| grid == "complete");
    let mut seen = HashSet::new();
    let backends = backends().filter(|backend| {
        let client = backend.entry().client;
        complete || (!backend.entry().is_peer() && seen.insert(client))
    });
    let backends: Vec<String> = backends.map(|backend| backend.to_string()).collect();
    let faults = fault::all().filter(|fault| !fault.is_http2() && (complete || !waits(fault)));
    let faults: Vec<&str> = faults.map(|fault| fault.name).collect();
    for (four, six) in differing(&backends.join(","), &faults.join(",")) {
        // A busy machine makes some late: alone they are not.
        let again = differing(&four.backend, &four.fault);
        assert!(again.is_empty(), "over 127.0.0.1 {four:?}, over ::1 {six:?}, then {again:?}");
    }
}
