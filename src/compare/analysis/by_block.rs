//! Seconds by block, and their ratios to those of a reference, paired by block.

use std::collections::BTreeMap;

use crate::stats;
use crate::stats::paired::{Family, LEAST_BLOCKS, Ratio};

/// The seconds of one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockSeconds {
    /// The number of the block.
    pub block: u32,
    /// The time in seconds.
    pub seconds: f64,
}

/// Returns ln(seconds / the reference's seconds) for each block that both have.
pub(super) fn log_ratios(own: &[BlockSeconds], reference: &[BlockSeconds]) -> Vec<f64> {
    let references: BTreeMap<u32, f64> =
        reference.iter().map(|block| (block.block, block.seconds)).collect();
    let pairs = own.iter();
    pairs.filter_map(|own| Some((own.seconds / references.get(&own.block)?).ln())).collect()
}

/// Returns the ratio with Student's interval over blocks, as one comparison of `family`; `None`
/// below [`LEAST_BLOCKS`].
pub(super) fn ratio(logs: &[f64], family: Family) -> Option<Ratio> {
    let interval = stats::t_interval(logs, family.level())?;
    let (mean, low, high) = (interval.mean.exp(), interval.low.exp(), interval.high.exp());
    (logs.len() >= LEAST_BLOCKS).then_some(Ratio { mean, low, high, blocks: logs.len() })
}

#[cfg(test)]
mod tests {
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn cpu_is_paired_by_block() {
        let mut comparison = comparison();
        // The machine is up to six times as slow; both backends suffer alike.
        for cost in &mut comparison.costs {
            let noise = f64::from(cost.block % 2) / 1_000.0;
            let factor = if cost.backend == "hyper@smol" { 1.2 + noise } else { 1.0 };
            cost.cpu_s = Some(f64::from(cost.block + 1) * factor);
        }
        let ratio = |comparison: &_| {
            let workload = analyse(comparison).remove(0);
            let hyper = workload.backends.iter().find(|one| one.name == "hyper@smol").unwrap();
            assert!(workload.cpu_ratio(workload.reference_backend().unwrap()).is_none());
            workload.cpu_ratio(hyper)
        };
        let six = ratio(&comparison).unwrap();
        assert!(six.low > 1.19 && six.high < 1.21 && six.blocks == 6, "{six:?}");
        comparison.costs.retain(|cost| cost.block < 4);
        assert_eq!(ratio(&comparison), None);
    }
}
