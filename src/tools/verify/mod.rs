//! The conformance grid: what each row made of each fault, and whether that is right.
//!
//! A row is judged twice. As a client: what it would have told its user if nobody else had looked.
//! And as it is used here: with the checks of this harness behind it, which compare length, status
//! and checksum with what was programmed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub mod judge;
pub mod measure;
pub mod view;
mod known;

pub use self::known::{KNOWN, Known, known};

/// The version of the form in which grids are written.
pub const GRID_VERSION: u32 = 1;

/// How far a fetch may outlast its deadline before it counts as hung.
pub const GRACE: Duration = Duration::from_millis(250);

/// What a row made of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It takes no part: it has no TLS, or cannot fetch the healthy site either.
    LeftOut,
    /// What the rules ask for.
    Right,
    /// The client accepted a wrong answer or panicked, and this harness caught it.
    Caught,
    /// It failed where it need not have, or under another class than it should.
    WrongClass,
    /// It handed on what is no right answer.
    WrongAnswer,
    /// The healthy fetch after it, over the same session, went wrong.
    Spoiled,
    /// It was not over when its deadline was, by far.
    Hung,
    /// The client panicked, or its process died.
    Crashed,
}

impl Verdict {
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

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftOut => "takes no part",
            Self::Right => "right",
            Self::Caught => "caught by the checks here",
            Self::WrongClass => "wrong class",
            Self::WrongAnswer => "wrong answer accepted",
            Self::Spoiled => "next fetch spoiled",
            Self::Hung => "hung past its deadline",
            Self::Crashed => "crashed",
        }
    }
}

/// What one row made of one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The row.
    pub row: String,
    /// The fault.
    pub fault: String,
    /// The client by itself.
    pub client: Verdict,
    /// The same behind the checks of this harness.
    pub checked: Verdict,
    /// What the row said: a class of failure, or the status and length of what it handed on.
    pub told: String,
    /// How many requests the server saw beyond those that both passes take: the client has asked
    /// again by itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A row of the grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRow {
    /// The name.
    pub name: String,
    /// The client and its version, as its worker says.
    pub client: String,
    /// The executor and its version.
    pub executor: String,
}

/// The whole grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The version of its form.
    pub grid_version: u32,
    /// The deadline of each fetch, in milliseconds.
    pub deadline_ms: u64,
    /// The rows, in order.
    pub rows: Vec<GridRow>,
    /// One for each row and fault: row by row, the faults in the order of their table.
    pub cells: Vec<Cell>,
}

impl Cell {
    /// What is known to be behind it.
    pub fn known(&self) -> Option<&'static Known> {
        known(self.row.split('@').next().unwrap_or_default(), &self.fault)
    }
}

impl Grid {
    /// The cell of a row and a fault.
    pub fn cell(&self, row: &str, fault: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.row == row && cell.fault == fault)
    }

    /// The grid of some of its rows.
    pub fn of(&self, is_wanted: impl Fn(&GridRow) -> bool) -> Self {
        let rows: Vec<GridRow> = self.rows.iter().filter(|row| is_wanted(row)).cloned().collect();
        let is_kept = |cell: &&Cell| rows.iter().any(|row| row.name == cell.row);
        let cells = self.cells.iter().filter(is_kept).cloned().collect();
        Self { rows, cells, ..*self }
    }

    /// Its rows by their names, those of which every cell was judged alike together.
    pub fn alike(&self) -> Vec<Vec<&str>> {
        let judged = |row: &str| -> Vec<_> {
            self.cells
                .iter()
                .filter(|cell| cell.row == row)
                .map(|cell| (cell.client, cell.checked))
                .collect()
        };
        let mut together: Vec<Vec<&str>> = Vec::new();
        for row in &self.rows {
            match together.iter_mut().find(|names| judged(names[0]) == judged(&row.name)) {
                Some(names) => names.push(&row.name),
                None => together.push(vec![&row.name]),
            }
        }
        together
    }

    /// Returns the cells that are worse here than in `before`, in words. A cell that `before` lacks
    /// has nothing to be worse than.
    pub fn worse_than(&self, before: &Self) -> Vec<String> {
        let worse = |cell: &Cell| {
            let (row, fault) = (&cell.row, &cell.fault);
            let old = before.cell(row, fault)?;
            // Who took no part before may be right by now.
            let grown = |new: Verdict, old: Verdict| new > old.max(Verdict::Right);
            let is_worse = grown(cell.client, old.client) || grown(cell.checked, old.checked);
            let (was, is) = (old.client.words(), cell.client.words());
            is_worse.then(|| {
                format!("{row}, {fault}: was {was} ({}), is {is} ({})", old.told, cell.told)
            })
        };
        self.cells.iter().filter_map(worse).collect()
    }

    /// The worst that any row makes of any fault, behind the checks here.
    pub fn worst(&self) -> Verdict {
        self.cells.iter().map(|cell| cell.checked).max().unwrap_or(Verdict::Right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_grows_worse_is_named() {
        let grid = |client, checked| Grid {
            grid_version: GRID_VERSION,
            deadline_ms: 1000,
            rows: vec![GridRow {
                name: "a@b".to_owned(),
                client: "a 1".to_owned(),
                executor: "b 1".to_owned(),
            }],
            cells: vec![Cell {
                row: "a@b".to_owned(),
                fault: "stale".to_owned(),
                client,
                checked,
                told: "reset".to_owned(),
                repeats: 0,
            }],
        };
        let before = grid(Verdict::WrongAnswer, Verdict::Caught);
        assert_eq!(grid(Verdict::Right, Verdict::Right).worse_than(&before), Vec::<String>::new());
        assert_eq!(grid(Verdict::WrongAnswer, Verdict::WrongAnswer).worse_than(&before).len(), 1);
        assert_eq!(grid(Verdict::Hung, Verdict::Hung).worse_than(&before).len(), 1);
        let left_out = grid(Verdict::LeftOut, Verdict::LeftOut);
        assert_eq!(
            grid(Verdict::Right, Verdict::Right).worse_than(&left_out),
            Vec::<String>::new()
        );
        assert_eq!(grid(Verdict::WrongClass, Verdict::WrongClass).worse_than(&left_out).len(), 1);
        let empty = Grid { cells: Vec::new(), ..before.clone() };
        assert_eq!(before.worse_than(&empty), Vec::<String>::new());
    }
}
