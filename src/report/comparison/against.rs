//! The columns that compare backends with the reference.

use crate::compare::analysis::{BackendAnalysis, FAR_SLOWER, Quantity, Stopped, WorkloadAnalysis};
use crate::render::verdict::{Change, Notation};
use crate::stats::{LEAST_BLOCKS, Ratio};

/// The mark of a backend that was decided before the end.
pub(in crate::report) const EARLY: &str = "*";

/// A column of ratios to the reference, all in one notation.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct AgainstColumn<'a> {
    workload: &'a WorkloadAnalysis,
    quantity: Quantity,
    notation: Notation,
}

impl<'a> AgainstColumn<'a> {
    /// Returns the column of a quantity; `None` if no backend has a ratio.
    pub fn new(workload: &'a WorkloadAnalysis, quantity: Quantity) -> Option<Self> {
        let ratios: Vec<Ratio> =
            workload.valid().filter_map(|backend| ratio(backend, quantity)).collect();
        let notation = Notation::of(ratios.iter().copied().chain(noise(workload, quantity)));
        (!ratios.is_empty()).then_some(Self { workload, quantity, notation })
    }

    /// Returns the columns of a scenario: time, added time and processor time.
    pub fn all(workload: &'a WorkloadAnalysis) -> Vec<Self> {
        let quantities = [Quantity::Time, Quantity::Added, Quantity::Cpu].into_iter();
        quantities.filter_map(|quantity| Self::new(workload, quantity)).collect()
    }

    /// Returns the heading.
    pub fn heading(&self) -> &'static str {
        match self.quantity {
            Quantity::Time => "time vs reference",
            Quantity::Added => "added time vs reference",
            Quantity::Cpu => "CPU vs reference",
        }
    }

    /// Returns the word for a backend.
    pub fn word(&self, backend: &BackendAnalysis) -> &'static str {
        if backend.name == self.workload.reference {
            return "reference";
        }
        let verdict = match self.quantity {
            Quantity::Time => backend.compared.verdict,
            Quantity::Added => backend.compared.added_verdict,
            Quantity::Cpu => backend.compared.cpu_verdict,
        };
        let change = if self.quantity == Quantity::Time { Change::Time } else { Change::Cost };
        verdict.map_or("", |verdict| verdict.word_for(change))
    }

    /// Returns the ratio of a backend with its interval, or why it has none; for the reference, the
    /// interval of its A/A control.
    pub fn figure(&self, backend: &BackendAnalysis) -> String {
        if self.quantity == Quantity::Time
            && let Some(Stopped::FarSlower { rounds }) = backend.compared.stopped
        {
            return format!("≥ {FAR_SLOWER:.0}× ({rounds} rounds, no interval)");
        }
        if backend.name == self.workload.reference {
            let noise = noise(self.workload, self.quantity);
            return noise.map_or_else(String::new, |noise| self.ratio_text(noise));
        }
        let Some(ratio) = ratio(backend, self.quantity) else { return String::new() };
        let is_early = matches!(backend.compared.stopped, Some(Stopped::Decided { .. }));
        format!("{}{}", self.ratio_text(ratio), if is_early { EARLY } else { "" })
    }

    /// Returns the ratio of a backend without its interval. It is 1 for the reference.
    pub fn mean(&self, backend: &BackendAnalysis) -> Option<f64> {
        if backend.name == self.workload.reference {
            return Some(1.0);
        }
        ratio(backend, self.quantity).map(|ratio| ratio.mean)
    }

    /// Returns the word and the figure.
    pub fn text(&self, backend: &BackendAnalysis) -> String {
        format!("{} {}", self.word(backend), self.figure(backend)).trim().to_owned()
    }

    fn ratio_text(&self, ratio: Ratio) -> String {
        let value = self.notation.interval(ratio);
        match ratio.bounds {
            Some(_) => value,
            None if !self.workload.is_judged => value,
            None if ratio.blocks < LEAST_BLOCKS => {
                format!("{value} ({}, no interval)", blocks(ratio.blocks))
            }
            None => format!("{value} (interval wider than a factor of 100)"),
        }
    }
}

/// Returns the A/A control against the reference.
fn noise(workload: &WorkloadAnalysis, quantity: Quantity) -> Option<Ratio> {
    workload.noise.filter(|_| quantity == Quantity::Time)
}

fn ratio(backend: &BackendAnalysis, quantity: Quantity) -> Option<Ratio> {
    match quantity {
        Quantity::Time => backend.compared.time,
        Quantity::Added => backend.compared.added,
        Quantity::Cpu => backend.compared.cpu,
    }
}

/// Returns a number of blocks in words.
pub(in crate::report) fn blocks(count: usize) -> String {
    if count == 1 { "1 block".to_owned() } else { format!("{count} blocks") }
}
