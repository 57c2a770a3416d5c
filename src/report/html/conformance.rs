//! The conformance grid for the page's template. Backends with equal verdicts share a column.

use serde::Serialize;

use crate::scenario::fault::Fault;
use crate::tools::verify::view::{
    FaultFinding, LEGEND, findings, groups, shortcomings, sign, summary,
};
use crate::tools::verify::{Cell, CellVerdict, Grid};

#[derive(Debug, Serialize)]
pub(super) struct GridView {
    summary: String,
    columns: Vec<ColumnView>,
    groups: Vec<GroupView>,
    legend: Vec<(char, &'static str)>,
    findings: Vec<FindingView>,
}

/// The column of backends with equal verdicts.
#[derive(Debug, Serialize)]
struct ColumnView {
    backends: Vec<String>,
    /// Names of faults, see [`shortcomings`].
    shortcomings: [Vec<String>; 3],
}

/// Faults of one kind.
#[derive(Debug, Serialize)]
struct GroupView {
    title: &'static str,
    faults: Vec<FaultView>,
}

/// A fault with a sign for each column.
#[derive(Debug, Serialize)]
struct FaultView {
    name: &'static str,
    what: &'static str,
    signs: Vec<SignView>,
}

/// The result of a client on a fault.
#[derive(Debug, Serialize)]
struct SignView {
    sign: char,
    reported: String,
    is_right: bool,
}

/// A wrong result.
#[derive(Debug, Serialize)]
struct FindingView {
    fault: &'static str,
    verdict: &'static str,
    backends: Vec<String>,
    reported: String,
    right: String,
    why: &'static str,
    known: Option<(&'static str, Option<&'static str>)>,
}

pub(super) fn view(grid: &Grid) -> GridView {
    let columns = grid.alike();
    GridView {
        summary: summary(grid),
        groups: groups(grid)
            .map(|(group, faults)| GroupView {
                title: group.title,
                faults: faults.iter().map(|fault| fault_view(grid, &columns, fault)).collect(),
            })
            .collect(),
        columns: columns.iter().map(|backends| column_view(grid, backends)).collect(),
        legend: LEGEND
            .into_iter()
            .filter(|(letter, _)| grid.cells.iter().any(|cell| sign(cell) == *letter))
            .collect(),
        findings: findings(grid).into_iter().map(finding_view).collect(),
    }
}

fn column_view(grid: &Grid, backends: &[&str]) -> ColumnView {
    ColumnView {
        backends: owned(backends),
        shortcomings: shortcomings(grid, backends[0]).map(|faults| owned(&faults)),
    }
}

fn fault_view(grid: &Grid, columns: &[Vec<&str>], fault: &'static Fault) -> FaultView {
    let cells = columns.iter().filter_map(|backends| grid.cell(backends[0], fault.name));
    FaultView { name: fault.name, what: fault.what, signs: cells.map(sign_view).collect() }
}

fn finding_view(finding: FaultFinding<'_>) -> FindingView {
    FindingView {
        fault: finding.fault.name,
        verdict: finding.cell.client.words(),
        backends: owned(&finding.backends),
        reported: finding.cell.reported.clone(),
        right: finding.fault.right.to_string(),
        why: finding.fault.why,
        known: finding.cell.known().map(|known| (known.cause, known.link)),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn sign_view(cell: &Cell) -> SignView {
    SignView {
        sign: sign(cell),
        reported: cell.reported.clone(),
        is_right: cell.client <= CellVerdict::Right,
    }
}
