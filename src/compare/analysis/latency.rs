//! The latencies of fetches: percentiles by block, and a curve over all blocks.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::machines::latency_ratio;
use super::measured::Measured;
use crate::record::{Latencies, LatencyCounts, MachineSetup, PassSample};
use crate::stats::{self, Family, LEAST_BLOCKS, Ratio};

/// The shares of fetches at which the curve of fetch times has its points.
pub const CURVE: [f64; 24] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98,
    0.99, 0.993, 0.996, 0.998, 0.999, 0.9995, 0.9999,
];

/// The times of single fetches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FetchTimes {
    /// The median, if a block has enough fetches for it.
    pub p50: Option<Percentile>,
    /// The 99th percentile, if a block has enough fetches for it.
    pub p99: Option<Percentile>,
    /// The points of [`CURVE`] with enough fetches, over all blocks.
    pub curve: Vec<Quantile>,
}

/// A percentile of a backend's latencies, by block.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentile {
    /// The share of fetches that took no longer.
    pub share: f64,
    /// The time in seconds: the geometric mean over blocks.
    pub seconds: f64,
    /// The percentile of each block with enough fetches, in order.
    pub by_block: Vec<BlockLatency>,
}

/// A percentile of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockLatency {
    /// The number of the block.
    pub block: u32,
    /// The time in seconds.
    pub seconds: f64,
}

/// A point of a curve of fetch times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// The share of fetches that took no longer.
    pub share: f64,
    /// The time in seconds.
    pub seconds: f64,
}

impl Percentile {
    /// Returns a percentile of the fetches of each block; `None` if no block has enough of them.
    fn of_blocks(blocks: &BTreeMap<u32, LatencyCounts>, share: f64) -> Option<Self> {
        let by_block: Vec<BlockLatency> = blocks
            .iter()
            .filter(|(_, fetches)| is_expected_beyond(fetches, share))
            .filter_map(|(&block, fetches)| {
                let seconds = fetches.quantile(share).filter(|seconds| *seconds > 0.0)?;
                Some(BlockLatency { block, seconds })
            })
            .collect();
        let logs: Vec<f64> = by_block.iter().map(|block| block.seconds.ln()).collect();
        Some(Self { share, seconds: stats::mean(&logs)?.exp(), by_block })
    }

    /// Returns the 95 % interval: Student's over blocks, on the log scale. `None` below
    /// [`LEAST_BLOCKS`].
    pub fn interval_s(&self) -> Option<RangeInclusive<f64>> {
        let logs: Vec<f64> = self.by_block.iter().map(|block| block.seconds.ln()).collect();
        let interval = stats::t_interval(&logs, Family::SINGLE.level())?;
        (logs.len() >= LEAST_BLOCKS).then(|| interval.low.exp()..=interval.high.exp())
    }
}

/// Returns the 99th percentile from the start of the pass of the passes of the A/A control over
/// that of the reference.
pub(super) fn noise(
    measured: &[Measured<'_>],
    reference: &str,
    control: Vec<&PassSample>,
    machines: &[MachineSetup],
) -> Option<Ratio> {
    let reference = measured.iter().find(|measured| measured.backend.name == reference)?;
    let control = Measured { passes: control, costs: Vec::new(), ..*reference };
    let [control, reference] =
        [&control, reference].map(|measured| FetchTimes::since_start(measured).p99);
    latency_ratio(&control?.by_block, &reference?.by_block, &Family::SINGLE, machines)
}

/// Returns ln(percentile / reference's percentile) for each block that has both, with the number of
/// the block.
pub fn block_log_ratios(own: &[BlockLatency], reference: &[BlockLatency]) -> Vec<(u32, f64)> {
    let references: BTreeMap<u32, f64> =
        reference.iter().map(|block| (block.block, block.seconds)).collect();
    let pairs = own.iter().filter_map(|own| {
        let reference_s = references.get(&own.block)?;
        Some((own.block, (own.seconds / reference_s).ln()))
    });
    pairs.collect()
}

impl FetchTimes {
    /// Returns the service times of a backend's fetches.
    pub(super) fn service(measured: &Measured<'_>) -> Self {
        Self::new(measured, |pass| &pass.latencies)
    }

    /// Returns the times from the start of the pass to the end of each fetch.
    pub(super) fn since_start(measured: &Measured<'_>) -> Self {
        Self::new(measured, |pass| &pass.since_start)
    }

    /// Summarizes one kind of latency of the counted passes. Empty if a histogram is damaged.
    fn new(measured: &Measured<'_>, kind: fn(&PassSample) -> &Latencies) -> Self {
        let mut blocks: BTreeMap<u32, LatencyCounts> = BTreeMap::new();
        for pass in measured.counted_samples() {
            if kind(pass).add_to(blocks.entry(pass.block).or_default()).is_err() {
                return Self::default();
            }
        }
        let mut all = LatencyCounts::default();
        blocks.values().for_each(|fetches| all.merge(fetches));
        Self {
            p50: Percentile::of_blocks(&blocks, 0.5),
            p99: Percentile::of_blocks(&blocks, 0.99),
            curve: curve(&all),
        }
    }
}

/// Returns the points of [`CURVE`] beyond which at least one fetch is expected.
fn curve(fetches: &LatencyCounts) -> Vec<Quantile> {
    let shares = CURVE.into_iter().filter(|share| is_expected_beyond(fetches, *share));
    shares.filter_map(|share| Some(Quantile { share, seconds: fetches.quantile(share)? })).collect()
}

/// Whether at least one fetch is expected beyond a percentile.
fn is_expected_beyond(fetches: &LatencyCounts, share: f64) -> bool {
    fetches.total() as f64 * (1.0 - share) >= 1.0 - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::ComparisonRecord;
    use crate::record::fixtures::comparison;

    /// Returns the small comparison with 40 rounds per block, in which the wait of the second
    /// backend grows from block to block, and a third of its fetches waits.
    fn waiting_comparison(blocks: u32) -> ComparisonRecord {
        let mut comparison = comparison();
        let first: Vec<PassSample> =
            comparison.passes.iter().filter(|pass| pass.round == Some(0)).cloned().collect();
        comparison.passes = first
            .into_iter()
            .filter(|pass| pass.block < blocks)
            .flat_map(|pass| (0..40).map(move |round| with_waits(&pass, round)))
            .collect();
        comparison
    }

    fn with_waits(pass: &PassSample, round: u32) -> PassSample {
        let wait = if pass.backend == "hyper@smol" { 1 + u64::from(pass.block) } else { 0 };
        let since_start = Latencies::EachNs(vec![1_000_000, 2_000_000, (3 + wait) * 1_000_000]);
        PassSample { round: Some(round), since_start, ..pass.clone() }
    }

    #[test]
    fn waits_are_counted_by_block() {
        let workload = analyse(&waiting_comparison(6)).remove(0);
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        let p99 = backend.done_times.p99.as_ref().unwrap();
        let seconds: Vec<f64> = p99.by_block.iter().map(|block| block.seconds).collect();
        assert_eq!(seconds, [4e-3, 5e-3, 6e-3, 7e-3, 8e-3, 9e-3], "exact, and no bucket's edge");
        let product: f64 = seconds.iter().product();
        assert!((p99.seconds - product.powf(1.0 / 6.0)).abs() < 1e-12);
        let service = backend.fetch_times.p99.as_ref().unwrap().seconds;
        assert!((service / 30_030e-6 - 1.0).abs() < 1e-12, "{service}");
        let interval = p99.interval_s().unwrap();
        assert!(*interval.start() > 4e-3 && *interval.end() < 9e-3, "{interval:?}");
    }

    #[test]
    fn ratios_are_paired_by_block() {
        let workload = analyse(&waiting_comparison(6)).remove(0);
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        let p99 = |times: &FetchTimes| times.p99.clone();
        let reference = workload.valid_reference().unwrap();
        let mut other = p99(&reference.done_times).unwrap();
        let own = p99(&backend.done_times).unwrap();
        other.by_block.remove(0);
        let logs = block_log_ratios(&own.by_block, &other.by_block);
        assert_eq!(logs.len(), 5, "a block without a partner is left out");
        assert!((logs[0].1 - (5.0_f64 / 3.0).ln()).abs() < 1e-12, "{logs:?}");
        let ratio = workload.latency_ratio(backend, |one| one.done_times.p99.as_ref()).unwrap();
        assert!(ratio.bounds.unwrap().low > 1.0 && ratio.blocks == 6, "{ratio:?}");
        assert!(workload.latency_ratio(reference, |one| one.done_times.p99.as_ref()).is_none());
    }

    #[test]
    fn four_blocks_have_no_interval() {
        let workload = analyse(&waiting_comparison(4)).remove(0);
        let backend = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
        assert_eq!(backend.done_times.p99.as_ref().unwrap().interval_s(), None);
        let ratio = workload.latency_ratio(backend, |one| one.done_times.p99.as_ref()).unwrap();
        assert_eq!(ratio.bounds, None);
    }

    #[test]
    fn older_records_have_no_waits() {
        let mut comparison = comparison();
        comparison.passes.iter_mut().for_each(|pass| pass.since_start = Latencies::None);
        let workload = analyse(&comparison).remove(0);
        assert!(workload.backends.iter().all(|one| one.done_times == FetchTimes::default()));
    }
}
