//! The result of the checks of a machine, as text.

use super::Finding;
use crate::render::{FAILURE, NAME};

/// Returns a line for each finding, and below it a line of advice if there is any.
pub fn text(findings: &[Finding]) -> String {
    let widest = findings.iter().map(|finding| finding.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { what, found, warning, advice } in findings {
        let style = if *warning { FAILURE } else { NAME };
        text.push_str(&format!("{style}{what:<widest$}{style:#}  {found}\n"));
        if let Some(advice) = advice {
            text.push_str(&format!("{:<widest$}  -> {advice}\n", ""));
        }
    }
    text.push_str(match findings.iter().any(|finding| finding.warning) {
        false => "\nThis machine is fit to measure on.\n",
        true => "\nThis machine is unfit to measure on; follow the advice above.\n",
    });
    text
}
