//! The difference between two records of comparisons: by scenario and backend, with intervals.

use std::fmt;

use crate::compare::analysis::{BackendAnalysis, Invalid, WorkloadAnalysis, analyse};
use crate::record::{ComparisonRecord, Environment, WorkloadSetup};
use crate::stats::Family;

mod comparability;
mod environment;
mod figure;
mod sides;
mod threshold;
pub mod view;
mod words;

pub use self::comparability::Obstacle;
use self::comparability::machine_obstacles;
pub use self::environment::other_conditions;
pub use self::figure::{ChangeInterval, Figure, FigureChange};
pub use self::sides::OldNew;
use self::sides::RecordedBackend;
pub use self::threshold::Threshold;

/// The change of a backend on a scenario.
#[derive(Debug, Clone)]
pub struct BackendChange {
    /// The scenario's name.
    pub scenario: String,
    /// The backend's name.
    pub name: String,
    /// The changes of the figures that are comparable, in the order of [`Figure::ALL`].
    pub changes: Vec<FigureChange>,
    /// Why the backend does not count; `None` if it is valid.
    pub invalid: OldNew<Option<Invalid>>,
}

impl BackendChange {
    fn new(sides: OldNew<RecordedBackend<'_>>, family: &Family) -> Self {
        let changes = Figure::ALL.iter().filter_map(|figure| figure.change(sides, family));
        Self {
            scenario: sides.new.workload.setup.scenario.clone(),
            name: sides.new.backend.name.clone(),
            changes: changes.collect(),
            invalid: sides.map(|side| side.backend.invalid.clone()),
        }
    }

    /// Returns the change of a figure; `None` if it is not comparable.
    pub fn change(&self, figure: Figure) -> Option<&FigureChange> {
        self.changes.iter().find(|change| change.figure == figure)
    }

    /// Returns whether the backend is valid in the old record only.
    pub fn counts_no_more(&self) -> bool {
        self.invalid.old.is_none() && self.invalid.new.is_some()
    }
}

/// The difference between two records.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The backends in both records, scenario by scenario.
    pub backends: Vec<BackendChange>,
    /// Pairs of backends in reversed order.
    pub reversed: Vec<Reversed>,
    /// Sentences on the parts that cannot be compared, with the reason.
    pub left_out: Vec<String>,
}

impl Difference {
    /// Returns why the records should not be compared; empty if they may.
    pub fn obstacles(
        &self,
        environments: OldNew<&Environment>,
        comparisons: OldNew<&ComparisonRecord>,
    ) -> Vec<Obstacle> {
        let nothing = self.backends.is_empty().then_some(Obstacle::NothingInCommon);
        machine_obstacles(environments, comparisons).into_iter().chain(nothing).collect()
    }

    /// Returns the backends that exceed a threshold.
    pub fn exceeding(&self, threshold: Threshold) -> impl Iterator<Item = &BackendChange> {
        self.backends.iter().filter(move |backend| {
            backend.changes.iter().any(|change| threshold.is_exceeded_by(change))
        })
    }

    /// Returns whether any backend has an interval to test against a threshold.
    pub fn tests(&self, threshold: &Threshold) -> bool {
        let mut changes = self.backends.iter().flat_map(|backend| &backend.changes);
        changes.any(|change| threshold.applies_to(change))
    }
}

/// Two backends in reversed order, by their verdicts against the reference.
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
            old: RecordedBackend { workload: workloads.old, backend: backend.old },
            new: RecordedBackend { workload: workloads.new, backend: backend.new },
        }));
    }
    let family = Family::new(pairs.len());
    let backends = pairs.into_iter().map(|sides| BackendChange::new(sides, &family)).collect();
    Difference { backends, reversed, left_out }
}

/// Returns the pairs of backends that lie on opposite sides of the reference, or one of them with
/// it, in one order in the old workload and in the other order in the new one.
fn reversals(
    workloads: OldNew<&WorkloadAnalysis>,
    backends: &[OldNew<&BackendAnalysis>],
) -> Vec<Reversed> {
    if workloads.old.reference != workloads.new.reference {
        return Vec::new();
    }
    let reference = &workloads.new.reference;
    let pairs = backends.iter().flat_map(|one| backends.iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| {
            is_faster(reference, one.old, other.old) && is_faster(reference, other.new, one.new)
        })
        .map(|(one, other)| Reversed {
            scenario: workloads.new.setup.scenario.clone(),
            was_faster: one.new.name.clone(),
            is_faster: other.new.name.clone(),
        })
        .collect()
}

fn is_faster(reference: &str, backend: &BackendAnalysis, other: &BackendAnalysis) -> bool {
    let orders = (backend.standing(reference), other.standing(reference));
    matches!(orders, (Some(backend), Some(other)) if backend < other)
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
        .or_else(|| (old.link != new.link).then(|| "its network is not the same".to_owned()))
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
