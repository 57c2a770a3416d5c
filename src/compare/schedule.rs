//! The division of a run's time into blocks, and the turns of its workloads.
//!
//! Workloads take turns, so that all of them spread over the run and the time goes where it
//! decides: first the fewest blocks that a verdict takes, then time in proportion to the backends
//! that are undecided.

use std::time::{Duration, Instant};

use super::Stop;
use crate::compare::analysis::SLOW_ROUNDS;
use crate::stats::LEAST_BLOCKS;

/// The desired number of blocks of a workload. Fewer blocks make intervals wide, however many
/// rounds they have, because they estimate the deviation poorly; more of them spend the time on
/// starting processes.
const WANTED_BLOCKS: u32 = 14;

/// The fewest rounds of a block, after which far slower backends stop.
pub(super) const FEWEST_ROUNDS: u32 = SLOW_ROUNDS as u32;

/// The factor by which the time may be exceeded to reach a verdict.
const OVERTIME: f64 = 1.25;

/// The blocks of a workload so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct BlocksMade {
    /// All blocks.
    pub all: u32,
    /// The blocks that count.
    pub fit: u32,
}

impl BlocksMade {
    /// Returns the number of blocks that lack for a verdict.
    fn lacking(self) -> u32 {
        (LEAST_BLOCKS as u32).saturating_sub(self.fit)
    }
}

/// The state of a workload between its blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Its blocks.
    pub made: BlocksMade,
    /// The duration of its last block.
    pub last: Duration,
    /// The time of the blocks beyond those that a verdict takes.
    pub extra: Duration,
    /// The number of its undecided backends.
    pub undecided: usize,
    /// Whether it needs no more blocks.
    pub is_over: bool,
}

impl Standing {
    /// Returns its claim to the time that is left.
    fn weight(&self) -> f64 {
        self.undecided.max(1) as f64
    }

    /// Returns the time of all blocks that lack for a verdict.
    fn time_to_verdict(&self) -> Duration {
        self.last * self.made.lacking()
    }

    /// Returns the extra time that it had for its claim.
    fn served(&self) -> f64 {
        self.extra.as_secs_f64() / self.weight()
    }
}

/// The time of a run.
#[derive(Debug)]
pub(super) struct Schedule {
    stop: Stop,
    start: Instant,
    most_rounds: u32,
    workloads: u32,
}

impl Schedule {
    /// Returns the schedule of a run that starts now.
    pub fn new(stop: Stop, most_rounds: u32, workloads: usize) -> Self {
        Self { stop, start: Instant::now(), most_rounds, workloads: workloads.max(1) as u32 }
    }

    /// Whether backends stop as soon as they are decided.
    pub fn is_adaptive(&self) -> bool {
        matches!(self.stop, Stop::Budget(_))
    }

    /// Whether the time is limited.
    pub fn has_budget(&self) -> bool {
        self.stop.budget().is_some()
    }

    /// Returns the rounds of every block of a workload, such that the wanted blocks fit into its
    /// share of the time. `opening` is the time it took to start the first block, and `round` that
    /// of the round which warms up. All blocks have the same number, so that their values have the
    /// same deviation.
    pub fn rounds(&self, opening: Duration, round: Duration) -> u32 {
        let Some(time) = self.stop.budget() else { return self.most_rounds };
        let block = time / self.workloads / WANTED_BLOCKS;
        let for_rounds = block.saturating_sub(opening + round).as_secs_f64();
        let fitting = (for_rounds / round.as_secs_f64().max(1e-9)) as u32;
        fitting.clamp(FEWEST_ROUNDS.min(self.most_rounds), self.most_rounds)
    }

    /// Returns the index of the workload that makes the next block; `None` at the end of the run.
    pub fn next(&self, standings: &[Standing]) -> Option<usize> {
        self.next_at(self.start.elapsed(), standings)
    }

    fn next_at(&self, elapsed: Duration, standings: &[Standing]) -> Option<usize> {
        let open = || standings.iter().enumerate().filter(|(_, standing)| !standing.is_over);
        let Some(time) = self.stop.budget() else {
            let short =
                open().filter(|(_, standing)| standing.made.all < self.all_blocks(standing));
            return short.min_by_key(|(_, standing)| standing.made.all).map(|(index, _)| index);
        };
        // A verdict is worth a little overtime.
        let to_verdicts: Duration = open().map(|(_, standing)| standing.time_to_verdict()).sum();
        let may_exceed = elapsed + to_verdicts <= time.mul_f64(OVERTIME);
        let left = time.saturating_sub(elapsed);
        let lacking = open().filter(|(_, standing)| {
            let has_time = may_exceed || standing.made.all == 0 || fits(standing.last, left);
            standing.made.lacking() > 0 && has_time
        });
        let first = lacking.min_by_key(|(_, standing)| standing.made.all);
        let next = first.or_else(|| {
            let fitting = open().filter(|(_, standing)| fits(standing.last, left));
            fitting.min_by(|(_, one), (_, other)| one.served().total_cmp(&other.served()))
        });
        next.map(|(index, _)| index)
    }

    /// Returns the number of blocks to make if the number was given: blocks that do not count are
    /// made again, up to as many as count.
    fn all_blocks(&self, standing: &Standing) -> u32 {
        let Stop::Blocks(blocks) = self.stop else { return u32::MAX };
        let unfit = standing.made.all - standing.made.fit;
        blocks + unfit.min(blocks)
    }

    /// Returns the estimated final number of blocks of a workload.
    pub fn expected(&self, index: usize, standings: &[Standing]) -> u32 {
        let standing = &standings[index];
        let Some(time) = self.stop.budget() else { return self.all_blocks(standing) };
        if standing.is_over {
            return standing.made.all;
        }
        let open = standings.iter().filter(|other| !other.is_over);
        let share = standing.weight() / open.map(Standing::weight).sum::<f64>();
        let left = time.saturating_sub(self.start.elapsed()).as_secs_f64() * share;
        let more = (left / standing.last.as_secs_f64().max(1e-9)).round() as u32;
        standing.made.all + more.max(standing.made.lacking())
    }

    /// Returns the share of the time that has passed after a block of duration `last`: all of it if
    /// no other block of this duration fits. `None` if nothing is decided before the last block.
    pub fn spent(&self, last: Duration) -> Option<f64> {
        let Stop::Budget(time) = self.stop else { return None };
        let elapsed = self.start.elapsed();
        if !fits(last, time.saturating_sub(elapsed)) {
            return Some(1.0);
        }
        Some((elapsed.as_secs_f64() / time.as_secs_f64()).min(1.0))
    }
}

/// Returns whether a block fits into the time that is left, or at least half of it.
fn fits(block: Duration, left: Duration) -> bool {
    !left.is_zero() && block <= 2 * left
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn budget(seconds: u32) -> Schedule {
        Schedule::new(Stop::Budget(SECOND * seconds), 20, 1)
    }

    fn blocks(number: u32) -> Schedule {
        Schedule::new(Stop::Blocks(number), 20, 2)
    }

    fn standing(all: u32, fit: u32, undecided: usize) -> Standing {
        let extra = SECOND * fit.saturating_sub(5);
        Standing {
            made: BlocksMade { all, fit },
            last: SECOND,
            extra,
            undecided,
            is_over: undecided == 0,
        }
    }

    /// Returns the workloads that are chosen to make blocks of a second, until the time is up.
    fn chosen(seconds: u32, mut standings: Vec<Standing>) -> Vec<usize> {
        let schedule = budget(seconds);
        let mut chosen = Vec::new();
        while let Some(index) = schedule.next_at(SECOND * chosen.len() as u32, &standings) {
            chosen.push(index);
            let made = standings[index].made.all + 1;
            standings[index] = standing(made, made, standings[index].undecided);
        }
        chosen
    }

    #[test]
    fn rounds_fit_the_wanted_blocks() {
        let rounds = |seconds, round_ms| {
            budget(seconds).rounds(Duration::from_millis(100), Duration::from_millis(round_ms))
        };
        assert_eq!(rounds(60, 100), 20);
        assert_eq!(rounds(28, 200), 8);
        assert_eq!(rounds(5, 1_000), FEWEST_ROUNDS);
        assert_eq!(blocks(3).rounds(Duration::ZERO, 9 * SECOND), 20);
        let shared = Schedule::new(Stop::Budget(28 * SECOND), 20, 2);
        assert_eq!(shared.rounds(Duration::ZERO, Duration::from_millis(200)), 4);
    }

    #[test]
    fn verdicts_come_first() {
        let first = chosen(30, vec![standing(0, 0, 1), standing(0, 0, 9)])[..10].to_vec();
        assert_eq!(first, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn time_goes_to_the_undecided() {
        let chosen = chosen(30, vec![standing(5, 5, 1), standing(5, 5, 4), standing(9, 9, 0)]);
        let of = |index| chosen.iter().filter(|one| **one == index).count();
        assert_eq!((chosen.len(), of(0), of(1), of(2)), (30, 6, 24, 0));
    }

    #[test]
    fn given_blocks_are_made() {
        let next = |one, other| blocks(3).next_at(99 * SECOND, &[one, other]);
        assert_eq!(next(standing(2, 2, 1), standing(1, 1, 1)), Some(1));
        assert_eq!(next(standing(3, 3, 1), standing(3, 2, 1)), Some(1), "one is made again");
        assert_eq!(next(standing(3, 3, 1), standing(6, 0, 1)), None, "not for ever");
        assert_eq!(blocks(3).spent(SECOND), None);
    }

    #[test]
    fn whole_budgets_decide_nothing() {
        let whole = Schedule::new(Stop::WholeBudget(9 * SECOND), 20, 1);
        assert!(!whole.is_adaptive() && whole.has_budget() && whole.spent(SECOND).is_none());
        let next = |elapsed| whole.next_at(SECOND * elapsed, &[standing(6, 6, 1)]);
        assert_eq!((next(5), next(9)), (Some(0), None));
    }

    #[test]
    fn verdicts_are_worth_overtime() {
        let slow = |seconds, elapsed, all| {
            let standing = Standing { last: 3 * SECOND, ..standing(all, all, 1) };
            budget(seconds).next_at(SECOND * elapsed, &[standing])
        };
        assert_eq!(slow(9, 8, 4), Some(0), "it ends after 11 of 9 seconds");
        assert_eq!(slow(9, 8, 3), None, "it would end after 14");
        assert_eq!(slow(9, 12, 5), None, "it has its five");
        assert_eq!(slow(9, 99, 0), Some(0), "one block is always made");
    }

    #[test]
    fn all_is_spent_at_the_end() {
        assert!(budget(3_600).spent(SECOND).unwrap() < 0.01);
        assert_eq!(budget(3_600).spent(9_000 * SECOND), Some(1.0));
    }

    #[test]
    fn shares_are_expected() {
        let standings = [standing(5, 5, 1), standing(5, 5, 3), standing(7, 7, 0)];
        let expected = |index| budget(40).expected(index, &standings);
        assert_eq!([0, 1, 2].map(expected), [15, 35, 7]);
        assert_eq!(blocks(3).expected(0, &[standing(2, 1, 1)]), 4);
    }
}
