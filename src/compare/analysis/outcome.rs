//! The outcome on a scenario: the basis of sentences, headlines and marks in tables and pictures.

use super::{BackendAnalysis, FLOOR, WorkloadAnalysis};

/// A difference too small to matter for a choice, even if it is shown to be real.
const TRIFLE: f64 = 0.01;

/// The backends that come out ahead.
#[derive(Debug)]
pub struct WorkloadOutcome<'a> {
    /// The backends ahead, by rank.
    pub ahead: Vec<&'a BackendAnalysis>,
    /// The relation of the backends ahead.
    pub standing: Standing,
    /// Whether the backends ahead are exactly those that fetch concurrently.
    pub is_everybody: bool,
    /// The first backend behind them.
    pub next: Option<&'a BackendAnalysis>,
}

/// The relation of the backends ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// There is only one.
    Alone,
    /// None of them is shown to be faster than another.
    Tied,
    /// The slowest takes longer than the fastest by this share, which is a trifle, shown or not.
    Close(f64),
}

/// A backend to choose from.
#[derive(Clone, Copy)]
struct Choice<'a> {
    backend: &'a BackendAnalysis,
    /// Its rank among the choices.
    rank: usize,
}

/// A backend ahead by its mean time.
#[derive(Clone, Copy)]
struct Timed<'a> {
    backend: &'a BackendAnalysis,
    /// Its time relative to the first choice.
    time: f64,
}

impl<'a> WorkloadOutcome<'a> {
    /// Returns the outcome on a scenario; `None` without a verdict.
    pub fn new(workload: &'a WorkloadAnalysis) -> Option<Self> {
        let choices = choices(workload);
        let close = close_to_fastest(workload, &choices)?;
        let best = choices.iter().filter(|choice| choice.rank == 1).map(|choice| choice.backend);
        let best: Vec<&BackendAnalysis> = best.collect();
        let close_backends: Vec<&BackendAnalysis> =
            close.iter().map(|timed| timed.backend).collect();
        let (ahead, standing) =
            if close.len() > 1 && best.iter().all(|backend| holds(&close_backends, backend)) {
                (close_backends, Standing::Close(spread(&close)))
            } else if best.len() > 1 {
                (best, Standing::Tied)
            } else {
                (best, Standing::Alone)
            };
        let mut backends = choices.iter().map(|choice| choice.backend);
        let is_everybody = ahead.len() > 1
            && backends.clone().all(|backend| holds(&ahead, backend) != backend.sequential);
        let next = backends.find(|backend| !holds(&ahead, backend));
        Some(Self { ahead, standing, is_everybody, next })
    }

    /// Whether a backend is one of those ahead.
    pub fn is_ahead(&self, backend: &BackendAnalysis) -> bool {
        holds(&self.ahead, backend)
    }

    /// Returns the backend ahead that takes the least processor time.
    pub fn cheapest(&self) -> &'a BackendAnalysis {
        self.ahead.iter().min_by(|a, b| cpu_s(a).total_cmp(&cpu_s(b))).expect("somebody is ahead")
    }
}

fn cpu_s(backend: &BackendAnalysis) -> f64 {
    backend.cost.map_or(f64::INFINITY, |cost| cost.cpu_s)
}

fn holds(backends: &[&BackendAnalysis], backend: &BackendAnalysis) -> bool {
    backends.iter().any(|other| other.index == backend.index)
}

/// Returns the choices within a [`TRIFLE`] of the lowest time; `None` without choices.
fn close_to_fastest<'a>(
    workload: &'a WorkloadAnalysis,
    choices: &[Choice<'a>],
) -> Option<Vec<Timed<'a>>> {
    let first = choices.first()?.backend;
    let timed = choices.iter().filter_map(|choice| {
        let time = workload.paired.mean_ratio(choice.backend.index, first.index)?;
        Some(Timed { backend: choice.backend, time })
    });
    let timed: Vec<Timed<'_>> = timed.collect();
    let least = least_time(&timed);
    Some(timed.into_iter().filter(|timed| timed.time < least * (1.0 + TRIFLE)).collect())
}

fn least_time(timed: &[Timed<'_>]) -> f64 {
    timed.iter().map(|timed| timed.time).fold(f64::MAX, f64::min)
}

/// Returns the share by which the slowest takes longer than the fastest.
fn spread(timed: &[Timed<'_>]) -> f64 {
    let most = timed.iter().map(|timed| timed.time).fold(0.0, f64::max);
    most / least_time(timed) - 1.0
}

/// Returns the backends to choose from, with their ranks among themselves. The floor is not a
/// choice, unless it is alone.
fn choices(workload: &WorkloadAnalysis) -> Vec<Choice<'_>> {
    let ranked = workload
        .backends
        .iter()
        .filter_map(|backend| Some(Choice { backend, rank: backend.rank? }));
    let (floor, mut others): (Vec<_>, Vec<_>) =
        ranked.partition(|choice| choice.backend.name == FLOOR);
    let Some(floor) = floor.first().filter(|_| !others.is_empty()) else {
        return [floor, others].concat();
    };
    for choice in &mut others {
        let is_behind_floor = floor.backend.median_s < choice.backend.median_s
            && !floor.backend.ties.contains(&choice.backend.name);
        choice.rank -= usize::from(choice.rank > 1 && is_behind_floor);
    }
    others
}
