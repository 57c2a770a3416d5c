//! The conformance grid, measured: every row meets every fault, each time in a process of its own,
//! so that a crash or a hang costs one cell.
//!
//! A cell is two passes of one session over two sites, a healthy one and the faulty one: healthy,
//! faulty, a pause in which a connection may end, healthy, faulty. Cells share nothing but the
//! machine, so several are made at once, each beside a server that nobody else uses meanwhile. What
//! seems to hang among many is tried again alone.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};

use super::judge::{Seen, judge};
use super::{Cell, GRACE, GRID_VERSION, Grid, GridRow, Verdict};
use crate::compare::Participant;
use crate::fetch::{Limits, Pass};
use crate::scenario::{Case, Scenario, faults};
use crate::server::ServerProcess;
use crate::worker::child::Child;
use crate::worker::{
    MAX_LINE_BYTES, Open, PassOrder, Patience, Ready, Unanswered, ask_to_open, ask_to_pass,
};

/// How many cells are made at once: most of the time of most is waiting.
const LANES: usize = 8;

/// How long a worker may take to open its session.
const OPENING: Duration = Duration::from_secs(15);

/// Between the two passes: long enough for a FIN to arrive.
const PAUSE: Duration = Duration::from_millis(30);

/// What a worker may take beyond the deadlines of a pass: many processes share few cores.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a cell that was late is tried again, at most.
const TRIES: u32 = 3;

/// What is to be verified.
#[derive(Debug)]
pub struct Verification {
    /// The fetchbench program, which is the server as well.
    pub program: PathBuf,
    /// Who is verified.
    pub participants: Vec<Participant>,
    /// The names of the faults that they meet.
    pub faults: Vec<&'static str>,
    /// The longest that a fetch may take.
    pub deadline: Duration,
    /// The address that the server listens at.
    pub ip: IpAddr,
    /// How many cells have been made.
    pub progress: Arc<AtomicUsize>,
}

impl Verification {
    /// How many cells there are to make.
    pub fn cells(&self) -> usize {
        self.participants.len() * self.faults.len()
    }

    /// Makes the grid.
    ///
    /// # Errors
    ///
    /// A server cannot be started, or a row's worker opens no session at all.
    pub fn run(&self) -> anyhow::Result<Grid> {
        let (scenario, mut cases) = faults();
        cases.retain(|case| self.faults.contains(&case.fault.name));
        let limits = Limits { deadline: self.deadline, ..scenario.limits.clone() };
        let stand = Stand { verification: self, scenario, cases, limits };
        let rows = self
            .participants
            .iter()
            .map(|participant| stand.introduce(participant))
            .collect::<anyhow::Result<_>>()?;
        let mut cells = stand.all_cells()?;
        stand.try_again_alone(&mut cells)?;
        Ok(Grid {
            grid_version: GRID_VERSION,
            deadline_ms: self.deadline.as_millis() as u64,
            rows,
            cells,
        })
    }
}

/// Where cells are made.
struct Stand<'a> {
    verification: &'a Verification,
    scenario: Scenario,
    cases: Vec<Case>,
    limits: Limits,
}

impl Stand<'_> {
    fn server(&self) -> anyhow::Result<ServerProcess> {
        let Verification { program, ip, .. } = self.verification;
        ServerProcess::start_on(*ip, program, &self.scenario.name, 1.0)
    }

    /// Asks a row what it is.
    fn introduce(&self, participant: &Participant) -> anyhow::Result<GridRow> {
        let opened = start(participant, &Open::new(Vec::new(), true, &self.limits));
        let (_, ready) =
            opened.map_err(|error| anyhow!("{} cannot be verified: {error}", participant.name))?;
        Ok(GridRow {
            name: participant.name.clone(),
            client: ready.client,
            executor: ready.executor,
        })
    }

    fn all_cells(&self) -> anyhow::Result<Vec<Cell>> {
        let count = self.verification.cells();
        let next = AtomicUsize::new(0);
        let made = Mutex::new(vec![None; count]);
        let lane = || -> anyhow::Result<()> {
            let server = self.server()?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok(());
                }
                let cell = self.cell(&server, index)?;
                made.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(cell);
                self.verification.progress.fetch_add(1, Ordering::Relaxed);
            }
        };
        thread::scope(|scope| {
            let lanes: Vec<_> = (0..LANES.min(count)).map(|_| scope.spawn(lane)).collect();
            lanes
                .into_iter()
                .try_for_each(|lane| lane.join().map_err(|_| anyhow!("a lane died"))?)
        })?;
        let cells = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        cells.into_iter().map(|cell| cell.context("a cell was not made")).collect()
    }

    /// What was late among many, or failed under another class than it should, is tried again
    /// alone: what tells the same then is so. What tells of time is tried again and again, since a
    /// busy machine makes nobody late every time.
    fn try_again_alone(&self, cells: &mut [Cell]) -> anyhow::Result<()> {
        let is_late = |cell: &Cell| cell.client == Verdict::Hung || cell.told.contains("timeout");
        let is_right = |cell: &Cell| cell.client == Verdict::Right;
        let doubtful =
            |cell: &Cell| !is_right(cell) && (is_late(cell) || cell.client == Verdict::WrongClass);
        let mut server = None;
        for (index, cell) in cells.iter_mut().enumerate().filter(|(_, cell)| doubtful(cell)) {
            for _ in 0..TRIES {
                let server = match &server {
                    Some(server) => server,
                    None => server.insert(self.server()?),
                };
                let before = std::mem::replace(cell, self.cell(server, index)?);
                if is_right(cell) || *cell == before && !is_late(cell) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The cell of that number: row by row, in each the faults.
    fn cell(&self, server: &ServerProcess, index: usize) -> anyhow::Result<Cell> {
        let participant = &self.verification.participants[index / self.cases.len()];
        let case = &self.cases[index % self.cases.len()];
        let site = &self.scenario.sites[case.faulty];
        let encrypted = self.scenario.origins[site.origin].scheme() == "https";
        let (row, fault) = (participant.name.clone(), case.fault.name.to_owned());
        if encrypted && !participant.https {
            let (client, checked, told) =
                (Verdict::LeftOut, Verdict::LeftOut, "it cannot fetch https".to_owned());
            return Ok(Cell { row, fault, client, checked, told, repeats: 0 });
        }
        server.take_witness()?;
        let seen = self.passes(server, participant, case);
        let requests = server.take_witness()?.requests;
        let repeats = requests.saturating_sub(2 * case.requests(self.limits.redirects));
        let (client, checked, told) = judge(&self.scenario, case, self.limits.deadline, &seen);
        Ok(Cell { row, fault, client, checked, told, repeats })
    }

    /// Both passes of a cell.
    fn passes(&self, server: &ServerProcess, participant: &Participant, case: &Case) -> Seen {
        let url =
            |site: usize| format!("{}/{site}", server.origins()[self.scenario.sites[site].origin]);
        let urls = [case.healthy, case.faulty].map(url).to_vec();
        let cacert = server.cacert().map(str::to_owned);
        let open = Open { cacert, ..Open::new(urls, true, &self.limits) };
        let both = || -> Result<[Pass; 2], Unanswered> {
            let (mut worker, _) = start(participant, &open)?;
            let first = self.pass(&mut worker, 0)?;
            thread::sleep(PAUSE);
            Ok([first, self.pass(&mut worker, 1)?])
        };
        match both() {
            Ok(passes) => Seen::Passes(passes),
            Err(Unanswered::Hung(_)) => Seen::Hung,
            Err(other) => Seen::Died(other.to_string()),
        }
    }

    fn pass(&self, worker: &mut Child, visit: u64) -> Result<Pass, Unanswered> {
        let patience = 2 * (self.limits.deadline + GRACE) + PATIENCE;
        Ok(ask_to_pass(worker, PassOrder::new(visit), Patience::of(patience))?.pass())
    }
}

/// Starts a row's worker and has it open a session.
fn start(participant: &Participant, open: &Open) -> Result<(Child, Ready), Unanswered> {
    let broken = |why: String| Unanswered::Broken(why);
    let (program, arguments) =
        participant.command.split_first().ok_or_else(|| broken("it has no program".to_owned()))?;
    let child = Child::start(Command::new(program).args(arguments), MAX_LINE_BYTES);
    let mut child = child.map_err(|error| broken(format!("it cannot be started: {error}")))?;
    let ready = ask_to_open(&mut child, open.clone(), Patience::of(OPENING))?;
    Ok((child, ready))
}
