//! Who comes out ahead on a scenario: what the sentence, the headline and the marks in tables and pictures all say.

use super::{FLOOR, RowAnalysis, StageAnalysis};

/// A difference that nobody would choose by, even where it is shown to be one.
const TRIFLE: f64 = 0.01;

/// Who comes out ahead.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// Those ahead, in the order of the ranking.
    pub ahead: Vec<&'a RowAnalysis>,
    /// How they stand to each other.
    pub standing: Standing,
    /// Whether they are all that fetch concurrently, and nobody else.
    pub is_everybody: bool,
    /// The first of those behind them.
    pub next: Option<&'a RowAnalysis>,
}

/// How those ahead stand to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// There is only one.
    Alone,
    /// None of them is shown to be faster than another.
    Tied,
    /// The slowest takes longer than the fastest by this share, which is a trifle, whether it is shown or not.
    Close(f64),
}

impl<'a> Outcome<'a> {
    /// Of a scenario; `None` where there is no verdict.
    pub fn of(stage: &'a StageAnalysis) -> Option<Self> {
        let choices = choices(stage);
        let first = choices.first()?.0;
        let times: Vec<(&RowAnalysis, f64)> =
            choices.iter().filter_map(|(row, _)| Some((*row, time_over(stage, row, first)?))).collect();
        let least = times.iter().map(|(_, time)| *time).fold(f64::MAX, f64::min);
        let close: Vec<(&RowAnalysis, f64)> =
            times.into_iter().filter(|(_, time)| *time < least * (1.0 + TRIFLE)).collect();
        let best: Vec<&RowAnalysis> = choices.iter().filter(|(_, rank)| *rank == 1).map(|(row, _)| *row).collect();
        let is_close = |row: &RowAnalysis| close.iter().any(|(other, _)| other.name == row.name);
        let (ahead, standing) = if close.len() > 1 && best.iter().all(|row| is_close(row)) {
            let most = close.iter().map(|(_, time)| *time).fold(0.0, f64::max);
            (close.iter().map(|(row, _)| *row).collect(), Standing::Close(most / least - 1.0))
        } else if best.len() > 1 {
            (best, Standing::Tied)
        } else {
            (best, Standing::Alone)
        };
        let is_ahead = |row: &RowAnalysis| ahead.iter().any(|other| other.name == row.name);
        let is_everybody = ahead.len() > 1 && choices.iter().all(|(row, _)| is_ahead(row) != row.sequential);
        let next = choices.iter().map(|(row, _)| *row).find(|row| !is_ahead(row));
        Some(Self { ahead, standing, is_everybody, next })
    }

    /// Whether a row is one of those ahead.
    pub fn is_ahead(&self, row: &RowAnalysis) -> bool {
        self.ahead.iter().any(|other| other.name == row.name)
    }

    /// The one of those ahead that takes the least processor time.
    pub fn cheapest(&self) -> &'a RowAnalysis {
        let cpu = |row: &RowAnalysis| row.cost.map_or(f64::INFINITY, |cost| cost.cpu_s);
        self.ahead.iter().min_by(|a, b| cpu(a).total_cmp(&cpu(b))).expect("somebody is ahead")
    }
}

/// A row's time over that of another, in the same cycles.
fn time_over(stage: &StageAnalysis, row: &RowAnalysis, other: &RowAnalysis) -> Option<f64> {
    let (row, other) = (stage.paired.index(&row.name)?, stage.paired.index(&other.name)?);
    stage.paired.blocks.ratio(row, other, 1).map(|ratio| ratio.mean)
}

/// The rows that there are to choose from, with their ranks among themselves. The floor is no client to choose, unless there
/// is nothing else.
fn choices(stage: &StageAnalysis) -> Vec<(&RowAnalysis, usize)> {
    let ranked: Vec<_> = stage.rows.iter().filter_map(|row| Some((row, row.rank?))).collect();
    let (floor, others): (Vec<_>, Vec<_>) = ranked.iter().partition(|(row, _)| row.name == FLOOR);
    let Some((floor, _)) = floor.first().filter(|_| !others.is_empty()) else { return ranked };
    let is_beaten = |row: &RowAnalysis| floor.median_s < row.median_s && !floor.ties.contains(&row.name);
    others
        .into_iter()
        .map(|(row, rank): (&RowAnalysis, usize)| (row, (rank - usize::from(rank > 1 && is_beaten(row)))))
        .collect()
}
