//! The valid passes of a scenario in pairs. Every comparison is made here, each in its [`Family`].

use std::collections::{BTreeMap, HashMap};

use super::FLOOR;
use super::backend::Invalid;
use super::measured::Measured;
use crate::record::{PassSample, control};
use crate::stats;
use crate::stats::paired::{Blocks, Family, Ratio, Round, Verdict};

/// The passes of the measured backends and of the A/A control.
#[derive(Debug, Clone)]
pub struct Paired {
    /// The names by index in the blocks: the backends in the order of the record, then the control.
    pub names: Vec<String>,
    /// The blocks.
    pub blocks: Blocks,
    /// The valid backends.
    valid: Vec<usize>,
    /// The reference, if it is valid.
    reference: Option<usize>,
    /// The floor, if it is valid.
    floor: Option<usize>,
}

impl Paired {
    pub(super) fn new(
        measured: &[Measured<'_>],
        invalid: &[Option<Invalid>],
        reference: &str,
        passes: &[&PassSample],
    ) -> Self {
        let mut names: Vec<String> = measured.iter().map(|one| one.backend.name.clone()).collect();
        let valid: Vec<usize> =
            (0..names.len()).filter(|index| invalid[*index].is_none()).collect();
        let find_valid = |name: &str| valid.iter().copied().find(|index| names[*index] == name);
        let (reference_index, floor) = (find_valid(reference), find_valid(FLOOR));
        names.push(control(reference));
        let blocks = blocks(&names, passes);
        Self { names, blocks, valid, reference: reference_index, floor }
    }

    /// Returns the index of a backend in the blocks.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// Returns the time of a backend over that of another, as one of all pairs of valid backends.
    pub fn pair_ratio(&self, backend: usize, other: usize) -> Option<Ratio> {
        self.blocks.ratio(backend, other, Family::all_pairs(self.valid.len()))
    }

    /// Returns the time of a backend over that of a reference, as one comparison of all valid
    /// backends with it; `None` for the reference itself.
    pub fn reference_ratio(&self, backend: usize, reference: usize) -> Option<Ratio> {
        let family = Family::against_reference(self.valid.len());
        if backend == reference { None } else { self.blocks.ratio(backend, reference, family) }
    }

    /// Returns the mean time of a backend over that of another.
    pub fn mean_ratio(&self, backend: usize, other: usize) -> Option<f64> {
        self.blocks.ratio(backend, other, Family::SINGLE).map(|ratio| ratio.mean)
    }

    /// Returns the time of a backend over that of the record's reference, if that is valid.
    pub(super) fn record_ratio(&self, backend: usize) -> Option<Ratio> {
        self.reference_ratio(backend, self.reference?)
    }

    /// Returns the time of the A/A control over that of the reference.
    pub(super) fn noise(&self) -> Option<Ratio> {
        self.blocks.ratio(self.names.len() - 1, self.reference?, Family::SINGLE)
    }

    /// Returns the speed of a backend as a share of the floor's.
    pub(super) fn floor_share(&self, backend: usize) -> Option<f64> {
        self.mean_ratio(self.floor?, backend)
    }

    /// Returns the rank of each valid backend.
    pub(super) fn ranks(&self) -> HashMap<usize, usize> {
        self.valid.iter().copied().zip(self.blocks.ranks(&self.valid)).collect()
    }

    /// Returns the names of the valid backends that tie with a backend.
    pub(super) fn ties(&self, backend: usize) -> Vec<String> {
        let tied = self.valid.iter().filter(|other| self.is_tied(backend, **other));
        tied.map(|other| self.names[*other].clone()).collect()
    }

    fn is_tied(&self, backend: usize, other: usize) -> bool {
        let ratio = self.pair_ratio(backend, other);
        other != backend && ratio.is_some_and(|ratio| ratio.verdict() == Verdict::Tied)
    }

    /// Returns the smallest difference to the reference that would have been found. It is the
    /// median over the backends, because one that sleeps between its fetches may be noisier than
    /// all others.
    pub(super) fn smallest_difference(&self) -> Option<f64> {
        let reference = self.reference?;
        let family = Family::against_reference(self.valid.len());
        let others = self.valid.iter().filter(|backend| **backend != reference);
        let smallest = others.filter_map(|backend| {
            Some(self.blocks.smallest_difference(*backend, reference, family)? - 1.0)
        });
        stats::median(&smallest.collect::<Vec<_>>())
    }
}

/// Sorts passes into blocks of rounds, with an index for each name.
///
/// Invalid passes are left out.
pub fn blocks(names: &[String], passes: &[&PassSample]) -> Blocks {
    let indices: HashMap<&str, usize> =
        names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let mut blocks: BTreeMap<u32, BTreeMap<u32, Round>> = BTreeMap::new();
    for pass in passes {
        let (Some(round), Some(&backend)) = (pass.round, indices.get(pass.backend.as_str())) else {
            continue;
        };
        let rounds = blocks.entry(pass.block).or_default();
        rounds.entry(round).or_insert_with(|| vec![None; names.len()])[backend] = pass.counted_s();
    }
    let blocks = blocks.into_values().map(|rounds| rounds.into_values().collect()).collect();
    Blocks::new(names.len(), blocks)
}
