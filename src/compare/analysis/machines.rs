//! A merged record: every machine by itself, then all that count together, with machines as the
//! unit of every interval.

use std::cmp::Ordering;

use super::paired::machine_of;
use super::{BlockLatency, Rules, WorkloadAnalysis, analyse_workload, block_log_ratios};
use crate::record::{ComparisonRecord, MachineSetup, WorkloadSetup};
use crate::stats::{Family, OverMachines, Ratio};

/// A machine of a merged record on a scenario.
#[derive(Debug, Clone)]
pub struct MachineAnalysis {
    /// The machine and its shards.
    pub setup: MachineSetup,
    /// Its blocks by themselves.
    pub alone: WorkloadAnalysis,
    /// Whether it counts: it was fit to measure on, or the rules allow that it was not.
    pub counts: bool,
}

/// Whether the order of backends is the same on all machines, by the intervals of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineOrder {
    /// No machine shows any order.
    NotShown,
    /// No two machines show opposite orders.
    Holds,
    /// Some pairs are shown in opposite orders.
    Differs(Vec<OppositeOrders>),
}

/// Two backends that two machines show in opposite orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OppositeOrders {
    /// The backend that is faster on the first of these machines.
    pub faster: String,
    /// The backend that is slower there.
    pub slower: String,
    /// The numbers of the machines that show this order, from 1.
    pub on: Vec<usize>,
    /// The numbers of the machines that show the opposite one.
    pub opposite_on: Vec<usize>,
}

/// Analyses a scenario of a merged record.
pub(super) fn analyse_merged(
    comparison: &ComparisonRecord,
    setup: &WorkloadSetup,
    rules: Rules,
) -> WorkloadAnalysis {
    let machines = comparison.setup.machines.iter().map(|machine| {
        let alone = analyse_workload(&comparison.of_machine(machine), setup, rules);
        let counts = alone.is_judged && alone.blocks > 0;
        MachineAnalysis { setup: machine.clone(), alone, counts }
    });
    let machines: Vec<MachineAnalysis> = machines.collect();
    let counting = machines.iter().filter(|machine| machine.counts);
    let mut counting: Vec<&MachineSetup> = counting.map(|machine| &machine.setup).collect();
    if counting.is_empty() {
        counting = comparison.setup.machines.iter().collect();
    }
    let merged = analyse_workload(&comparison.of_machines(&counting), setup, rules);
    WorkloadAnalysis { machines, ..merged }
}

impl WorkloadAnalysis {
    /// Returns whether the machines agree on the order; `None` if fewer than two count.
    pub fn machine_order(&self) -> Option<MachineOrder> {
        let mut names: Vec<&str> = self.valid().map(|backend| backend.name.as_str()).collect();
        names.sort_unstable();
        let counting = (1..).zip(&self.machines).filter(|(_, machine)| machine.counts);
        let standings = counting.map(|(number, machine)| Standings::new(number, machine, &names));
        let standings: Vec<Standings> = standings.collect();
        if standings.len() < 2 {
            return None;
        }
        let count = names.len();
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |two| (one, two)));
        let (mut is_shown, mut opposite) = (false, Vec::new());
        for (one, two) in pairs {
            let on = |order| -> Vec<usize> {
                let shown = standings.iter().filter(|all| all.order(one, two) == Some(order));
                shown.map(|all| all.number).collect()
            };
            let (less, greater) = (on(Ordering::Less), on(Ordering::Greater));
            is_shown |= !less.is_empty() || !greater.is_empty();
            if !less.is_empty() && !greater.is_empty() {
                let [faster, slower] = [one, two].map(|index| names[index].to_owned());
                opposite.push(OppositeOrders { faster, slower, on: less, opposite_on: greater });
            }
        }
        Some(match (is_shown, opposite.is_empty()) {
            (false, _) => MachineOrder::NotShown,
            (true, true) => MachineOrder::Holds,
            (true, false) => MachineOrder::Differs(opposite),
        })
    }
}

/// The orders of backends and the reference that a machine shows.
struct Standings {
    /// The number of the machine, from 1.
    number: usize,
    backends: Vec<Option<Ordering>>,
}

impl Standings {
    fn new(number: usize, machine: &MachineAnalysis, names: &[&str]) -> Self {
        let alone = &machine.alone;
        let standing = |name: &&str| {
            let backend = alone.valid().find(|backend| backend.name == **name)?;
            backend.standing(&alone.reference)
        };
        Self { number, backends: names.iter().map(standing).collect() }
    }

    /// Returns the order of two backends: they are on opposite sides of the reference, or one of
    /// them is the reference.
    fn order(&self, one: usize, two: usize) -> Option<Ordering> {
        let order = self.backends[one]?.cmp(&self.backends[two]?);
        Some(order).filter(|order| order.is_ne())
    }
}

/// Returns the ratio of two percentiles, paired by block, over the blocks of one machine or over
/// machines.
pub(super) fn latency_ratio(
    own: &[BlockLatency],
    reference: &[BlockLatency],
    family: &Family,
    machines: &[MachineSetup],
) -> Option<Ratio> {
    let pairs = block_log_ratios(own, reference);
    if machines.len() < 2 {
        let logs: Vec<f64> = pairs.iter().map(|(_, log)| *log).collect();
        return Some(Ratio::new(family.interval(&logs)?, logs.len()));
    }
    let mut values = vec![Vec::new(); machines.len()];
    for (block, log) in pairs {
        values[machine_of(machines, block)].push(log);
    }
    OverMachines::new(&values, family).ratio(family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{block, comparison, machine};
    use crate::record::{Fitness, Unfit};
    use crate::stats::Verdict;

    /// Returns a merged record of this many machines, each with the six blocks of the small
    /// comparison. On each, the passes of `hyper@smol` are multiplied by a factor.
    fn merged(factors: &[f64]) -> ComparisonRecord {
        let small = comparison();
        let mut merged = comparison();
        (merged.passes, merged.costs) = (Vec::new(), Vec::new());
        for (index, factor) in (0..).zip(factors) {
            let mut own = small.clone();
            own.passes.iter_mut().for_each(|pass| pass.block += 6 * index);
            own.costs.iter_mut().for_each(|cost| cost.block += 6 * index);
            let scaled = own.passes.iter_mut().filter(|pass| pass.backend == "hyper@smol");
            scaled.for_each(|pass| pass.elapsed_s = pass.elapsed_s.map(|s| s * factor));
            merged.passes.append(&mut own.passes);
            merged.costs.append(&mut own.costs);
            merged.setup.machines.push(machine("Some CPU", index + 1, 6 * index, 6));
        }
        merged
    }

    fn found(merged: &ComparisonRecord) -> WorkloadAnalysis {
        analyse(merged).remove(0)
    }

    fn hyper(workload: &WorkloadAnalysis) -> (Option<usize>, Option<Verdict>) {
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        (backend.compared.time.unwrap().machines, backend.verdict())
    }

    #[test]
    fn machines_are_the_unit() {
        let workload = found(&merged(&[1.2, 1.21, 1.22]));
        assert_eq!(hyper(&workload), (Some(3), Some(Verdict::Slower)));
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        let deviations = backend.compared.deviations.unwrap();
        assert!(deviations.between > deviations.within, "{deviations:?}");
        assert_eq!(workload.machine_order(), Some(MachineOrder::Holds));
        assert!(workload.machines.iter().all(|machine| machine.counts));
        let noise = workload.noise.unwrap();
        assert_eq!((noise.machines, workload.blocks), (Some(3), 18));
    }

    #[test]
    fn two_machines_have_no_word() {
        let workload = found(&merged(&[1.2, 1.21]));
        assert_eq!(hyper(&workload), (Some(2), None));
    }

    #[test]
    fn one_machine_has_blocks() {
        let workload = found(&merged(&[1.2]));
        assert_eq!(hyper(&workload), (None, Some(Verdict::Slower)));
        assert_eq!((workload.machine_order(), workload.machines.len()), (None, 1));
    }

    #[test]
    fn opposite_orders_are_found() {
        let Some(MachineOrder::Differs(opposite)) =
            found(&merged(&[1.2, 0.8, 1.2])).machine_order()
        else {
            panic!("the order differs")
        };
        let expected = OppositeOrders {
            faster: "hyper@smol".to_owned(),
            slower: "surf@smol".to_owned(),
            on: vec![2],
            opposite_on: vec![1, 3],
        };
        assert_eq!(opposite, [expected]);
    }

    #[test]
    fn unfit_machines_do_not_count() {
        let mut merged = merged(&[1.2, 1.21, 0.5, 1.22]);
        for number in 12..18 {
            let mut sample = block("article", number, 0.5);
            sample.fitness = Fitness { unfit: Some(Unfit::Others), ..sample.fitness };
            merged.blocks.push(sample);
        }
        let workload = found(&merged);
        assert_eq!(hyper(&workload), (Some(3), Some(Verdict::Slower)));
        assert_eq!(workload.machines.iter().filter(|machine| machine.counts).count(), 3);
        assert!(
            workload.backends.iter().any(|backend| !backend.is_valid()),
            "rejected passes count"
        );
    }

    #[test]
    fn far_slower_machines_spoil_the_mean() {
        let mut merged = merged(&[1.2, 1.21, 20.0, 1.22]);
        // It was left out of the third after two rounds.
        merged.passes.retain(|pass| {
            let is_third = pass.backend == "hyper@smol" && (12..18).contains(&pass.block);
            !is_third || pass.block == 12 && pass.round < Some(2)
        });
        let workload = found(&merged);
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        assert!(backend.compared.time.unwrap().bounds.is_none() && !backend.is_far_slower());
        assert!(backend.compared.stopped.is_none());
    }
}
