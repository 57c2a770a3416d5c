//! Verdicts in words, and ratios as text, for all reports.

use crate::stats::paired::{Ratio, Verdict};

impl Verdict {
    /// Returns the key in JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Tied => "tied",
            Self::TooFewBlocks => "too-few-blocks",
        }
    }

    /// Returns words that stand by themselves.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Tied => "cannot be told apart",
            Self::TooFewBlocks => "too few blocks",
        }
    }

    /// Returns words of at most seven characters.
    pub(crate) fn short_words(self) -> &'static str {
        match self {
            Self::Tied => "tied",
            Self::TooFewBlocks => "too few",
            Self::Faster | Self::Slower => self.words(),
        }
    }
}

impl Ratio {
    /// Returns the verdict in words with the interval.
    pub(crate) fn sentence(self) -> String {
        match self.verdict() {
            Verdict::TooFewBlocks => format!("no verdict from {} blocks", self.blocks),
            verdict => format!("{}: {}", verdict.words(), self.interval_text()),
        }
    }

    /// Returns the ratio with its interval: as a difference if it is small, else as a factor.
    pub(crate) fn interval_text(self) -> String {
        self.with_percent(|percent| format!("{percent:+.1}"))
    }

    /// Returns the ratio with its interval in three digits.
    pub(crate) fn short_interval_text(self) -> String {
        self.with_percent(|percent| match percent {
            large if large.abs() >= 9.95 => format!("{large:+.0}"),
            small => format!("{small:+.1}"),
        })
    }

    fn with_percent(self, percent: fn(f64) -> String) -> String {
        let Self { mean, low, high, .. } = self;
        if high < 2.0 && low > 0.5 {
            let [mean, low, high] = [mean, low, high].map(|value| percent((value - 1.0) * 100.0));
            format!("{mean} % ({low} to {high})")
        } else {
            format!("x {mean:.2} ({low:.2} to {high:.2})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Verdict; 4] =
        [Verdict::Faster, Verdict::Slower, Verdict::Tied, Verdict::TooFewBlocks];

    #[test]
    fn short_words_fit_their_column() {
        assert!(ALL.iter().all(|verdict| verdict.short_words().len() <= 7));
    }

    #[test]
    fn verdicts_have_distinct_words() {
        for words in [Verdict::key, Verdict::words, Verdict::short_words] {
            let distinct: std::collections::HashSet<&str> = ALL.map(words).into();
            assert_eq!(distinct.len(), ALL.len());
        }
    }

    #[test]
    fn large_ratios_read_as_factors() {
        let ratio = Ratio { mean: 1.25, low: 1.2, high: 1.3, blocks: 8 };
        assert_eq!(ratio.sentence(), "slower: +25.0 % (+20.0 to +30.0)");
        assert_eq!(ratio.short_interval_text(), "+25 % (+20 to +30)");
        let large = Ratio { high: 2.5, ..ratio };
        assert_eq!(large.sentence(), "slower: x 1.25 (1.20 to 2.50)");
        let few = Ratio { blocks: 3, ..ratio };
        assert_eq!(few.sentence(), "no verdict from 3 blocks");
    }
}
