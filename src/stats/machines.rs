//! Figures over several machines, each of which measured blocks. Machines are a random sample: the
//! unit of the interval is a machine, never a block.

use super::ratio::{Bounds, Ratio};
use super::{Family, mean, standard_deviation};

/// The logarithms of a ratio in the blocks of each machine that counts.
///
/// A machine counts if its blocks alone have an interval: if there are at least five, and it is not
/// wider than a factor of 100.
#[derive(Debug, Clone, PartialEq)]
pub struct OverMachines<'a> {
    counted: Vec<&'a [f64]>,
    /// All values of all machines, counted or not.
    all: &'a [Vec<f64>],
}

/// How much a ratio deviates, on the log scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviations {
    /// The standard deviation of the true ratios of machines.
    pub between: f64,
    /// The standard deviation of the values of blocks on one machine.
    pub within: f64,
}

impl<'a> OverMachines<'a> {
    /// Takes the values of each machine, as one comparison of `family`.
    pub fn new(machines: &'a [Vec<f64>], family: &Family) -> Self {
        let has_interval = |values: &[f64]| {
            let ratio = family.interval(values).map(|ln| Ratio::new(ln, values.len()));
            ratio.is_some_and(|ratio| ratio.bounds.is_some())
        };
        let counted = machines.iter().map(Vec::as_slice).filter(|values| has_interval(values));
        Self { counted: counted.collect(), all: machines }
    }

    /// Returns the mean of each machine that counts.
    pub fn means(&self) -> Vec<f64> {
        self.counted.iter().filter_map(|values| mean(values)).collect()
    }

    /// Returns the geometric mean of the machines' ratios with Student's interval over machines, as
    /// one comparison of `family`; `None` without a block. Below two machines that count there is
    /// no interval, and without any, the mean is that of all machines.
    pub fn ratio(&self, family: &Family) -> Option<Ratio> {
        let means = self.means();
        let machines = Some(means.len());
        let blocks = self.counted.iter().map(|values| values.len()).sum();
        if let Some(ln) = family.interval(&means) {
            let bounds = Some(Bounds { low: ln.low.exp(), high: ln.high.exp() });
            return Some(Ratio { mean: ln.mean.exp(), bounds, blocks, machines });
        }
        let all: Vec<f64> = self.all.iter().filter_map(|values| mean(values)).collect();
        let ln = mean(&means).or_else(|| mean(&all))?;
        Some(Ratio { mean: ln.exp(), bounds: None, blocks, machines })
    }

    /// Returns the deviations of the machines that count; `None` below two.
    ///
    /// The means of machines deviate by both: their variance is between² + the mean of within² / n,
    /// where n is the number of blocks of a machine. This is the estimate from unweighted means of
    /// a random effect (Searle, Casella and McCulloch, "Variance components", 1992).
    pub fn deviations(&self) -> Option<Deviations> {
        let of_means = standard_deviation(&self.means())?.powi(2);
        let freedom: usize = self.counted.iter().map(|values| values.len() - 1).sum();
        let squares: f64 = self
            .counted
            .iter()
            .filter_map(|values| {
                Some(standard_deviation(values)?.powi(2) * (values.len() - 1) as f64)
            })
            .sum();
        let within = squares / freedom as f64;
        let shares: Vec<f64> =
            self.counted.iter().map(|values| 1.0 / values.len() as f64).collect();
        let by_blocks = within * mean(&shares)?;
        let between = (of_means - by_blocks).max(0.0);
        Some(Deviations { between: between.sqrt(), within: within.sqrt() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::{mix, standard_normal};
    use crate::stats::{EQUIVALENCE, Verdict, t_interval};

    /// Returns blocks around the logarithm of a ratio.
    fn blocks(ratio: f64, count: usize) -> Vec<f64> {
        (0..count).map(|block| ratio.ln() + [-0.01, 0.0, 0.01][block % 3]).collect()
    }

    fn ratio(machines: &[Vec<f64>]) -> Ratio {
        OverMachines::new(machines, &Family::SINGLE).ratio(&Family::SINGLE).unwrap()
    }

    #[test]
    fn intervals_count_machines() {
        let machines = [blocks(1.1, 6), blocks(1.2, 60), blocks(1.3, 9)];
        let found = ratio(&machines);
        let means = [1.1_f64, 1.2, 1.3].map(f64::ln);
        let expected = t_interval(&means, 0.95).unwrap();
        assert!((found.mean.ln() - expected.mean).abs() < 1e-9, "a machine counts once");
        assert!((found.bounds.unwrap().low.ln() - expected.low).abs() < 1e-9);
        assert_eq!((found.machines, found.blocks), (Some(3), 75));
        assert_eq!(found.verdict(EQUIVALENCE), Some(Verdict::Inconclusive));
    }

    #[test]
    fn words_need_three_machines() {
        let alike = |count: usize| ratio(&vec![blocks(1.2, 6); count]);
        assert_eq!(alike(3).verdict(EQUIVALENCE), Some(Verdict::Slower));
        assert!(alike(2).bounds.is_some() && alike(2).verdict(EQUIVALENCE).is_none());
        assert!(alike(1).bounds.is_none() && alike(1).machines == Some(1));
    }

    #[test]
    fn machines_need_five_blocks() {
        let found = ratio(&[blocks(1.2, 6), blocks(1.2, 6), blocks(5.0, 4)]);
        assert!((found.mean - 1.2).abs() < 1e-9 && found.machines == Some(2), "{found:?}");
        let wild = vec![-9.0, 9.0, -9.0, 9.0, -9.0];
        assert_eq!(ratio(&[blocks(1.2, 6), wild]).machines, Some(1));
        let few = ratio(&[blocks(1.2, 3), blocks(1.2, 3)]);
        assert!((few.mean - 1.2).abs() < 1e-9 && few.machines == Some(0));
        assert_eq!(OverMachines::new(&[], &Family::SINGLE).ratio(&Family::SINGLE), None);
    }

    #[test]
    fn deviations_are_told_apart() {
        let mut seed = 7;
        let mut draw = |deviation: f64| {
            seed = mix(seed);
            deviation * standard_normal(seed)
        };
        // In the second case, half of the deviation of the means is that of the blocks.
        for (between, within) in [(0.05, 0.03), (0.02, 0.06)] {
            let machines: Vec<Vec<f64>> = (0..4_000)
                .map(|_| {
                    let truth = draw(between);
                    (0..8).map(|_| truth + draw(within)).collect()
                })
                .collect();
            let found = OverMachines::new(&machines, &Family::SINGLE).deviations().unwrap();
            assert!((found.between - between).abs() < 0.002, "{found:?}");
            assert!((found.within - within).abs() < 0.001, "{found:?}");
        }
        let alike = vec![blocks(1.2, 6); 3];
        assert_eq!(OverMachines::new(&alike, &Family::SINGLE).deviations().unwrap().between, 0.0);
    }
}
