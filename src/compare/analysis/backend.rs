//! The analysis of one backend on a scenario.

use std::cmp::Ordering;
use std::fmt;
use std::ops::RangeInclusive;

use super::measured::Measured;
use super::{BlockSeconds, Cost, FetchTimes, Paired, ResidentMemory, ServerLoad, Sockets};
use crate::record::{PassSample, Validity};
use crate::stats::paired::{Ratio, Verdict};

/// A processor that is busy for a larger share of the time is saturated.
const BUSY: f64 = 0.8;

/// The results of a backend on a scenario.
#[derive(Debug, Clone)]
pub struct BackendAnalysis {
    /// The backend's index in [`Paired`].
    pub index: usize,
    /// The backend's name.
    pub name: String,
    /// Whether it fetches sequentially, whatever the concurrency.
    pub sequential: bool,
    /// Why it does not count; `None` if it is valid.
    pub invalid: Option<Invalid>,
    /// 1 + the number of backends shown to be faster. Backends of one rank need not tie.
    pub rank: Option<usize>,
    /// The names of the backends to which no difference is shown.
    pub ties: Vec<String>,
    /// Time relative to the reference; `None` for the reference.
    pub ratio: Option<Ratio>,
    /// Fetches in each pass.
    pub fetches: u64,
    /// The number of valid passes.
    pub passes: usize,
    /// The median pass in seconds, over the medians of the blocks. It is for display, because it
    /// includes the machine's drift.
    pub median_s: Option<f64>,
    /// The 95 % interval of the median over the blocks; `None` below six blocks.
    pub median_interval_s: Option<RangeInclusive<f64>>,
    /// The mean ideal pass in seconds, if there are delays.
    pub ideal_s: Option<f64>,
    /// The speed as a share of that of [`FLOOR`](super::FLOOR), if there are no delays and the
    /// floor was measured.
    pub of_floor: Option<f64>,
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
    /// The memory that its process keeps.
    pub memory: ResidentMemory,
    /// The mean cost.
    pub cost: Option<Cost>,
    /// Processor time per fetch of each block.
    pub cpu: Vec<BlockSeconds>,
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

/// The comparison of a backend with the others; empty for an invalid backend.
#[derive(Debug, Default)]
struct Compared {
    rank: Option<usize>,
    ties: Vec<String>,
    ratio: Option<Ratio>,
    median_s: Option<f64>,
    median_interval_s: Option<RangeInclusive<f64>>,
    of_floor: Option<f64>,
}

impl Compared {
    fn new(index: usize, measured: &Measured<'_>, paired: &Paired, rank: Option<usize>) -> Self {
        let median = paired.blocks.median_pass(index);
        let has_delays = measured.ideal_s().is_some();
        Self {
            rank,
            ties: paired.ties(index),
            ratio: paired.record_ratio(index),
            median_s: median.as_ref().map(|median| median.seconds),
            median_interval_s: median.and_then(|median| median.interval),
            // With delays, the efficiency is more useful.
            of_floor: if has_delays { None } else { paired.floor_share(index) },
        }
    }
}

impl BackendAnalysis {
    /// Analyses a valid backend.
    pub(super) fn valid(
        index: usize,
        measured: &Measured<'_>,
        paired: &Paired,
        rank: Option<usize>,
    ) -> Self {
        Self::new(index, measured, None, Compared::new(index, measured, paired, rank))
    }

    /// Analyses an invalid backend, which is not compared.
    pub(super) fn invalid(index: usize, measured: &Measured<'_>, invalid: Invalid) -> Self {
        Self::new(index, measured, Some(invalid), Compared::default())
    }

    fn new(
        index: usize,
        measured: &Measured<'_>,
        invalid: Option<Invalid>,
        comparison: Compared,
    ) -> Self {
        let cost = measured.cost();
        let peak_rss_bytes = cost.and_then(|cost| cost.peak_rss_bytes);
        Self {
            index,
            name: measured.backend.name.clone(),
            sequential: measured.backend.sequential,
            invalid,
            rank: comparison.rank,
            ties: comparison.ties,
            ratio: comparison.ratio,
            fetches: measured.setup.fetches,
            passes: measured.counted_passes(),
            median_s: comparison.median_s,
            median_interval_s: comparison.median_interval_s,
            ideal_s: measured.ideal_s(),
            of_floor: comparison.of_floor,
            fetch_times: FetchTimes::service(measured),
            done_times: FetchTimes::since_start(measured),
            fetching_threads: measured.fetching_threads(),
            server: measured.server_load(),
            sockets: measured.sockets(),
            memory: ResidentMemory::of(measured),
            memory_per_fetch_bytes: measured.memory_per_fetch_bytes(peak_rss_bytes),
            cost,
            cpu: measured.cpu(),
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

    /// Returns the verdict against the reference.
    pub fn verdict(&self) -> Option<Verdict> {
        self.ratio.map(|ratio| ratio.verdict())
    }

    /// Returns the fetches per second at the median pass.
    pub fn rate(&self) -> Option<f64> {
        self.median_s.map(|median| self.fetches as f64 / median)
    }

    /// Returns the ideal pass as a share of the median pass.
    pub fn efficiency(&self) -> Option<f64> {
        Some(self.ideal_s? / self.median_s?)
    }

    /// Returns the seconds that each fetch adds to the ideal pass.
    pub fn overhead(&self) -> Option<f64> {
        Some((self.median_s? - self.ideal_s?) / self.fetches as f64)
    }

    /// Whether the server was the limit, so that the backend is at least as fast as its figure: the
    /// server was busy nearly all the time, and the backend's own threads were not.
    pub fn is_server_bound(&self) -> bool {
        self.server.busy.is_some_and(|busy| busy > BUSY)
            && self.own_busy().is_none_or(|busy| busy <= BUSY)
    }

    /// Returns the share of a pass for which the backend's own threads were busy.
    fn own_busy(&self) -> Option<f64> {
        let cpu_s = self.cost?.cpu_s * self.fetches as f64;
        Some(cpu_s / self.median_s? / self.fetching_threads? as f64)
    }

    pub(super) fn by_rank_and_median(&self, other: &Self) -> Ordering {
        let (rank, other_rank) =
            (self.rank.unwrap_or(usize::MAX), other.rank.unwrap_or(usize::MAX));
        let [median_s, other_s] = [self, other].map(|backend| backend.median_s.unwrap_or(f64::MAX));
        rank.cmp(&other_rank).then(median_s.total_cmp(&other_s))
    }
}
