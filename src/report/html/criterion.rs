//! Where criterion and `compare` agree, as the page's template takes it.

use serde::Serialize;

use crate::compare::agreement::{Accord, Agreement};
use crate::report::agreement::{interval, summary, words};

/// A sentence, and a line for each row that both have measured.
#[derive(Debug, Serialize)]
pub(super) struct CriterionView {
    summary: String,
    lines: Vec<LineView>,
}

/// A row on a scenario.
#[derive(Debug, Serialize)]
struct LineView {
    scenario: String,
    row: String,
    criterion: String,
    compare: String,
    told: &'static str,
    contradicts: bool,
}

pub(super) fn view(agreements: &[Agreement]) -> CriterionView {
    let line = |agreement: &Agreement| LineView {
        scenario: agreement.scenario.clone(),
        row: agreement.row.clone(),
        criterion: format!("{:.3}", agreement.criterion),
        compare: interval(agreement.compare),
        told: words(agreement.accord),
        contradicts: agreement.accord == Accord::Contradicts,
    };
    CriterionView { summary: summary(agreements), lines: agreements.iter().map(line).collect() }
}
