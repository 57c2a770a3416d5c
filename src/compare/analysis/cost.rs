//! The cost of fetches besides time.

use crate::record::CostSample;
use crate::worker::counting::Counts;

/// With less processor time, in seconds, ticks of 10 ms do not split it between program and kernel
/// to a few percent.
const LEAST_TICKS_S: f64 = 0.25;

/// The mean cost of a backend's fetches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Total processor time, in seconds per fetch.
    pub cpu_s: f64,
    /// Processor time in the program, in seconds per fetch, if there are enough ticks to split it.
    pub user_s: Option<f64>,
    /// Processor time in the kernel, in seconds per fetch, if there are enough ticks to split it.
    pub system_s: Option<f64>,
    /// Voluntary context switches per fetch.
    pub voluntary_switches: f64,
    /// Involuntary context switches per fetch.
    pub involuntary_switches: f64,
    /// The highest number of threads.
    pub threads: u64,
    /// The peak of resident memory, in bytes; `None` if other programs did the work, because their
    /// memory is unknown.
    pub peak_rss_bytes: Option<u64>,
    /// Allocations per fetch, if they were counted.
    pub allocations: Option<f64>,
    /// Allocated bytes per fetch, if they were counted.
    pub allocated_bytes: Option<f64>,
    /// Instructions of the program per fetch, if the machine or a tool counted them.
    pub instructions: Option<f64>,
}

impl Cost {
    /// Returns the mean over samples; `None` without fetches.
    pub(super) fn mean(costs: &[&CostSample]) -> Option<Self> {
        let fetches: u64 = costs.iter().map(|cost| cost.fetches).sum();
        if fetches == 0 {
            return None;
        }
        let mean = |value: fn(&CostSample) -> f64| {
            costs.iter().map(|cost| value(cost)).sum::<f64>() / fetches as f64
        };
        let is_left_to_others = costs.iter().any(|cost| cost.children_s > 0.0);
        let cpu_s = mean(CostSample::cpu_s);
        let (user, system) = (mean(|cost| cost.user_s), mean(|cost| cost.system_s));
        let is_split = (user + system) * fetches as f64 >= LEAST_TICKS_S;
        // Ticks only determine the shares of the total.
        let [user_s, system_s] =
            [user, system].map(|part| is_split.then(|| cpu_s * part / (user + system)));
        let peak = costs.iter().map(|cost| cost.peak_rss_bytes).max();
        Some(Self {
            cpu_s,
            user_s,
            system_s,
            voluntary_switches: mean(|cost| cost.voluntary_switches as f64),
            involuntary_switches: mean(|cost| cost.involuntary_switches as f64),
            threads: costs.iter().map(|cost| cost.threads).max().unwrap_or(0),
            peak_rss_bytes: peak.filter(|_| !is_left_to_others),
            allocations: counted_mean(costs, |counts| counts.allocations),
            allocated_bytes: counted_mean(costs, |counts| counts.allocated_bytes),
            instructions: mean_per_fetch(costs, |cost| cost.instructions),
        })
    }
}

/// Returns the mean of a count over the fetches with counted allocations.
fn counted_mean(costs: &[&CostSample], value: fn(&Counts) -> u64) -> Option<f64> {
    mean_per_fetch(costs, |cost| cost.counts.as_ref().map(&value))
}

/// Returns a mean over the counted fetches of the samples that have a value.
fn mean_per_fetch(
    costs: &[&CostSample],
    value: impl Fn(&CostSample) -> Option<u64>,
) -> Option<f64> {
    let counted = costs.iter().filter_map(|cost| Some((value(cost)?, cost.counted_fetches)));
    let (sum, fetches) =
        counted.fold((0, 0), |(sum, fetches), (value, counted)| (sum + value, fetches + counted));
    (fetches > 0).then(|| sum as f64 / fetches as f64)
}
