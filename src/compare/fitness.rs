//! Measures whether the machine is fit to measure on: the time that the host takes, the time that
//! other programs use, and the speed of a core before and after.
//!
//! The rule never sees a time of a backend, so that no block is chosen by its result.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use super::bare_loop::{BareLoop, bare_loop};
use super::cost::Usage;
use crate::record::machine::CoreTicks;
use crate::record::{Fitness, Unfit};

/// The largest share of all cores' time that the host may take.
pub(crate) const MOST_STEAL: f64 = 0.02;

/// The largest share of all cores' time that other programs may use.
pub(crate) const MOST_OTHERS: f64 = 0.10;

/// The number of ticks that a measured share may be off by. It matters in short blocks.
const TICKS_OFF: f64 = 2.0;

/// The largest factor between the steps of the bare loop before and after.
const MOST_SLOWED: f64 = 1.5;

/// The time of each bare loop.
const BARE_TIME: Duration = Duration::from_millis(8);

/// The shares of all cores' time that this program did not get. Unknown ones are `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CoreShares {
    /// The share that the host gave to other machines.
    pub steal: Option<f64>,
    /// The share that other programs used.
    pub others: Option<f64>,
    /// One tick as a share; 0 if unknown.
    pub tick: f64,
}

impl CoreShares {
    /// Returns the limit that they exceed; `None` if the machine is fit by them.
    pub fn unfit(self) -> Option<Unfit> {
        if self.exceeds(self.steal, MOST_STEAL) {
            return Some(Unfit::Steal);
        }
        self.exceeds(self.others, MOST_OTHERS).then_some(Unfit::Others)
    }

    /// Returns whether a share certainly exceeds a limit.
    fn exceeds(self, share: Option<f64>, limit: f64) -> bool {
        share.is_some_and(|share| share - TICKS_OFF * self.tick > limit)
    }
}

/// Returns the fitness of a machine with these shares and these loops before and after.
fn judge(shares: CoreShares, before: BareLoop, after: BareLoop) -> Fitness {
    let slowed = after.median_s / before.median_s;
    let is_steady = (MOST_SLOWED.recip()..=MOST_SLOWED).contains(&slowed);
    let unfit = shares.unfit().or_else(|| (!is_steady).then_some(Unfit::Slowed));
    Fitness {
        steal: shares.steal,
        others: shares.others,
        bare_before_s: Some(before.median_s),
        bare_after_s: Some(after.median_s),
        unfit,
    }
}

/// Measures the shares of the cores' time from its start on.
#[derive(Debug)]
pub(crate) struct CoreMeter {
    ticks: Option<CoreTicks>,
    own: OwnUsage,
}

impl CoreMeter {
    /// Starts to measure.
    pub fn start() -> Self {
        Self::start_beside(None)
    }

    /// Returns the shares up to now. Children of this process that run at the start or now count as
    /// other programs.
    pub fn shares(&self) -> CoreShares {
        self.shares_beside(None)
    }

    /// Starts to measure while a server of this process runs.
    fn start_beside(server: Option<Usage>) -> Self {
        Self { ticks: CoreTicks::now(), own: OwnUsage::now(server) }
    }

    fn shares_beside(&self, server: Option<Usage>) -> CoreShares {
        let own_s = OwnUsage::now(server).seconds_since(&self.own);
        let Some((before, now)) = self.ticks.zip(CoreTicks::now()) else {
            return CoreShares { steal: None, others: None, tick: 0.0 };
        };
        CoreShares {
            steal: now.stolen_since(before),
            others: own_s.and_then(|own_s| now.others_since(before, own_s)),
            tick: now.tick_since(before).unwrap_or_default(),
        }
    }
}

/// The processor time of this process, of its children that have ended, and of its server.
#[derive(Debug)]
struct OwnUsage {
    ended_s: Option<f64>,
    server: Option<Usage>,
}

impl OwnUsage {
    fn now(server: Option<Usage>) -> Self {
        let parts = [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN].map(rusage_s);
        Self { ended_s: parts.into_iter().sum(), server }
    }

    /// Returns the processor time since `before` in seconds; `None` if a part of it is unknown.
    fn seconds_since(&self, before: &Self) -> Option<f64> {
        let server_s = match (before.server, self.server) {
            (Some(before), Some(now)) => now.total_s_since(before),
            (None, None) => 0.0,
            _ => return None,
        };
        Some(self.ended_s? - before.ended_s? + server_s)
    }
}

fn rusage_s(part: UsageWho) -> Option<f64> {
    let usage = getrusage(part).ok()?;
    let seconds = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    Some(seconds.iter().sum())
}

/// Measures the fitness of the machine during a block.
#[derive(Debug)]
pub(super) struct FitnessMeter {
    bare: BareLoop,
    cores: CoreMeter,
}

impl FitnessMeter {
    /// Starts to measure, before the block starts its workers. `server` is the usage of the mock
    /// server and its link up to now.
    pub fn start(server: Option<Usage>) -> Self {
        Self { bare: bare_loop(BARE_TIME), cores: CoreMeter::start_beside(server) }
    }

    /// Returns the fitness, after all workers have ended.
    pub fn end(&self, server: Option<Usage>) -> Fitness {
        let shares = self.cores.shares_beside(server);
        judge(shares, self.bare, bare_loop(BARE_TIME))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::worker::child::Child;

    fn shares(steal: f64, others: f64) -> CoreShares {
        CoreShares { steal: Some(steal), others: Some(others), tick: 0.0 }
    }

    fn bare(median_s: f64) -> BareLoop {
        BareLoop { median_s }
    }

    #[test]
    fn each_limit_makes_unfit() {
        let unknown = CoreShares { steal: None, others: None, tick: 0.0 };
        for (cores, before_s, after_s, unfit) in [
            (shares(0.0, 0.0), 1e-6, 1e-6, None),
            (shares(MOST_STEAL, MOST_OTHERS), 1e-6, 1.4e-6, None),
            (shares(0.021, 0.0), 1e-6, 1e-6, Some(Unfit::Steal)),
            (shares(0.021, 0.9), 1e-6, 9e-6, Some(Unfit::Steal)),
            (shares(0.0, 0.101), 1e-6, 1e-6, Some(Unfit::Others)),
            (shares(0.0, 0.0), 1e-6, 1.6e-6, Some(Unfit::Slowed)),
            (shares(0.0, 0.0), 1.6e-6, 1e-6, Some(Unfit::Slowed)),
            (unknown, 1e-6, 1e-6, None),
            (unknown, 1e-6, 2e-6, Some(Unfit::Slowed)),
        ] {
            let fitness = judge(cores, bare(before_s), bare(after_s));
            assert_eq!(fitness.unfit, unfit, "{fitness:?}");
            assert_eq!((fitness.steal, fitness.others), (cores.steal, cores.others));
            assert_eq!(
                (fitness.bare_before_s, fitness.bare_after_s),
                (Some(before_s), Some(after_s))
            );
        }
    }

    #[test]
    fn short_blocks_get_two_ticks() {
        let short = |steal, others| CoreShares { tick: 0.04, ..shares(steal, others) };
        assert_eq!(short(0.09, 0.17).unfit(), None);
        assert_eq!(short(0.11, 0.0).unfit(), Some(Unfit::Steal));
        assert_eq!(short(0.0, 0.19).unfit(), Some(Unfit::Others));
    }

    /// A loop of the shell that runs for some tenths of a second, in a child of the shell.
    const BUSY_GRANDCHILD: &str =
        "(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo done; read end";

    #[test]
    fn ended_children_count() {
        let before = OwnUsage::now(None);
        let mut worker =
            Child::start(Command::new("sh").args(["-c", BUSY_GRANDCHILD]), 100).unwrap();
        worker.hear(Duration::from_secs(60)).unwrap();
        let used_s = Usage::read(worker.id()).unwrap().children_s;
        assert!(used_s > 0.0);
        drop(worker);
        let own_s = OwnUsage::now(None).seconds_since(&before).unwrap();
        // Ticks are whole hundredths, and the two sums are cut separately.
        assert!(own_s >= used_s - 0.02, "{own_s} of {used_s} s");
    }

    #[test]
    fn servers_count_while_they_run() {
        let usage = |cpu_s| Some(Usage { cpu_s: Some(cpu_s), ..Usage::default() });
        let own = |ended_s, server| OwnUsage { ended_s: Some(ended_s), server };
        assert_eq!(own(3.0, usage(2.0)).seconds_since(&own(1.0, usage(0.5))), Some(3.5));
        assert_eq!(own(3.0, None).seconds_since(&own(1.0, None)), Some(2.0), "live sites");
        assert_eq!(own(3.0, None).seconds_since(&own(1.0, usage(0.5))), None, "it died");
    }

    #[test]
    fn shares_lie_between_0_and_1() {
        let meter = CoreMeter::start();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(60) {}
        thread::sleep(Duration::from_millis(60));
        let CoreShares { steal, others, .. } = meter.shares();
        assert!((0.0..=1.0).contains(&steal.unwrap()) && (0.0..=1.0).contains(&others.unwrap()));
    }
}
