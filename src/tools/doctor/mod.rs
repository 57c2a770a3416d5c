//! Checks whether this machine is fit to measure on, and advises how to make it so.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::compare::fitness::{CoreShares, MOST_OTHERS, MOST_STEAL};
use crate::compare::{NoCounters, no_instructions};
use crate::record::machine;
use crate::render::numbers;
use crate::stats;
use crate::stats::LEAST_BLOCKS;

pub mod view;

/// The result of a check, with advice if something should be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    #[serde(rename = "check")]
    pub what: &'static str,
    /// The result.
    #[serde(rename = "result")]
    pub found: String,
    /// Whether the machine is unfit to measure on because of it.
    pub warning: bool,
    /// How to improve it; `None` if it is fine or unknown.
    pub advice: Option<String>,
}

impl Finding {
    fn new(what: &'static str, found: String, advice: Option<&str>) -> Self {
        Self { what, found, warning: advice.is_some(), advice: advice.map(str::to_owned) }
    }

    /// Returns a finding with optional advice: the machine is fit without it too.
    fn hint(what: &'static str, found: String, advice: Option<&str>) -> Self {
        Self { warning: false, ..Self::new(what, found, advice) }
    }

    fn unknown(what: &'static str) -> Self {
        Self::new(what, "unknown on this machine".to_owned(), None)
    }
}

/// The connections of the scenario with the most of them, plus the other files of a process.
const FILES_WANTED: u64 = 1_064;

/// Ports that should be free: the scenario `connect` uses this many in fifty passes, and each stays
/// in TIME-WAIT for a minute.
const PORTS_WANTED: u64 = 10_000;

/// The length of the accept queue that a thousand simultaneous connections need.
const BACKLOG_WANTED: u64 = 4_096;

/// Makes every check that takes only a moment.
pub fn at_rest() -> Vec<Finding> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    vec![
        profile(cfg!(debug_assertions)),
        self::cores(cores),
        load(machine::load(), cores),
        governor(machine::governor().as_deref()),
        files(machine::open_files()),
        ports(machine::ports(), machine::resting_ports()),
        backlog(machine::backlog()),
        timers(&lateness()),
        counters(no_instructions()),
    ]
}

fn profile(is_debug: bool) -> Finding {
    let found = if is_debug { "debug" } else { "release" };
    let advice = "measure an optimised build: cargo build --release";
    Finding::new("profile", found.to_owned(), is_debug.then_some(advice))
}

fn cores(cores: usize) -> Finding {
    let advice = "server and client share one core: use a machine or container with at least two";
    Finding::new("cores", cores.to_string(), (cores < 2).then_some(advice))
}

fn load(load: Option<[f64; 3]>, cores: usize) -> Finding {
    let Some([minute, ..]) = load else { return Finding::unknown("load") };
    let advice = "programs used the cores: wait for them to end";
    // It includes programs that have just ended, so the use by other programs decides.
    let found = format!("{minute:.2} over the last minute");
    Finding::hint("load", found, (minute > cores as f64 / 4.0).then_some(advice))
}

fn governor(governor: Option<&str>) -> Finding {
    let Some(governor) = governor else { return Finding::unknown("governor") };
    let advice =
        "the clock of the cores goes up and down: cpupower frequency-set -g performance (as root)";
    Finding::new("governor", governor.to_owned(), (governor != "performance").then_some(advice))
}

fn files(limit: Option<u64>) -> Finding {
    let Some(limit) = limit else { return Finding::new("open files", "no limit".to_owned(), None) };
    let advice = "fan-out needs a thousand connections: ulimit -n 4096";
    Finding::new("open files", format!("{limit} at most"), (limit < FILES_WANTED).then_some(advice))
}

fn ports(range: Option<(u16, u16)>, resting: Option<u64>) -> Finding {
    let Some((first, last)) = range else { return Finding::unknown("ports") };
    let all = u64::from(last) - u64::from(first) + 1;
    let resting = resting.unwrap_or(0);
    let advice = "a closed connection occupies its port for a minute: wait, or sysctl -w \
                  net.ipv4.ip_local_port_range='1024 65535' (as root)";
    let found = format!("{all}, of which {resting} are in TIME-WAIT");
    Finding::new("ports", found, (all.saturating_sub(resting) < PORTS_WANTED).then_some(advice))
}

fn backlog(backlog: Option<u64>) -> Finding {
    let Some(backlog) = backlog else { return Finding::unknown("backlog") };
    let advice = "a thousand simultaneous connections overflow the queue, and are retried after a \
                  second: sysctl -w net.core.somaxconn=4096 (as root)";
    Finding::new(
        "backlog",
        format!("{backlog} connections"),
        (backlog < BACKLOG_WANTED).then_some(advice),
    )
}

/// Returns how late sleeps of a millisecond end, in seconds.
fn lateness() -> Vec<f64> {
    const SLEEP: Duration = Duration::from_millis(1);
    let late_s = (0..300).map(|_| {
        let start = Instant::now();
        std::thread::sleep(SLEEP);
        start.elapsed().saturating_sub(SLEEP).as_secs_f64()
    });
    late_s.collect()
}

fn timers(late_s: &[f64]) -> Finding {
    let [median, worst] =
        [0.5, 0.99].map(|share| stats::quantile(late_s, share).map_or(0.0, |late_s| late_s * 1e6));
    let advice = "idle cores wake late, so delays of sites end late: avoid deep sleep with the \
                  performance governor, or trust only far longer times";
    let found = format!("{median:.0} µs late, one in a hundred {worst:.0} µs");
    Finding::new("timers", found, (median > 500.0 || worst > 5_000.0).then_some(advice))
}

/// Checks whether instructions can be counted. They are one cost of many, so a machine without
/// counters is fit too.
fn counters(missing: Option<NoCounters>) -> Finding {
    let advice =
        "to count instructions per fetch: sysctl -w kernel.perf_event_paranoid=2 (as root)";
    let is_forbidden = matches!(missing, Some(NoCounters::Forbidden(_)));
    let found = missing
        .map_or_else(|| "instructions can be counted".to_owned(), |why| format!("none: {why}"));
    Finding::hint("counters", found, is_forbidden.then_some(advice))
}

/// Checks whether links can be made, given why not. A machine without them is fit for the rest.
pub fn links(failure: Option<&anyhow::Error>) -> Finding {
    let (found, advice) = match failure {
        None => ("can be made".to_owned(), None),
        Some(error) => ("none".to_owned(), Some(format!("for --network: {error:#}"))),
    };
    Finding::hint("links", found, advice.as_deref())
}

/// Checks the share of the cores that other programs used.
pub(crate) fn others(shares: CoreShares) -> Finding {
    let Some(share) = shares.others else { return Finding::unknown("other programs") };
    let advice = "other programs compete for the cores: stop them, or wait until they end (see \
                  `top`)";
    let found = format!("{} of the cores", numbers::percent(share));
    Finding::new("other programs", found, (share > MOST_OTHERS).then_some(advice))
}

/// Checks the share of the cores that the host gave to other machines.
pub(crate) fn stolen(shares: CoreShares) -> Finding {
    let Some(share) = shares.steal else { return Finding::unknown("stolen time") };
    let advice = "the host gives the cores to other machines: measure at another time, or on a \
                  dedicated machine";
    let found = format!("{} of the cores", numbers::percent(share));
    Finding::new("stolen time", found, (share > MOST_STEAL).then_some(advice))
}

/// Checks the noise: the spread of the block values of a backend against itself.
pub fn noise(values: &[f64], blocks_a_minute: f64) -> Finding {
    let enough = Some(values).filter(|values| values.len() >= LEAST_BLOCKS);
    let Some(deviation) = enough.and_then(stats::standard_deviation) else {
        let advice = "the machine is too slow for five blocks in five seconds: give `compare` \
                      more time with --budget";
        return Finding::new("noise", format!("{} blocks are too few", values.len()), Some(advice));
    };
    let blocks = (blocks_a_minute as usize).max(LEAST_BLOCKS);
    let smallest = stats::detectable_shift(blocks, deviation, 0.95).map_or(f64::NAN, f64::exp_m1);
    let advice = "a minute cannot detect 10 %: make the machine quieter, or give `compare` more \
                  time with --budget";
    let found = format!(
        "blocks of equal backends differ by {}; a minute with two backends detects differences of \
         at least {}",
        numbers::decimal_percent(deviation.exp_m1()),
        numbers::decimal_percent(smallest)
    );
    Finding::new("noise", found, (smallest > 0.10).then_some(advice))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn only_bad_results_get_advice() {
        for (bad, well) in [
            (profile(true), profile(false)),
            (cores(1), cores(2)),
            (load(Some([1.5, 0.0, 0.0]), 2), load(Some([0.4, 9.0, 9.0]), 2)),
            (governor(Some("powersave")), governor(Some("performance"))),
            (files(Some(1_024)), files(Some(4_096))),
            (ports(Some((40_000, 40_019)), None), ports(Some((32_768, 60_999)), Some(3_000))),
            (ports(Some((32_768, 60_999)), Some(20_000)), ports(None, None)),
            (backlog(Some(128)), backlog(Some(4_096))),
            (timers(&[0.001; 300]), timers(&[0.000_1; 300])),
            (
                counters(Some(NoCounters::Forbidden(ErrorKind::PermissionDenied.into()))),
                counters(None),
            ),
            (load(Some([9.0, 0.0, 0.0]), 2), counters(Some(NoCounters::StandStill))),
            (
                noise(&[0.4, -0.6, 0.2, -0.4, 0.6], 60.0),
                noise(&[0.01, -0.01, 0.0, 0.01, 0.0], 60.0),
            ),
            (noise(&[0.0; 4], 60.0), governor(None)),
            (links(Some(&anyhow::anyhow!("it is closed"))), links(None)),
            (others(shares(0.2)), others(shares(0.1))),
            (stolen(shares(0.03)), stolen(shares(0.02))),
            (others(shares(0.2)), others(CoreShares { steal: None, others: None, tick: 0.0 })),
        ] {
            assert!(bad.advice.is_some(), "{bad:?}");
            assert_eq!((well.advice.as_deref(), well.warning), (None, false), "{well:?}");
            let is_hint = ["load", "counters", "links"].contains(&bad.what);
            assert_eq!(bad.warning, !is_hint, "{bad:?}");
        }
    }

    fn shares(share: f64) -> CoreShares {
        CoreShares { steal: Some(share), others: Some(share), tick: 0.0 }
    }

    #[test]
    fn every_check_is_made_once() {
        let found: Vec<_> = at_rest().iter().map(|finding| finding.what).collect();
        assert_eq!(
            found,
            [
                "profile",
                "cores",
                "load",
                "governor",
                "open files",
                "ports",
                "backlog",
                "timers",
                "counters"
            ],
        );
    }
}
