//! The conformance grid as the page's template takes it: a column for rows of which every cell was
//! judged alike.

use serde::Serialize;

use crate::scenario::fault::Fault;
use crate::tools::verify::view::{Finding, LEGEND, findings, groups, shortcomings, sign, summary};
use crate::tools::verify::{Cell, Grid, Verdict};

/// The grid.
#[derive(Debug, Serialize)]
pub(super) struct GridView {
    summary: String,
    columns: Vec<ColumnView>,
    groups: Vec<GroupView>,
    legend: Vec<(char, &'static str)>,
    findings: Vec<FindingView>,
}

/// Rows of which every cell was judged alike.
#[derive(Debug, Serialize)]
struct ColumnView {
    rows: Vec<String>,
    /// Names of faults, see [`shortcomings`].
    shortcomings: [Vec<String>; 3],
}

/// Faults of one kind.
#[derive(Debug, Serialize)]
struct GroupView {
    title: &'static str,
    faults: Vec<FaultView>,
}

/// A fault, and a sign for each column.
#[derive(Debug, Serialize)]
struct FaultView {
    name: &'static str,
    what: &'static str,
    signs: Vec<SignView>,
}

/// What a client made of a fault.
#[derive(Debug, Serialize)]
struct SignView {
    sign: char,
    told: String,
    is_right: bool,
}

/// What is not right.
#[derive(Debug, Serialize)]
struct FindingView {
    fault: &'static str,
    verdict: &'static str,
    rows: Vec<String>,
    told: String,
    right: String,
    why: &'static str,
    known: Option<(&'static str, Option<&'static str>)>,
}

pub(super) fn view(grid: &Grid) -> GridView {
    let columns = grid.alike();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let column = |rows: &Vec<&str>| ColumnView {
        rows: owned(rows),
        shortcomings: shortcomings(grid, rows[0]).map(|faults| owned(&faults)),
    };
    let fault = |fault: &&'static Fault| FaultView {
        name: fault.name,
        what: fault.what,
        signs: columns
            .iter()
            .filter_map(|rows| Some(sign_view(grid.cell(rows[0], fault.name)?)))
            .collect(),
    };
    let finding = |finding: Finding<'_>| FindingView {
        fault: finding.fault.name,
        verdict: finding.cell.client.words(),
        rows: owned(&finding.rows),
        told: finding.cell.told.clone(),
        right: finding.fault.right.to_string(),
        why: finding.fault.why,
        known: finding.cell.known().map(|known| (known.cause, known.link)),
    };
    let is_used = |(letter, _): &(char, &str)| grid.cells.iter().any(|cell| sign(cell) == *letter);
    GridView {
        summary: summary(grid),
        columns: columns.iter().map(column).collect(),
        groups: groups(grid)
            .map(|(group, faults)| GroupView {
                title: group.title,
                faults: faults.iter().map(fault).collect(),
            })
            .collect(),
        legend: LEGEND.into_iter().filter(is_used).collect(),
        findings: findings(grid).into_iter().map(finding).collect(),
    }
}

fn sign_view(cell: &Cell) -> SignView {
    SignView { sign: sign(cell), told: cell.told.clone(), is_right: cell.client <= Verdict::Right }
}
