//! The figures that only some scenarios have: openings, handshakes and phases.

use super::measured::Measured;
use crate::record::{CostSample, Opening, Phases};
use crate::server::witness::Witness;
use crate::stats::median;

/// The TLS handshakes of a backend's passes, as the server counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handshakes {
    /// With a certificate.
    pub full: u64,
    /// Those that resume a session, without 0-RTT data.
    pub resumed: u64,
    /// Those that resume a session, with 0-RTT data.
    pub early: u64,
}

impl Handshakes {
    /// Adds those of a pass.
    fn add(self, witness: &Witness) -> Self {
        Self {
            full: self.full.saturating_add(witness.full_handshakes),
            resumed: self.resumed.saturating_add(witness.resumed_handshakes),
            early: self.early.saturating_add(witness.early_handshakes),
        }
    }

    /// Returns a number of them as a share of all; `None` if there are none.
    pub fn share(self, number: u64) -> Option<f64> {
        let all = self.full as f64 + self.resumed as f64 + self.early as f64;
        (all > 0.0).then(|| number as f64 / all)
    }
}

impl Measured<'_> {
    /// Returns the medians over blocks of the cost of opening a session.
    pub(super) fn opening(&self) -> Option<Opening> {
        let openings: Vec<&Opening> =
            self.costs.iter().filter_map(|cost| cost.opening.as_ref()).collect();
        let middle = |value: fn(&Opening) -> Option<f64>| {
            median(&openings.iter().filter_map(|one| value(one)).collect::<Vec<_>>())
        };
        Some(Opening {
            time_s: middle(|one| Some(one.time_s))?,
            cpu_s: middle(|one| one.cpu_s),
            memory_bytes: middle(|one| Some(one.memory_bytes? as f64)).map(|bytes| bytes as u64),
        })
    }

    /// Returns the medians over blocks of the phases.
    pub(super) fn phases(&self) -> Option<Phases> {
        let phases = |cost: &&CostSample| cost.phases;
        Phases::reduced(&self.costs.iter().filter_map(phases).collect::<Vec<_>>(), median)
    }

    /// Returns the handshakes of the counted passes, if the server issues tickets.
    pub(super) fn handshakes(&self) -> Option<Handshakes> {
        let witnesses = self.counted_samples().filter_map(|pass| pass.witness.as_ref());
        self.setup.tickets.then(|| witnesses.fold(Handshakes::default(), Handshakes::add))
    }
}

#[cfg(test)]
mod tests {
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::{comparison, phases};
    use crate::record::{ComparisonRecord, Opening};
    use crate::server::witness::Witness;

    /// Returns the small comparison, with the extra figures of surf@smol.
    fn with_extra() -> ComparisonRecord {
        let mut comparison = comparison();
        comparison.setup.workloads[0].tickets = true;
        let is_surf = |name: &str| name == "surf@smol";
        for cost in comparison.costs.iter_mut().filter(|cost| is_surf(&cost.backend)) {
            cost.phases = Some(phases(f64::from(cost.block)));
            let time_s = f64::from(cost.block);
            let memory_bytes = (cost.block == 3).then_some(7);
            cost.opening = Some(Opening { time_s, cpu_s: None, memory_bytes });
        }
        let mut passes = comparison.passes.iter_mut();
        let pass = passes.find(|pass| is_surf(&pass.backend) && pass.round.is_some()).unwrap();
        let witness = Witness { full_handshakes: 1, resumed_handshakes: 3, ..Witness::default() };
        pass.witness = Some(witness);
        comparison
    }

    #[test]
    fn extra_figures_are_medians() {
        let backends = analyse(&with_extra()).remove(0).backends;
        let surf = backends.iter().find(|backend| backend.name == "surf@smol").unwrap();
        let opening = surf.opening.unwrap();
        assert_eq!((opening.time_s, opening.cpu_s, opening.memory_bytes), (2.5, None, Some(7)));
        let found = surf.phases.unwrap().named().map(|(_, seconds)| seconds);
        assert!((found[5] - 0.015).abs() < 1e-12, "{found:?}");
        let handshakes = surf.handshakes.unwrap();
        assert_eq!(handshakes.share(handshakes.resumed), Some(0.75));
        let other = backends.iter().find(|backend| backend.name == "hyper@smol").unwrap();
        assert!(other.opening.is_none() && other.phases.is_none());
        assert_eq!(other.handshakes.unwrap().share(0), None);
    }
}
