//! Analyses the record of a comparison, as a pure function of its samples. Nothing here measures or
//! prints.

use std::collections::{BTreeSet, HashSet};

use crate::record::{
    BlockSample, ComparisonRecord, CostSample, PassSample, SERVER, WorkloadSetup, control,
};
use crate::stats::{EQUIVALENCE, Family, Look, Ratio};

mod backend;
mod cost;
mod fitness;
mod latency;
mod measured;
mod memory;
mod outcome;
mod paired;
mod slow;

pub use self::backend::{BackendAnalysis, Compared, Invalid, Stopped};
pub use self::cost::Cost;
pub use self::fitness::WorkloadFitness;
pub use self::latency::{BlockLatency, CURVE, FetchTimes, Percentile, Quantile, block_log_ratios};
use self::measured::Measured;
pub use self::measured::{ServerLoad, Sockets};
pub use self::memory::ResidentMemory;
pub use self::outcome::{Fastest, WorkloadOutcome};
pub use self::paired::{Paired, Quantity, Samples, control_values, looks};
pub use self::slow::{FAR_SLOWER, SLOW_ROUNDS, is_far_slower};

/// The backend that does the least work per fetch: the speed of others is a share of its speed.
pub const FLOOR: &str = "floor@loop";

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
    /// The margin of equivalence, such as 0.02.
    pub equivalence: f64,
    /// The number of blocks that count.
    pub blocks: usize,
    /// Whether the machine was fit to measure on; `None` in older records. On an unfit machine there
    /// are no verdicts, unless the rules allow it.
    pub fitness: Option<WorkloadFitness>,
    /// Whether verdicts are given.
    pub is_judged: bool,
    /// The mean cost of the mock server over all backends.
    pub server: Option<Cost>,
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
        let ratio = percentile(backend)?.ratio(percentile(reference)?, &self.paired.family)?;
        Some(Ratio { bounds: ratio.bounds.filter(|_| self.is_judged), ..ratio })
    }
}

/// Analyses every scenario of a comparison by the rules of its record.
pub fn analyse(comparison: &ComparisonRecord) -> Vec<WorkloadAnalysis> {
    analyse_by(comparison, Rules::default())
}

/// Analyses every scenario of a comparison.
pub fn analyse_by(comparison: &ComparisonRecord, rules: Rules) -> Vec<WorkloadAnalysis> {
    let workloads = comparison.setup.workloads.iter();
    workloads.map(|setup| analyse_workload(comparison, setup, rules)).collect()
}

fn analyse_workload(
    comparison: &ComparisonRecord,
    setup: &WorkloadSetup,
    rules: Rules,
) -> WorkloadAnalysis {
    let reference = &comparison.setup.reference;
    let blocks = JudgedBlocks::new(comparison, &setup.scenario, rules.allow_unfit);
    let passes = comparison.passes.iter();
    let passes: Vec<&PassSample> =
        passes.filter(|pass| pass.scenario == setup.scenario && blocks.counts(pass)).collect();
    let costs = comparison.costs.iter();
    let costs: Vec<&CostSample> = costs
        .filter(|cost| cost.scenario == setup.scenario && blocks.is_kept(cost.block))
        .collect();
    let measured: Vec<Measured<'_>> = comparison
        .setup
        .backends
        .iter()
        .map(|backend| Measured {
            backend,
            setup,
            passes: own_passes(&passes, &backend.name),
            costs: own_costs(&costs, &backend.name),
        })
        .filter(|measured| !measured.passes.is_empty())
        .collect();
    let invalid: Vec<Option<Invalid>> =
        measured.iter().map(|one| first_invalid(one, reference, &passes)).collect();
    let names: Vec<String> = measured.iter().map(|one| one.backend.name.clone()).collect();
    let valid: Vec<bool> = invalid.iter().map(Option::is_none).collect();
    let compared = valid.iter().filter(|valid| **valid).count();
    let paired = Paired::new(
        Samples { names: &names, valid: &valid, reference, passes: &passes, costs: &costs },
        Family::against_reference(compared).with_looks(&blocks.looks()),
    );
    let judging = Judging {
        equivalence: rules.equivalence.or(comparison.setup.equivalence).unwrap_or(EQUIVALENCE),
        is_judged: !blocks.is_unfit || rules.allow_unfit,
        blocks: count_blocks(&passes),
    };
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
        noise: paired.noise().map(|noise| judging.shown(noise)),
        equivalence: judging.equivalence,
        blocks: judging.blocks,
        fitness: WorkloadFitness::new(&blocks.samples),
        is_judged: judging.is_judged,
        server: Cost::mean(&own_costs(&costs, SERVER)),
        paired,
    }
}

/// How the backends of a scenario are judged.
#[derive(Debug, Clone, Copy)]
struct Judging {
    equivalence: f64,
    is_judged: bool,
    /// The number of blocks that count.
    blocks: usize,
}

impl Judging {
    /// Returns a ratio, without its interval if nothing is to be judged by it.
    fn shown(self, ratio: Ratio) -> Ratio {
        Ratio { bounds: ratio.bounds.filter(|_| self.is_judged), ..ratio }
    }
}

/// The blocks of a scenario, and which of them count.
struct JudgedBlocks<'a> {
    samples: Vec<&'a BlockSample>,
    /// The blocks during which the machine was unfit.
    unfit: HashSet<u32>,
    /// Whether that were most of them. Then there are no others to rely on, and all are shown.
    is_unfit: bool,
    /// Whether they count.
    allow_unfit: bool,
}

impl<'a> JudgedBlocks<'a> {
    fn new(comparison: &'a ComparisonRecord, scenario: &str, allow_unfit: bool) -> Self {
        let samples = comparison.blocks.iter().filter(|block| block.scenario == scenario);
        let samples: Vec<&BlockSample> = samples.collect();
        let unfit = samples.iter().filter(|sample| sample.fitness.unfit.is_some());
        let unfit: HashSet<u32> = unfit.map(|sample| sample.block).collect();
        let is_unfit = 2 * unfit.len() > samples.len();
        Self { samples, unfit, is_unfit, allow_unfit }
    }

    fn is_kept(&self, block: u32) -> bool {
        self.is_unfit || self.allow_unfit || !self.unfit.contains(&block)
    }

    /// Whether a pass counts. A rejected one counts against its backend on any machine.
    fn counts(&self, pass: &PassSample) -> bool {
        self.is_kept(pass.block) || pass.elapsed_s.is_none() || pass.why.is_some()
    }

    fn looks(&self) -> Vec<Look> {
        let kept = self.samples.iter().filter(|sample| self.is_kept(sample.block));
        looks(kept.map(|sample| sample.spent))
    }
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

fn own_costs<'a>(costs: &[&'a CostSample], name: &str) -> Vec<&'a CostSample> {
    costs.iter().copied().filter(|cost| cost.backend == name).collect()
}

/// Returns the number of blocks in which passes were made.
fn count_blocks(passes: &[&PassSample]) -> usize {
    passes.iter().map(|pass| pass.block).collect::<BTreeSet<_>>().len()
}
