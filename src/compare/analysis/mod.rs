//! Analyses the record of a comparison, as a pure function of its samples. Nothing here measures or
//! prints.

use std::collections::HashSet;

use crate::record::{
    ComparisonRecord, CostSample, MachineSetup, PassSample, Placement, SERVER, WorkloadSetup,
    control,
};
use crate::stats::{EQUIVALENCE, Family, Look, Ratio};

mod backend;
mod cost;
mod extra;
mod fitness;
mod judging;
mod latency;
mod machines;
mod measured;
mod memory;
mod outcome;
mod paired;
mod slow;

pub use self::backend::{BackendAnalysis, Compared, Invalid, Stopped};
pub use self::cost::Cost;
pub use self::extra::Handshakes;
pub use self::fitness::WorkloadFitness;
use self::judging::{JudgedBlocks, Judging, shown};
pub use self::latency::{BlockLatency, CURVE, FetchTimes, Percentile, Quantile, block_log_ratios};
pub use self::machines::{MachineAnalysis, MachineOrder, OppositeOrders};
use self::machines::{analyse_merged, latency_ratio};
use self::measured::Measured;
pub use self::measured::{ServerLoad, Sockets};
pub use self::memory::ResidentMemory;
pub use self::outcome::{Fastest, WorkloadOutcome};
pub use self::paired::{Paired, Quantity, Samples, control_values, looks};
pub use self::slow::{FAR_SLOWER, SLOW_ROUNDS, is_far_slower};

/// The backend that does the least work per fetch: the speed of others is a share of its speed.
pub const FLOOR: &str = "floor@loop";

/// Returns whether a backend is the floor, with any options.
pub fn is_floor(name: &str) -> bool {
    name.strip_prefix(FLOOR).is_some_and(|options| options.is_empty() || options.starts_with('+'))
}

/// How a comparison is judged.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rules {
    /// The margin of equivalence, such as 0.02; `None` for that of the record.
    pub equivalence: Option<f64>,
    /// Whether a run is judged although the machine was unfit to measure on.
    pub allow_unfit: bool,
}

/// A comparison on one scenario.
#[derive(Debug, Clone)]
pub struct WorkloadAnalysis {
    /// The scenario.
    pub setup: WorkloadSetup,
    /// The name of the backend that the others are compared with.
    pub reference: String,
    /// The backends: the valid ones by their ratio to the reference, then the invalid ones.
    pub backends: Vec<BackendAnalysis>,
    /// The reference against itself: a difference within this interval is noise.
    pub noise: Option<Ratio>,
    /// The 99th percentile from the start of the pass, of the reference's control against the
    /// reference.
    pub latency_noise: Option<Ratio>,
    /// The margin of equivalence, such as 0.02.
    pub equivalence: f64,
    /// The cores that the processes ran on.
    pub placement: Placement,
    /// The number of blocks that count.
    pub blocks: usize,
    /// The looks at them during the run.
    pub looks: Vec<Look>,
    /// Whether the machine was fit to measure on; `None` in older records. On an unfit machine
    /// there are no verdicts, unless the rules allow it.
    pub fitness: Option<WorkloadFitness>,
    /// Whether verdicts are given.
    pub is_judged: bool,
    /// The mean cost of the mock server over all backends.
    pub server: Option<Cost>,
    /// The valid passes, in pairs.
    pub paired: Paired,
    /// The machines of a merged record. If there are several, all intervals are over machines.
    pub machines: Vec<MachineAnalysis>,
}

impl WorkloadAnalysis {
    /// Returns the valid backends.
    pub fn valid(&self) -> impl Iterator<Item = &BackendAnalysis> + Clone {
        self.backends.iter().filter(|backend| backend.is_valid())
    }

    /// Returns the valid backend with the highest value, among those that have one.
    pub fn highest(
        &self,
        value: impl Fn(&BackendAnalysis) -> Option<f64>,
    ) -> Option<(&BackendAnalysis, f64)> {
        let values = self.valid().filter_map(|backend| Some((backend, value(backend)?)));
        values.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Returns the reference, if it is valid.
    pub fn valid_reference(&self) -> Option<&BackendAnalysis> {
        self.valid().find(|backend| backend.name == self.reference)
    }

    /// Returns a percentile of a backend's latencies over that of the reference, as one comparison
    /// of all valid backends with it; `None` for the reference itself.
    pub fn latency_ratio(
        &self,
        backend: &BackendAnalysis,
        percentile: fn(&BackendAnalysis) -> Option<&Percentile>,
    ) -> Option<Ratio> {
        let reference = self.valid_reference().filter(|other| other.index() != backend.index())?;
        let machines: Vec<MachineSetup> =
            self.machines.iter().map(|machine| machine.setup.clone()).collect();
        let (own, other) = (&percentile(backend)?.by_block, &percentile(reference)?.by_block);
        let ratio = latency_ratio(own, other, &self.paired.family, &machines)?;
        Some(shown(ratio, self.is_judged && !backend.compared.far_slower_in_part))
    }
}

/// Analyses every scenario of a comparison by the rules of its record.
pub fn analyse(comparison: &ComparisonRecord) -> Vec<WorkloadAnalysis> {
    analyse_by(comparison, Rules::default())
}

/// Analyses every scenario of a comparison.
pub fn analyse_by(comparison: &ComparisonRecord, rules: Rules) -> Vec<WorkloadAnalysis> {
    let workloads = comparison.setup.workloads.iter();
    let analyse = match comparison.setup.machines.as_slice() {
        [] => analyse_workload,
        _ => analyse_merged,
    };
    workloads.map(|setup| analyse(comparison, setup, rules)).collect()
}

fn analyse_workload(
    comparison: &ComparisonRecord,
    setup: &WorkloadSetup,
    rules: Rules,
) -> WorkloadAnalysis {
    let reference = &comparison.setup.reference;
    let blocks = JudgedBlocks::new(comparison, &setup.scenario, rules.allow_unfit);
    let passes: Vec<&PassSample> =
        comparison.passes.iter().filter(|pass| blocks.counts(pass)).collect();
    let costs: Vec<&CostSample> =
        comparison.costs.iter().filter(|cost| blocks.counts_cost(cost)).collect();
    let measured = measured(comparison, setup, &passes, &costs);
    let invalid: Vec<Option<Invalid>> =
        measured.iter().map(|one| first_invalid(one, reference, &passes)).collect();
    let machines = &comparison.setup.machines;
    // Shards decide nothing before their end.
    let looks = if machines.is_empty() { blocks.looks() } else { Vec::new() };
    let paired = paired(&measured, &invalid, reference, &passes, &costs, &looks, machines);
    let judging = Judging {
        equivalence: rules.equivalence.or(comparison.setup.equivalence).unwrap_or(EQUIVALENCE),
        is_judged: blocks.is_judged(),
        blocks: blocks.count(&passes),
    };
    let control = own_passes(&passes, &control(reference));
    let latency_noise = latency::noise(&measured, reference, control, machines);
    let mut backends: Vec<BackendAnalysis> = measured
        .iter()
        .zip(invalid)
        .enumerate()
        .map(|(index, (measured, invalid))| match invalid {
            None => BackendAnalysis::valid(measured, Compared::new(index, &paired, judging)),
            Some(invalid) => BackendAnalysis::invalid(index, measured, invalid),
        })
        .collect();
    backends.sort_by(BackendAnalysis::by_ratio);
    WorkloadAnalysis {
        setup: setup.clone(),
        reference: reference.clone(),
        backends,
        noise: paired.noise().map(|noise| shown(noise, judging.is_judged)),
        latency_noise: latency_noise.map(|noise| shown(noise, judging.is_judged)),
        equivalence: judging.equivalence,
        placement: comparison.setup.placement,
        blocks: judging.blocks,
        looks,
        fitness: blocks.fitness,
        is_judged: judging.is_judged,
        server: Cost::mean(&own_costs(&costs, SERVER)),
        paired,
        machines: Vec::new(),
    }
}

/// Returns the samples of each backend that made passes.
fn measured<'a>(
    comparison: &'a ComparisonRecord,
    setup: &'a WorkloadSetup,
    passes: &[&'a PassSample],
    costs: &[&'a CostSample],
) -> Vec<Measured<'a>> {
    let backends = comparison.setup.backends.iter().map(|backend| Measured {
        backend,
        setup,
        passes: own_passes(passes, &backend.name),
        costs: own_costs(costs, &backend.name),
    });
    backends.filter(|measured| !measured.passes.is_empty()).collect()
}

fn paired(
    measured: &[Measured<'_>],
    invalid: &[Option<Invalid>],
    reference: &str,
    passes: &[&PassSample],
    costs: &[&CostSample],
    looks: &[Look],
    machines: &[MachineSetup],
) -> Paired {
    let names: Vec<String> = measured.iter().map(|one| one.backend.name.clone()).collect();
    let valid: Vec<bool> = invalid.iter().map(Option::is_none).collect();
    let compared = valid.iter().filter(|valid| **valid).count();
    Paired::new(
        Samples { names: &names, valid: &valid, reference, passes, costs, machines },
        Family::against_reference(compared).with_looks(looks),
    )
}

/// Returns why a backend is invalid, if it is. The control is the reference: an invalid pass of one
/// counts against both.
fn first_invalid(
    measured: &Measured<'_>,
    reference: &str,
    passes: &[&PassSample],
) -> Option<Invalid> {
    let own = Invalid::first(&measured.passes);
    if measured.backend.name != reference {
        return own;
    }
    own.or_else(|| Invalid::first(&own_passes(passes, &control(reference))))
}

fn own_passes<'a>(passes: &[&'a PassSample], name: &str) -> Vec<&'a PassSample> {
    passes.iter().copied().filter(|pass| pass.backend == name).collect()
}

/// Returns the number of different blocks of these passes.
fn count_blocks<'a>(passes: impl Iterator<Item = &'a &'a PassSample>) -> usize {
    passes.map(|pass| pass.block).collect::<HashSet<_>>().len()
}

fn own_costs<'a>(costs: &[&'a CostSample], name: &str) -> Vec<&'a CostSample> {
    costs.iter().copied().filter(|cost| cost.backend == name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_may_have_options() {
        let names = [FLOOR, "floor@loop+h2", "floor@loop+h2+conns=2", "floor@loops", "floor"];
        assert_eq!(names.map(is_floor), [true, true, true, false, false]);
    }
}
