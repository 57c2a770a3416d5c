//! The conformance grid: what each row made of each fault, and whether that is right.
//!
//! A row is judged twice. As a client: what it would have told its user if nobody else had looked. And as it is used
//! here: with the checks of this harness behind it, which compare length, status and checksum with what was programmed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fetch::error::ErrorClass;
use crate::fetch::{Fetched, Pass};
use crate::scenario::fault::Right;
use crate::scenario::{Case, Scenario};

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
    /// How many requests the server saw beyond those that both passes take: the client has asked again by itself.
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
            self.cells.iter().filter(|cell| cell.row == row).map(|cell| (cell.client, cell.checked)).collect()
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

    /// Returns the cells that are worse here than in `before`, in words. A cell that `before` lacks has nothing to be
    /// worse than.
    pub fn worse_than(&self, before: &Self) -> Vec<String> {
        let worse = |cell: &Cell| {
            let (row, fault) = (&cell.row, &cell.fault);
            let old = before.cell(row, fault)?;
            // Who took no part before may be right by now.
            let grown = |new: Verdict, old: Verdict| new > old.max(Verdict::Right);
            let is_worse = grown(cell.client, old.client) || grown(cell.checked, old.checked);
            let (was, is) = (old.client.words(), cell.client.words());
            is_worse.then(|| format!("{row}, {fault}: was {was} ({}), is {is} ({})", old.told, cell.told))
        };
        self.cells.iter().filter_map(worse).collect()
    }

    /// The worst that any row makes of any fault, behind the checks here.
    pub fn worst(&self) -> Verdict {
        self.cells.iter().map(|cell| cell.checked).max().unwrap_or(Verdict::Right)
    }
}

/// What became of a row's two passes over a healthy site and a faulty one.
#[derive(Debug)]
pub enum Seen {
    /// Both were made.
    Passes([Pass; 2]),
    /// Its process did not answer in time.
    Hung,
    /// Its process ended, or said what cannot be understood.
    Died(String),
}

/// What a row made of a fault, given what became of its two passes: client, checked, and what it told.
pub fn judge(scenario: &Scenario, case: &Case, deadline: Duration, seen: &Seen) -> (Verdict, Verdict, String) {
    let both = |verdict, told: &str| (verdict, verdict, told.to_owned());
    let passes = match seen {
        Seen::Hung => return both(Verdict::Hung, "its process does not answer"),
        Seen::Died(why) => return both(Verdict::Crashed, why),
        Seen::Passes(passes) => passes,
    };
    let [first, second] = passes.each_ref().map(|pass| pass.fetched.as_slice());
    let ([before, fault], [after, again]) = (first, second) else {
        return both(Verdict::Crashed, "tells of other fetches than it was asked for");
    };
    if !is_page(scenario, case.healthy, 0, before) {
        return both(Verdict::LeftOut, &format!("its healthy fetch failed: {}", told(before)));
    }
    let judged = [(0, fault), (1, again)].map(|(visit, fetched)| one(scenario, case, deadline, visit, fetched));
    let [first, second] = judged;
    let (client, checked) = (first.0.max(second.0), first.1.max(second.1));
    let what = if second.0 > first.0 { told(again) } else { told(fault) };
    if client < Verdict::Hung && !is_page(scenario, case.healthy, 1, after) {
        let next = format!("{what}; and then of the healthy site: {}", told(after));
        return (Verdict::Spoiled, Verdict::Spoiled, next);
    }
    (client, checked, what)
}

/// One fetch of the faulty site.
fn one(scenario: &Scenario, case: &Case, deadline: Duration, visit: u64, fetched: &Fetched) -> (Verdict, Verdict) {
    if fetched.elapsed > deadline + GRACE {
        return (Verdict::Hung, Verdict::Hung);
    }
    let (answer, classes): (_, &[ErrorClass]) = match case.fault.right {
        Right::Answer(answer) => (Some(answer), &[]),
        Right::Fail(classes) => (None, classes),
        Right::Either(answer, classes) => (Some(answer), classes),
    };
    match &fetched.result {
        Ok(page) => match answer.filter(|answer| page.agrees_with(&scenario.page_of(case, *answer, visit))) {
            // The checks know which page was programmed, and so more than any client can.
            Some(answer) if answer.content.is_wrong() => (Verdict::Right, Verdict::Caught),
            Some(_) => (Verdict::Right, Verdict::Right),
            None if page.agrees_with(&scenario.page(case.faulty, visit)) => {
                (Verdict::WrongAnswer, Verdict::WrongAnswer)
            }
            None => (Verdict::WrongAnswer, Verdict::Caught),
        },
        // A panic that is caught costs the one fetch.
        Err(error) if error.class == ErrorClass::Crashed => (Verdict::Crashed, Verdict::Caught),
        Err(error) if error.accepted => (Verdict::WrongAnswer, Verdict::Caught),
        Err(error) if classes.contains(&error.class) => (Verdict::Right, Verdict::Right),
        Err(_) => (Verdict::WrongClass, Verdict::WrongClass),
    }
}

fn is_page(scenario: &Scenario, site: usize, visit: u64, fetched: &Fetched) -> bool {
    fetched.result.as_ref().is_ok_and(|page| page.agrees_with(&scenario.page(site, visit)))
}

/// What a row said of a fetch, without what differs from run to run.
fn told(fetched: &Fetched) -> String {
    match &fetched.result {
        Ok(page) => format!("status {}, {} bytes", page.status, page.bytes),
        Err(error) if error.accepted => format!("accepted, then {} by the checks here", error.class),
        Err(error) => error.class.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::answer::Page;
    use crate::fetch::error::FetchError;
    use crate::scenario::faults;

    const DEADLINE: Duration = Duration::from_secs(1);

    /// What is judged of a row that answers so to the faulty site, and rightly to the healthy one but for `after`.
    fn judged(
        fault: &str,
        answer: impl Fn(&Scenario, &Case) -> Result<Page, FetchError>,
        after: Option<u64>,
    ) -> (Verdict, Verdict) {
        let (scenario, cases) = faults();
        let case = cases.iter().find(|case| case.fault.name == fault).unwrap();
        let fetched = |elapsed, result| Fetched { started: Duration::ZERO, elapsed, final_url: None, result };
        let pass = |visit| {
            let healthy = Ok(scenario.page(case.healthy, if visit == 1 { after.unwrap_or(visit) } else { visit }));
            let fetched = vec![fetched(Duration::ZERO, healthy), fetched(Duration::ZERO, answer(&scenario, case))];
            Pass { elapsed: Duration::ZERO, fetched }
        };
        let (client, checked, _) = judge(&scenario, case, DEADLINE, &Seen::Passes([pass(0), pass(1)]));
        (client, checked)
    }

    fn failed(class: ErrorClass) -> impl Fn(&Scenario, &Case) -> Result<Page, FetchError> {
        move |_, _| Err(FetchError::new(class, "why"))
    }

    #[test]
    fn a_client_is_judged_by_what_the_fault_asks_for() {
        let short = |_: &Scenario, _: &Case| Err(FetchError::objection(ErrorClass::BodyShort, "only we noticed"));
        let programmed = |scenario: &Scenario, case: &Case| Ok(scenario.page(case.faulty, 0));
        let both = |verdict| (verdict, verdict);
        assert_eq!(judged("close-in-body", failed(ErrorClass::BodyShort), None), both(Verdict::Right));
        assert_eq!(judged("close-in-body", failed(ErrorClass::Timeout), None), both(Verdict::WrongClass));
        assert_eq!(judged("close-in-body", failed(ErrorClass::Crashed), None), (Verdict::Crashed, Verdict::Caught));
        assert_eq!(judged("close-in-body", short, None), (Verdict::WrongAnswer, Verdict::Caught));
        assert_eq!(judged("two-lengths", programmed, None), both(Verdict::WrongAnswer));
        assert_eq!(judged("close-in-body", failed(ErrorClass::BodyShort), Some(0)), both(Verdict::Spoiled));
    }

    #[test]
    fn an_answer_that_only_its_reader_can_doubt_is_right_of_the_client_and_caught_by_the_checks() {
        let (scenario, cases) = faults();
        let judged = |fault: &str| {
            let case = cases.iter().find(|case| case.fault.name == fault).unwrap();
            let result = Ok(scenario.page(case.faulty, 1));
            let fetched = Fetched { started: Duration::ZERO, elapsed: Duration::ZERO, final_url: None, result };
            one(&scenario, case, DEADLINE, 0, &fetched)
        };
        assert_eq!(judged("other-visit"), (Verdict::Right, Verdict::Caught));
        assert_eq!(judged("surplus"), (Verdict::WrongAnswer, Verdict::Caught));
    }

    #[test]
    fn who_does_not_answer_hangs_and_who_ends_has_crashed() {
        let (scenario, cases) = faults();
        let judged = |seen| judge(&scenario, &cases[0], DEADLINE, &seen).0;
        assert_eq!(judged(Seen::Hung), Verdict::Hung);
        assert_eq!(judged(Seen::Died("it ended".to_owned())), Verdict::Crashed);
        let late = Fetched {
            started: Duration::ZERO,
            elapsed: DEADLINE + GRACE + Duration::from_millis(1),
            final_url: None,
            result: Err(FetchError::timeout(DEADLINE)),
        };
        assert_eq!(one(&scenario, &cases[1], DEADLINE, 0, &late).0, Verdict::Hung);
    }

    #[test]
    fn a_cell_that_grows_worse_is_named() {
        let grid = |client, checked| Grid {
            grid_version: GRID_VERSION,
            deadline_ms: 1000,
            rows: vec![GridRow { name: "a@b".to_owned(), client: "a 1".to_owned(), executor: "b 1".to_owned() }],
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
        assert_eq!(grid(Verdict::Right, Verdict::Right).worse_than(&left_out), Vec::<String>::new());
        assert_eq!(grid(Verdict::WrongClass, Verdict::WrongClass).worse_than(&left_out).len(), 1);
        let empty = Grid { cells: Vec::new(), ..before.clone() };
        assert_eq!(before.worse_than(&empty), Vec::<String>::new());
    }
}
