//! Backends that are so slow that more passes would change nothing.

use crate::stats::paired::Round;

/// The number of rounds after which such a backend is left out.
pub const SLOW_ROUNDS: usize = 2;

/// The smallest ratio to the reference at which it is left out.
pub const FAR_SLOWER: f64 = 10.0;

/// Returns whether a backend took at least [`FAR_SLOWER`] times as long as the reference in every
/// round so far, and made [`SLOW_ROUNDS`] of them.
pub fn is_far_slower(rounds: &[Round], backend: usize, reference: usize) -> bool {
    let both = rounds.iter().filter_map(|round| Some((round[backend]?, round[reference]?)));
    let ratios: Vec<f64> = both.map(|(backend_s, reference_s)| backend_s / reference_s).collect();
    ratios.len() == SLOW_ROUNDS && ratios.iter().all(|ratio| *ratio >= FAR_SLOWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(ratios: &[f64]) -> Vec<Round> {
        ratios.iter().map(|ratio| vec![Some(0.01), Some(0.01 * ratio)]).collect()
    }

    #[test]
    fn two_slow_rounds_suffice() {
        let is_slow = |ratios: &[f64]| is_far_slower(&rounds(ratios), 1, 0);
        assert!(is_slow(&[10.0, 200.0]));
        assert!(!is_slow(&[10.0]), "one may be chance");
        assert!(!is_slow(&[9.9, 200.0]));
        assert!(!is_slow(&[20.0, 20.0, 20.0]), "it was kept");
        assert!(!is_far_slower(&[vec![Some(1.0), None], vec![Some(1.0), None]], 1, 0));
    }
}
