//! The columns that compare backends with the reference.

use anstyle::Style;

use crate::compare::analysis::{BackendAnalysis, FAR_SLOWER, Quantity, Stopped, WorkloadAnalysis};
use crate::render::numbers::counted;
use crate::render::verdict::{Change, Notation};
use crate::stats::{LEAST_BLOCKS, Ratio, Verdict};

/// The mark of a backend that was decided before the end.
pub(in crate::report) const EARLY: &str = "*";

/// A column of ratios to the reference, all in one notation.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct AgainstColumn<'a> {
    workload: &'a WorkloadAnalysis,
    compared: ComparedFigure,
    notation: Notation,
}

/// A figure that backends are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ComparedFigure {
    Quantity(Quantity),
    /// The median of the times from the start of the pass.
    DoneP50,
    /// Their 99th percentile.
    DoneP99,
}

impl ComparedFigure {
    /// Every figure, in the order of the columns.
    const ALL: [Self; 5] = [
        Self::Quantity(Quantity::Time),
        Self::Quantity(Quantity::Added),
        Self::Quantity(Quantity::Cpu),
        Self::DoneP50,
        Self::DoneP99,
    ];

    /// Returns the ratio of a backend to the reference.
    fn ratio(self, workload: &WorkloadAnalysis, backend: &BackendAnalysis) -> Option<Ratio> {
        match self {
            Self::Quantity(Quantity::Time) => backend.compared.time,
            Self::Quantity(Quantity::Added) => backend.compared.added,
            Self::Quantity(Quantity::Cpu) => backend.compared.cpu,
            Self::DoneP50 => workload.latency_ratio(backend, |one| one.done_times.p50.as_ref()),
            Self::DoneP99 => workload.latency_ratio(backend, |one| one.done_times.p99.as_ref()),
        }
    }

    /// Returns the ratio of the A/A control to the reference.
    fn noise(self, workload: &WorkloadAnalysis) -> Option<Ratio> {
        match self {
            Self::Quantity(Quantity::Time) => workload.noise,
            Self::DoneP99 => workload.latency_noise,
            Self::Quantity(Quantity::Added | Quantity::Cpu) | Self::DoneP50 => None,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Quantity(Quantity::Time) => "time vs reference",
            Self::Quantity(Quantity::Added) => "added time vs reference",
            Self::Quantity(Quantity::Cpu) => "CPU vs reference",
            Self::DoneP50 => "done p50 vs reference",
            Self::DoneP99 => "done p99 vs reference",
        }
    }

    fn change(self) -> Change {
        match self {
            Self::Quantity(Quantity::Added | Quantity::Cpu) => Change::Cost,
            Self::Quantity(Quantity::Time) | Self::DoneP50 | Self::DoneP99 => Change::Time,
        }
    }
}

impl<'a> AgainstColumn<'a> {
    /// Returns the column of a quantity; `None` if no backend has a ratio.
    pub fn new(workload: &'a WorkloadAnalysis, quantity: Quantity) -> Option<Self> {
        Self::create(workload, ComparedFigure::Quantity(quantity))
    }

    /// Returns every column of a scenario.
    pub fn all(workload: &'a WorkloadAnalysis) -> Vec<Self> {
        let figures = ComparedFigure::ALL.into_iter();
        figures.filter_map(|compared| Self::create(workload, compared)).collect()
    }

    fn create(workload: &'a WorkloadAnalysis, compared: ComparedFigure) -> Option<Self> {
        let ratios: Vec<Ratio> =
            workload.valid().filter_map(|backend| compared.ratio(workload, backend)).collect();
        let notation = Notation::of(ratios.iter().copied().chain(compared.noise(workload)));
        (!ratios.is_empty()).then_some(Self { workload, compared, notation })
    }

    /// Returns the heading.
    pub fn heading(&self) -> &'static str {
        self.compared.heading()
    }

    /// Returns the word for a backend.
    pub fn word(&self, backend: &BackendAnalysis) -> &'static str {
        if backend.name == self.workload.reference {
            return "reference";
        }
        self.verdict(backend).map_or("", |verdict| verdict.word_for(self.compared.change()))
    }

    /// Returns the style of the word.
    pub fn style(&self, backend: &BackendAnalysis) -> Style {
        self.verdict(backend).map_or(Style::new(), Verdict::style)
    }

    fn verdict(&self, backend: &BackendAnalysis) -> Option<Verdict> {
        let ratio = self.compared.ratio(self.workload, backend)?;
        ratio.verdict(self.workload.equivalence)
    }

    /// Returns the ratio of a backend with its interval, or why it has none; for the reference, the
    /// interval of its A/A control.
    pub fn figure(&self, backend: &BackendAnalysis) -> String {
        if self.compared == ComparedFigure::Quantity(Quantity::Time)
            && let Some(Stopped::FarSlower { rounds }) = backend.compared.stopped
        {
            return format!("≥ {FAR_SLOWER:.0}× ({rounds} rounds, no interval)");
        }
        if backend.name == self.workload.reference {
            let noise = self.compared.noise(self.workload);
            return noise.map_or_else(String::new, |noise| self.ratio_text(noise));
        }
        let Some(ratio) = self.compared.ratio(self.workload, backend) else {
            return String::new();
        };
        if backend.compared.far_slower_in_part {
            let value = self.notation.interval(ratio);
            return format!("{value} (far slower in some shards, no interval)");
        }
        let is_early = matches!(backend.compared.stopped, Some(Stopped::Decided { .. }));
        format!("{}{}", self.ratio_text(ratio), if is_early { EARLY } else { "" })
    }

    /// Returns the ratio of a backend without its interval. It is 1 for the reference.
    pub fn mean(&self, backend: &BackendAnalysis) -> Option<f64> {
        if backend.name == self.workload.reference {
            return Some(1.0);
        }
        self.compared.ratio(self.workload, backend).map(|ratio| ratio.mean)
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
            None => format!("{value} ({})", no_interval(ratio)),
        }
    }
}

/// Returns why a ratio has no interval.
fn no_interval(ratio: Ratio) -> String {
    match ratio.machines {
        Some(machines) if machines < 2 => {
            format!("{}, no interval", counted(machines as u64, "machine", "machines"))
        }
        Some(_) => "no interval".to_owned(),
        None if ratio.blocks < LEAST_BLOCKS => format!("{}, no interval", blocks(ratio.blocks)),
        None => "interval wider than a factor of 100".to_owned(),
    }
}

/// Returns a number of blocks in words.
pub(in crate::report) fn blocks(count: usize) -> String {
    counted(count as u64, "block", "blocks")
}
