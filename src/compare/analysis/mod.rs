//! Analyses the record of a comparison, as a pure function of its samples. Nothing here measures or
//! prints.

use std::collections::BTreeSet;

use crate::record::{
    Capacity, ComparisonRecord, CostSample, PassSample, SERVER, WorkloadSetup, control,
};
use crate::stats::paired::{Family, LEAST_BLOCKS, Ratio};

mod backend;
mod by_block;
mod cost;
mod latency;
mod measured;
mod memory;
mod outcome;
mod paired;

pub use self::backend::{BackendAnalysis, Invalid};
pub use self::by_block::BlockSeconds;
pub use self::cost::Cost;
pub use self::latency::{CURVE, FetchTimes, Percentile, Quantile, block_log_ratios};
use self::measured::Measured;
pub use self::measured::{ServerLoad, Sockets};
pub use self::memory::ResidentMemory;
pub use self::outcome::{Standing, WorkloadOutcome};
pub use self::paired::{Paired, blocks};

/// The backend that does the least work per fetch: the speed of others is a share of its speed.
pub const FLOOR: &str = "floor@loop";

/// A comparison on one scenario.
#[derive(Debug, Clone)]
pub struct WorkloadAnalysis {
    /// The scenario.
    pub setup: WorkloadSetup,
    /// The name of the backend that the others are compared with.
    pub reference: String,
    /// The backends: the valid ones by rank and then by their median pass, then the invalid ones.
    pub backends: Vec<BackendAnalysis>,
    /// The reference against itself: a difference within this interval is noise.
    pub noise: Option<Ratio>,
    /// The smallest difference to the reference, such as 0.04 for 4 %, that this run would have
    /// shown in four of five cases.
    pub smallest_difference: Option<f64>,
    /// The number of blocks.
    pub blocks: usize,
    /// The mean cost of the mock server over all backends.
    pub server: Option<Cost>,
    /// The capacity of the mock server just before, if it was measured.
    pub capacity: Option<Capacity>,
    /// The valid passes, in pairs.
    pub paired: Paired,
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
    pub fn reference_backend(&self) -> Option<&BackendAnalysis> {
        self.valid().find(|backend| backend.name == self.reference)
    }

    /// Returns a percentile of a backend's latencies over that of the reference, as one comparison
    /// of all valid backends with it; `None` for the reference itself and below [`LEAST_BLOCKS`].
    pub fn latency_ratio(
        &self,
        backend: &BackendAnalysis,
        percentile: fn(&BackendAnalysis) -> Option<&Percentile>,
    ) -> Option<Ratio> {
        let reference = self.reference_backend().filter(|other| other.index != backend.index)?;
        let family = Family::against_reference(self.valid().count());
        percentile(backend)?.ratio(percentile(reference)?, family)
    }

    /// Returns the processor time of a backend's fetches over that of the reference, paired by
    /// block, as one comparison of all valid backends with it; `None` for the reference itself and
    /// below [`LEAST_BLOCKS`].
    pub fn cpu_ratio(&self, backend: &BackendAnalysis) -> Option<Ratio> {
        let reference = self.reference_backend().filter(|other| other.index != backend.index)?;
        let family = Family::against_reference(self.valid().count());
        by_block::ratio(&by_block::log_ratios(&backend.cpu, &reference.cpu), family)
    }

    /// Returns the time of one backend over that of another, as one of all pairs of valid backends:
    /// ranks rest on this.
    pub fn pair(&self, backend: &BackendAnalysis, other: &BackendAnalysis) -> Option<Ratio> {
        self.paired.pair_ratio(backend.index, other.index)
    }
}

/// Analyses every scenario of a comparison.
pub fn analyse(comparison: &ComparisonRecord) -> Vec<WorkloadAnalysis> {
    comparison.setup.workloads.iter().map(|setup| analyse_workload(comparison, setup)).collect()
}

fn analyse_workload(comparison: &ComparisonRecord, setup: &WorkloadSetup) -> WorkloadAnalysis {
    let reference = &comparison.setup.reference;
    let passes = comparison.passes.iter();
    let passes: Vec<&PassSample> = passes.filter(|pass| pass.scenario == setup.scenario).collect();
    let measured: Vec<Measured<'_>> = comparison
        .setup
        .backends
        .iter()
        .map(|backend| Measured {
            backend,
            setup,
            passes: own_passes(&passes, &backend.name),
            costs: own_costs(comparison, setup, &backend.name),
        })
        .filter(|measured| !measured.passes.is_empty())
        .collect();
    let invalid: Vec<Option<Invalid>> = measured
        .iter()
        .map(|measured| match &measured.backend.name {
            // The control is the reference: an invalid pass of one counts against both.
            name if name == reference => Invalid::first(&measured.passes)
                .or_else(|| Invalid::first(&own_passes(&passes, &control(reference)))),
            _ => Invalid::first(&measured.passes),
        })
        .collect();
    let paired = Paired::new(&measured, &invalid, reference, &passes);
    let blocks = count_blocks(&passes);
    let mut ranks = paired.ranks();
    if blocks < LEAST_BLOCKS {
        ranks.clear();
    }
    let mut backends: Vec<BackendAnalysis> = measured
        .iter()
        .zip(invalid)
        .enumerate()
        .map(|(index, (measured, invalid))| match invalid {
            None => BackendAnalysis::valid(index, measured, &paired, ranks.get(&index).copied()),
            Some(invalid) => BackendAnalysis::invalid(index, measured, invalid),
        })
        .collect();
    backends.sort_by(BackendAnalysis::by_rank_and_median);
    WorkloadAnalysis {
        setup: setup.clone(),
        reference: reference.clone(),
        backends,
        noise: paired.noise(),
        smallest_difference: paired.smallest_difference(),
        blocks,
        server: Cost::mean(&own_costs(comparison, setup, SERVER)),
        capacity: comparison.setup.capacity,
        paired,
    }
}

fn own_passes<'a>(passes: &[&'a PassSample], name: &str) -> Vec<&'a PassSample> {
    passes.iter().copied().filter(|pass| pass.backend == name).collect()
}

fn own_costs<'a>(
    comparison: &'a ComparisonRecord,
    setup: &WorkloadSetup,
    name: &str,
) -> Vec<&'a CostSample> {
    let costs = comparison.costs.iter();
    costs.filter(|cost| cost.scenario == setup.scenario && cost.backend == name).collect()
}

/// Returns the number of blocks in which passes were made.
fn count_blocks(passes: &[&PassSample]) -> usize {
    passes.iter().map(|pass| pass.block).collect::<BTreeSet<_>>().len()
}
