//! The outcome on a scenario: the basis of sentences, headlines and marks in tables and pictures.

use super::{BackendAnalysis, FLOOR, WorkloadAnalysis};

/// A difference too small to matter for a choice, even if it is shown to be real.
const TRIFLE: f64 = 0.01;

/// The backends that come out ahead.
#[derive(Debug)]
pub struct Outcome<'a> {
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
    row: &'a BackendAnalysis,
    /// Its rank among the choices.
    rank: usize,
}

/// A backend ahead by its mean time.
#[derive(Clone, Copy)]
struct Timed<'a> {
    row: &'a BackendAnalysis,
    /// Its time relative to the first choice.
    time: f64,
}

impl<'a> Outcome<'a> {
    /// Returns the outcome on a scenario; `None` without a verdict.
    pub fn new(workload: &'a WorkloadAnalysis) -> Option<Self> {
        let choices = choices(workload);
        let close = close_to_fastest(workload, &choices)?;
        let best = choices.iter().filter(|choice| choice.rank == 1).map(|choice| choice.row);
        let best: Vec<&BackendAnalysis> = best.collect();
        let close_rows: Vec<&BackendAnalysis> = close.iter().map(|timed| timed.row).collect();
        let (ahead, standing) = if close.len() > 1 && best.iter().all(|row| holds(&close_rows, row))
        {
            (close_rows, Standing::Close(spread(&close)))
        } else if best.len() > 1 {
            (best, Standing::Tied)
        } else {
            (best, Standing::Alone)
        };
        let mut rows = choices.iter().map(|choice| choice.row);
        let is_everybody =
            ahead.len() > 1 && rows.clone().all(|row| holds(&ahead, row) != row.sequential);
        let next = rows.find(|row| !holds(&ahead, row));
        Some(Self { ahead, standing, is_everybody, next })
    }

    /// Whether a backend is one of those ahead.
    pub fn is_ahead(&self, row: &BackendAnalysis) -> bool {
        holds(&self.ahead, row)
    }

    /// Returns the backend ahead that takes the least processor time.
    pub fn cheapest(&self) -> &'a BackendAnalysis {
        self.ahead.iter().min_by(|a, b| cpu_s(a).total_cmp(&cpu_s(b))).expect("somebody is ahead")
    }
}

fn cpu_s(row: &BackendAnalysis) -> f64 {
    row.cost.map_or(f64::INFINITY, |cost| cost.cpu_s)
}

fn holds(rows: &[&BackendAnalysis], row: &BackendAnalysis) -> bool {
    rows.iter().any(|other| other.index == row.index)
}

/// Returns the choices within a [`TRIFLE`] of the lowest time; `None` without choices.
fn close_to_fastest<'a>(
    workload: &'a WorkloadAnalysis,
    choices: &[Choice<'a>],
) -> Option<Vec<Timed<'a>>> {
    let first = choices.first()?.row;
    let timed = choices.iter().filter_map(|choice| {
        let time = workload.paired.mean_ratio(choice.row.index, first.index)?;
        Some(Timed { row: choice.row, time })
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
    let ranked = workload.rows.iter().filter_map(|row| Some(Choice { row, rank: row.rank? }));
    let (floor, mut others): (Vec<_>, Vec<_>) = ranked.partition(|choice| choice.row.name == FLOOR);
    let Some(floor) = floor.first().filter(|_| !others.is_empty()) else {
        return [floor, others].concat();
    };
    for choice in &mut others {
        let is_behind_floor =
            floor.row.median_s < choice.row.median_s && !floor.row.ties.contains(&choice.row.name);
        choice.rank -= usize::from(choice.rank > 1 && is_behind_floor);
    }
    others
}
