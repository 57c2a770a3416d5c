//! The machines of a merged record for programs.

use serde_json::{Value, json};

use super::machines::{ratio_on, shard_names};
use super::ratio::json_ratio;
use crate::compare::analysis::{MachineOrder, WorkloadAnalysis};
use crate::record::ComparisonSetup;

/// Returns whether the machines agree on the order as JSON.
pub(super) fn json_order(workload: &WorkloadAnalysis) -> Value {
    match workload.machine_order() {
        None => Value::Null,
        Some(MachineOrder::NotShown) => json!({ "holds": null, "opposite": [] }),
        Some(MachineOrder::Holds) => json!({ "holds": true, "opposite": [] }),
        Some(MachineOrder::Differs(opposite)) => {
            let pairs = opposite.iter().map(|pair| {
                json!({
                    "faster": pair.faster,
                    "slower": pair.slower,
                    "on": pair.on,
                    "opposite_on": pair.opposite_on,
                })
            });
            json!({ "holds": false, "opposite": pairs.collect::<Vec<_>>() })
        }
    }
}

/// Returns the machines of a merged record as JSON.
pub(super) fn json_machines(setup: &ComparisonSetup) -> Vec<Value> {
    let machines = setup.machines.iter();
    let values = machines.map(|machine| {
        json!({
            "cpu": machine.cpu,
            "cores": machine.cores,
            "kernel": machine.kernel,
            "memory_bytes": machine.memory_bytes,
            "shards": shard_names(machine),
        })
    });
    values.collect()
}

/// Returns the results of each machine on a scenario as JSON.
pub(super) fn json_results(workload: &WorkloadAnalysis) -> Vec<Value> {
    let machines = workload.machines.iter();
    let values = machines.map(|machine| {
        let compared =
            workload.valid().filter(|backend| backend.name != workload.reference).map(|backend| {
                let ratio = ratio_on(machine, &backend.name);
                let verdict = ratio.and_then(|ratio| ratio.verdict(workload.equivalence));
                json!({
                    "backend": backend.name,
                    "ratio": ratio.map(|ratio| json_ratio(ratio, verdict)),
                })
            });
        json!({
            "counts": machine.counts,
            "blocks": machine.alone.blocks,
            "backends": compared.collect::<Vec<_>>(),
        })
    });
    values.collect()
}
