//! The outcome on a scenario: the basis of sentences, headlines and marks in tables and pictures.

use super::{BackendAnalysis, FAR_SLOWER, Quantity, WorkloadAnalysis, is_floor};
use crate::stats::Verdict;

/// The shown results on a scenario. The floor is left out, because it is no client to choose.
#[derive(Debug)]
pub struct WorkloadOutcome<'a> {
    /// The backend that is shown to be faster than every other.
    pub fastest: Option<Fastest<'a>>,
    /// The backends that are shown to be faster than the reference.
    pub faster: Vec<&'a BackendAnalysis>,
    /// The backends that are shown to be equivalent to the reference.
    pub equivalent: Vec<&'a BackendAnalysis>,
    /// The backends that are shown to be slower than the reference.
    pub slower: Vec<&'a BackendAnalysis>,
    /// The backends on which nothing is shown.
    pub inconclusive: Vec<&'a BackendAnalysis>,
    /// The reference, unless it is the floor.
    pub reference: Option<&'a BackendAnalysis>,
    /// Among the reference and its equivalents, the backend that is shown to take less processor
    /// time than each of the others.
    pub cheapest: Option<&'a BackendAnalysis>,
}

/// The backend that is shown to be faster than every other.
#[derive(Debug, Clone, Copy)]
pub struct Fastest<'a> {
    /// The backend.
    pub backend: &'a BackendAnalysis,
    /// The share by which every other takes longer at least.
    pub at_least: f64,
}

impl<'a> WorkloadOutcome<'a> {
    /// Returns the outcome on a scenario; `None` if no backend has a verdict.
    pub fn new(workload: &'a WorkloadAnalysis) -> Option<Self> {
        let choices: Vec<&BackendAnalysis> =
            workload.valid().filter(|backend| !is_floor(&backend.name)).collect();
        let of = |verdict| {
            let backends = choices.iter().copied();
            backends.filter(|backend| backend.verdict() == Some(verdict)).collect::<Vec<_>>()
        };
        let [faster, equivalent, mut slower, inconclusive] =
            [Verdict::Faster, Verdict::Equivalent, Verdict::Slower, Verdict::Inconclusive].map(of);
        slower.extend(choices.iter().filter(|backend| backend.is_far_slower()));
        let has_verdict = workload.valid().any(|backend| backend.verdict().is_some());
        let reference = choices.iter().copied().find(|one| one.name == workload.reference);
        has_verdict.then(|| Self {
            fastest: fastest(workload, &choices),
            cheapest: cheapest(workload, reference, &equivalent),
            faster,
            equivalent,
            slower,
            inconclusive,
            reference,
        })
    }

    /// Returns the backends to highlight: the fastest, or else those shown to be faster than the
    /// reference, or else the reference with its equivalents.
    pub fn ahead(&self) -> Vec<&'a BackendAnalysis> {
        match &self.fastest {
            Some(fastest) => vec![fastest.backend],
            None if !self.faster.is_empty() => self.faster.clone(),
            None if !self.equivalent.is_empty() => {
                self.reference.into_iter().chain(self.equivalent.iter().copied()).collect()
            }
            None => Vec::new(),
        }
    }

    /// Whether a backend is one of those to highlight.
    pub fn is_ahead(&self, backend: &BackendAnalysis) -> bool {
        self.ahead().iter().any(|other| other.index() == backend.index())
    }

    /// Returns the largest difference from the reference that the intervals of its equivalents
    /// allow; `None` without equivalents.
    pub fn within(&self) -> Option<f64> {
        let bounds = self.equivalent.iter().filter_map(|one| one.compared.time?.bounds);
        bounds.map(|bounds| bounds.farthest()).reduce(f64::max)
    }
}

/// Returns the backend that is shown to be faster than each of the others: by multiple
/// comparisons with the best (Hsu, "Simultaneous confidence intervals for all distances from the
/// best", 1981). A wrong one is named only if its interval to the truly fastest misses the truth,
/// which is one comparison of the family of those with the truly fastest.
fn fastest<'a>(
    workload: &WorkloadAnalysis,
    choices: &[&'a BackendAnalysis],
) -> Option<Fastest<'a>> {
    if choices.len() < 2 || !workload.is_judged {
        return None;
    }
    let candidates = choices.iter().copied().filter(|backend| !backend.is_far_slower());
    let first = candidates.min_by(|a, b| a.relative_time().total_cmp(&b.relative_time()))?;
    let has_reference = choices.iter().any(|one| one.name == workload.reference);
    // The pair is printed the other way round, where rounding may give another word.
    if has_reference && first.name != workload.reference && first.verdict() != Some(Verdict::Faster)
    {
        return None;
    }
    let mut at_least = f64::INFINITY;
    for other in choices.iter().filter(|one| one.index() != first.index()) {
        if other.is_far_slower() {
            at_least = at_least.min(FAR_SLOWER - 1.0);
            continue;
        }
        let ratio = workload.paired.ratio(Quantity::Time, other.index(), first.index())?;
        if ratio.verdict(workload.equivalence) != Some(Verdict::Slower) {
            return None;
        }
        at_least = at_least.min(ratio.bounds?.rounded().low - 1.0);
    }
    Some(Fastest { backend: first, at_least })
}

/// Returns the backend that takes less processor time than each of the others, by the same rule.
fn cheapest<'a>(
    workload: &WorkloadAnalysis,
    reference: Option<&'a BackendAnalysis>,
    equivalent: &[&'a BackendAnalysis],
) -> Option<&'a BackendAnalysis> {
    let choices: Vec<&BackendAnalysis> =
        reference.into_iter().chain(equivalent.iter().copied()).collect();
    let is_dearer = |other: &BackendAnalysis, than: &BackendAnalysis| {
        let ratio = workload.paired.ratio(Quantity::Cpu, other.index(), than.index());
        let verdict = ratio.and_then(|ratio| ratio.verdict(workload.equivalence));
        verdict == Some(Verdict::Slower)
    };
    let is_cheapest = |one: &&BackendAnalysis| {
        let mut others = choices.iter().filter(|other| other.index() != one.index());
        others.all(|other| is_dearer(other, one))
    };
    choices.iter().copied().filter(|_| choices.len() > 1).find(is_cheapest)
}
