//! The difference between two records of comparisons: by scenario and backend, with intervals.

use std::fmt;
use std::str::FromStr;

use anyhow::{anyhow, ensure};

use crate::compare::analysis::{BackendAnalysis, Invalid, Quantity, WorkloadAnalysis, analyse};
use crate::record::{ComparisonRecord, WorkloadSetup};
use crate::stats;
use crate::stats::{EQUIVALENCE, Family, Ratio, Verdict};

mod environment;
pub mod view;

pub use self::environment::{other_conditions, other_machine};

/// A figure by which two records are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The median pass. It includes changes of the whole machine between the two runs.
    Median,
    /// The pass relative to that of the reference in the same round. Changes of the whole machine
    /// cancel out.
    Ratio,
    /// Processor time.
    Cpu,
}

impl Figure {
    /// Every figure, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Median, Self::Ratio, Self::Cpu];

    /// Returns the name that thresholds use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Ratio => "ratio",
            Self::Cpu => "cpu",
        }
    }

    /// Returns the logarithm of the figure in each block of a backend.
    fn block_values(self, side: Side<'_>) -> Vec<f64> {
        let Side { comparison, workload, backend } = side;
        let blocks = &workload.paired.blocks;
        match self {
            Self::Median => {
                blocks.block_medians(backend.index()).into_iter().flatten().map(f64::ln).collect()
            }
            Self::Ratio => match workload.paired.index(&workload.reference) {
                Some(reference) if reference != backend.index() => {
                    blocks.block_values(backend.index(), reference)
                }
                _ => Vec::new(),
            },
            Self::Cpu => {
                let scenario = &workload.setup.scenario;
                let costs = comparison.costs.iter();
                let costs =
                    costs.filter(|cost| cost.scenario == *scenario && cost.backend == backend.name);
                let cpu_s = costs.map(|cost| cost.cpu_s() / cost.fetches as f64);
                // In a very short block the clock may not have ticked at all.
                cpu_s.filter(|s| *s > 0.0 && s.is_finite()).map(f64::ln).collect()
            }
        }
    }

    /// Whether the figure of a backend is valid.
    fn counts(self, side: Side<'_>) -> bool {
        let WorkloadAnalysis { backends, reference, .. } = side.workload;
        let mut references = backends.iter().filter(|backend| backend.name == *reference);
        side.backend.is_valid()
            && (self != Self::Ratio || references.all(BackendAnalysis::is_valid))
    }

    /// Returns the new figure over the old one; `None` if they are not comparable.
    fn change(self, sides: OldNew<Side<'_>>, family: &Family) -> Option<Ratio> {
        let OldNew { old, new } = sides;
        let same_reference = old.workload.reference == new.workload.reference;
        let is_comparable =
            self.counts(old) && self.counts(new) && (self != Self::Ratio || same_reference);
        if !is_comparable {
            return None;
        }
        let (values, others) = (self.block_values(new), self.block_values(old));
        let interval = stats::welch_interval(&values, &others, family.level())?;
        Some(Ratio::new(interval, values.len().min(others.len())))
    }
}

/// A pair of corresponding values from the old record and the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OldNew<T> {
    /// In the old record.
    pub old: T,
    /// In the new record.
    pub new: T,
}

impl<T> OldNew<T> {
    fn map<U>(self, convert: impl Fn(T) -> U) -> OldNew<U> {
        OldNew { old: convert(self.old), new: convert(self.new) }
    }
}

/// A backend on a scenario of a record.
#[derive(Clone, Copy)]
struct Side<'a> {
    comparison: &'a ComparisonRecord,
    workload: &'a WorkloadAnalysis,
    backend: &'a BackendAnalysis,
}

/// The change of a backend on a scenario.
#[derive(Debug, Clone)]
pub struct BackendChange {
    /// The scenario's name.
    pub scenario: String,
    /// The backend's name.
    pub name: String,
    /// The median pass, in seconds.
    pub median_s: OldNew<Option<f64>>,
    /// The new figure over the old one, in the order of [`Figure::ALL`].
    pub changes: [Option<Ratio>; 3],
    /// Why the backend does not count; `None` if it is valid.
    pub invalid: OldNew<Option<Invalid>>,
}

impl BackendChange {
    fn new(sides: OldNew<Side<'_>>, family: &Family) -> Self {
        Self {
            scenario: sides.new.workload.setup.scenario.clone(),
            name: sides.new.backend.name.clone(),
            median_s: sides.map(|side| side.backend.median_s()),
            changes: Figure::ALL.map(|figure| figure.change(sides, family)),
            invalid: sides.map(|side| side.backend.invalid.clone()),
        }
    }

    /// Returns the new figure over the old one.
    pub fn change(&self, figure: Figure) -> Option<Ratio> {
        let mut changes = Figure::ALL.iter().zip(self.changes);
        changes.find(|(other, _)| **other == figure).and_then(|(_, change)| change)
    }

    /// Whether the backend is valid in the old record only.
    pub fn counts_no_more(&self) -> bool {
        self.invalid.old.is_none() && self.invalid.new.is_some()
    }
}

/// The difference between two records.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The backends in both records, scenario by scenario.
    pub backends: Vec<BackendChange>,
    /// Pairs of backends that are ranked in opposite order.
    pub reversed: Vec<Reversed>,
    /// Sentences on the parts that cannot be compared, with the reason.
    pub left_out: Vec<String>,
}

/// Two backends that are ranked in opposite order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The scenario's name.
    pub scenario: String,
    /// The backend shown to be faster in the old record.
    pub was_faster: String,
    /// The backend shown to be faster in the new record.
    pub is_faster: String,
}

/// Compares two records. All intervals of one figure hold simultaneously with 95 % confidence.
pub fn difference(old: &ComparisonRecord, new: &ComparisonRecord) -> Difference {
    let (old_workloads, new_workloads) = (analyse(old), analyse(new));
    let mut left_out = Vec::new();
    let (mut pairs, mut reversed) = (Vec::new(), Vec::new());
    let matching =
        matched(&old_workloads, &new_workloads, |one| one.setup.scenario.clone(), &mut left_out);
    for workloads in matching {
        let scenario = &workloads.new.setup.scenario;
        if let Some(why) = unlike(&workloads.old.setup, &workloads.new.setup) {
            left_out.push(format!("{scenario}: {why}."));
            continue;
        }
        let backends = matched(
            &workloads.old.backends,
            &workloads.new.backends,
            |backend| format!("{} on {scenario}", backend.name),
            &mut left_out,
        );
        reversed.extend(reversals(workloads, &backends));
        pairs.extend(backends.into_iter().map(|backend| OldNew {
            old: Side { comparison: old, workload: workloads.old, backend: backend.old },
            new: Side { comparison: new, workload: workloads.new, backend: backend.new },
        }));
    }
    let family = Family::new(pairs.len());
    let backends = pairs.into_iter().map(|sides| BackendChange::new(sides, &family)).collect();
    Difference { backends, reversed, left_out }
}

/// Returns the pairs of backends that are shown to be ranked one way in the old workload and the
/// other way in the new one.
fn reversals(
    workloads: OldNew<&WorkloadAnalysis>,
    backends: &[OldNew<&BackendAnalysis>],
) -> Vec<Reversed> {
    let valid = backends.iter().filter(|backend| backend.old.is_valid() && backend.new.is_valid());
    let pairs = valid.clone().flat_map(|one| valid.clone().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| {
            is_faster(workloads.old, one.old, other.old)
                && is_faster(workloads.new, other.new, one.new)
        })
        .map(|(one, other)| Reversed {
            scenario: workloads.new.setup.scenario.clone(),
            was_faster: one.new.name.clone(),
            is_faster: other.new.name.clone(),
        })
        .collect()
}

fn is_faster(
    workload: &WorkloadAnalysis,
    backend: &BackendAnalysis,
    other: &BackendAnalysis,
) -> bool {
    let ratio = workload.paired.ratio(Quantity::Time, backend.index(), other.index());
    ratio.is_some_and(|ratio| ratio.verdict(EQUIVALENCE) == Some(Verdict::Faster))
}

/// Returns the pairs of things with the same name in both records, and adds the others to
/// `left_out`.
fn matched<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> String,
    left_out: &mut Vec<String>,
) -> Vec<OldNew<&'a T>> {
    for (among, others, which) in [(new, old, "new"), (old, new, "old")] {
        let alone = among.iter().filter(|one| find(others, one, &name).is_none());
        left_out.extend(alone.map(|one| format!("{} is only in the {which} record.", name(one))));
    }
    new.iter().filter_map(|new| Some(OldNew { old: find(old, new, &name)?, new })).collect()
}

/// Returns the item of `among` with the name of `wanted`.
fn find<'a, T>(among: &'a [T], wanted: &T, name: impl Fn(&T) -> String) -> Option<&'a T> {
    among.iter().find(|other| name(other) == name(wanted))
}

/// Returns how two workloads with the same name differ; `None` if they do not.
fn unlike(old: &WorkloadSetup, new: &WorkloadSetup) -> Option<String> {
    let other_sites = old.live && old.sites != new.sites;
    describe_change("the factor on its delays", old.time_scale, new.time_scale)
        .or_else(|| describe_change("the number of its fetches", old.fetches, new.fetches))
        .or_else(|| describe_change("its concurrency", old.concurrency, new.concurrency))
        .or_else(|| describe_change("the number of its origins", old.origins, new.origins))
        .or_else(|| other_sites.then(|| "its sites are not the same".to_owned()))
}

fn describe_change(
    quantity: &str,
    old: impl fmt::Display,
    new: impl fmt::Display,
) -> Option<String> {
    let (old, new) = (old.to_string(), new.to_string());
    (old != new).then(|| format!("{quantity} was {old} and is {new}"))
}

/// A limit on a change, such as `median>+5%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    figure: Figure,
    /// The highest ratio of new to old that is allowed.
    most: f64,
}

impl Threshold {
    /// Whether any backend has an interval to test against the threshold.
    pub fn is_tried_by(&self, difference: &Difference) -> bool {
        let mut changes =
            difference.backends.iter().filter_map(|backend| backend.change(self.figure));
        changes.any(|ratio| ratio.bounds.is_some())
    }

    /// Whether a backend's whole interval lies beyond the threshold. With too few blocks, it never
    /// does.
    pub fn is_passed_by(&self, change: &BackendChange) -> bool {
        let bounds = change.change(self.figure).and_then(|ratio| ratio.bounds);
        bounds.is_some_and(|bounds| bounds.low > self.most)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // (1.05 − 1) × 100 is a little more than 5.
        write!(f, "{}>+{}%", self.figure.name(), ((self.most - 1.0) * 1e8).round() / 1e6)
    }
}

impl FromStr for Threshold {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || bad_threshold(text);
        let (name, share) = text.split_once('>').ok_or_else(wrong)?;
        let figure = Figure::ALL
            .into_iter()
            .find(|figure| figure.name() == name.trim())
            .ok_or_else(wrong)?;
        let share = share.trim().trim_start_matches('+').strip_suffix('%').ok_or_else(wrong)?;
        let percent: f64 = share.trim().parse().map_err(|_| wrong())?;
        ensure!((0.0..=1e6).contains(&percent), wrong());
        Ok(Self { figure, most: 1.0 + percent / 100.0 })
    }
}

fn bad_threshold(text: &str) -> anyhow::Error {
    anyhow!("bad threshold {text:?}: write 'median>+5%', or ratio or cpu in place of median")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(mean: f64, low: f64, blocks: usize) -> BackendChange {
        let high = 2.0 * mean - low;
        let bounds = (blocks >= 5).then_some(crate::stats::Bounds { low, high });
        let ratio = Ratio { mean, bounds, blocks };
        BackendChange {
            scenario: "keepalive".to_owned(),
            name: "hyper@smol".to_owned(),
            median_s: OldNew::default(),
            changes: [Some(ratio), None, None],
            invalid: OldNew::default(),
        }
    }

    #[test]
    fn whole_intervals_pass_thresholds() {
        let threshold: Threshold = "median>+5%".parse().unwrap();
        assert!(threshold.is_passed_by(&change(1.10, 1.06, 5)));
        assert!(!threshold.is_passed_by(&change(1.10, 1.04, 5)), "it may be less than that");
        assert!(!threshold.is_passed_by(&change(1.10, 1.06, 4)), "four blocks say nothing");
        assert!(!threshold.is_passed_by(&change(0.90, 0.85, 5)), "it has become faster");
        assert!(!"cpu>+5%".parse::<Threshold>().unwrap().is_passed_by(&change(1.10, 1.06, 5)));
    }

    #[test]
    fn thresholds_round_trip() {
        for text in ["median>+5%", "ratio>+0%", "cpu>+12.5%"] {
            assert_eq!(text.parse::<Threshold>().unwrap().to_string(), text);
        }
        assert_eq!("median > 5 %".parse::<Threshold>().unwrap().to_string(), "median>+5%");
        for bad in ["median", "median<5%", "median>5", "mean>5%", "median>-5%", "median>nan%", ""] {
            let error = bad.parse::<Threshold>().unwrap_err().to_string();
            assert!(
                error.starts_with("bad threshold") && error.contains("median>+5%"),
                "{bad}: {error}"
            );
        }
    }
}
