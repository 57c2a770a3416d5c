//! The conformance grid as text, Markdown and JSON.

use crate::render::HEADING;
use crate::render::escape::visible;
use crate::render::table::{hanging, wrapped};
use crate::scenario::fault::{self, Fault, FaultGroup};
use crate::tools::verify::{Cell, CellVerdict, Grid};

/// Returns the sign of a cell, which shows both the client's own result and the verdict of
/// fetchbench's checks.
pub(crate) fn sign(cell: &Cell) -> char {
    match (cell.client, cell.checked) {
        (CellVerdict::Right, CellVerdict::Caught) => '+',
        (CellVerdict::WrongAnswer, CellVerdict::Caught) => 'w',
        (CellVerdict::Crashed, CellVerdict::Caught) => 'x',
        (verdict, _) => verdict_sign(verdict),
    }
}

fn verdict_sign(verdict: CellVerdict) -> char {
    match verdict {
        CellVerdict::LeftOut => '-',
        CellVerdict::Right => '.',
        CellVerdict::Caught => 'w',
        CellVerdict::WrongClass => 'c',
        CellVerdict::WrongAnswer => 'W',
        CellVerdict::Spoiled => 'S',
        CellVerdict::Hung => 'H',
        CellVerdict::Crashed => 'X',
    }
}

/// Returns the signs of a fault, backend by backend.
fn signs(grid: &Grid, fault: &Fault) -> impl Iterator<Item = char> {
    grid.backends.iter().map(|backend| grid.cell(&backend.name, fault.name).map_or(' ', sign))
}

/// The meaning of each sign.
pub(crate) const LEGEND: [(char, &str); 10] = [
    ('.', "right"),
    ('+', "correct for a client, but rejected by the checks, which know the page"),
    ('w', "the client accepted a wrong response, and the checks caught it"),
    ('W', "the client accepted a wrong response, and the checks missed it"),
    ('c', "rejected a right response, or reported the wrong error class"),
    ('S', "the next fetch of the session failed"),
    ('H', "hung past the deadline"),
    ('x', "the client panicked; only this fetch failed"),
    ('X', "its process died"),
    ('-', "left out: it cannot fetch https"),
];

/// Returns the faults in the grid, by group. Groups without any are left out.
pub(crate) fn groups(
    grid: &Grid,
) -> impl Iterator<Item = (&'static FaultGroup, Vec<&'static Fault>)> {
    let groups = fault::ALL.iter().map(|group| {
        let faults = group.faults.iter().filter(|fault| has_fault(grid, fault));
        (group, faults.collect::<Vec<_>>())
    });
    groups.filter(|(_, faults)| !faults.is_empty())
}

fn has_fault(grid: &Grid, fault: &Fault) -> bool {
    grid.cells.iter().any(|cell| cell.fault == fault.name)
}

/// A wrong outcome of a fault, with the backends that share it.
pub(crate) struct FaultFinding<'a> {
    pub(crate) fault: &'static Fault,
    pub(crate) cell: &'a Cell,
    pub(crate) backends: Vec<&'a str>,
}

pub(crate) fn findings(grid: &Grid) -> Vec<FaultFinding<'_>> {
    let mut findings: Vec<FaultFinding<'_>> = Vec::new();
    for fault in fault::all() {
        let start = findings.len();
        let cells = grid.cells.iter().filter(|cell| cell.fault == fault.name);
        for cell in cells.filter(|cell| cell.client > CellVerdict::Right) {
            let mut known = findings[start..].iter_mut();
            match known.find(|finding| outcome(finding.cell) == outcome(cell)) {
                Some(finding) => finding.backends.push(&cell.backend),
                None => findings.push(FaultFinding { fault, cell, backends: vec![&cell.backend] }),
            }
        }
    }
    findings
}

/// Returns the verdict on a cell, the report of its client and the known cause.
fn outcome(cell: &Cell) -> (CellVerdict, &str, Option<&'static str>) {
    (cell.client, &cell.reported, cell.known().map(|known| known.cause))
}

/// Returns the faults after which a client repeated its request unasked, the number of repeats, and
/// the backends with that number.
fn repeats(grid: &Grid) -> Vec<(&'static Fault, u64, Vec<&str>)> {
    let mut repeats: Vec<(&'static Fault, u64, Vec<&str>)> = Vec::new();
    for fault in fault::all() {
        for cell in grid.cells.iter().filter(|cell| cell.fault == fault.name && cell.repeats > 0) {
            match repeats
                .iter_mut()
                .find(|(other, count, _)| *other == fault && *count == cell.repeats)
            {
                Some((.., backends)) => backends.push(&cell.backend),
                None => repeats.push((fault, cell.repeats, vec![&cell.backend])),
            }
        }
    }
    repeats
}

/// The explanation of repeats.
const REPEATS: &str = "A client may repeat a GET by itself when the connection ends before the \
                       response (RFC 9110, section 9.2.2). The client does not report it; the \
                       server counts the requests.";

/// Returns the number of cells with each verdict, good ones first.
pub(crate) fn summary(grid: &Grid) -> String {
    let counts = CellVerdict::ALL.into_iter().filter_map(|verdict| {
        let count = grid.cells.iter().filter(|cell| cell.client == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.words()))
    });
    let counts: Vec<String> = counts.collect();
    let network = grid.network.as_ref().map(|network| format!(" over {}", visible(network)));
    format!(
        "{} cells{}, by the verdict on the client alone: {}.",
        grid.cells.len(),
        network.unwrap_or_default(),
        counts.join(", ")
    )
}

/// The width of the names of faults, in characters.
const NAMES: usize = 24;

/// Returns the grid as text for a terminal of `columns` characters.
pub fn text(grid: &Grid, columns: usize) -> String {
    let mut text = String::new();
    for (number, backend) in grid.backends.iter().enumerate() {
        let versions = format!("{} ({}, {})", backend.name, backend.client, backend.executor);
        text += &hanging(columns, &format!("{}  ", column(number)), &visible(&versions));
    }
    for (group, faults) in groups(grid) {
        text += &group_text(grid, group, &faults, columns);
    }
    text.push('\n');
    for (sign, meaning) in
        LEGEND.iter().filter(|(wanted, _)| grid.cells.iter().any(|cell| sign(cell) == *wanted))
    {
        text += &hanging(columns, &format!("{sign}  "), meaning);
    }
    for finding in findings(grid) {
        text += &finding_text(&finding, columns);
    }
    text += &repeats_text(grid, columns);
    text + "\n" + &wrapped(columns, &summary(grid))
}

/// Returns the signs of a group of faults: as many backends side by side as fit, then the next.
fn group_text(grid: &Grid, group: &FaultGroup, faults: &[&Fault], columns: usize) -> String {
    let numbers: Vec<usize> = (0..grid.backends.len()).collect();
    let mut text = String::new();
    for part in numbers.chunks((columns.saturating_sub(NAMES) / 2).max(1)) {
        let headings: String = part.iter().flat_map(|&number| [' ', column(number)]).collect();
        text += &format!("\n{HEADING}{:<NAMES$}{headings}{HEADING:#}\n", group.title);
        for fault in faults {
            let signs: Vec<char> = signs(grid, fault).collect();
            let signs: String = part.iter().flat_map(|&number| [' ', signs[number]]).collect();
            text += &format!("{:<NAMES$}{signs}\n", fault.name);
        }
    }
    text
}

fn finding_text(finding: &FaultFinding<'_>, columns: usize) -> String {
    let FaultFinding { fault, cell, backends } = finding;
    let heading = format!("{HEADING}{}{HEADING:#}: ", fault.name);
    let mut text = "\n".to_owned() + &hanging(columns, &heading, cell.client.words());
    let mut line = |name, value: &str| {
        text += &hanging(columns, &format!("  {name:<8}  "), &visible(value));
    };
    line("backends", &backends.join(", "));
    line("reported", &cell.reported);
    line("expected", &fault.right.to_string());
    line("why", fault.why);
    if let Some(known) = cell.known() {
        let link = known.link.map_or(String::new(), |link| format!(", {link}"));
        line("cause", &format!("{}{link}", known.cause));
    }
    text
}

/// Returns a line for each fault after which clients repeated their request; nothing without any.
fn repeats_text(grid: &Grid, columns: usize) -> String {
    let repeats = repeats(grid);
    if repeats.is_empty() {
        return String::new();
    }
    let lines = repeats.into_iter().map(|(fault, count, backends)| {
        let backends = visible(&backends.join(", "));
        let sentence = format!("{count} more requests than fetches: {backends}");
        hanging(columns, &format!("  {:<NAMES$}", fault.name), &sentence)
    });
    format!("\n{HEADING}repeated requests{HEADING:#}\n{}", lines.collect::<String>())
}

/// Returns the sign above a backend's column: digits, then letters.
fn column(number: usize) -> char {
    char::from_digit(number as u32 + 1, 36).unwrap_or('?')
}

/// Returns the grid as a page of Markdown.
pub fn markdown(grid: &Grid) -> String {
    let (over, option) = if grid.is_http2() { (" over HTTP/2", " --http 2") } else { ("", "") };
    let mut page = format!(
        "# How each backend handles wrong responses{over}\n\n\
         Written by `fetchbench verify{option}`. For each fault, a new process of every backend \
         fetched a healthy site, a\n\
         faulty one and the healthy one again over one session.\n\n",
    );
    let repeats = repeats(grid);
    let mut line = |line: &str| page.push_str(&format!("{line}\n"));
    line(&format!("{} The deadline was {} ms.\n", summary(grid), grid.deadline_ms));
    line("| sign | meaning |\n|---|---|");
    for (sign, meaning) in LEGEND {
        line(&format!("| `{sign}` | {meaning} |"));
    }
    line("\n| backend | client | executor |\n|---|---|---|");
    for backend in &grid.backends {
        line(&format!(
            "| {} | {} | {} |",
            cell_text(&backend.name),
            cell_text(&backend.client),
            cell_text(&backend.executor)
        ));
    }
    grid_tables(grid).iter().for_each(|text| line(text));
    line(
        "\n## Findings\n\n\
         | fault | verdict on the client | backends | reported | expected | why | cause |\n\
         |---|---|---|---|---|---|---|",
    );
    for FaultFinding { fault, cell, backends } in findings(grid) {
        let backends: Vec<String> = backends.iter().map(|name| cell_text(name)).collect();
        let known = cell.known().map_or(String::new(), |known| match known.link {
            Some(link) => format!("[{}]({link})", known.cause),
            None => known.cause.to_owned(),
        });
        let (backends, what, reported) =
            (backends.join(", "), cell.client.words(), cell_text(&cell.reported));
        let Fault { name, right, why, .. } = fault;
        line(&format!("| {name} | {what} | {backends} | {reported} | {right} | {why} | {known} |"));
    }
    if !repeats.is_empty() {
        line(&format!(
            "\n## Repeated requests\n\n{REPEATS}\n\n| fault | backends | extra requests \
             |\n|---|---|--:|"
        ));
    }
    for (fault, count, backends) in repeats {
        let backends: Vec<String> = backends.iter().map(|name| cell_text(name)).collect();
        line(&format!("| {} | {} | {count} |", fault.name, backends.join(", ")));
    }
    line("\n## Faults\n\n| fault | the server | expected | why |\n|---|---|---|---|");
    for fault in groups(grid).flat_map(|(_, faults)| faults) {
        line(&format!("| {} | {} | {} | {} |", fault.name, fault.what, fault.right, fault.why));
    }
    page
}

/// Returns a table for each group of faults, line by line.
fn grid_tables(grid: &Grid) -> Vec<String> {
    let names: Vec<String> =
        grid.backends.iter().map(|backend| cell_text(&backend.name.replace('@', " @"))).collect();
    let mut lines = Vec::new();
    for (group, faults) in groups(grid) {
        let rule = ":-:|".repeat(names.len());
        let heading = format!("\n## Faults in {}", group.title);
        lines.push(format!("{heading}\n\n| fault | {} |\n|---|{rule}", names.join(" | ")));
        for fault in faults {
            let signs: Vec<String> = signs(grid, fault).map(|sign| format!("`{sign}`")).collect();
            lines.push(format!("| {} | {} |", fault.name, signs.join(" | ")));
        }
    }
    lines
}

/// Returns the names of the faults that a client handles wrongly, by kind: wrong answers accepted;
/// needless failures and wrong error classes; crashes, hangs and spoiled next fetches.
pub(crate) fn shortcomings<'a>(grid: &'a Grid, backend: &str) -> [Vec<&'a str>; 3] {
    [
        fault_names(grid, backend, |verdict| verdict == CellVerdict::WrongAnswer),
        fault_names(grid, backend, |verdict| verdict == CellVerdict::WrongClass),
        fault_names(grid, backend, |verdict| verdict >= CellVerdict::Spoiled),
    ]
}

fn fault_names<'a>(
    grid: &'a Grid,
    backend: &str,
    is_wanted: fn(CellVerdict) -> bool,
) -> Vec<&'a str> {
    let cells = grid.cells.iter().filter(|cell| cell.backend == backend && is_wanted(cell.client));
    cells.map(|cell| cell.fault.as_str()).collect()
}

/// Returns a short table of the shortcomings of each client. Backends with the same ones share a
/// row.
pub fn short(grid: &Grid) -> String {
    let mut together: Vec<(Vec<String>, [Vec<&str>; 3])> = Vec::new();
    for backend in &grid.backends {
        let found = shortcomings(grid, &backend.name);
        let name = format!("`{}`", cell_text(&backend.name));
        match together.iter_mut().find(|(_, other)| *other == found) {
            Some((names, _)) => names.push(name),
            None => together.push((vec![name], found)),
        }
    }
    let mut table = String::from(
        "| backends | accept a wrong response | reject a right one, or report the wrong class \
         | crash, hang or break the next fetch |\n\
         |---|---|---|---|\n",
    );
    for (names, found) in together {
        table.push_str(&format!(
            "| {} | {} |\n",
            names.join(", "),
            found.map(fault_list).join(" | ")
        ));
    }
    table
}

fn fault_list(faults: Vec<&str>) -> String {
    match faults.as_slice() {
        [] => "none".to_owned(),
        faults => faults.iter().map(|fault| format!("`{fault}`")).collect::<Vec<_>>().join(", "),
    }
}

/// Escapes text from a worker for a Markdown table.
fn cell_text(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('`', "'")
}
