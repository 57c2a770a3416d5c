//! The machines of a merged record: whether they agree, what they are, and the ratios of each.

use super::join;
use crate::compare::analysis::{
    BackendAnalysis, MachineAnalysis, MachineOrder, OppositeOrders, WorkloadAnalysis,
};
use crate::record::{ComparisonSetup, MachineSetup};
use crate::render::numbers::{counted, decimal_percent};
use crate::render::table::TextTable;
use crate::render::verdict::Notation;
use crate::stats::{LEAST_BLOCKS, LEAST_MACHINES, Ratio};

/// The number of opposite orders that a headline names.
const NAMED: usize = 3;

/// Returns the main result of a merged record on a scenario: whether the order of the backends is
/// the same on all machines. It is the rest of a sentence that begins with the scenario.
pub(super) fn headline(workload: &WorkloadAnalysis) -> Option<String> {
    let counting = counting(workload);
    match workload.machine_order()? {
        MachineOrder::NotShown => Some(format!("no order is shown on the {counting} machines.")),
        MachineOrder::Holds => Some(format!(
            "the order holds on all {counting} machines: no two show opposite orders."
        )),
        MachineOrder::Differs(opposite) => {
            let named: Vec<String> = opposite.iter().take(NAMED).map(opposite_text).collect();
            let more = match opposite.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {}", counted(more as u64, "other pair", "other pairs")),
            };
            Some(format!(
                "the order does not hold on all {counting} machines: {}{more}.",
                named.join("; ")
            ))
        }
    }
}

/// Returns the order in short, with the number of machines, for a card.
pub(in crate::report) fn order_fact(
    workload: &WorkloadAnalysis,
) -> Option<(String, String, String)> {
    let order = match workload.machine_order()? {
        MachineOrder::NotShown => "not shown",
        MachineOrder::Holds => "holds",
        MachineOrder::Differs(_) => "differs",
    };
    let machines = format!("on {} machines", counting(workload));
    Some(("Order".to_owned(), order.to_owned(), machines))
}

fn opposite_text(opposite: &OppositeOrders) -> String {
    let OppositeOrders { faster, slower, on, opposite_on } = opposite;
    format!(
        "{faster} is faster than {slower} on {}, and slower on {}",
        numbers(on),
        numbers(opposite_on)
    )
}

/// Returns `machine 1` or `machines 1 and 3`.
fn numbers(machines: &[usize]) -> String {
    let names: Vec<String> = machines.iter().map(ToString::to_string).collect();
    let noun = if machines.len() == 1 { "machine" } else { "machines" };
    format!("{noun} {}", join(&names, "and"))
}

fn counting(workload: &WorkloadAnalysis) -> usize {
    workload.machines.iter().filter(|machine| machine.counts).count()
}

/// Returns the notes on the machines of a scenario, a line each.
pub(super) fn notes(workload: &WorkloadAnalysis) -> Vec<String> {
    let machines = &workload.machines;
    let mut notes = Vec::new();
    let shards = machines.iter().map(|machine| machine.setup.shards.len() as u64).sum();
    match machines.len() {
        0 => return notes,
        1 => {
            notes.push(format!(
                "1 machine, {}: no between-machine interval. The intervals are over the blocks of \
                 this machine, and hold for no other.",
                counted(shards, "shard", "shards")
            ));
            return notes;
        }
        count => notes.push(format!(
            "Intervals are over {count} machines, not over blocks. Times in seconds are of all \
             machines together, and only for display."
        )),
    }
    notes.extend(two_machines(workload));
    let unfit: Vec<usize> = (1..)
        .zip(machines)
        .filter(|(_, machine)| !machine.counts)
        .map(|(number, _)| number)
        .collect();
    if !unfit.is_empty() {
        notes.push(format!("Unfit to measure on, so not counted: {}.", numbers(&unfit)));
    }
    notes
}

/// Returns why the intervals over two machines are wide.
fn two_machines(workload: &WorkloadAnalysis) -> Option<String> {
    let mut ratios = workload.valid().filter_map(|backend| backend.compared.time);
    ratios.any(|ratio| ratio.machines == Some(2)).then(|| {
        let critical = |machines| workload.paired.family.critical(machines);
        format!(
            "With 2 machines the interval is wide, because two values hardly show how much \
             machines deviate: it reaches {:.1} standard errors to each side, with 5 machines \
             {:.1}. There is no word below {LEAST_MACHINES} machines.",
            critical(2),
            critical(5)
        )
    })
}

/// Returns the number of machines for a heading; empty if the record is not a merged one.
pub(in crate::report) fn on_machines(workload: &WorkloadAnalysis) -> String {
    match workload.machines.len() {
        0 => String::new(),
        count => format!(" on {}", counted(count as u64, "machine", "machines")),
    }
}

/// Returns why there is no verdict over machines; `None` if the reason is another.
pub(super) fn no_verdict(workload: &WorkloadAnalysis) -> Option<String> {
    let several = workload.machines.len() > 1 && workload.is_judged;
    let ratios = workload.valid().filter_map(|backend| backend.compared.time?.machines);
    let most = ratios.max().filter(|_| several)?;
    Some(match most {
        0 | 1 => format!(
            "{} with {LEAST_BLOCKS} blocks or more: there is no verdict over machines.",
            counted(most as u64, "machine counts", "machines count")
        ),
        most => format!(
            "{} count: a verdict needs {LEAST_MACHINES}.",
            counted(most as u64, "machine", "machines")
        ),
    })
}

/// Returns the machines of a merged record; `None` for another record.
pub(in crate::report) fn machine_table(setup: &ComparisonSetup) -> Option<TextTable> {
    let headings = ["machine", "CPU", "cores", "kernel", "shards"].map(str::to_owned).to_vec();
    let rows = (1..).zip(&setup.machines).map(|(number, machine): (usize, _)| {
        vec![
            number.to_string(),
            machine.cpu.clone(),
            machine.cores.to_string(),
            machine.kernel.clone().unwrap_or_else(|| "unknown".to_owned()),
            shard_names(machine).join(", "),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    (!rows.is_empty()).then_some(TextTable { headings, rows })
}

pub(super) fn shard_names(machine: &MachineSetup) -> Vec<String> {
    machine.shards.iter().map(|merged| merged.shard.to_string()).collect()
}

/// Returns the sentence on missing shards; `None` if all are there.
pub(in crate::report) fn missing(setup: &ComparisonSetup) -> Option<String> {
    setup.missing_shard_names().map(|names| format!("Missing shards: {names}."))
}

/// Returns the time of each backend relative to the reference on each machine, with the deviations
/// between machines and within; `None` below two machines.
pub(in crate::report) fn ratio_table(workload: &WorkloadAnalysis) -> Option<TextTable> {
    if workload.machines.len() < 2 {
        return None;
    }
    let compared = || workload.valid().filter(|backend| backend.name != workload.reference);
    let every = compared().flat_map(|backend| ratios(workload, backend)).flatten();
    let notation = Notation::of(every);
    let mut headings = vec!["time vs reference".to_owned()];
    headings.extend((1..=workload.machines.len()).map(|number| format!("machine {number}")));
    headings.extend(["between", "within"].map(str::to_owned));
    let rows =
        compared().map(|backend| {
            let mut row = vec![backend.name.clone()];
            row.extend(ratios(workload, backend).map(|ratio| {
                ratio.map_or_else(|| "–".to_owned(), |ratio| notation.interval(ratio))
            }));
            let deviations = backend.compared.deviations;
            let [between, within] =
                [deviations.map(|one| one.between), deviations.map(|one| one.within)]
                    .map(|deviation| deviation.map_or_else(String::new, decimal_percent));
            row.extend([between, within]);
            row
        });
    Some(TextTable { headings, rows: rows.collect() })
}

/// Returns the ratio of a backend on each machine.
fn ratios<'a>(
    workload: &'a WorkloadAnalysis,
    backend: &'a BackendAnalysis,
) -> impl Iterator<Item = Option<Ratio>> + 'a {
    workload.machines.iter().map(|machine| ratio_on(machine, &backend.name))
}

/// Returns the ratio of the backend with this name on a machine.
pub(super) fn ratio_on(machine: &MachineAnalysis, name: &str) -> Option<Ratio> {
    machine.alone.valid().find(|backend| backend.name == name)?.compared.time
}

#[cfg(test)]
mod tests {
    use crate::compare::analysis::analyse;
    use crate::record::ComparisonRecord;
    use crate::record::fixtures::{comparison, machine};
    use crate::report::comparison::{markdown, text, verdict};

    /// Returns a merged record of two blocks on each machine, or of six.
    fn merged(machines: u32, blocks: u32) -> ComparisonRecord {
        let mut merged = comparison();
        let passes = std::mem::take(&mut merged.passes);
        merged.costs.clear();
        for index in 0..machines {
            let own = passes.iter().filter(|pass| pass.block < blocks).cloned();
            merged.passes.extend(own.map(|mut pass| {
                pass.block += index * blocks;
                pass
            }));
            merged.setup.machines.push(machine("\u{1b}CPU", index + 1, index * blocks, blocks));
        }
        merged
    }

    fn shown(merged: &ComparisonRecord) -> String {
        let text = text(&merged.setup, &analyse(merged), 200);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn merged_records_show_machines() {
        let text = shown(&merged(3, 6));
        for part in [
            "machine  CPU   cores  kernel     shards\n1        ␛CPU  2      Linux 6.1  1/3\n",
            "article: 3 fetches at concurrency 3, delays × 0.5, 18 blocks on 3 machines",
            "time vs reference  machine 1",
            "On article the order holds on all 3 machines: no two show opposite orders. On ",
            "Intervals are over 3 machines, not over blocks.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Missing") && !text.contains("With 2 machines"), "{text}");
    }

    #[test]
    fn two_machines_say_why() {
        let merged = merged(2, 6);
        let text = shown(&merged);
        // Two comparisons, each with an error of 2.5 %.
        assert!(text.contains("it reaches 25.5 standard errors to each side, with 5 machines 3.5"));
        assert!(text.contains("Missing shards: 3/3."), "{text}");
        let sentence = verdict(&analyse(&merged)[0]);
        assert!(
            sentence.ends_with("On article 2 machines count: a verdict needs 3."),
            "{sentence}"
        );
    }

    #[test]
    fn one_machine_has_no_interval() {
        let text = shown(&merged(1, 6));
        assert!(text.contains("1 machine, 1 shard: no between-machine interval."), "{text}");
        assert!(!text.contains("machine 1 ") && text.contains("is equivalent to"), "{text}");
    }

    #[test]
    fn few_blocks_have_no_machine() {
        let merged = merged(3, 2);
        let text = shown(&merged);
        assert!(text.contains("(0 machines, no interval)"), "{text}");
        let sentence = verdict(&analyse(&merged)[0]);
        let expected = "On article 0 machines count with 5 blocks or more: there is no verdict";
        assert!(sentence.contains(expected), "{sentence}");
    }

    #[test]
    fn markdown_has_both_tables() {
        let merged = merged(3, 6);
        let text = markdown(&merged.setup, &analyse(&merged));
        assert!(text.contains("| machine | CPU | cores | kernel | shards |\n|---|"), "{text}");
        assert!(text.contains("| time vs reference | machine 1 |"), "{text}");
    }
}
