//! The result of the checks of a machine, as text.

use super::Finding;
use crate::render::{FAILURE, NAME};

/// Returns a line for each finding, and below it a line of advice if there is any.
pub fn text(findings: &[Finding]) -> String {
    let widest = findings.iter().map(|finding| finding.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { what, found, advice } in findings {
        let style = if advice.is_some() { FAILURE } else { NAME };
        text.push_str(&format!("{style}{what:<widest$}{style:#}  {found}\n"));
        if let Some(advice) = advice {
            text.push_str(&format!("{:<widest$}  -> {advice}\n", ""));
        }
    }
    let bad = findings.iter().filter(|finding| finding.advice.is_some()).count();
    text.push_str(match bad {
        0 => "\nThis machine is fit to measure on.\n",
        _ => "\nFigures measured here are worth less than they could be, as told above.\n",
    });
    text
}
