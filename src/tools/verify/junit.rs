//! The conformance grid as JUnit XML: a suite for each backend, and a case for each fault.

use crate::render::escape::xml;
use crate::scenario::fault;
use crate::tools::verify::{Cell, CellVerdict, Grid, GridBackend};

/// Returns the grid as JUnit XML. A case fails by the verdict on the client alone, and is skipped
/// if it was left out.
pub fn junit(grid: &Grid) -> String {
    let suites: String = grid.backends.iter().map(|backend| suite(grid, backend)).collect();
    let counts = counts(grid.cells.iter());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"fetchbench verify\" {counts}>\n{suites}</testsuites>\n"
    )
}

/// Returns the attributes that count cases.
fn counts<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> String {
    let failures = cells.clone().filter(|cell| cell.client > CellVerdict::Right).count();
    let skipped = cells.clone().filter(|cell| cell.client == CellVerdict::LeftOut).count();
    let tests = cells.count();
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"")
}

fn suite(grid: &Grid, backend: &GridBackend) -> String {
    let cells = grid.cells.iter().filter(|cell| cell.backend == backend.name);
    let GridBackend { name, client, executor } = backend;
    let properties: String = [("client", client), ("executor", executor)]
        .map(|(key, value)| format!("<property name=\"{key}\" value=\"{}\"/>", xml(value)))
        .concat();
    let cases: String = cells.clone().map(case).collect();
    format!(
        "<testsuite name=\"{}\" {}>\n<properties>{properties}</properties>\n{cases}</testsuite>\n",
        xml(name),
        counts(cells)
    )
}

fn case(cell: &Cell) -> String {
    let [backend, fault, reported] = [&cell.backend, &cell.fault, &cell.reported].map(|it| xml(it));
    let outcome = match cell.client {
        CellVerdict::Right => String::new(),
        CellVerdict::LeftOut => format!("<skipped message=\"{reported}\"/>"),
        wrong => format!(
            "<failure type=\"{}\" message=\"reported {reported}\">{}</failure>",
            xml(wrong.words()),
            xml(&explanation(cell))
        ),
    };
    format!("<testcase classname=\"{backend}\" name=\"{fault}\">{outcome}</testcase>\n")
}

/// Returns the expected outcome of a fault, why, and the known cause of another one.
fn explanation(cell: &Cell) -> String {
    let fault = fault::all().find(|fault| fault.name == cell.fault);
    let expected = fault.map(|fault| format!("expected {}: {}", fault.right, fault.why));
    let cause = cell.known().map(|known| format!("cause: {}", known.cause));
    expected.into_iter().chain(cause).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::verify::GRID_VERSION;

    const HOSTILE: &str = "a\"'<b>&]]>\u{1}\u{1b}[31m\n\u{fffe}";

    fn cell(fault: &str, client: CellVerdict) -> Cell {
        Cell {
            backend: HOSTILE.to_owned(),
            fault: fault.to_owned(),
            client,
            checked: client,
            reported: HOSTILE.to_owned(),
            repeats: 0,
        }
    }

    fn grid() -> Grid {
        Grid {
            network: None,
            grid_version: GRID_VERSION,
            deadline_ms: 1000,
            backends: vec![GridBackend {
                name: HOSTILE.to_owned(),
                client: HOSTILE.to_owned(),
                executor: "b 1".to_owned(),
            }],
            cells: vec![
                cell("stale", CellVerdict::Right),
                cell("surplus", CellVerdict::WrongAnswer),
                cell("two-lengths", CellVerdict::LeftOut),
            ],
        }
    }

    #[test]
    fn cases_count_by_the_client() {
        let text = junit(&grid());
        let counts = "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"";
        assert_eq!(text.matches(counts).count(), 2, "{text}");
        assert_eq!(text.matches("<failure type=\"accepted a wrong response\" ").count(), 1);
        assert!(text.contains("\">expected "), "{text}");
        assert!(text.contains("name=\"stale\"></testcase>"), "{text}");
    }

    #[test]
    fn foreign_text_stays_text() {
        let text = junit(&grid());
        let shown = "a&quot;'&lt;b&gt;&amp;]]&gt;␁␛[31m␊\u{fffd}";
        assert_eq!(text.matches(shown).count(), 7, "{text}");
        assert!(!text.contains(['\u{1}', '\u{1b}', '\u{fffe}']), "{text}");
    }
}
