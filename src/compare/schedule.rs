//! The division of a workload's time into blocks.

use std::time::{Duration, Instant};

use super::Stop;
use crate::compare::analysis::SLOW_ROUNDS;
use crate::stats::LEAST_BLOCKS;

/// The desired number of blocks. Fewer blocks make intervals wide, however many rounds they have,
/// because they estimate the deviation poorly; more of them spend the time on starting processes.
const WANTED_BLOCKS: u32 = 14;

/// The fewest rounds of a block. One round per block is enough if rounds take long: more blocks
/// estimate the deviation better than more rounds.
const FEWEST_ROUNDS: u32 = 1;

/// The fewest rounds of the first block, after which far slower backends stop.
const FIRST_ROUNDS: u32 = SLOW_ROUNDS as u32;

/// The factor by which the time may be exceeded to reach a verdict.
const OVERTIME: f64 = 1.25;

/// The blocks of a workload so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlocksMade {
    /// All blocks.
    pub all: u32,
    /// The blocks that count.
    pub fit: u32,
}

/// The time of a workload.
#[derive(Debug)]
pub(super) struct Schedule {
    stop: Stop,
    start: Instant,
    time: Duration,
    most_rounds: u32,
}

impl Schedule {
    /// Returns the schedule of a workload that starts now. `spent` is the time since the start of
    /// the run, and `workloads` the number of workloads left, this one included: they share the
    /// remaining time.
    pub fn new(stop: Stop, most_rounds: u32, spent: Duration, workloads: usize) -> Self {
        let time = match stop {
            Stop::Blocks(_) => Duration::MAX,
            Stop::Budget(time) => time.saturating_sub(spent) / workloads.max(1) as u32,
        };
        Self { stop, start: Instant::now(), time, most_rounds }
    }

    /// Whether backends stop as soon as they are decided.
    pub fn is_adaptive(&self) -> bool {
        matches!(self.stop, Stop::Budget(_))
    }

    /// Returns the number of rounds of block `number` (zero-based), such that the wanted blocks fit
    /// into the time.
    /// `opening` is the time it took to start, and `round` that of its first round.
    pub fn rounds(&self, number: u32, opening: Duration, round: Duration) -> u32 {
        if !self.is_adaptive() {
            return self.most_rounds;
        }
        let for_rounds = (self.time / WANTED_BLOCKS).saturating_sub(opening + round);
        let fitting = for_rounds.as_secs_f64() / round.as_secs_f64().max(1e-9);
        let fewest = if number == 0 { FIRST_ROUNDS } else { FEWEST_ROUNDS };
        (fitting as u32).clamp(fewest.min(self.most_rounds), self.most_rounds)
    }

    /// Returns the expected final number of blocks, if the last one took the time `last`. Blocks
    /// that do not count are made again, up to as many as count.
    pub fn expected(&self, made: BlocksMade, last: Duration) -> u32 {
        let unfit = made.all - made.fit;
        match self.stop {
            Stop::Blocks(blocks) => blocks + unfit.min(blocks),
            Stop::Budget(_) => {
                let spent = self.start.elapsed();
                let left = self.time.saturating_sub(spent).as_secs_f64();
                let more = (left / last.as_secs_f64().max(1e-9)).round() as u32;
                // A verdict is worth a little overtime.
                let lacking = (LEAST_BLOCKS as u32).saturating_sub(made.fit);
                let for_a_verdict = spent + last * lacking <= self.time.mul_f64(OVERTIME);
                made.all + if for_a_verdict { more.max(lacking) } else { more }
            }
        }
    }

    /// Returns the share of the time that has passed when `made` of `expected` blocks are made;
    /// `None` if the number of blocks was given, so that nothing is decided before the last.
    pub fn spent(&self, made: BlocksMade, expected: u32) -> Option<f64> {
        if !self.is_adaptive() {
            return None;
        }
        if made.all >= expected {
            return Some(1.0);
        }
        Some((self.start.elapsed().as_secs_f64() / self.time.as_secs_f64().max(1e-9)).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn budget(seconds: u64) -> Schedule {
        Schedule::new(Stop::Budget(Duration::from_secs(seconds)), 20, Duration::ZERO, 1)
    }

    fn made(all: u32, fit: u32) -> BlocksMade {
        BlocksMade { all, fit }
    }

    #[test]
    fn rounds_fit_the_wanted_blocks() {
        let rounds = |seconds, round_ms| {
            budget(seconds).rounds(1, Duration::from_millis(100), Duration::from_millis(round_ms))
        };
        assert_eq!(rounds(60, 100), 20);
        assert_eq!(rounds(28, 200), 8);
        assert_eq!(rounds(5, 1_000), FEWEST_ROUNDS);
        let blocks = Schedule::new(Stop::Blocks(3), 20, Duration::ZERO, 1);
        assert_eq!(blocks.rounds(0, Duration::ZERO, 9 * SECOND), 20);
        assert_eq!(budget(5).rounds(0, SECOND, SECOND), FIRST_ROUNDS);
    }

    #[test]
    fn unused_time_goes_to_the_next() {
        let stop = Stop::Budget(60 * SECOND);
        assert_eq!(Schedule::new(stop, 20, Duration::ZERO, 3).time, 20 * SECOND);
        assert_eq!(Schedule::new(stop, 20, 6 * SECOND, 2).time, 27 * SECOND);
        assert_eq!(Schedule::new(stop, 20, 70 * SECOND, 1).time, Duration::ZERO);
    }

    #[test]
    fn unfit_blocks_are_made_again() {
        let blocks = Schedule::new(Stop::Blocks(3), 20, Duration::ZERO, 1);
        let expected = [made(1, 1), made(2, 1), made(6, 0), made(9, 0)];
        assert_eq!(expected.map(|made| blocks.expected(made, SECOND)), [3, 4, 6, 6]);
        assert_eq!(blocks.spent(made(3, 3), 3), None);
    }

    #[test]
    fn verdicts_are_worth_overtime() {
        assert_eq!(budget(20).expected(made(1, 1), 2 * SECOND), 11);
        assert_eq!(budget(9).expected(made(1, 1), Duration::from_millis(2_500)), 5);
        assert_eq!(budget(9).expected(made(1, 1), 4 * SECOND), 3, "five take too long");
    }

    #[test]
    fn all_is_spent_at_the_end() {
        let budget = budget(3_600);
        assert!(budget.spent(made(5, 5), 9).unwrap() < 0.01);
        assert_eq!(budget.spent(made(9, 9), 9), Some(1.0));
    }
}
