//! The memory that a backend's process keeps, and its growth from pass to pass.

use std::collections::BTreeMap;

use super::measured::Measured;
use crate::record::PassSample;
use crate::stats;

/// The resident memory of a backend's process.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ResidentMemory {
    /// One second after the load, in bytes.
    pub after_bytes: Option<u64>,
    /// Growth in bytes per pass: the slope by least squares over the rounds of a block, as the mean
    /// over blocks.
    pub slope_bytes_per_pass: Option<f64>,
}

impl ResidentMemory {
    /// Returns the memory of a backend. Nothing is known if other programs did the work.
    pub(super) fn of(measured: &Measured<'_>) -> Self {
        if measured.costs.iter().any(|cost| cost.children_s > 0.0) {
            return Self::default();
        }
        let mut blocks: BTreeMap<u32, Vec<&PassSample>> = BTreeMap::new();
        for pass in measured.counted_samples() {
            blocks.entry(pass.block).or_default().push(pass);
        }
        let slopes: Vec<f64> = blocks.values().filter_map(|passes| growth(passes)).collect();
        Self {
            after_bytes: measured.costs.iter().find_map(|cost| cost.rss_after_bytes),
            slope_bytes_per_pass: stats::mean(&slopes),
        }
    }
}

/// Returns the growth of memory in the rounds of a block, in bytes per pass. Two rounds would make
/// a step a slope.
fn growth(passes: &[&PassSample]) -> Option<f64> {
    let known =
        passes.iter().filter_map(|pass| Some((f64::from(pass.round?), pass.rss_bytes? as f64)));
    let (rounds, bytes): (Vec<f64>, Vec<f64>) = known.unzip();
    if rounds.len() < 3 { None } else { stats::slope(&rounds, &bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    fn memory(children_s: f64) -> ResidentMemory {
        let mut comparison = comparison();
        for pass in &mut comparison.passes {
            // A fresh process in each block, which grows by 4 or 6 kB a pass.
            let step = 4_000 + 2_000 * u64::from(pass.block % 2);
            pass.rss_bytes = pass.round.map(|round| 9_000_000 + u64::from(round) * step);
        }
        for cost in &mut comparison.costs {
            cost.rss_after_bytes = Some(8_500_000).filter(|_| cost.block == 0);
            cost.children_s = children_s;
        }
        analyse(&comparison).remove(0).backends[0].memory
    }

    #[test]
    fn growth_is_the_mean_slope() {
        let expected =
            ResidentMemory { after_bytes: Some(8_500_000), slope_bytes_per_pass: Some(5_000.0) };
        assert_eq!(memory(0.0), expected);
    }

    #[test]
    fn foreign_memory_is_unknown() {
        assert_eq!(memory(0.1), ResidentMemory::default());
    }
}
