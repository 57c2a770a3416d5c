//! The analysis of one backend on a scenario.

use std::cmp::Ordering;
use std::fmt;
use std::ops::RangeInclusive;

use super::measured::Measured;
use super::{
    Cost, FetchTimes, Handshakes, Judging, Paired, Quantity, ResidentMemory, ServerLoad, Sockets,
    shown,
};
use crate::record::{Opening, PassSample, Phases, Validity};
use crate::stats::{Deviations, Mode, Ratio, Verdict, two_modes};

/// A processor that is busy for a larger share of the time is saturated.
const BUSY: f64 = 0.8;

/// The results of a backend on a scenario.
#[derive(Debug, Clone)]
pub struct BackendAnalysis {
    /// The backend's name.
    pub name: String,
    /// Whether it fetches sequentially, whatever the concurrency.
    pub sequential: bool,
    /// Parts of its client that are written here, and that no crate has; may be empty.
    pub written_here: String,
    /// Why it does not count; `None` if it is valid.
    pub invalid: Option<Invalid>,
    /// The comparison with the reference; empty if it is invalid.
    pub compared: Compared,
    /// Fetches in each pass.
    pub fetches: u64,
    /// The number of valid passes.
    pub passes: usize,
    /// The mean pass in seconds, which shares of processor time refer to.
    pub mean_s: Option<f64>,
    /// The mean ideal pass in seconds, if there are delays.
    pub ideal_s: Option<f64>,
    /// The ideal as a share of the pass: the median over passes, if there are delays.
    pub efficiency: Option<f64>,
    /// The time of a pass beyond its ideal, in seconds: the median over passes, if there are
    /// delays.
    pub added_s: Option<f64>,
    /// The speed as a share of that of [`FLOOR`](super::FLOOR), if there are no delays and the
    /// floor was measured: the geometric mean of the paired ratios, and not the ratio of the
    /// medians.
    pub vs_floor: Option<f64>,
    /// The service times of single fetches.
    pub fetch_times: FetchTimes,
    /// The times from the start of the pass to the end of each fetch.
    pub done_times: FetchTimes,
    /// The number of threads that fetch, as the worker reports it.
    pub fetching_threads: Option<usize>,
    /// The processor time of the server.
    pub server: ServerLoad,
    /// Connections over all blocks.
    pub sockets: Sockets,
    /// The streams of a pass that shared a connection, over HTTP/2.
    pub streams_per_socket: Option<f64>,
    /// The memory that its process keeps.
    pub memory: ResidentMemory,
    /// The mean cost.
    pub cost: Option<Cost>,
    /// The cost of opening a session, if each pass opens a fresh one.
    pub opening: Option<Opening>,
    /// Where the time of its fetches goes, over a link.
    pub phases: Option<Phases>,
    /// Its TLS handshakes, if the server issues tickets.
    pub handshakes: Option<Handshakes>,
    /// The peak of memory per fetch in flight, in bytes, if enough fetches were in flight at once.
    pub memory_per_fetch_bytes: Option<f64>,
}

/// Why a backend does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The class of the first rejected pass.
    pub validity: Validity,
    /// The message of the first rejected pass.
    pub why: String,
    /// The number of rejected passes.
    pub passes: usize,
}

impl Invalid {
    /// Returns the first reason a pass was rejected; `None` if none was.
    pub(super) fn first(passes: &[&PassSample]) -> Option<Self> {
        let mut rejected = passes
            .iter()
            .filter(|pass| !matches!(pass.validity, Validity::Valid | Validity::Interrupted));
        let first = rejected.next()?;
        Some(Self {
            validity: first.validity,
            why: first.why.clone().unwrap_or_default(),
            passes: 1 + rejected.count(),
        })
    }
}

/// `CLASS: MESSAGE`.
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.validity.name(), self.why)
    }
}

/// The comparison of a backend with the reference. All its intervals are of one family.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// The backend's index in [`Paired`].
    pub index: usize,
    /// The time of a pass relative to the reference; `None` for the reference.
    pub time: Option<Ratio>,
    /// The word for it.
    pub verdict: Option<Verdict>,
    /// The added time relative to the reference, if there are delays; `None` for the reference.
    pub added: Option<Ratio>,
    /// The processor time of a fetch relative to the reference; `None` for the reference.
    pub cpu: Option<Ratio>,
    /// The smallest difference in time that would have been found in four runs of five, if none
    /// was.
    pub smallest_difference: Option<f64>,
    /// How much its time relative to the reference deviates between machines and within, if two
    /// machines count.
    pub deviations: Option<Deviations>,
    /// Whether it was left out of some shards of a merged record as far slower, and measured in
    /// others. Then there is no interval, because its ratio is not known everywhere.
    pub far_slower_in_part: bool,
    /// Why it was not measured to the end; `None` if it was.
    pub stopped: Option<Stopped>,
    /// The median pass in seconds, over the medians of the blocks. It is for display, because it
    /// includes the machine's drift.
    pub median_s: Option<f64>,
    /// The 95 % interval of the median over the blocks; `None` below six blocks.
    pub median_interval_s: Option<RangeInclusive<f64>>,
    /// The two speeds of its passes in seconds, if it has two.
    pub modes: Option<[Mode; 2]>,
    /// The speed as a share of the floor's.
    vs_floor: Option<f64>,
}

/// Why a backend was not measured to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was decided after this number of blocks.
    Decided {
        /// The blocks that it was measured in.
        blocks: usize,
    },
    /// It took at least ten times as long as the reference in each of this number of rounds.
    FarSlower {
        /// The rounds that it was measured in.
        rounds: usize,
    },
}

impl Compared {
    /// Compares a valid backend.
    pub(super) fn new(index: usize, paired: &Paired, judging: Judging) -> Self {
        let far_slower_in_part = paired.is_far_slower_in_part(index);
        let ratio = |quantity| {
            let ratio = paired.to_reference(quantity, index)?;
            Some(shown(ratio, judging.is_judged && !far_slower_in_part))
        };
        let [time, added, cpu] = [Quantity::Time, Quantity::Added, Quantity::Cpu].map(ratio);
        let verdict = time.and_then(|ratio| ratio.verdict(judging.equivalence));
        let is_alone = !paired.blocks.is_over_machines();
        let median = paired.blocks.median_pass(index);
        let blocks = paired.measured_blocks(index);
        let far_slower = paired.far_slower_rounds(index);
        let stopped = match far_slower.map(|rounds| Stopped::FarSlower { rounds }) {
            None if blocks < judging.blocks && !paired.is_merged() => {
                Some(Stopped::Decided { blocks })
            }
            stopped => stopped,
        };
        Self {
            index,
            time,
            verdict,
            added,
            cpu,
            smallest_difference: match verdict {
                Some(Verdict::Inconclusive) => paired.smallest_difference(index),
                _ => None,
            },
            deviations: paired.deviations(index),
            far_slower_in_part,
            stopped,
            median_s: median.as_ref().map(|median| median.seconds),
            // Times of different machines are not comparable.
            median_interval_s: median.filter(|_| is_alone).and_then(|median| median.interval),
            modes: two_modes(&paired.blocks.passes(index)).filter(|_| is_alone),
            vs_floor: paired.floor_share(index),
        }
    }
}

impl BackendAnalysis {
    /// Analyses a valid backend.
    pub(super) fn valid(measured: &Measured<'_>, compared: Compared) -> Self {
        Self::new(measured, None, compared)
    }

    /// Analyses an invalid backend, which is not compared.
    pub(super) fn invalid(index: usize, measured: &Measured<'_>, invalid: Invalid) -> Self {
        Self::new(measured, Some(invalid), Compared { index, ..Compared::default() })
    }

    fn new(measured: &Measured<'_>, invalid: Option<Invalid>, compared: Compared) -> Self {
        let cost = measured.cost();
        let peak_rss_bytes = cost.and_then(|cost| cost.peak_rss_bytes);
        let ideal_s = measured.ideal_s();
        Self {
            name: measured.backend.name.clone(),
            sequential: measured.backend.sequential,
            written_here: measured.backend.written_here.clone(),
            invalid,
            fetches: measured.setup.fetches,
            passes: measured.counted_passes(),
            mean_s: measured.mean_s(),
            ideal_s,
            efficiency: measured.median(PassSample::efficiency),
            added_s: measured.median(PassSample::added_s),
            // With delays, the efficiency is more useful.
            vs_floor: compared.vs_floor.filter(|_| ideal_s.is_none()),
            fetch_times: FetchTimes::service(measured),
            done_times: FetchTimes::since_start(measured),
            fetching_threads: measured.fetching_threads(),
            server: measured.server_load(),
            sockets: measured.sockets(),
            streams_per_socket: measured.streams_per_socket(),
            memory: ResidentMemory::of(measured),
            opening: measured.opening(),
            phases: measured.phases(),
            handshakes: measured.handshakes(),
            memory_per_fetch_bytes: measured.memory_per_fetch_bytes(peak_rss_bytes),
            cost,
            compared,
        }
    }

    /// Returns the backend's index in [`Paired`].
    pub fn index(&self) -> usize {
        self.compared.index
    }

    /// Returns the median pass in seconds, for display.
    pub fn median_s(&self) -> Option<f64> {
        self.compared.median_s
    }

    /// Returns the time of a pass relative to the reference, which is 1 for the reference itself.
    pub fn relative_time(&self) -> f64 {
        self.compared.time.map_or(1.0, |ratio| ratio.mean)
    }

    /// Whether it was left out after the first rounds, because it took many times as long as the
    /// reference.
    pub fn is_far_slower(&self) -> bool {
        matches!(self.compared.stopped, Some(Stopped::FarSlower { .. }))
    }

    /// Returns the word for its time against the reference's.
    pub fn verdict(&self) -> Option<Verdict> {
        self.compared.verdict
    }

    /// Returns the order of its time and the reference's; `None` if it is not shown.
    pub fn standing(&self, reference: &str) -> Option<Ordering> {
        if !self.is_valid() {
            return None;
        }
        if self.name == reference {
            return Some(Ordering::Equal);
        }
        if self.is_far_slower() {
            return Some(Ordering::Greater);
        }
        match self.compared.time?.verdict(0.0)? {
            Verdict::Faster => Some(Ordering::Less),
            Verdict::Slower => Some(Ordering::Greater),
            Verdict::Equivalent | Verdict::Inconclusive => None,
        }
    }

    /// Returns the class of the first rejected pass, or [`Validity::Valid`].
    pub fn validity(&self) -> Validity {
        self.invalid.as_ref().map_or(Validity::Valid, |invalid| invalid.validity)
    }

    /// Whether no pass was rejected.
    pub fn is_valid(&self) -> bool {
        self.invalid.is_none()
    }

    /// Returns the fetches per second at the median pass.
    pub fn rate(&self) -> Option<f64> {
        self.median_s().map(|median| self.fetches as f64 / median)
    }

    /// Whether the server was the limit, so that the backend is at least as fast as its figure: the
    /// server was busy nearly all the time, and the backend's own threads were not.
    pub fn is_server_bound(&self) -> bool {
        self.server.busy.is_some_and(|busy| busy > BUSY)
            && self.own_busy().is_none_or(|busy| busy <= BUSY)
    }

    /// Returns the share of its passes for which the backend's own threads were busy: their mean
    /// processor time over the mean pass.
    fn own_busy(&self) -> Option<f64> {
        let cpu_s = self.cost?.cpu_s * self.fetches as f64;
        Some(cpu_s / self.mean_s? / self.fetching_threads? as f64)
    }

    /// Orders backends by their time relative to the reference, and invalid ones after all others.
    pub(super) fn by_ratio(&self, other: &Self) -> Ordering {
        let ratio = |one: &Self| if one.is_valid() { one.relative_time() } else { f64::INFINITY };
        ratio(self).total_cmp(&ratio(other))
    }
}
