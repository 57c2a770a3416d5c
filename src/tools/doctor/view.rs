//! The result of the checks of a machine, as text.

use super::Finding;
use crate::render::table::{hanging, wrapped};
use crate::render::{FAILURE, NAME};

/// Returns each finding, and below it the advice if there is any, for a terminal of `columns`
/// characters.
pub fn text(findings: &[Finding], columns: usize) -> String {
    let widest = findings.iter().map(|finding| finding.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Finding { what, found, warning, advice } in findings {
        let style = if *warning { FAILURE } else { NAME };
        let name = format!("{style}{what:<widest$}{style:#}  ");
        text.push_str(&hanging(columns, &name, found));
        if let Some(advice) = advice {
            text.push_str(&hanging(columns, &format!("{:<widest$}  -> ", ""), advice));
        }
    }
    let conclusion = match findings.iter().any(|finding| finding.warning) {
        false => "This machine is fit to measure on.",
        true => "This machine is unfit to measure on; follow the advice above.",
    };
    format!("{text}\n{}", wrapped(columns, conclusion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::table::width;

    #[test]
    fn findings_fit_the_terminal() {
        let advice = "measure at another time, or on a machine with cores for this alone";
        let findings = [
            Finding::new("cores", "2".to_owned(), None),
            Finding::new("stolen time", "9.0 % of the cores".to_owned(), Some(advice)),
        ];
        let text = text(&findings, 60);
        assert!(width(&text) <= 60, "{text}");
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
        cores        2
        stolen time  9.0 % of the cores
                     -> measure at another time, or on a machine
                        with cores for this alone

        This machine is unfit to measure on; follow the advice
        above.
        ");
    }
}
