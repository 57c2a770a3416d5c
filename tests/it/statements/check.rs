//! The rules that a table and its sentences follow.

use fetchbench::compare::analysis::{Quantity, WorkloadAnalysis, is_floor};

use super::page::{Cell, Fastest, Page, Row};

/// The figure of a backend that is out of the run after the first rounds.
const FAR_SLOWER: &str = "≥ 10×";

/// Half of the last printed digit.
const HALF_DIGIT: f64 = 0.000_501;

/// Returns the contradictions between the printed table, its sentences and the analysis.
pub fn contradictions(page: &Page, workload: &WorkloadAnalysis) -> Vec<String> {
    let mut found = Vec::new();
    for (index, heading) in page.headings.iter().enumerate() {
        let cells = page.rows.iter().map(|row| (row, &row.cells[index]));
        found.extend(column(heading, &cells.collect::<Vec<_>>()));
    }
    found.extend(order(page, workload));
    if page.claims.is_verdict {
        found.extend(lists(page));
        found.extend(
            page.claims.fastest.iter().flat_map(|fastest| named_fastest(page, workload, fastest)),
        );
        found.extend(within(page, workload));
        found.extend(cheapest(page, workload));
    } else if page.rows.iter().any(|row| has_verdict(&row.cells[0])) {
        found.push("a word without a sentence".to_owned());
    }
    found
}

/// Checks the cells of a column by themselves, and that they have one notation.
fn column(heading: &str, cells: &[(&Row, &Cell)]) -> Vec<String> {
    let mut found = Vec::new();
    for (row, cell) in cells {
        let place = format!("{}, {heading}: {} {}", row.backend, cell.word, cell.figure);
        if let Some(expected) = expected_word(heading, cell).filter(|word| *word != cell.word) {
            found.push(format!("{place}: expected the word {expected:?}"));
        }
        if cell.ends.is_some_and(|ends| ends.high - 0.001 > 100.0 * (ends.low + 0.001)) {
            found.push(format!("{place}: too wide"));
        }
        if cell
            .ends
            .is_some_and(|ends| cell.mean.is_none_or(|mean| mean < ends.low || mean > ends.high))
        {
            found.push(format!("{place}: the mean is not in the interval"));
        }
    }
    let figures = || cells.iter().map(|(_, cell)| cell).filter(|cell| cell.mean.is_some());
    if figures().any(|cell| cell.is_percent) && figures().any(|cell| !cell.is_percent) {
        found.push(format!("{heading}: two notations"));
    }
    found
}

/// Returns the word that follows from the printed interval; `None` for any.
fn expected_word(heading: &str, cell: &Cell) -> Option<&'static str> {
    if cell.word == "reference" {
        return None;
    }
    let Some(ends) = cell.ends else { return Some("") };
    let (less, more) = if heading.starts_with("time") || heading.starts_with("done") {
        ("faster", "slower")
    } else {
        ("less", "more")
    };
    Some(if ends.low >= 0.98 - 1e-9 && ends.high <= 1.02 + 1e-9 {
        "equivalent"
    } else if ends.high < 1.0 - 1e-9 {
        less
    } else if ends.low > 1.0 + 1e-9 {
        more
    } else {
        "inconclusive"
    })
}

/// Checks that rows are sorted by their ratio, and that few blocks have no interval.
fn order(page: &Page, workload: &WorkloadAnalysis) -> Vec<String> {
    let mut found = Vec::new();
    let means = page.rows.iter().map(|row| match row.cells.first() {
        Some(cell) if cell.word == "reference" => Some(1.0),
        Some(cell) => cell.mean,
        None => None,
    });
    let means: Vec<f64> = means.flatten().collect();
    if !means.is_sorted_by(|a, b| *a <= b + HALF_DIGIT) {
        found.push(format!("not sorted: {means:?}"));
    }
    let all = page.rows.iter().flat_map(|row| &row.cells);
    if workload.blocks < 5 && all.clone().any(|cell| cell.ends.is_some()) {
        found.push(format!("an interval from {} blocks", workload.blocks));
    }
    let compared = workload.valid().flat_map(|one| {
        [one.compared.time, one.compared.added, one.compared.cpu].into_iter().flatten()
    });
    if compared.chain(workload.noise).any(|ratio| ratio.blocks < 5 && ratio.bounds.is_some()) {
        found.push("an interval from fewer than five blocks".to_owned());
    }
    found
}

fn has_verdict(cell: &Cell) -> bool {
    !matches!(cell.word.as_str(), "" | "reference") || cell.figure.starts_with(FAR_SLOWER)
}

/// Returns the backends, except the floor, that have a word in the table.
fn with_word(page: &Page, word: &str) -> Vec<String> {
    let rows = page.rows.iter().filter(|row| !is_floor(&row.backend));
    let rows = rows.filter(|row| {
        let cell = &row.cells[0];
        cell.word == word || (word == "slower" && cell.figure.starts_with(FAR_SLOWER))
    });
    let mut names: Vec<String> = rows.map(|row| row.backend.clone()).collect();
    names.sort();
    names
}

/// Checks that each list of a sentence has the backends with that word.
fn lists(page: &Page) -> Vec<String> {
    let claims = &page.claims;
    let mut found = Vec::new();
    let mut expect = |what: &str, listed: &[String], expected: Vec<String>| {
        let mut listed = listed.to_vec();
        listed.sort();
        if listed != expected {
            found.push(format!("{what}: the sentence lists {listed:?}, the table {expected:?}"));
        }
    };
    expect("equivalent", &claims.equivalent, with_word(page, "equivalent"));
    expect("inconclusive", &claims.inconclusive, with_word(page, "inconclusive"));
    if claims.fastest.is_none() {
        expect("faster", &claims.faster, with_word(page, "faster"));
    }
    if !claims.slower.is_empty() || claims.none_is_slower {
        expect("slower", &claims.slower, with_word(page, "slower"));
    }
    if claims.none_is_faster && !with_word(page, "faster").is_empty() {
        found.push("the sentence denies that any backend is faster".to_owned());
    }
    found
}

/// Checks the backend that the sentence calls the fastest.
fn named_fastest(page: &Page, workload: &WorkloadAnalysis, claim: &Fastest) -> Vec<String> {
    let mut found = Vec::new();
    let index = |name: &str| workload.paired.index(name).unwrap();
    let others =
        page.rows.iter().filter(|row| !is_floor(&row.backend) && row.backend != claim.backend);
    for row in others.clone().filter(|row| !row.cells[0].figure.starts_with(FAR_SLOWER)) {
        let ratio =
            workload.paired.ratio(Quantity::Time, index(&row.backend), index(&claim.backend));
        let low = ratio.and_then(|ratio| ratio.bounds).map_or(0.0, |bounds| bounds.low);
        if low + 1e-9 < 1.0 + claim.at_least {
            found.push(format!("{} may take only {low} of {claim:?}", row.backend));
        }
    }
    let is_reference = claim.backend == workload.reference;
    for row in others.filter(|_| is_reference) {
        let low = match row.cells[0].ends {
            Some(ends) => ends.low,
            None if row.cells[0].figure.starts_with(FAR_SLOWER) => 10.0,
            None => 0.0,
        };
        if low + 1e-9 < 1.0 + claim.at_least {
            found.push(format!("{} is printed from {low}, against {claim:?}", row.backend));
        }
    }
    let own = page.rows.iter().find(|row| row.backend == claim.backend);
    let is_faster = own.is_some_and(|row| row.cells[0].word == "faster");
    if !is_reference
        && page.rows.iter().any(|row| row.backend == workload.reference)
        && !is_faster
        && !is_floor(&workload.reference)
    {
        found.push(format!("{claim:?} is not faster than the reference"));
    }
    if claim.at_least <= 0.0 {
        found.push(format!("{claim:?} is no claim"));
    }
    found
}

/// Checks that the largest difference in the sentence is that of the simultaneous intervals.
fn within(page: &Page, workload: &WorkloadAnalysis) -> Vec<String> {
    let equivalent =
        workload.valid().filter(|backend| page.claims.equivalent.contains(&backend.name));
    let farther = equivalent.filter(|backend| {
        let bounds = backend.compared.time.and_then(|ratio| ratio.bounds);
        bounds.is_none_or(|bounds| {
            (bounds.high - 1.0).max(1.0 - bounds.low) > page.claims.within + 1e-9
        })
    });
    farther.map(|backend| format!("{} may differ by more", backend.name)).collect()
}

/// Checks that the backend that is named on cost is shown to take less processor time.
fn cheapest(page: &Page, workload: &WorkloadAnalysis) -> Vec<String> {
    let Some(cheapest) = &page.claims.cheapest else { return Vec::new() };
    let Some(column) = page.headings.iter().position(|heading| heading.starts_with("CPU")) else {
        return vec!["there is no column of CPU".to_owned()];
    };
    let word = |name: &String| {
        let row = page.rows.iter().find(|row| row.backend == *name);
        row.map_or("", |row| row.cells[column].word.as_str())
    };
    let mut found = Vec::new();
    if *cheapest == workload.reference {
        let others = page.claims.equivalent.iter().filter(|name| word(name) != "more");
        found.extend(others.map(|name| format!("{name} is not shown to take more CPU")));
    } else if word(cheapest) != "less" {
        found.push(format!("{cheapest} is not shown to take less CPU"));
    }
    found
}
