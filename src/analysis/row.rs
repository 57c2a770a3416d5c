//! What a row did by itself, before it is compared with others.

use std::ops::RangeInclusive;

use hdrhistogram::Histogram;

use super::blocks_made;
use crate::counting::Counts;
use crate::fetch::Connections;
use crate::paired::{Ratio, Verdict};
use crate::record::{CostSample, PassSample, RowSetup, StageSetup, Validity, new_histogram};
use crate::stats;
use crate::witness::Witness;

/// Who spends a larger share of the time on the processor than this has none to spare.
const BUSY: f64 = 0.8;

/// From so much processor time on, in seconds, ticks of 10 ms tell the program's share from the kernel's to a few percent.
const LEAST_TICKS_S: f64 = 0.25;

/// Below so many fetches in flight, what the program itself takes would be most of what is told of each.
const LEAST_IN_FLIGHT: u64 = 1_000;

/// The shares of fetches that a curve of what they took goes through.
pub const CURVE: [f64; 24] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.993, 0.996,
    0.998, 0.999, 0.9995, 0.9999,
];

/// What a row did on a scenario.
#[derive(Debug, Clone)]
pub struct RowAnalysis {
    /// The row's name.
    pub name: String,
    /// Whether it fetches one after another, whatever the concurrency.
    pub sequential: bool,
    /// Why it does not count, if so: what is first said against a pass of it, and of how many passes something is said.
    pub invalid: Option<(Validity, String, usize)>,
    /// 1 + the number of rows shown to be faster. Rows of one rank need not tie with each other.
    pub rank: Option<usize>,
    /// The rows that it cannot be told apart from.
    pub ties: Vec<String>,
    /// Its time over the reference's; of the reference itself there is none.
    pub ratio: Option<Ratio>,
    /// Fetches in each pass.
    pub fetches: u64,
    /// The passes that count.
    pub passes: usize,
    /// The median pass in seconds, over the medians of the blocks. For display: the machine's drift is in it.
    pub median_s: Option<f64>,
    /// Where that lies with 95 %, over the blocks: nowhere below six of them.
    pub median_interval_s: Option<RangeInclusive<f64>>,
    /// The mean of what the delays alone take, in seconds, where there are any.
    pub ideal_s: Option<f64>,
    /// Its speed as a share of that of [`FLOOR`](super::FLOOR), where nothing but the machine takes time and the floor took part.
    pub of_floor: Option<f64>,
    /// Fetches, by what they took in seconds: the median and the 99th percentile, where there are enough of them.
    pub fetch_s: (Option<f64>, Option<f64>),
    /// The same over all of [`CURVE`] that there are enough fetches for: share of the fetches, and seconds.
    pub fetch_curve: Vec<(f64, f64)>,
    /// The threads that fetch, as the worker says.
    pub fetching_threads: Option<usize>,
    /// What the server spent on the processor while it answered, as a share of the pass: the median.
    pub server_busy: Option<f64>,
    /// What the server spent on the processor, in seconds per fetch.
    pub server_cpu_s: Option<f64>,
    /// Connections opened over all blocks, and how many would do.
    pub sockets: (u64, u64),
    /// What it cost.
    pub cost: Option<Cost>,
    /// Memory that each fetch took, in bytes, where all were in flight at once and many enough: the peak, with the program
    /// and its threads in it, over their number.
    pub memory_per_fetch_bytes: Option<f64>,
}

/// What a row's fetches cost on the average.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Processor time in all, in seconds per fetch.
    pub cpu_s: f64,
    /// Processor time in the program, in seconds per fetch, where enough ticks of the clock tell it from the kernel's.
    pub user_s: Option<f64>,
    /// Processor time in the kernel, in seconds per fetch, where enough ticks of the clock tell it from the program's.
    pub system_s: Option<f64>,
    /// Times that a thread waited, per fetch.
    pub voluntary_switches: f64,
    /// Times that a thread was made to wait, per fetch.
    pub involuntary_switches: f64,
    /// The most threads.
    pub threads: u64,
    /// The most memory resident, in bytes. `None` where other programs did the work, whose memory nobody tells.
    pub peak_rss_bytes: Option<u64>,
    /// Allocations per fetch, where they were counted.
    pub allocations: Option<f64>,
    /// Bytes allocated per fetch, where they were counted.
    pub allocated_bytes: Option<f64>,
    /// Instructions of the program per fetch, where the machine counts them.
    pub instructions: Option<f64>,
}

impl RowAnalysis {
    /// What the interval says of it against the reference.
    pub fn verdict(&self) -> Option<Verdict> {
        self.ratio.map(|ratio| ratio.verdict())
    }

    /// Fetches per second at the median pass.
    pub fn rate(&self) -> Option<f64> {
        self.median_s.map(|median| self.fetches as f64 / median)
    }

    /// The share of the median pass that the delays alone explain.
    pub fn efficiency(&self) -> Option<f64> {
        Some(self.ideal_s? / self.median_s?)
    }

    /// What each fetch adds to the time that the delays alone take, in seconds.
    pub fn overhead(&self) -> Option<f64> {
        Some((self.median_s? - self.ideal_s?) / self.fetches as f64)
    }

    /// Whether the server held it up, so that it is at least as fast as its figure: the server was busy nearly all the time,
    /// and the row's own threads were not.
    pub fn is_server_bound(&self) -> bool {
        let own = || Some(self.cost?.cpu_s * self.fetches as f64 / self.median_s? / self.fetching_threads? as f64);
        self.server_busy.is_some_and(|busy| busy > BUSY) && own().is_none_or(|own| own <= BUSY)
    }
}

/// What is first said against passes, and of how many something is said.
pub(super) fn invalid(passes: &[&PassSample]) -> Option<(Validity, String, usize)> {
    let is_against = |pass: &&&PassSample| !matches!(pass.validity, Validity::Valid | Validity::Interrupted);
    let against: Vec<&&PassSample> = passes.iter().filter(is_against).collect();
    against.first().map(|pass| (pass.validity, pass.why.clone().unwrap_or_default(), against.len()))
}

/// What its passes and costs say of a row by itself.
pub(super) fn analyse_row(
    row: &RowSetup,
    setup: &StageSetup,
    passes: &[&PassSample],
    costs: &[&CostSample],
) -> RowAnalysis {
    let counted: Vec<f64> = passes.iter().filter_map(|pass| pass.counted_s()).collect();
    let ideals: Option<Vec<f64>> =
        passes.iter().filter(|pass| pass.counted_s().is_some()).map(|pass| pass.ideal_s).collect();
    let busy: Vec<f64> =
        passes.iter().filter_map(|pass| Some(cpu_s(pass.witness.as_ref()?) / pass.counted_s()?)).collect();
    let server_cpu: Vec<f64> = passes
        .iter()
        .filter(|pass| pass.counted_s().is_some())
        .filter_map(|pass| pass.witness.as_ref())
        .map(cpu_s)
        .collect();
    let blocks = blocks_made(passes) as u64;
    let slots = if row.sequential { 1 } else { setup.concurrency.min(setup.fetches as usize) as u64 };
    // A connection for each fetch at one moment, and one to each origin at least.
    let warm = slots.max(setup.origins as u64).min(setup.fetches);
    let fetches = fetch_times(passes);
    let cost = cost(costs);
    let at = |share: f64, least: u64| (fetches.len() >= least).then(|| fetches.value_at_quantile(share) as f64 / 1e6);
    RowAnalysis {
        name: row.name.clone(),
        sequential: row.sequential,
        median_s: None,
        median_interval_s: None,
        invalid: invalid(passes),
        rank: None,
        ties: Vec::new(),
        ratio: None,
        fetches: setup.fetches,
        passes: counted.len(),
        ideal_s: ideals.and_then(|ideals| stats::mean(&ideals)),
        of_floor: None,
        fetch_s: (at(0.5, 10), at(0.99, 1_000)),
        fetch_curve: fetch_curve(&fetches),
        fetching_threads: setup.workers.iter().find(|worker| worker.row == row.name).map(|worker| worker.threads),
        server_busy: stats::median(&busy),
        server_cpu_s: stats::median(&server_cpu).map(|cpu| cpu / setup.fetches as f64),
        sockets: (
            passes.iter().filter_map(|pass| pass.witness.as_ref()).map(|witness| witness.connections).sum(),
            match setup.connections {
                Connections::Warm => warm * blocks,
                Connections::Cold => warm * passes.len() as u64,
                Connections::PerFetch => setup.fetches * passes.len() as u64,
            },
        ),
        memory_per_fetch_bytes: cost
            .and_then(|cost| cost.peak_rss_bytes)
            .filter(|_| slots == setup.fetches && slots >= LEAST_IN_FLIGHT)
            .map(|peak| peak as f64 / slots as f64),
        cost,
    }
}

/// What the server spent on the processor, in seconds.
fn cpu_s(witness: &Witness) -> f64 {
    witness.cpu_ns as f64 / 1e9
}

/// What all fetches of the counted passes took, in microseconds: nothing where one of the histograms is damaged.
fn fetch_times(passes: &[&PassSample]) -> Histogram<u64> {
    let mut histogram = new_histogram();
    for pass in passes.iter().filter(|pass| pass.counted_s().is_some()) {
        if pass.latencies.add_to(&mut histogram).is_err() {
            return new_histogram();
        }
    }
    histogram
}

/// The curve through [`CURVE`], as far as at least one fetch is expected beyond.
fn fetch_curve(fetches: &Histogram<u64>) -> Vec<(f64, f64)> {
    let is_known = |share: &f64| fetches.len() as f64 * (1.0 - share) >= 1.0 - 1e-9 && !fetches.is_empty();
    let point = |share: f64| (share, fetches.value_at_quantile(share) as f64 / 1e6);
    CURVE.into_iter().filter(is_known).map(point).collect()
}

/// What fetches cost on the average. `None` where no cost was told.
pub(super) fn cost(costs: &[&CostSample]) -> Option<Cost> {
    let fetches: u64 = costs.iter().map(|cost| cost.fetches).sum();
    if fetches == 0 {
        return None;
    }
    let each = |value: fn(&CostSample) -> f64| costs.iter().map(|cost| value(cost)).sum::<f64>() / fetches as f64;
    let counted: u64 = costs.iter().filter(|cost| cost.counts.is_some()).map(|cost| cost.counted_fetches).sum();
    let counts = |value: fn(&Counts) -> u64| {
        let sum: u64 = costs.iter().filter_map(|cost| cost.counts.as_ref()).map(value).sum();
        (counted > 0).then(|| sum as f64 / counted as f64)
    };
    let executed = || costs.iter().filter_map(|cost| Some((cost.instructions?, cost.counted_fetches)));
    let executed_fetches: u64 = executed().map(|(_, fetches)| fetches).sum();
    let instructions: u64 = executed().map(|(instructions, _)| instructions).sum();
    let is_left_to_others = costs.iter().any(|cost| cost.children_s > 0.0);
    let cpu_s = each(CostSample::cpu_s);
    let (user, system) = (each(|cost| cost.user_s), each(|cost| cost.system_s));
    let is_split = (user + system) * fetches as f64 >= LEAST_TICKS_S;
    let share = |part: f64| is_split.then(|| cpu_s * part / (user + system));
    Some(Cost {
        cpu_s,
        user_s: share(user),
        system_s: share(system),
        voluntary_switches: each(|cost| cost.voluntary_switches as f64),
        involuntary_switches: each(|cost| cost.involuntary_switches as f64),
        threads: costs.iter().map(|cost| cost.threads).max().unwrap_or(0),
        peak_rss_bytes: costs.iter().map(|cost| cost.peak_rss_bytes).max().filter(|_| !is_left_to_others),
        allocations: counts(|counts| counts.allocations),
        allocated_bytes: counts(|counts| counts.allocated_bytes),
        instructions: (executed_fetches > 0).then(|| instructions as f64 / executed_fetches as f64),
    })
}
