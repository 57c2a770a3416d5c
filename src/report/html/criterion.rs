//! Agreement between criterion and `compare` for the page's template.

use serde::Serialize;

use crate::compare::agreement::{Accord, Agreement};
use crate::report::agreement::{interval, summary, words};

/// A sentence, and a line for each backend that both have measured.
#[derive(Debug, Serialize)]
pub(super) struct CriterionView {
    summary: String,
    lines: Vec<LineView>,
}

/// A backend on a scenario.
#[derive(Debug, Serialize)]
struct LineView {
    scenario: String,
    backend: String,
    criterion: String,
    compare: String,
    accord: &'static str,
    contradicts: bool,
}

pub(super) fn view(agreements: &[Agreement]) -> CriterionView {
    let lines = agreements.iter().map(line_view).collect();
    CriterionView { summary: summary(agreements), lines }
}

fn line_view(agreement: &Agreement) -> LineView {
    LineView {
        scenario: agreement.scenario.clone(),
        backend: agreement.backend.clone(),
        criterion: format!("{:.3}", agreement.criterion),
        compare: interval(agreement.compare),
        accord: words(agreement.accord),
        contradicts: agreement.accord == Accord::Contradicts,
    }
}
