//! What differs between two records of comparisons: by scenario and row, with intervals.

use std::fmt;
use std::str::FromStr;

use anyhow::{anyhow, ensure};

use crate::analysis::{RowAnalysis, StageAnalysis, analyse};
use crate::paired::{Ratio, Verdict, level};
use crate::record::{Comparison, Environment, StageSetup};
use crate::stats;

/// A figure that two records are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The median pass. What made the whole machine slower between the two runs is in it.
    Median,
    /// The pass against that of the reference in the same cycle, which the machine's moods leave alone.
    Ratio,
    /// Processor time.
    Cpu,
}

impl Figure {
    /// Every figure, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Median, Self::Ratio, Self::Cpu];

    /// The name, as a threshold has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Ratio => "ratio",
            Self::Cpu => "cpu",
        }
    }

    /// The figure in each block of a row, as a logarithm.
    fn block_values(self, comparison: &Comparison, stage: &StageAnalysis, row: &str) -> Vec<f64> {
        let paired = &stage.paired;
        let Some((own, reference)) = paired.index(row).zip(paired.index(&stage.reference)) else { return Vec::new() };
        match self {
            Self::Median => paired.blocks.block_medians(own).into_iter().flatten().map(f64::ln).collect(),
            Self::Ratio if own == reference => Vec::new(),
            Self::Ratio => paired.blocks.block_values(own, reference),
            Self::Cpu => {
                let own = comparison.costs.iter().filter(|c| c.scenario == stage.setup.scenario && c.row == row);
                let each = own.map(|cost| cost.cpu_s() / cost.fetches as f64);
                // A block so short that no tick of the clock fell into it tells nothing.
                each.filter(|seconds| *seconds > 0.0 && seconds.is_finite()).map(f64::ln).collect()
            }
        }
    }
}

/// What became of a row on a scenario.
#[derive(Debug, Clone)]
pub struct RowChange {
    /// The scenario's name.
    pub scenario: String,
    /// The row's name.
    pub row: String,
    /// The median pass in the old record and in the new one, in seconds.
    pub median_s: (Option<f64>, Option<f64>),
    /// The new figure over the old one, in the order of [`Figure::ALL`].
    pub changes: [Option<Ratio>; 3],
    /// Why it does not count, in the old record and in the new one.
    pub invalid: (Option<String>, Option<String>),
}

impl RowChange {
    /// The new figure over the old one.
    pub fn change(&self, figure: Figure) -> Option<Ratio> {
        Figure::ALL.iter().zip(self.changes).find(|(other, _)| **other == figure).and_then(|(_, change)| change)
    }
}

/// What differs between two records.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The rows that both have, scenario by scenario.
    pub rows: Vec<RowChange>,
    /// Pairs of rows that come out in opposite order.
    pub reversed: Vec<Reversed>,
    /// What cannot be compared, and why.
    pub left_out: Vec<String>,
}

/// Two rows of which one was shown to be faster in the old record, and the other is in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The scenario's name.
    pub scenario: String,
    /// The row that was the faster one.
    pub was_faster: String,
    /// The row that is the faster one now.
    pub is_faster: String,
}

/// Compares two records: all intervals of one figure hold together with 95 %.
pub fn difference(old: &Comparison, new: &Comparison) -> Difference {
    let (old_stages, new_stages) = (analyse(old), analyse(new));
    let mut left_out = Vec::new();
    let (mut pairs, mut reversed) = (Vec::new(), Vec::new());
    for (old_stage, new_stage) in matched(&old_stages, &new_stages, |stage| stage.setup.scenario.clone(), &mut left_out)
    {
        let scenario = &new_stage.setup.scenario;
        if let Some(why) = unlike(&old_stage.setup, &new_stage.setup) {
            left_out.push(format!("{scenario}: {why}."));
            continue;
        }
        let name = |row: &RowAnalysis| format!("{} on {scenario}", row.name);
        let rows = matched(&old_stage.rows, &new_stage.rows, name, &mut left_out);
        reversed.extend(reversals(old_stage, new_stage, &rows));
        pairs.extend(rows.into_iter().map(|(old_row, new_row)| ((old, old_stage, old_row), (new, new_stage, new_row))));
    }
    let comparisons = pairs.len();
    let rows = pairs.into_iter().map(|(old, new)| change(old, new, comparisons)).collect();
    Difference { rows, reversed, left_out }
}

/// The pairs of rows in both stages that are ranked one way in the old one and the other way in the new one.
fn reversals(old: &StageAnalysis, new: &StageAnalysis, rows: &[(&RowAnalysis, &RowAnalysis)]) -> Vec<Reversed> {
    let names: Vec<&str> = rows
        .iter()
        .filter(|(old_row, new_row)| old_row.invalid.is_none() && new_row.invalid.is_none())
        .map(|(_, row)| row.name.as_str())
        .collect();
    let is_faster = |stage: &StageAnalysis, row: &str, than: &str| {
        stage.pair(row, than).is_some_and(|ratio| ratio.verdict() == Verdict::Faster)
    };
    let pairs = names.iter().flat_map(|one| names.iter().map(move |other| (*one, *other)));
    pairs
        .filter(|(one, other)| is_faster(old, one, other) && is_faster(new, other, one))
        .map(|(one, other)| Reversed {
            scenario: new.setup.scenario.clone(),
            was_faster: one.to_owned(),
            is_faster: other.to_owned(),
        })
        .collect()
}

/// What both records have under one name. What only one of them has is said to be left out.
fn matched<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> String,
    left_out: &mut Vec<String>,
) -> Vec<(&'a T, &'a T)> {
    let find = |among: &'a [T], wanted: &T| among.iter().find(|other| name(other) == name(wanted));
    let only = |among: &'a [T], others: &'a [T], which: &str| -> Vec<String> {
        let alone = among.iter().filter(|one| find(others, one).is_none());
        alone.map(|one| format!("{} is only in the {which} record.", name(one))).collect()
    };
    left_out.extend(only(new, old, "new"));
    left_out.extend(only(old, new, "old"));
    new.iter().filter_map(|one| Some((find(old, one)?, one))).collect()
}

/// A row on a scenario of a record.
type Place<'a> = (&'a Comparison, &'a StageAnalysis, &'a RowAnalysis);

fn change(old: Place<'_>, new: Place<'_>, comparisons: usize) -> RowChange {
    let values =
        |figure: Figure, (comparison, stage, row): Place<'_>| figure.block_values(comparison, stage, &row.name);
    let counts = |(_, stage, row): Place<'_>, figure: Figure| {
        let needed = |other: &&RowAnalysis| figure == Figure::Ratio && other.name == stage.reference;
        row.invalid.is_none() && stage.rows.iter().filter(needed).all(|reference| reference.invalid.is_none())
    };
    let changed = |figure: Figure| {
        let same_reference = old.1.reference == new.1.reference;
        let is_comparable = counts(old, figure) && counts(new, figure) && (figure != Figure::Ratio || same_reference);
        is_comparable.then(|| ratio(&values(figure, new), &values(figure, old), comparisons)).flatten()
    };
    RowChange {
        scenario: new.1.setup.scenario.clone(),
        row: new.2.name.clone(),
        median_s: (old.2.median_s, new.2.median_s),
        changes: Figure::ALL.map(changed),
        invalid: (why_invalid(old.2), why_invalid(new.2)),
    }
}

fn why_invalid(row: &RowAnalysis) -> Option<String> {
    row.invalid.as_ref().map(|(validity, why, _)| format!("{}: {why}", validity.name()))
}

/// Why two stages of one name are not the same, if so.
fn unlike(old: &StageSetup, new: &StageSetup) -> Option<String> {
    let differ = |what: &str, old: &dyn fmt::Display, new: &dyn fmt::Display| {
        (old.to_string() != new.to_string()).then(|| format!("{what} was {old} and is {new}"))
    };
    differ("the factor on its delays", &old.time_scale, &new.time_scale)
        .or_else(|| differ("the number of its fetches", &old.fetches, &new.fetches))
        .or_else(|| differ("its concurrency", &old.concurrency, &new.concurrency))
        .or_else(|| differ("the number of its origins", &old.origins, &new.origins))
        .or_else(|| (old.live && old.sites != new.sites).then(|| "its sites are not the same".to_owned()))
}

fn ratio(values: &[f64], others: &[f64], comparisons: usize) -> Option<Ratio> {
    let interval = stats::welch_interval(values, others, level(comparisons))?;
    let (mean, low, high) = (interval.mean.exp(), interval.low.exp(), interval.high.exp());
    Some(Ratio { mean, low, high, blocks: values.len().min(others.len()) })
}

/// What must not happen, such as `median>+5%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    figure: Figure,
    /// The ratio of new to old that is too much.
    most: f64,
}

impl Threshold {
    /// Whether any row has an interval that could pass it.
    pub fn is_tried_by(&self, difference: &Difference) -> bool {
        difference.rows.iter().filter_map(|row| row.change(self.figure)).any(|ratio| ratio.has_verdict())
    }

    /// Whether a row's interval lies wholly beyond it. Too few blocks never do.
    pub fn is_passed_by(&self, change: &RowChange) -> bool {
        change.change(self.figure).is_some_and(|ratio| ratio.has_verdict() && ratio.low > self.most)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A hundred times 1.05 less one is a little more than 5.
        write!(f, "{}>+{}%", self.figure.name(), ((self.most - 1.0) * 1e8).round() / 1e6)
    }
}

impl FromStr for Threshold {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || anyhow!("bad threshold {text:?}: write 'median>+5%', or ratio or cpu in place of median");
        let (name, share) = text.split_once('>').ok_or_else(wrong)?;
        let figure = Figure::ALL.into_iter().find(|figure| figure.name() == name.trim()).ok_or_else(wrong)?;
        let share = share.trim().trim_start_matches('+').strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = share.trim().parse().map_err(|_| wrong())?;
        ensure!((0.0..=1e6).contains(&percent), wrong());
        Ok(Self { figure, most: 1.0 + percent / 100.0 })
    }
}

/// In what two machines differ, one line each: figures of different machines say nothing about each other.
pub fn other_machine(old: &Environment, new: &Environment) -> Vec<String> {
    let memory = |environment: &Environment| environment.memory_bytes.map_or(0, |bytes| bytes >> 30);
    [
        differs("CPU", &old.cpu, &new.cpu),
        differs("cores", &old.cores, &new.cores),
        differs("GiB of memory", &memory(old), &memory(new)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// In what else two environments differ, one line each: this is what a difference may come from.
pub fn other_conditions(old: &Environment, new: &Environment) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let revision = |environment: &Environment| {
        environment.git.as_ref().map_or_else(
            || "unknown".to_owned(),
            |git| format!("{:.12}{}", git.revision, if git.dirty { " with changes" } else { "" }),
        )
    };
    let mut lines: Vec<String> = [
        differs("kernel", &text(&old.kernel), &text(&new.kernel)),
        differs("governor", &text(&old.governor), &text(&new.governor)),
        differs("rustc", &text(&old.rustc), &text(&new.rustc)),
        differs("profile", &old.profile, &new.profile),
        differs("revision", &revision(old), &revision(new)),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (name, version) in &new.crates {
        lines.extend(old.crates.get(name).and_then(|other| differs(name, other, version)));
    }
    lines
}

fn differs<T: fmt::Display + PartialEq>(what: &str, old: &T, new: &T) -> Option<String> {
    (old != new).then(|| format!("{what}: {old} -> {new}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(mean: f64, low: f64, blocks: usize) -> RowChange {
        let ratio = Ratio { mean, low, high: 2.0 * mean - low, blocks };
        RowChange {
            scenario: "keepalive".to_owned(),
            row: "hyper@smol".to_owned(),
            median_s: (None, None),
            changes: [Some(ratio), None, None],
            invalid: (None, None),
        }
    }

    #[test]
    fn a_threshold_is_passed_by_an_interval_that_lies_wholly_beyond_it() {
        let threshold: Threshold = "median>+5%".parse().unwrap();
        assert!(threshold.is_passed_by(&change(1.10, 1.06, 5)));
        assert!(!threshold.is_passed_by(&change(1.10, 1.04, 5)), "it may be less than that");
        assert!(!threshold.is_passed_by(&change(1.10, 1.06, 4)), "four blocks say nothing");
        assert!(!threshold.is_passed_by(&change(0.90, 0.85, 5)), "it has become faster");
        assert!(!"cpu>+5%".parse::<Threshold>().unwrap().is_passed_by(&change(1.10, 1.06, 5)));
    }

    #[test]
    fn thresholds_are_printed_as_they_are_written() {
        for text in ["median>+5%", "ratio>+0%", "cpu>+12.5%"] {
            assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
        }
        assert_eq!("median > 5 %".parse::<Threshold>().unwrap().to_string(), "median>+5%");
        for bad in ["median", "median<5%", "median>5", "mean>5%", "median>-5%", "median>nan%", ""] {
            let error = bad.parse::<Threshold>().unwrap_err().to_string();
            assert!(error.starts_with("bad threshold") && error.contains("median>+5%"), "{bad}: {error}");
        }
    }
}
