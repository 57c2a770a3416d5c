//! The conformance grid: how each backend handled each fault, and whether that is right.
//!
//! A backend is judged twice: on the client's own result, and on the result after fetchbench's
//! checks, which compare length, status and checksum with the programmed reply.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::backend::NameParts;
use crate::scenario::fault::Fault;

pub mod judge;
pub mod junit;
pub mod measure;
pub mod view;
mod known;

pub use self::known::{KnownDefect, known, known_defects};

/// The version of the format of recorded grids.
pub const GRID_VERSION: u32 = 1;

/// How far a fetch may outlast its deadline before it counts as hung.
pub const GRACE: Duration = Duration::from_millis(250);

/// How a backend handled a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellVerdict {
    /// Not judged: it has no TLS, or cannot even fetch the healthy site.
    LeftOut,
    /// As the standards require.
    Right,
    /// The client accepted a wrong answer or panicked, and fetchbench caught it.
    Caught,
    /// It failed needlessly, or with the wrong error class.
    WrongClass,
    /// It returned a wrong answer.
    WrongAnswer,
    /// The next fetch of the healthy site in the same session went wrong.
    Spoiled,
    /// It did not end within [`GRACE`] after its deadline.
    Hung,
    /// The client panicked, or its process died.
    Crashed,
}

impl CellVerdict {
    /// Every verdict, from good to bad.
    pub const ALL: [Self; 8] = [
        Self::LeftOut,
        Self::Right,
        Self::Caught,
        Self::WrongClass,
        Self::WrongAnswer,
        Self::Spoiled,
        Self::Hung,
        Self::Crashed,
    ];

    /// Returns the verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftOut => "left out",
            Self::Right => "right",
            Self::Caught => "caught by the checks",
            Self::WrongClass => "wrong error class",
            Self::WrongAnswer => "accepted a wrong response",
            Self::Spoiled => "broke the next fetch",
            Self::Hung => "hung past the deadline",
            Self::Crashed => "crashed",
        }
    }

    /// Whether the verdict is worse than `old`. [`Self::Right`] is not worse than
    /// [`Self::LeftOut`].
    fn is_worse_than(self, old: Self) -> bool {
        self > old.max(Self::Right)
    }
}

/// How one backend handled one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The name of the backend.
    #[serde(rename = "row")]
    pub backend: String,
    /// The name of the fault.
    pub fault: String,
    /// The verdict on the client alone.
    pub client: CellVerdict,
    /// The verdict after fetchbench's checks.
    pub checked: CellVerdict,
    /// What the backend reported: an error class, or the status and length of its answer.
    #[serde(rename = "told")]
    pub reported: String,
    /// The number of requests beyond those that both passes need: repeats by the client itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A backend in the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridBackend {
    /// The name of the backend.
    pub name: String,
    /// The client and its version, as the worker reports them.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
}

/// The whole grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The version of the format, [`GRID_VERSION`].
    pub grid_version: u32,
    /// The deadline of each fetch, in milliseconds.
    pub deadline_ms: u64,
    /// The network that the backends fetched over, if any. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The backends, in order.
    #[serde(rename = "rows")]
    pub backends: Vec<GridBackend>,
    /// One cell per backend and fault: backend by backend, faults in the order of their table.
    pub cells: Vec<Cell>,
}

impl Cell {
    /// Returns the known defect that explains the cell.
    pub fn known(&self) -> Option<&'static KnownDefect> {
        known(NameParts::split(&self.backend)?.client, &self.fault)
    }

    /// Describes how the cell is worse than `old`; `None` if it is not.
    fn worsening(&self, old: &Self) -> Option<String> {
        let is_worse =
            self.client.is_worse_than(old.client) || self.checked.is_worse_than(old.checked);
        let Self { backend, fault, reported, .. } = self;
        let (was, is) = (old.client.words(), self.client.words());
        is_worse.then(|| {
            format!("{backend}, {fault}: was {was} ({}), is {is} ({reported})", old.reported)
        })
    }
}

impl Grid {
    /// Returns the cell of a backend and a fault.
    pub fn cell(&self, backend: &str, fault: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.backend == backend && cell.fault == fault)
    }

    /// Adds the backends and cells of a grid of another version of HTTP.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        self.backends.extend(other.backends);
        self.cells.extend(other.cells);
        self
    }

    /// Whether its faults are those of HTTP/2.
    pub fn is_http2(&self) -> bool {
        let fault = self.cells.first().and_then(|cell| Fault::named(&cell.fault).ok());
        fault.is_some_and(Fault::is_http2)
    }

    /// Returns the grid reduced to the wanted backends.
    pub fn of(&self, is_wanted: impl Fn(&GridBackend) -> bool) -> Self {
        let wanted = self.backends.iter().filter(|backend| is_wanted(backend));
        let backends: Vec<GridBackend> = wanted.cloned().collect();
        let is_of_one = |cell: &&Cell| backends.iter().any(|one| one.name == cell.backend);
        let cells = self.cells.iter().filter(is_of_one).cloned().collect();
        Self { cells, backends, network: self.network.clone(), ..*self }
    }

    /// Returns the names of the backends, grouped by identical verdicts on every fault.
    pub fn alike(&self) -> Vec<Vec<&str>> {
        let mut together: Vec<Vec<&str>> = Vec::new();
        for backend in &self.backends {
            let verdicts = self.verdicts(&backend.name);
            match together.iter_mut().find(|names| self.verdicts(names[0]) == verdicts) {
                Some(names) => names.push(&backend.name),
                None => together.push(vec![&backend.name]),
            }
        }
        together
    }

    /// Returns the verdicts on a backend, alone and after fetchbench's checks.
    fn verdicts(&self, backend: &str) -> Vec<(CellVerdict, CellVerdict)> {
        let cells = self.cells.iter().filter(|cell| cell.backend == backend);
        cells.map(|cell| (cell.client, cell.checked)).collect()
    }

    /// Describes the cells that are worse here than in `before`. Cells that `before` lacks are
    /// ignored.
    pub fn worse_than(&self, before: &Self) -> Vec<String> {
        let known = self.cells.iter().filter_map(|cell| {
            let old = before.cell(&cell.backend, &cell.fault)?;
            Some((cell, old))
        });
        known.filter_map(|(cell, old)| cell.worsening(old)).collect()
    }

    /// Returns the worst verdict after fetchbench's checks.
    pub fn worst(&self) -> CellVerdict {
        self.cells.iter().map(|cell| cell.checked).max().unwrap_or(CellVerdict::Right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_cells_are_named() {
        let grid = |client, checked| Grid {
            grid_version: GRID_VERSION,
            deadline_ms: 1000,
            network: None,
            backends: vec![GridBackend {
                name: "a@b".to_owned(),
                client: "a 1".to_owned(),
                executor: "b 1".to_owned(),
            }],
            cells: vec![Cell {
                backend: "a@b".to_owned(),
                fault: "stale".to_owned(),
                client,
                checked,
                reported: "reset".to_owned(),
                repeats: 0,
            }],
        };
        let before = grid(CellVerdict::WrongAnswer, CellVerdict::Caught);
        assert_eq!(
            grid(CellVerdict::Right, CellVerdict::Right).worse_than(&before),
            Vec::<String>::new()
        );
        assert_eq!(
            grid(CellVerdict::WrongAnswer, CellVerdict::WrongAnswer).worse_than(&before).len(),
            1
        );
        assert_eq!(grid(CellVerdict::Hung, CellVerdict::Hung).worse_than(&before).len(), 1);
        let left_out = grid(CellVerdict::LeftOut, CellVerdict::LeftOut);
        assert_eq!(
            grid(CellVerdict::Right, CellVerdict::Right).worse_than(&left_out),
            Vec::<String>::new()
        );
        assert_eq!(
            grid(CellVerdict::WrongClass, CellVerdict::WrongClass).worse_than(&left_out).len(),
            1
        );
        let empty = Grid { cells: Vec::new(), ..before.clone() };
        assert_eq!(before.worse_than(&empty), Vec::<String>::new());
    }
}
