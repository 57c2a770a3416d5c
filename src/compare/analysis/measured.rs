//! The samples of one backend on a scenario, and the figures that need no other backend.

use super::{Cost, count_blocks};
use crate::fetch::Connections;
use crate::record::{BackendSetup, CostSample, PassSample, WorkloadSetup};
use crate::server::witness::Witness;
use crate::stats;

/// With fewer fetches in flight, the program itself takes most of the memory counted for each.
const LEAST_IN_FLIGHT: u64 = 1_000;

/// The samples of one backend on a scenario.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    pub(super) backend: &'a BackendSetup,
    pub(super) setup: &'a WorkloadSetup,
    pub(super) passes: Vec<&'a PassSample>,
    pub(super) costs: Vec<&'a CostSample>,
}

/// Connections over all blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sockets {
    /// The number that the server saw.
    pub opened: u64,
    /// The number that would have sufficed.
    pub needed: u64,
    /// The number of passes, with those that warm up.
    pub passes: u64,
    /// The number of times that it began without connections: blocks if they are kept, else passes.
    pub starts: u64,
}

impl Sockets {
    /// Returns the number that the server saw, per pass.
    pub fn opened_per_pass(&self) -> f64 {
        self.opened as f64 / self.passes.max(1) as f64
    }

    /// Returns the number that the server saw until all were closed.
    pub fn opened_per_start(&self) -> f64 {
        self.opened as f64 / self.starts.max(1) as f64
    }

    /// Returns the number that would have sufficed, per pass.
    pub fn needed_per_pass(&self) -> f64 {
        self.needed as f64 / self.passes.max(1) as f64
    }
}

/// The processor time that the server spent on a backend's counted passes, without busy-polling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerLoad {
    /// Its total as a share of the total time of these passes.
    pub busy: Option<f64>,
    /// Its mean in seconds per fetch.
    pub cpu_s: Option<f64>,
}

impl Measured<'_> {
    /// Returns the passes that count, with their seconds.
    fn counted(&self) -> impl Iterator<Item = (&PassSample, f64)> {
        self.passes.iter().filter_map(|pass| Some((*pass, pass.counted_s()?)))
    }

    /// Returns the passes that count.
    pub(super) fn counted_samples(&self) -> impl Iterator<Item = &PassSample> {
        self.counted().map(|(pass, _)| pass)
    }

    /// Returns the number of passes that count.
    pub(super) fn counted_passes(&self) -> usize {
        self.counted().count()
    }

    /// Returns the mean counted pass in seconds.
    pub(super) fn mean_s(&self) -> Option<f64> {
        stats::mean(&self.counted().map(|(_, seconds)| seconds).collect::<Vec<_>>())
    }

    /// Returns the mean ideal pass in seconds; `None` if a pass has none.
    pub(super) fn ideal_s(&self) -> Option<f64> {
        let ideals: Option<Vec<f64>> = self.counted().map(|(pass, _)| pass.ideal_s).collect();
        stats::mean(&ideals?)
    }

    /// Returns the mean cost, with instructions by a tool if the processor did not count them.
    pub(super) fn cost(&self) -> Option<Cost> {
        let cost = Cost::mean(&self.costs)?;
        let mut counts = self.setup.instructions.iter();
        let counted = counts.find(|counted| counted.backend == self.backend.name);
        let by_tool = counted.map(|counted| counted.instructions as f64 / counted.fetches as f64);
        Some(Cost { instructions: cost.instructions.or(by_tool), ..cost })
    }

    /// Returns the median of a value over the passes that have one.
    pub(super) fn median(&self, value: fn(&PassSample) -> Option<f64>) -> Option<f64> {
        stats::median(&self.passes.iter().filter_map(|pass| value(pass)).collect::<Vec<_>>())
    }

    /// Returns the number of threads that fetch, as the worker reports it.
    pub(super) fn fetching_threads(&self) -> Option<usize> {
        let mut workers = self.setup.workers.iter();
        workers.find(|worker| worker.backend == self.backend.name).map(|worker| worker.threads)
    }

    pub(super) fn server_load(&self) -> ServerLoad {
        let witnessed = self.counted();
        let witnessed = witnessed.filter_map(|(pass, s)| Some((cpu_s(pass.witness.as_ref()?), s)));
        let (cpu_s, pass_s): (Vec<f64>, Vec<f64>) = witnessed.unzip();
        let (mean_cpu_s, mean_pass_s) = (stats::mean(&cpu_s), stats::mean(&pass_s));
        ServerLoad {
            busy: mean_cpu_s.zip(mean_pass_s).map(|(cpu_s, pass_s)| cpu_s / pass_s),
            cpu_s: mean_cpu_s.map(|cpu_s| cpu_s / self.setup.fetches as f64),
        }
    }

    /// Returns the maximum number of fetches in flight.
    fn slots(&self) -> u64 {
        if self.backend.sequential {
            return 1;
        }
        let most = match self.backend.http2 {
            true => usize::MAX,
            false => self.backend.max_connections.map_or(usize::MAX, usize::from),
        };
        self.setup.concurrency.min(most).min(self.setup.fetches as usize) as u64
    }

    /// Returns the number of connections to each origin over HTTP/2.
    fn connections_per_origin(&self) -> u64 {
        self.backend.max_connections.map_or(1, |connections| connections.get() as u64)
    }

    pub(super) fn sockets(&self) -> Sockets {
        let setup = self.setup;
        let witnesses = self.passes.iter().filter_map(|pass| pass.witness.as_ref());
        let origins = setup.origins as u64;
        // A connection for each fetch in flight, and at least one to each origin.
        let of_fetches = self.slots().max(origins);
        let warm = match self.backend.http2 {
            true => of_fetches.min(origins * self.connections_per_origin()),
            false => of_fetches,
        };
        let warm = warm.min(setup.fetches);
        let passes = self.passes.len() as u64;
        let starts = match setup.connections {
            Connections::Warm => count_blocks(self.passes.iter()) as u64,
            Connections::Cold | Connections::PerFetch => passes,
        };
        Sockets {
            opened: witnesses.map(|witness| witness.connections).sum(),
            needed: match setup.connections {
                Connections::Warm | Connections::Cold => warm * starts,
                Connections::PerFetch => setup.fetches * starts,
            },
            passes,
            starts,
        }
    }

    /// Returns how many streams of a counted pass shared a connection; `None` without HTTP/2.
    pub(super) fn streams_per_socket(&self) -> Option<f64> {
        let counts = self.counted_samples().filter_map(|pass| Some(pass.witness.as_ref()?.http2));
        let (streams, sockets) = counts.fold((0, 0), |(streams, sockets), counts| {
            (counts.streams.saturating_add(streams), counts.connections.saturating_add(sockets))
        });
        (sockets > 0).then(|| streams as f64 / sockets as f64)
    }

    /// Returns the peak of memory per fetch in flight, if all fetches and enough of them were in
    /// flight at once. It includes the program and its threads.
    pub(super) fn memory_per_fetch_bytes(&self, peak_rss_bytes: Option<u64>) -> Option<f64> {
        let slots = self.slots();
        let is_crowd = slots == self.setup.fetches && slots >= LEAST_IN_FLIGHT;
        peak_rss_bytes.filter(|_| is_crowd).map(|peak| peak as f64 / slots as f64)
    }
}

/// Returns the processor time of the server, in seconds.
fn cpu_s(witness: &Witness) -> f64 {
    witness.cpu_ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::analysis::analyse;
    use crate::record::fixtures::comparison;

    #[test]
    fn loads_are_means_over_means() {
        let mut comparison = comparison();
        // One pass of three is ten times as long, and busy for a tenth of it.
        for pass in comparison.passes.iter_mut().filter(|pass| pass.backend == "surf@smol") {
            let is_long = pass.round == Some(0);
            pass.elapsed_s = Some(if is_long { 0.3 } else { 0.03 });
            pass.witness = Some(Witness { cpu_ns: 30_000_000, ..Witness::default() });
        }
        let workload = analyse(&comparison).remove(0);
        let surf = workload.backends.iter().find(|backend| backend.name == "surf@smol").unwrap();
        let (busy, cpu_s) = (surf.server.busy.unwrap(), surf.server.cpu_s.unwrap());
        assert!((busy - 0.09 / 0.36).abs() < 1e-12, "{busy}");
        assert!((cpu_s - 0.01).abs() < 1e-12, "{cpu_s}");
        assert!((surf.mean_s.unwrap() - 0.12).abs() < 1e-12);
        assert!(!surf.is_server_bound(), "it is busy in the median pass only");
    }
}
