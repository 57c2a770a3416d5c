//! Measures the conformance grid. Every backend meets every fault, each time in a new process, so
//! that a crash or a hang costs one cell.
//!
//! A cell is two passes of one session over a healthy site and a faulty one, with a pause in which
//! a connection may end: healthy, faulty, pause, healthy, faulty. Cells share nothing but the
//! machine, so several are measured at once, each with exclusive use of a server. Cells that seem
//! to hang are measured again one at a time.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::judge::{CellResult, Judgement, judge};
use super::{Cell, CellVerdict, GRACE, GRID_VERSION, Grid, GridBackend};
use crate::compare::Participant;
use crate::fetch::{Capability, Limits, Pass, Progress, lock};
use crate::link::Link;
use crate::scenario::network::Network;
use crate::scenario::{Case, Scenario, faults, http2_faults};
use crate::server::ServerProcess;
use crate::worker::child::Child;
use crate::worker::{OpenOrder, PassOrder, Patience, Unanswered, ask_to_pass};

/// Cells measured at once: most of them wait most of the time.
const LANES: usize = 8;

/// The pause between the two passes: long enough for a FIN to arrive.
const PAUSE: Duration = Duration::from_millis(30);

/// The time a worker may take beyond the deadlines of a pass, because many processes share few
/// cores.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a doubtful cell is measured again, at most.
const TRIES: u32 = 3;

/// The input of a verification.
#[derive(Debug)]
pub struct Verification {
    /// The fetchbench program, which also runs the server.
    pub program: PathBuf,
    /// The backends to verify.
    pub participants: Vec<Participant>,
    /// Whether the faults are those of HTTP/2, which the backends speak.
    pub http2: bool,
    /// The names of the faults to serve.
    pub faults: Vec<&'static str>,
    /// The deadline of each fetch.
    pub deadline: Duration,
    /// The address that the server listens at.
    pub ip: IpAddr,
    /// The network between server and clients, if any.
    pub network: Option<Network>,
    /// The number of cells measured so far.
    pub progress: Progress,
}

impl Verification {
    /// Returns the number of cells to measure.
    pub fn cells(&self) -> usize {
        self.participants.len() * self.faults.len()
    }

    /// Measures the grid.
    ///
    /// # Errors
    ///
    /// Returns an error if a server cannot be started, or if a backend's worker opens no session.
    pub fn run(&self) -> anyhow::Result<Grid> {
        let (scenario, mut cases) = if self.http2 { http2_faults() } else { faults() };
        cases.retain(|case| self.faults.contains(&case.fault.name));
        let link = self.network.map(|network| Link::start(&self.program, &network)).transpose()?;
        let limits = Limits { deadline: self.deadline, ..scenario.limits.clone() };
        let mut participants = self.participants.clone();
        let backends = participants
            .iter_mut()
            .map(|participant| describe(participant, &limits))
            .collect::<anyhow::Result<_>>()?;
        let link = link.map(Arc::new);
        let verifier = Verifier { verification: self, participants, scenario, cases, limits, link };
        let mut cells = verifier.all_cells()?;
        verifier.retry_doubtful(&mut cells)?;
        Ok(Grid {
            grid_version: GRID_VERSION,
            deadline_ms: self.deadline.as_millis() as u64,
            network: self.network.map(|network| network.to_string()),
            backends,
            cells: cells.into_iter().map(|cell| cell.cell).collect(),
        })
    }
}

/// Asks a backend's worker what it can do, and for the versions of its client and executor.
fn describe(participant: &mut Participant, limits: &Limits) -> anyhow::Result<GridBackend> {
    let opened = participant.open(OpenOrder::new(Vec::new(), true, limits));
    let (_, ready) =
        opened.map_err(|error| anyhow!("{} cannot be verified: {error}", participant.name))?;
    participant.capabilities = Some(ready.capabilities());
    Ok(GridBackend {
        name: participant.name.clone(),
        client: ready.client,
        executor: ready.executor,
    })
}

/// Measures cells.
struct Verifier<'a> {
    verification: &'a Verification,
    participants: Vec<Participant>,
    scenario: Scenario,
    cases: Vec<Case>,
    limits: Limits,
    link: Option<Arc<Link>>,
}

impl Verifier<'_> {
    fn server(&self) -> anyhow::Result<ServerProcess> {
        let Verification { program, ip, .. } = self.verification;
        if let Some(link) = &self.link {
            return ServerProcess::start_across(Arc::clone(link), program, &self.scenario.name);
        }
        ServerProcess::start_on(*ip, program, &self.scenario.name, 1.0)
    }

    fn all_cells(&self) -> anyhow::Result<Vec<MeasuredCell>> {
        let count = self.verification.cells();
        let next = AtomicUsize::new(0);
        let made = Mutex::new(vec![None; count]);
        thread::scope(|scope| {
            let lanes: Vec<_> = (0..LANES.min(count))
                .map(|_| scope.spawn(|| self.run_lane(&next, &made)))
                .collect();
            lanes
                .into_iter()
                .try_for_each(|lane| lane.join().map_err(|_| anyhow!("a lane died"))?)
        })?;
        let cells = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        cells.into_iter().map(|cell| cell.context("a cell was not made")).collect()
    }

    /// Measures cells until none is left.
    fn run_lane(
        &self,
        next: &AtomicUsize,
        made: &Mutex<Vec<Option<MeasuredCell>>>,
    ) -> anyhow::Result<()> {
        let server = self.server()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= self.verification.cells() {
                return Ok(());
            }
            let cell = self.cell(&server, index)?;
            lock(made)[index] = Some(cell);
            self.verification.progress.add(1);
        }
    }

    /// Measures late cells and wrong error classes again, one at a time. A repeated result is
    /// final. Late cells are retried several times, because a busy machine is not slow every time.
    fn retry_doubtful(&self, cells: &mut [MeasuredCell]) -> anyhow::Result<()> {
        let mut server = None;
        let cells = cells.iter_mut().enumerate();
        for (index, last) in cells.filter(|(_, cell)| cell.is_doubtful()) {
            for _ in 0..TRIES {
                let server = match &server {
                    Some(server) => server,
                    None => server.insert(self.server()?),
                };
                let before = std::mem::replace(last, self.cell(server, index)?);
                if last.cell.client == CellVerdict::Right || *last == before && !last.is_late {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Measures a cell. `index` counts backend by backend, and fault by fault in each.
    fn cell(&self, server: &ServerProcess, index: usize) -> anyhow::Result<MeasuredCell> {
        let participant = &self.participants[index / self.cases.len()];
        let case = &self.cases[index % self.cases.len()];
        let site = &self.scenario.sites[case.faulty];
        let encrypted = self.scenario.origins[site.origin].scheme() == "https";
        if encrypted && !participant.can(Capability::Https) {
            let judgement = Judgement::unanimous(CellVerdict::LeftOut, "it cannot fetch https");
            return Ok(MeasuredCell::new(participant, case, judgement, 0));
        }
        server.take_witness()?;
        let result = self.passes(server, participant, case);
        let requests = server.take_witness()?.requests;
        let repeats = requests.saturating_sub(2 * case.requests(self.limits.redirects));
        let judgement = judge(&self.scenario, case, self.limits.deadline, &result);
        Ok(MeasuredCell::new(participant, case, judgement, repeats))
    }

    /// Makes both passes of a cell.
    fn passes(&self, server: &ServerProcess, participant: &Participant, case: &Case) -> CellResult {
        let urls =
            [case.healthy, case.faulty].map(|site| self.scenario.site_url(server.origins(), site));
        let cacert = server.cacert().map(str::to_owned);
        let open = OpenOrder { cacert, ..OpenOrder::new(urls.to_vec(), true, &self.limits) };
        let command = server.client_command(&participant.command);
        match self.both_passes(&Participant { command, ..participant.clone() }, &open) {
            Ok(passes) => CellResult::Passes(passes),
            Err(Unanswered::Hung(_)) => CellResult::Hung,
            Err(other) => CellResult::Died(other.to_string()),
        }
    }

    fn both_passes(
        &self,
        participant: &Participant,
        open: &OpenOrder,
    ) -> Result<[Pass; 2], Unanswered> {
        let (mut worker, _) = participant.open(open.clone())?;
        let first = self.pass(&mut worker, 0)?;
        let travel = self.verification.network.map_or(Duration::ZERO, |network| network.rtt);
        thread::sleep(PAUSE + travel);
        Ok([first, self.pass(&mut worker, 1)?])
    }

    fn pass(&self, worker: &mut Child, visit: u64) -> Result<Pass, Unanswered> {
        let patience = 2 * (self.limits.deadline + GRACE) + PATIENCE;
        Ok(ask_to_pass(worker, PassOrder::new(visit), Patience::of(patience))?.pass())
    }
}

/// A measured cell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MeasuredCell {
    cell: Cell,
    /// Whether the backend took too long.
    is_late: bool,
}

impl MeasuredCell {
    fn new(participant: &Participant, case: &Case, judgement: Judgement, repeats: u64) -> Self {
        let (backend, fault) = (participant.name.clone(), case.fault.name.to_owned());
        let Judgement { client, checked, reported, is_late } = judgement;
        Self { cell: Cell { backend, fault, client, checked, reported, repeats }, is_late }
    }

    fn is_doubtful(&self) -> bool {
        let client = self.cell.client;
        client == CellVerdict::WrongClass || client != CellVerdict::Right && self.is_late
    }
}
