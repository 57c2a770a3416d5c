//! The verdict on a change in one word.

use super::figure::Figure;
use crate::render::verdict::Change;
use crate::stats::Ratio;

/// Returns the verdict on a change of a figure: `equivalent` only if the whole interval lies within
/// ± `equivalence`.
pub(super) fn word(figure: Figure, ratio: Ratio, equivalence: f64) -> &'static str {
    let change = match figure {
        Figure::Median | Figure::Ratio => Change::Time,
        Figure::Cpu => Change::Cost,
    };
    ratio.verdict(equivalence).map_or("", |verdict| verdict.word_for(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Bounds;

    #[test]
    fn words_need_whole_intervals() {
        for (low, high, time, cost) in [
            (0.90, 0.97, "faster", "less"),
            (1.03, 1.10, "slower", "more"),
            (0.99, 1.01, "equivalent", "equivalent"),
            (1.005, 1.015, "equivalent", "equivalent"),
            (1.005, 1.03, "slower", "more"),
            (0.99, 1.03, "inconclusive", "inconclusive"),
            (0.5, 2.0, "inconclusive", "inconclusive"),
        ] {
            let ratio =
                Ratio { mean: 1.0, bounds: Some(Bounds { low, high }), blocks: 8, machines: None };
            let words = [Figure::Median, Figure::Ratio, Figure::Cpu]
                .map(|figure| word(figure, ratio, 0.02));
            assert_eq!(words, [time, time, cost], "{low} to {high}");
        }
    }
}
